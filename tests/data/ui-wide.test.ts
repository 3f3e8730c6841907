import { expect, test } from 'vitest'
import { MAX_FETCHED, Room } from '../../src/files/limits.ts'
import { LapidaryError, toFailure } from '../../src/protocol/errors.ts'
import { MOST_LISTED, matching } from '../../src/ui/components/matching.ts'
import { raisedLimit } from '../../src/ui/state/data-opening.ts'

/** What the page does about data that is too wide to be drawn, or too much to be taken. */

test('of many names the first that hold the letters are listed, far fewer than would hold the page up', () => {
  const names = Array.from({ length: 5000 }, (_, i) => `Column ${i}`)
  const all = matching(names, '')
  expect(all).toEqual(names.slice(0, all.length))
  expect(all.length).toBeLessThan(MOST_LISTED)
  expect(matching(names, 'UMN 4999')).toEqual(['Column 4999'])
  expect(matching(names, 'column 499')).toEqual(['Column 499', ...names.slice(4990)])
  expect(matching(names, 'row')).toEqual([])
})

test('a limit is raised to a power of two that would let what failed be tried', () => {
  const GB = 2 ** 30
  const failed = (bytes: number, most: number) => {
    try {
      new Room(most, 'rows.csv').need(bytes)
    } catch (error) {
      return raisedLimit(toFailure(error))
    }
    throw new Error('nothing failed')
  }
  expect(failed(GB + 1, GB)).toBe(2)
  expect(failed(7.4 * GB, GB)).toBe(8)
  expect(failed(8 * GB, GB)).toBe(8)
  expect(failed(0.6 * GB, MAX_FETCHED.unknown)).toBe(1)
  expect(failed(2000, 1000)).toBe(1)
  expect(failed(64 * GB, GB)).toBe(64)
  expect(failed(65 * GB, GB)).toBeNull()
  expect(
    raisedLimit(
      toFailure(
        new LapidaryError({ code: 'bad_data', message: 'x', hint: 'y', detail: { bytes: 2, most: 1 } }),
      ),
    ),
  ).toBeNull()
})
