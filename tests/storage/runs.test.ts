import 'fake-indexeddb/auto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { RunEvent } from '../../src/protocol/events.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { newRun } from '../../src/runs/record.ts'
import {
  collectOrphans,
  type Database,
  openDatabase,
  type StoredCheckpoint,
} from '../../src/storage/database.ts'
import { putTokens, readTokens, removeDataset } from '../../src/storage/datasets.ts'
import { modelFiles, putModel, removeModel } from '../../src/storage/models.ts'
import {
  listCheckpoints,
  listRuns,
  putRun,
  RunLog,
  readCheckpoint,
  readEvents,
  removeRun,
} from '../../src/storage/runs.ts'
import { MODEL } from './model.ts'

let database: Database
let name = 0

beforeEach(async () => {
  database = await openDatabase({ name: `runs-${name++}` })
})
afterEach(() => database.close())

const record = (id = 'r1', training: object = {}) =>
  newRun(
    {
      id,
      config: parseRunConfig({ training }),
      model: 'pebble',
      modelHash: 'm',
      dataset: 'd',
      tokens: 't',
      tokensHash: 'h',
      samplePrompts: [],
      maxSteps: 9,
    },
    Number(id.slice(1)),
  )

const notice = (n: number): RunEvent => ({ type: 'notice', message: `${n}` })
const checkpoint = (step: number, best = false) =>
  ({ type: 'checkpoint', step, epoch: step, ...(best ? { best: true as const } : {}) }) as const

const sets = async () => new Set((await database.getAllKeys('chunks')).map(([set]) => set)).size

describe('a run log', () => {
  test('keeps events in order, over several writes', async () => {
    const log = await RunLog.begin(database, record())
    for (let i = 0; i < 5; i++) log.add(notice(i))
    await log.flush()
    for (let i = 5; i < 12; i++) log.add(notice(i))
    await log.flush()
    expect(await readEvents(database, 'r1')).toEqual(Array.from({ length: 12 }, (_, i) => notice(i)))
  })

  test('writes by itself within a second or so', async () => {
    const log = await RunLog.begin(database, record())
    log.add(notice(0))
    expect(await readEvents(database, 'r1')).toEqual([])
    await expect.poll(() => readEvents(database, 'r1')).toEqual([notice(0)])
  })

  test('of one run does not touch another', async () => {
    const one = await RunLog.begin(database, record('r1'))
    const ten = await RunLog.begin(database, record('r10'))
    one.add(notice(1))
    ten.add(notice(10))
    await Promise.all([one.flush(), ten.flush()])
    await removeRun(database, 'r1')
    expect((await listRuns(database)).map(({ id }) => id)).toEqual(['r10'])
    expect(await readEvents(database, 'r10')).toEqual([notice(10)])
    expect(await readEvents(database, 'r1')).toEqual([])
  })

  test('is cut to a count when resumed, the record told afresh', async () => {
    const log = await RunLog.begin(database, record())
    const step = (n: number, loss: number) =>
      ({
        type: 'step',
        step: n,
        max_steps: 9,
        epoch: n,
        loss,
        mean_token_accuracy: 0,
        learning_rate: 0,
        grad_norm: 0,
        tokens: n,
        tokens_per_second: 1,
      }) as const
    for (let i = 1; i <= 6; i++) log.add(step(i, 10 - i))
    log.add({ type: 'error', failure: { code: 'device_lost', message: 'm', hint: 'h' } })
    await log.flush()
    expect((await listRuns(database))[0]).toMatchObject({ status: 'failed', step: 6 })
    const again = await RunLog.resume(database, log.record, 4, null)
    expect(again.record).toMatchObject({ status: 'running', step: 4, lastLoss: 6 })
    expect(again.record.failure).toBeUndefined()
    again.add(step(5, 1))
    await again.flush()
    const events = await readEvents(database, 'r1')
    expect(events.map((event) => (event as { loss: number }).loss)).toEqual([9, 8, 7, 6, 1])
  })
})

describe('checkpoints', () => {
  const bytes = (n: number) => Uint8Array.of(n, n, n)
  /** Step and first byte of what each slot holds: the last, the one before it, and the best. */
  const slots = async () => {
    const read = async (slot: StoredCheckpoint['slot']) => {
      const found = (await listCheckpoints(database, 'r1')).find((one) => one.slot === slot)
      if (!found) return null
      expect((await readCheckpoint(database, found))[0]).toBe(found.step)
      return found.step
    }
    return [await read('last'), await read('previous'), await read('best')]
  }

  test('keep the last, the one before it and the best, and nothing else', async () => {
    const log = await RunLog.begin(database, record())
    const save = (step: number, best = false) =>
      log.saveCheckpoint({ step }, bytes(step), checkpoint(step, best))
    await save(1)
    expect([await slots(), await sets()]).toEqual([[1, null, null], 1])
    await save(2, true)
    expect([await slots(), await sets()]).toEqual([[2, 1, 2], 2])
    await save(3)
    expect([await slots(), await sets()]).toEqual([[3, 2, 2], 2])
    await save(4)
    expect([await slots(), await sets()]).toEqual([[4, 3, 2], 3])
    await save(5, true)
    expect([await slots(), await sets()]).toEqual([[5, 4, 5], 2])
    expect(await collectOrphans(database, Date.now() + 1e6)).toBe(0)
    expect(await slots()).toEqual([5, 4, 5])
    await removeRun(database, 'r1')
    expect(await sets()).toBe(0)
  })

  test('are as many as the run says, the best among them always; what the others took is freed', async () => {
    const log = await RunLog.begin(database, record('r1', { save_total_limit: 4 }))
    const kept = async () => {
      const steps = new Set((await listCheckpoints(database, 'r1')).map(({ step }) => step))
      return [...steps].sort((a, b) => a - b)
    }
    const held = async () => (await database.getAll('chunks')).reduce((sum, { length }) => sum + length, 0)
    for (const [step, left] of [
      [1, [1]],
      [2, [1, 2]],
      [3, [1, 2, 3]],
      [4, [1, 2, 3, 4]],
      [5, [2, 3, 4, 5]],
      [6, [2, 4, 5, 6]],
      [7, [2, 5, 6, 7]],
      [8, [5, 6, 7, 8]],
    ] as const) {
      const best = step === 2 || step === 8
      await log.saveCheckpoint({ step }, bytes(step), checkpoint(step, best))
      expect([await kept(), await sets(), await held()]).toEqual([left, left.length, 3 * left.length])
    }
    expect(await slots()).toEqual([8, 7, 8])
    // Each is what was saved at its step.
    for (const one of await listCheckpoints(database, 'r1'))
      expect((await readCheckpoint(database, one))[0]).toBe(one.step)
    expect(await collectOrphans(database, Date.now() + 1e6)).toBe(0)
    // Gone back to one of the middle: those after it are gone, and it is the last.
    const from = (await listCheckpoints(database, 'r1')).find(({ step }) => step === 6)!
    const again = await RunLog.resume(database, log.record, 1, from)
    expect([await kept(), await slots()]).toEqual([
      [5, 6],
      [6, 5, null],
    ])
    expect(await held()).toBe(6)
    await again.saveCheckpoint({ step: 7 }, bytes(7), checkpoint(7))
    expect(await kept()).toEqual([5, 6, 7])
    await removeRun(database, 'r1')
    expect(await sets()).toBe(0)
  })

  test('that a run goes back behind are gone, whichever it goes on from', async () => {
    for (const [from, left] of [
      ['last', [5, 4, 2]],
      ['previous', [4, 2, 2]],
      ['best', [2, null, 2]],
      [null, [null, null, null]],
    ] as const) {
      const log = await RunLog.begin(database, record())
      for (const step of [2, 3, 4, 5])
        await log.saveCheckpoint({ step }, bytes(step), checkpoint(step, step === 2))
      const found = (await listCheckpoints(database, 'r1')).find(({ slot }) => slot === from) ?? null
      await RunLog.resume(database, log.record, 1, found)
      expect(await slots()).toEqual(left)
      expect(await sets()).toBe(new Set(left.filter((step) => step !== null)).size)
      await removeRun(database, 'r1')
    }
  })

  test('are stored together with every event up to their own', async () => {
    const log = await RunLog.begin(database, record())
    for (let i = 0; i < 3; i++) log.add(notice(i))
    await log.saveCheckpoint({ step: 7 }, bytes(7), checkpoint(7))
    log.add(notice(99))
    expect(await readEvents(database, 'r1')).toEqual([notice(0), notice(1), notice(2), checkpoint(7)])
  })
})

describe('models', () => {
  const source = (bytes: Uint8Array<ArrayBuffer>) => ({
    size: bytes.length,
    read: async (start: number, end: number) => bytes.slice(start, end),
  })
  const model = { ...MODEL, id: 'm1' }

  test('are stored file by file, replaced whole, removed without a trace', async () => {
    const first = await putModel(database, model, new Map([['a', source(Uint8Array.of(1))]]))
    const notes: number[] = []
    const second = await putModel(
      database,
      model,
      new Map([
        ['a', source(Uint8Array.of(1))],
        ['b', source(new Uint8Array(5e6).fill(7))],
      ]),
      { onProgress: ({ share }) => notes.push(share!) },
    )
    expect(second.hash).not.toBe(first.hash)
    expect(second.files.a!.hash).toBe(first.files.a!.hash)
    expect(notes.at(-1)).toBe(1)
    expect(await sets()).toBe(2)
    const files = modelFiles(database, (await database.get('models', 'm1'))!)
    expect(await files.get('b')!.read(4_999_998, 5_000_000)).toEqual(Uint8Array.of(7, 7))
    await removeModel(database, 'm1')
    expect([await sets(), await database.count('models')]).toEqual([0, 0])
  })

  test('that cannot be read to the end leave the old one', async () => {
    await putModel(database, model, new Map([['a', source(Uint8Array.of(1))]]))
    const broken = {
      size: 2,
      read: async (): Promise<Uint8Array<ArrayBuffer>> => {
        throw new Error('unplugged')
      },
    }
    await expect(
      putModel(
        database,
        model,
        new Map([
          ['a', source(Uint8Array.of(2))],
          ['b', broken],
        ]),
      ),
    ).rejects.toThrow('unplugged')
    const files = modelFiles(database, (await database.get('models', 'm1'))!)
    expect(await files.get('a')!.read(0, 1)).toEqual(Uint8Array.of(1))
  })
})

describe('token tables', () => {
  test('go with their data set unless a run needs them', async () => {
    const tokens = (id: string) => ({ id, dataset: 'd1', model: 'pebble', info: {} as never })
    const kept = await putTokens(database, tokens('t'), Uint8Array.of(1, 2))
    await putTokens(database, tokens('u'), Uint8Array.of(3))
    await putRun(database, record())
    await removeDataset(database, 'd1')
    expect(await database.getAllKeys('tokens')).toEqual(['t'])
    expect(await readTokens(database, kept)).toEqual(Uint8Array.of(1, 2))
    await removeRun(database, 'r1')
    expect([await database.count('tokens'), await sets()]).toEqual([0, 0])
  })

  test('go with their model, too', async () => {
    const bytes = Uint8Array.of(1)
    const file = { size: 1, read: async () => bytes }
    const { hash } = await putModel(database, MODEL, new Map([['a', file]]))
    await putTokens(database, { id: 't', dataset: 'd1', model: hash, info: {} as never }, bytes)
    await putTokens(database, { id: 'u', dataset: 'd1', model: 'another', info: {} as never }, bytes)
    await removeModel(database, 'm')
    expect(await database.getAllKeys('tokens')).toEqual(['u'])
    expect(await sets()).toBe(1)
  })
})
