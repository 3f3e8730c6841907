import { expect, test } from 'vitest'
import { Company } from '../../src/portable/simd/company.ts'

/** Milliseconds of a token by all threads, and by one; @returns how many of them were one's, of the next `tokens`. */
function run(company: Company, together: number, alone: number, tokens: number): number {
  let count = 0
  for (let token = 0; token < tokens; token++) {
    const one = company.alone
    if (one) count++
    company.took(one ? alone : together)
  }
  return count
}

test('both ways are tried alike, and the one that took less time is kept', () => {
  for (const [together, alone, kept] of [
    [4, 3, 1000],
    [3, 4, 0],
  ] as const) {
    const company = new Company()
    expect(run(company, together, alone, 96)).toBe(48)
    expect(run(company, together, alone, 1000)).toBe(kept)
  }
})

test('a disturbance does not decide, and what has changed is noticed', () => {
  const company = new Company()
  run(company, 4, 3, 16)
  // The first block of one thread is held up.
  run(company, 4, 90, 16)
  run(company, 4, 3, 64)
  expect(company.alone).toBe(true)
  run(company, 2, 3, 8192)
  run(company, 2, 3, 96)
  expect(company.alone).toBe(false)
})
