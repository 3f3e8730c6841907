import { afterEach, expect, test, vi } from 'vitest'
import { answerBeats, whenSilent } from '../../src/protocol/life.ts'

afterEach(() => void vi.useRealTimers())

/** Two ends that hear one another at once, where the far one may fall silent. */
function ends() {
  const far = new EventTarget() as MessagePort
  const near = new EventTarget() as MessagePort
  let silent = false
  Object.assign(near, {
    close() {},
    postMessage: (data: unknown) => !silent && far.onmessage?.({ data } as MessageEvent),
  })
  Object.assign(far, { postMessage: (data: unknown) => near.onmessage?.({ data } as MessageEvent) })
  return { near, far, fall: (now: boolean) => void (silent = now) }
}

test('who does not answer for three minutes is gone; one that is busy for two is not', () => {
  vi.useFakeTimers()
  const { near, far, fall } = ends()
  answerBeats(far)
  const gone = vi.fn()
  whenSilent(near, gone)
  vi.advanceTimersByTime(600_000)
  fall(true)
  vi.advanceTimersByTime(120_000)
  fall(false)
  vi.advanceTimersByTime(60_000)
  expect(gone).not.toHaveBeenCalled()
  fall(true)
  vi.advanceTimersByTime(190_000)
  expect(gone).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(600_000)
  expect(gone).toHaveBeenCalledTimes(1)
})

test('nothing is told after it was stopped', () => {
  vi.useFakeTimers()
  const { near } = ends()
  const gone = vi.fn()
  whenSilent(near, gone)()
  vi.advanceTimersByTime(600_000)
  expect(gone).not.toHaveBeenCalled()
})
