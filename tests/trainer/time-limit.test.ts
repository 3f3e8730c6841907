import { describe, expect, test } from 'vitest'
import { TimeLimit } from '../../src/runs/time-limit.ts'

/** The step at which a run of 100 steps is stopped that was given a minute; null: it comes to its end. */
function stoppedAt(secondsOfStep: number, begin = 0): number | null {
  const limit = new TimeLimit(1, 0)
  for (let step = 1; step <= 100; step++)
    if (limit.isUp({ step, max_steps: 100 }, 1000 * (begin + step * secondsOfStep))) return step
  return null
}

describe('a run that was given a time', () => {
  test('comes to its end where it is as quick as it was foretold, or a tenth slower', () => {
    expect(stoppedAt(0.5)).toBeNull()
    expect(stoppedAt(0.6)).toBeNull()
    expect(stoppedAt(0.655)).toBeNull()
  })

  test('stops when its time is up where it would take longer', () => {
    expect(stoppedAt(1)).toBe(60)
    expect(stoppedAt(0.8, 4)).toBe(70)
  })

  test('is told so once', () => {
    const limit = new TimeLimit(1, 1000)
    const step = { step: 50, max_steps: 100 }
    expect([60_000, 61_000, 62_000].map((now) => limit.isUp(step, now))).toEqual([false, true, false])
  })
})
