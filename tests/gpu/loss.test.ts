import { expect, test } from 'vitest'
import { causeOf } from '../../src/gpu/loss.ts'
import { LapidaryError } from '../../src/protocol/errors.ts'

/** A device that is lost when told to. */
function device() {
  const loss = new LapidaryError({ code: 'device_lost', message: 'Lost.', hint: 'Try again.' })
  let lose = () => {}
  const gpu = {
    failure: null as LapidaryError | null,
    lost: new Promise<never>((_, reject) => {
      lose = () => {
        gpu.failure = loss
        reject(loss)
      }
    }),
  }
  gpu.lost.catch(() => {})
  return { gpu, loss, lose }
}

const aborted = () => new DOMException('The operation was aborted.', 'AbortError')

test('work that is broken off before its device is told as lost is told as the loss', async () => {
  const { gpu, loss, lose } = device()
  const cause = causeOf(gpu, aborted())
  setTimeout(lose, 20)
  expect(await cause).toBe(loss)
})

test('and so is work that is broken off after it', async () => {
  const { gpu, loss, lose } = device()
  lose()
  expect(await causeOf(gpu, aborted())).toBe(loss)
  // Though a stop was asked for meanwhile: this was not it.
  const control = new AbortController()
  control.abort()
  expect(await causeOf(gpu, aborted(), control.signal)).toBe(loss)
})

test('a stop by a person stays one, and so does what has nothing to do with the device', async () => {
  const { gpu } = device()
  const control = new AbortController()
  control.abort()
  expect(await causeOf(gpu, control.signal.reason, control.signal)).toBe(control.signal.reason)
  const other = new Error('other')
  expect(await causeOf(gpu, other)).toBe(other)
})
