import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { calmly } from '../../src/ui/state/frame.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('what comes is drawn at once, then no oftener than said, and the last of it always', () => {
  const drawn: number[] = []
  let figure = 0
  const beat = calmly(() => drawn.push(figure), 400)
  for (figure = 1; figure <= 10; figure++) {
    beat.ask()
    vi.advanceTimersByTime(100)
  }
  vi.advanceTimersByTime(1000)
  // At 0, 400 and 800 ms, and 400 ms after the last of these.
  expect(drawn).toEqual([1, 4, 8, 11])
  beat.ask()
  expect(drawn).toHaveLength(5)
  beat.ask()
  beat.cancel()
  vi.advanceTimersByTime(1000)
  expect(drawn).toHaveLength(5)
})
