import { expect, test } from 'vitest'
import { toFailure } from '../../src/protocol/errors.ts'

test.each([
  'Failed to fetch dynamically imported module: http://localhost/assets/peft-1.js',
  'error loading dynamically imported module: http://localhost/assets/peft-1.js',
  'Importing a module script failed.',
])('a part of the page that does not load is no fault of ours: %s', (words) => {
  const failure = toFailure(new TypeError(words))
  expect(failure.code).toBe('network')
  expect(failure.message).not.toContain('module')
  expect(failure.hint).not.toContain('fault')
})

test('what nobody foresaw is told as a fault, with its own words', () => {
  expect(toFailure(new TypeError('x is not a function'))).toMatchObject({
    code: 'internal',
    message: 'x is not a function',
    hint: expect.stringContaining('fault of ours'),
  })
})
