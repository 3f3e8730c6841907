import { expect, test } from 'vitest'
import { SITE, shuffle, threefry2x32, uniform } from '../../src/lib/threefry.ts'

/** Random123's `kat_vectors` for threefry2x32 with 20 rounds; jax/tests/random_test.py has the same. */
test.each([
  [
    [0, 0],
    [0, 0],
    [0x6b200159, 0x99ba4efe],
  ],
  [
    [0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x1cb996fc, 0xbb002be7],
  ],
  [
    [0x13198a2e, 0x03707344],
    [0x243f6a88, 0x85a308d3],
    [0xc4923a9c, 0x483df7a0],
  ],
] as const)('known answer: key %o counter %o', (key, counter, expected) => {
  expect(threefry2x32(key[0], key[1], counter[0], counter[1])).toEqual(expected)
})

test('uniform is in [0, 1), a multiple of 2^-24, and spread evenly', () => {
  const bins = new Array<number>(16).fill(0)
  let sum = 0
  for (let i = 0; i < 32_000; i++) {
    const u = uniform(42, 1, 3, i)
    expect(u >= 0 && u < 1 && Number.isInteger(u * 2 ** 24)).toBe(true)
    bins[Math.floor(u * 16)]!++
    sum += u
  }
  expect(Math.abs(sum / 32_000 - 0.5)).toBeLessThan(0.01)
  for (const count of bins) expect(Math.abs(count - 2000)).toBeLessThan(220)
})

test('each of seed, step, site and index changes the number', () => {
  const base = uniform(1, 2, 3, 4)
  expect(uniform(1, 2, 3, 4)).toBe(base)
  expect(uniform(2, 2, 3, 4)).not.toBe(base)
  expect(uniform(1, 3, 3, 4)).not.toBe(base)
  expect(uniform(1, 2, 4, 4)).not.toBe(base)
  expect(uniform(1, 2, 3, 5)).not.toBe(base)
})

test('shuffle is a permutation, the same each time, another each epoch', () => {
  const order = shuffle(1000, 42, 0)
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i))
  expect(shuffle(1000, 42, 0)).toEqual(order)
  expect(shuffle(1000, 42, 1)).not.toEqual(order)
  expect(shuffle(1000, 43, 0)).not.toEqual(order)
  expect(shuffle(1000, 42, 0, SITE.split)).not.toEqual(order)
  expect([...shuffle(0, 1, 0)]).toEqual([])
  expect([...shuffle(1, 1, 0)]).toEqual([0])
})

test('all orders of four are about equally likely', () => {
  const counts = new Map<string, number>()
  for (let seed = 0; seed < 12_000; seed++) {
    const key = shuffle(4, seed, 0).join()
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  expect(counts.size).toBe(24)
  // Chi-square with 23 degrees of freedom: above 50 has a chance of 0.001; the seeds are fixed, so this is too.
  let chi = 0
  for (const count of counts.values()) chi += (count - 500) ** 2 / 500
  expect(chi).toBeLessThan(50)
})
