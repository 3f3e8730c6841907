import { beforeAll, expect, test } from 'vitest'
import { changeInWords } from '../../src/ui/messages/change.ts'
import { runs } from '../../src/ui/messages/en-runs.ts'
import { addEnglish } from '../../src/ui/messages/t.ts'

beforeAll(() => addEnglish(runs))

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
