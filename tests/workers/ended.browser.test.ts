import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LapidaryError } from '../../src/protocol/errors.ts'
import { isLife } from '../../src/protocol/life.ts'
import { registerTransfers } from '../../src/workers/bridge.ts'
import { remoteRoom, WorkerHost } from '../../src/workers/worker-host.ts'
import type { TestRoom } from './test-room.ts'

beforeAll(registerTransfers)

describe('a worker that ends by itself', () => {
  const make = () => new Worker(new URL('./test.worker.ts', import.meta.url), { type: 'module' })
  const host = () => {
    const workers = new WorkerHost('test', make, 'http://base/', 60_000)
    return { workers, room: remoteRoom<TestRoom>(workers) }
  }

  test('is told to whoever waits for it and whoever holds it, and another one takes its place', async () => {
    const { workers, room } = host()
    const first = (await room.born()).born
    const told: LapidaryError[] = []
    workers.hold((error) => told.push(error))
    const hanging = room.hang()
    void room.close().catch(() => {})
    await expect(hanging).rejects.toMatchObject({
      code: 'internal',
      message: 'The test worker stopped working.',
      hint: expect.stringContaining('checkpoint'),
    })
    expect(told).toHaveLength(1)
    expect((await room.born()).born).not.toBe(first)
  }, 20_000)

  test('is not seen in one that hears nothing for long', async () => {
    const { workers, room } = host()
    const { born } = await room.born()
    const told: LapidaryError[] = []
    workers.hold((error) => told.push(error))
    expect(await room.busy(8000, {})).toBe(born)
    expect(told).toEqual([])
  })
})

describe('a worker that ends by itself where there are no locks, as on plain http', () => {
  // Whatever says it here, a document or a worker: no lock.
  const without = 'Object.defineProperty(navigator, "locks", { value: undefined })'
  const make = () => {
    const inner = new URL('./test.worker.ts', import.meta.url).href
    const script = `${without}; await import(${JSON.stringify(inner)})`
    return new Worker(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })), {
      type: 'module',
    })
  }
  beforeAll(() => void Object.defineProperty(navigator, 'locks', { value: undefined, configurable: true }))
  afterAll(() => void Reflect.deleteProperty(navigator, 'locks'))

  const lives = async () => (await indexedDB.databases()).filter(({ name }) => isLife(name!)).length

  test('is told within seconds, one that hears nothing for long is not, and nothing is left of either', async () => {
    const before = await lives()
    const workers = new WorkerHost('test', make, 'http://base/', 60_000)
    const room = remoteRoom<TestRoom>(workers)
    const told: LapidaryError[] = []
    workers.hold((error) => told.push(error))
    const { born } = await room.born()
    expect(await lives()).toBe(before + 1)
    expect(await room.busy(8000, {})).toBe(born)
    expect(told).toEqual([])
    const hanging = room.hang()
    void room.close().catch(() => {})
    await expect(hanging).rejects.toMatchObject({ message: 'The test worker stopped working.' })
    expect(told).toHaveLength(1)
    expect((await room.born()).born).not.toBe(born)
    // One that is ended by the page.
    workers.abandon(told[0]!)
    await expect.poll(lives).toBe(before)
  }, 30_000)
})
