import { expect, test } from 'vitest'
import { Learning } from '../../src/gpu/learning.ts'

/** A device that is always at work: each slice is sent while the two before it are under way, and takes so many milliseconds. */
function slices(learning: Learning, ms: readonly number[], nominalSeconds: number): void {
  const ends = [0, 0]
  for (const each of ms) {
    const at = ends.at(-1)! + each
    learning.done({ sent: ends.at(-2)!, at, nominal: new Map([['kernel', nominalSeconds]]) })
    ends.push(at)
  }
}

test('what saturated stretches brought is learnt, to a few per cent', () => {
  const learning = new Learning(0)
  slices(learning, Array(40).fill(30), 0.01)
  expect(learning.taught).toBe(true)
  expect(learning.factor('kernel')).toBeGreaterThan(2.8)
  expect(learning.factor('kernel')).toBeLessThan(3.2)
})

test('one stretch of an hour, as where a laptop was closed, changes an estimate by no more than some fold', () => {
  const factorAfter = (last: number) => {
    const learning = new Learning(0)
    slices(learning, [...Array(40).fill(30), last, 30, 30], 0.01)
    return learning.factor('kernel')
  }
  expect(factorAfter(3_600_000) / factorAfter(30)).toBeGreaterThan(1.5)
  expect(factorAfter(3_600_000) / factorAfter(30)).toBeLessThan(4)
})

test('no kernel is thought hundreds of times slower than the rates allow, or many times quicker, whatever is seen', () => {
  for (const [ms, least, most] of [
    [3_600_000, 10, 200],
    [20, 0.25, 0.25],
  ] as const) {
    const learning = new Learning(0)
    slices(learning, Array(60).fill(ms), ms > 1000 ? 0.01 : 1000)
    expect(learning.factor('kernel')).toBeGreaterThanOrEqual(least)
    expect(learning.factor('kernel')).toBeLessThanOrEqual(most)
    expect(learning.factor('another')).toBeLessThanOrEqual(200)
  }
})
