import { expect } from 'vitest'
import { makeTable } from '../../src/files/table.ts'
import { type ErrorCode, LapidaryError } from '../../src/protocol/errors.ts'

/** Seeded numbers for property-like tests (mulberry32), apart from the Threefry that is under test. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Runs `work` and returns the LapidaryError it fails with, which must bear `code`, a message and a hint. */
export async function failure(work: () => unknown, code: ErrorCode): Promise<LapidaryError> {
  let thrown: unknown
  try {
    await work()
  } catch (error) {
    thrown = error
  }
  if (!(thrown instanceof LapidaryError))
    throw new Error(`expected a LapidaryError ${code}, got ${String(thrown)}`)
  expect(thrown.code).toBe(code)
  expect(thrown.message.length).toBeGreaterThan(10)
  expect(thrown.hint.length).toBeGreaterThan(5)
  return thrown
}

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}

/** Words no two of which are alike: for questions that are to count as different. */
export const UNLIKE = [
  'river',
  'castle',
  'engine',
  'violin',
  'desert',
  'comet',
  'lantern',
  'glacier',
  'meadow',
  'harbour',
]

/** Rows as a table, null where one lacks a field. */
export const tableOf = (rows: object[]) => {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  return makeTable(
    names.map((name) => ({
      name,
      values: rows.map((row) => (row as Record<string, unknown>)[name] ?? null),
    })),
  )
}
