import { beforeAll, describe, expect, test } from 'vitest'
import type { LapidaryError } from '../../src/protocol/errors.ts'
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
