import { beforeAll, expect, test } from 'vitest'
import { changeInWords } from '../../src/ui/messages/change.ts'
import { drawer } from '../../src/ui/messages/en-drawer.ts'
import { runs } from '../../src/ui/messages/en-runs.ts'
import { validationInWords } from '../../src/ui/messages/measured.ts'
import { addEnglish } from '../../src/ui/messages/t.ts'

beforeAll(() => addEnglish({ ...drawer, ...runs }))

test('a validation loss says when it was measured, where that is not the step that it is told of', () => {
  expect(validationInWords(null, null, 3)).toBe('')
  expect(validationInWords(1.5, 19, 19)).toBe('validation 1.500')
  // Of a run of an earlier version that is not known.
  expect(validationInWords(1.5, undefined, 19)).toBe('validation 1.500')
  expect(validationInWords(1.5, 10, 19)).toBe('validation 1.500 at step 10')
  expect(validationInWords(6.5, 0, 19)).toBe('validation 6.500 before the first step')
})

test.each([
  [10.164, 0.0012, '8,500 times smaller'],
  [2, 0.2, '10 times smaller'],
  [2, 0.3, '85.0% smaller'],
  [2, 1.75, '12.5% smaller'],
  [1.75, 2, '14.3% larger'],
  [1, 3.44, '3.4 times as large'],
  [0.0012, 10.164, '8,500 times as large'],
])('a loss from %d to %d', (first, last, said) => {
  expect(changeInWords(first, last)).toBe(said)
})

test.each([
  [0, 1],
  [1, 0],
  [Number.NaN, 1],
  [1, Number.NaN],
  [1, Number.POSITIVE_INFINITY],
])('nothing is said of a loss from %d to %d', (first, last) => {
  expect(changeInWords(first, last)).toBeNull()
})
