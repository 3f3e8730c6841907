import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { heardUntilEnd } from '../../src/workers/bridge.ts'
import { WorkerHost } from '../../src/workers/worker-host.ts'

/** A worker that says nothing, and can be made to fail. */
function silent() {
  const worker = Object.assign(new EventTarget(), { postMessage() {}, terminate() {} })
  const host = new WorkerHost('data', () => worker as unknown as Worker, 'https://somewhere.example/', 60_000)
  const fails = () => {
    const event = Object.assign(new Event('error', { cancelable: true }), { message: 'it broke' })
    worker.dispatchEvent(event)
    ;(worker as { onerror?: (event: Event) => void }).onerror?.(event)
  }
  return { host, fails }
}

async function* pieces(count: number) {
  for (let i = 0; i < count; i++) yield { bytes: new Uint8Array(1000) }
}

test('what was read of a worker is not held once it was taken', async () => {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  const { host } = silent()
  const taken: WeakRef<object>[] = []
  const reading = host.reading(pieces(20))
  for (let i = 0; i < 10; i++) taken.push(new WeakRef((await reading.next()).value!))
  await new Promise((resolve) => setTimeout(resolve))
  gc()
  expect(taken.slice(0, -1).filter((one) => one.deref()).length).toBe(0)
  await reading.return(undefined)
})

test('reading fails where the worker dies, while a piece is waited for and between two', async () => {
  const never = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) }
  const first = silent()
  const waiting = first.host.reading(never).next()
  first.fails()
  await expect(waiting).rejects.toThrow()
  const second = silent()
  const reading = second.host.reading(pieces(3))
  await reading.next()
  second.fails()
  await expect(reading.next()).rejects.toThrow()
})

test('a call hears nothing behind its end', () => {
  const heard: unknown[] = []
  const { signal } = new AbortController()
  const given = { signal, onProgress: (progress: unknown) => heard.push(progress) }
  const { args, end } = heardUntilEnd(['run', given, { onPreview: (text: unknown) => heard.push(text) }])
  const [name, call, other] = args as [string, typeof given, { onPreview: (text: unknown) => void }]
  expect([name, call.signal, Object.keys(call), Object.keys(other)]).toEqual([
    ...['run', signal, ['signal', 'onProgress'], ['onPreview']],
  ])
  call.onProgress({ share: 0.5 })
  other.onPreview('Ahoy')
  end()
  call.onProgress({ share: 1 })
  other.onPreview('Ahoy there')
  expect(heard).toEqual([{ share: 0.5 }, 'Ahoy'])
})
