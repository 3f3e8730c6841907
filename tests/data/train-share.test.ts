import { describe, expect, test } from 'vitest'
import { sharedRows } from '../../src/dataset/train-share.ts'

const of = (rows: number, share: number, groups?: string[]) => sharedRows(rows, share, 7, groups)

describe('a share of the training rows', () => {
  test('has that many rows, at least one, in their own order', () => {
    expect(of(10, 0.25)).toHaveLength(3)
    expect(of(10, 0.001)).toHaveLength(1)
    expect(of(0, 0.5)).toEqual([])
    expect(of(10, 1)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    const half = of(101, 0.5)
    expect(half).toEqual([...half].sort((a, b) => a - b))
    expect(new Set(half).size).toBe(half.length)
  })

  test('is part of every larger one, with groups and without', () => {
    const groups = Array.from({ length: 240 }, (_, i) => `label ${i % 7 === 0 ? 0 : i % 5}`)
    for (const given of [undefined, groups]) {
      const shares = [0.1, 0.25, 0.5, 0.75, 1].map((share) => new Set(of(240, share, given)))
      for (const [i, smaller] of shares.slice(0, -1).entries())
        for (const row of smaller) expect(shares[i + 1]!.has(row)).toBe(true)
    }
  })

  test('has of each group its share, to a row', () => {
    const groups = Array.from({ length: 400 }, (_, i) => (i % 10 === 0 ? 'rare' : i % 2 ? 'odd' : 'even'))
    for (const share of [0.25, 0.5]) {
      const taken = of(400, share, groups)
      for (const group of ['rare', 'odd', 'even']) {
        const all = groups.filter((each) => each === group).length
        const found = taken.filter((row) => groups[row] === group).length
        expect(Math.abs(found - all * share)).toBeLessThanOrEqual(1)
      }
    }
  })

  test('hangs on the seed', () => {
    expect(sharedRows(100, 0.5, 1)).not.toEqual(sharedRows(100, 0.5, 2))
    expect(sharedRows(100, 0.5, 1)).toEqual(sharedRows(100, 0.5, 1))
  })
})
