import 'fake-indexeddb/auto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { IDBFactory } from 'fake-indexeddb'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type RunningServer, serve } from '../../cli/server.ts'
import { toFailure } from '../../src/protocol/errors.ts'
import type { RunEvent } from '../../src/protocol/events.ts'
import { blobFile, blobOf } from '../../src/protocol/exported.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import type { RunFileOptions } from '../../src/protocol/run-file.ts'
import type { RunInfo, StartRequest } from '../../src/protocol/studio.ts'
import { openDatabase, type Schema } from '../../src/storage/database.ts'
import { readEvents } from '../../src/storage/runs.ts'
import { addingRoom } from '../../src/workers/adding-room.ts'
import { dataRoom } from '../../src/workers/data-room.ts'
import { trainRooms } from '../../src/workers/train-room.ts'
import { zipOf } from '../support/zip.ts'
import { ToyEngine } from './toy-engine.ts'

vi.mock('../../src/engine/webgpu-engine.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/check/check-gpu.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/check/check-plan.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/plan.ts', async () => {
  const { TOY_PLAN } = await import('./toy-engine.ts')
  return { planEngine: () => ({ memory: TOY_PLAN }) }
})

const NAME = 'balls.lapidary-run.zip'
const ROWS = `q,a\n${Array.from({ length: 24 }, (_, i) => `Where is ball ${i}?,Box ${i % 5}.`).join('\n')}\n`
const ALL: RunFileOptions = { checkpoints: 'all', rows: { samples: true, evaluations: true, data: true } }
const STORES = [
  'runs',
  'events',
  'checkpoints',
  'evaluations',
  'judged',
  'tokens',
  'chunks',
  'writes',
] as const

let server: RunningServer
beforeAll(async () => {
  server = await serve({ root: join(import.meta.dirname, '..', '..', 'public') })
})
afterAll(() => server.close())
beforeEach(() => {
  globalThis.indexedDB = new IDBFactory()
  ToyEngine.made = []
})

function rooms() {
  const [data, train] = [dataRoom(), trainRooms()]
  for (const room of [data, train]) room.open({ base: server.url })
  return { data, ...train }
}
type Rooms = ReturnType<typeof rooms>

async function requested({ data }: Rooms, model: string): Promise<StartRequest> {
  const dataset = await data.openFile(new File([ROWS], 'balls.csv'))
  const config = parseRunConfig({
    ...{ learning_rate: 0.05, max_steps: 6, per_device_train_batch_size: 4, max_length: 64 },
    ...{ eval_steps: 3, save_steps: 2, save_total_limit: 5 },
    data: { prompt: 'q', response: 'a', validation_share: 0.2, name: 'balls.csv', hash: dataset.hash },
  })
  const recipe = { dataset: dataset.id, model, config }
  await data.prepare(recipe)
  return { ...recipe, samplePrompts: [{ prompt: 'Where is ball 3?', split: 'train' }] }
}

/** Waits for the end of what `begin` begins. */
async function ended(begin: (onEvent: (event: RunEvent) => void) => Promise<unknown>): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    begin((event) => {
      if (event.type === 'done') resolve()
      if (event.type === 'error') reject(event.failure)
    }).catch(reject)
  })
}

async function trained(studio: Rooms, model = 'pebble'): Promise<string> {
  let run = ''
  const request = await requested(studio, model)
  await ended(async (onEvent) => {
    run = await studio.runs.start(request, onEvent)
  })
  return run
}

const saved = async ({ runs }: Rooms, run: string, options?: RunFileOptions): Promise<Blob> =>
  zipOf(await runs.runFile(run, options))

async function textsOf({ runs }: Rooms, run: string, options: RunFileOptions): Promise<Map<string, string>> {
  const files = new Map<string, string>()
  for (const file of await runs.runFile(run, options)) files.set(file.path, await (await blobOf(file)).text())
  return files
}

async function logOf(run: string): Promise<RunEvent[]> {
  const database = await openDatabase()
  const events = await readEvents(database, run)
  database.close()
  return events
}

/** How much is stored, by store. */
async function counts(): Promise<number[]> {
  const database = await openDatabase()
  const found = await Promise.all(STORES.map((store) => database.count(store as keyof Schema & 'runs')))
  database.close()
  return found
}

const figures = (events: readonly RunEvent[]) =>
  events.flatMap((event): unknown[] => {
    if (event.type === 'step') return [[event.step, event.loss, event.grad_norm, event.tokens]]
    return event.type === 'eval' ? [[event.step, event.eval_loss]] : []
  })
const infoOf = async ({ runs }: Rooms, run: string): Promise<RunInfo> =>
  (await runs.list()).find(({ id }) => id === run)!

/** The practice model's files; or another model of its shape, by one bit. */
function practiceFiles(other = false): File[] {
  const folder = join(import.meta.dirname, '..', '..', 'public', 'models', 'pebble')
  const names = ['config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json']
  return [...names, 'model.safetensors'].map((name) => {
    const bytes = new Uint8Array(readFileSync(join(folder, name)))
    if (other && name === 'model.safetensors') bytes[bytes.length - 2]! ^= 1
    return new File([bytes], name)
  })
}

describe('a run as a file', () => {
  test('is a run of another browser, as it was to the byte, and gone on with to the same curve', async () => {
    const first = rooms()
    const run = await trained(first)
    await first.evaluations.evaluate({ run, checkpoint: 'last', rows: { split: 'validation' } }, () => {})
    const [file, before, log] = [
      await saved(first, run, ALL),
      await textsOf(first, run, ALL),
      await logOf(run),
    ]

    globalThis.indexedDB = new IDBFactory()
    const second = rooms()
    const opened = await second.runs.openRunFile(file, NAME)
    expect(opened).toMatchObject({ run, name: 'pebble on balls.csv' })
    await second.runs.openRunFile(file, NAME)
    const info = await infoOf(second, run)
    expect(info).toMatchObject({
      status: 'done',
      step: 6,
      opened: { file: NAME, model: 'Pebble', leftOut: {} },
    })
    expect(await logOf(run)).toEqual(log)
    const kept = await second.runs.checkpoints(run)
    expect(kept.map(({ step }) => step)).toEqual([2, 3, 4, 6])
    const after = await textsOf(second, run, ALL)
    for (const path of [
      'run.json',
      'metrics.jsonl',
      'curves.csv',
      'checkpoints/step-4.json',
      'data/tokens.arrow',
    ])
      expect([path, after.get(path)]).toEqual([path, before.get(path)])
    const [evaluation] = await second.evaluations.list(run)
    expect((await second.evaluations.report(run, evaluation!.id)).count).toBe(evaluation!.total)

    await ended((onEvent) => second.runs.resume(run, onEvent, { from: 2 }))
    expect(figures(await logOf(run))).toEqual(figures(log))
  })

  test('without its rows says what it lacks, and goes on once the same file is opened', async () => {
    const first = rooms()
    const run = await trained(first)
    const log = await logOf(run)
    const file = await saved(first, run, { checkpoints: 'all' })
    const texts = [...(await textsOf(first, run, { checkpoints: 'all' })).values()].join('')
    expect(texts).not.toContain('Where is ball')

    globalThis.indexedDB = new IDBFactory()
    const second = rooms()
    const opened = await second.runs.openRunFile(file, NAME)
    expect(opened.lacks).toEqual({ data: 'balls.csv' })
    expect((await infoOf(second, run)).opened!.leftOut).toMatchObject({ samples: 3, questions: 1, data: 24 })
    // What was left out before is left out of what is saved here, too.
    const list = JSON.parse((await textsOf(second, run, ALL)).get('lapidary-run.json')!)
    expect(list.left_out).toEqual({ samples: 3, questions: 1, data: 24 })
    const resume = (onEvent: (event: RunEvent) => void) => second.runs.resume(run, onEvent, { from: 2 })
    expect(toFailure(await resume(() => {}).catch((error: unknown) => error))).toMatchObject({
      code: 'missing_file',
      message: 'What this run learnt from, balls.csv, is not in this browser.',
    })
    await second.data.openFile(new File([ROWS], 'renamed.csv'))
    await ended(resume)
    expect(figures(await logOf(run))).toEqual(figures(log))
  })

  test('names the base model that it wants, and finds it under whatever id it has here', async () => {
    const first = rooms()
    const adding = addingRoom()
    adding.open({ base: server.url })
    const other = practiceFiles(true)
    const added = await adding.add(other, 'mine')
    const run = await trained(first, added.id)
    const file = await saved(first, run, { checkpoints: 'last', rows: { data: true } })

    globalThis.indexedDB = new IDBFactory()
    const second = rooms()
    const { lacks } = await second.runs.openRunFile(file, NAME)
    expect(lacks).toEqual({ model: { name: 'mine', hash: added.hash } })
    for (const use of [
      () => second.runs.exportRun(run, 'merged'),
      () => second.runs.resume(run, () => {}),
      () => second.runs.prove(run),
    ])
      expect(toFailure(await use().catch((error: unknown) => error))).toMatchObject({
        code: 'missing_file',
        message: expect.stringMatching(/^The base model of the run ".*", mine, is not in this browser\.$/),
      })
    const there = addingRoom()
    there.open({ base: server.url })
    const { id } = await there.add(other, 'somebody else’s')
    expect(id).not.toBe(added.id)
    expect((await infoOf(second, run)).model).toBe(id)
    expect((await second.runs.prove(run)).made).toBe(true)
  })

  test('lacks nothing where its base was a copy of the practice model, which is here though it was not used yet', async () => {
    const first = rooms()
    const adding = addingRoom()
    adding.open({ base: server.url })
    const added = await adding.add(practiceFiles(), 'mine')
    const run = await trained(first, added.id)
    const file = await saved(first, run, { checkpoints: 'last', rows: { data: true } })

    globalThis.indexedDB = new IDBFactory()
    const second = rooms()
    expect((await second.runs.openRunFile(file, NAME)).lacks).toEqual({})
    expect((await infoOf(second, run)).model).toBe('pebble')
    expect((await second.runs.prove(run)).made).toBe(true)
  })

  test('gets an id of its own where there is a run of its id, and is taken away again', async () => {
    const studio = rooms()
    const run = await trained(studio)
    const { run: other } = await studio.runs.openRunFile(await saved(studio, run), NAME)
    expect(other).not.toBe(run)
    expect(figures(await logOf(other))).toEqual(figures(await logOf(run)))
    const peft = await studio.runs.exportRun(other, 'peft')
    expect(peft.map(({ path }) => path)).toContain('adapter_model.safetensors')
    await studio.runs.remove(other)
    expect((await studio.runs.list()).map(({ id }) => id)).toEqual([run])
  })

  test('without a checkpoint is looked at only, and says so', async () => {
    const studio = rooms()
    const run = await trained(studio)
    const file = await saved(studio, run, { checkpoints: 'none' })
    const opened = await studio.runs.openRunFile(file, NAME)
    expect(opened.lacks.checkpoint).toBe(true)
    expect((await studio.runs.history(opened.run)).series.training.steps).toHaveLength(6)
    const asked = studio.runs.exportRun(opened.run, 'peft').catch((error: unknown) => error)
    expect(toFailure(await asked)).toMatchObject({
      code: 'missing_file',
      message: 'This run came as a file without a checkpoint.',
    })
  })

  test('that was damaged leaves what is stored as it was', async () => {
    const studio = rooms()
    const run = await trained(studio)
    const entries = await studio.runs.runFile(run, ALL)
    const whole = await zipOf(entries)
    const before = await counts()
    const other = entries.map((file) =>
      file.path === 'checkpoints/step-6.safetensors'
        ? blobFile(file.path, new Blob([new Uint8Array(file.size)]))
        : file,
    )
    for (const file of [whole.slice(0, whole.size >> 1), await zipOf(other), new Blob(['x'])]) {
      const failure = toFailure(await studio.runs.openRunFile(file, NAME).catch((error: unknown) => error))
      expect(failure.code).toMatch(/^(bad_file|unsupported_format)$/)
      expect(failure.message).toContain(NAME)
      expect(await counts()).toEqual(before)
    }
  })

  test('shows rows in its card where a person chose them, and in its file not for all that', async () => {
    const studio = rooms()
    const run = await trained(studio)
    const cardOf = async () => {
      const files = await studio.runs.exportRun(run, 'peft')
      return (await blobOf(files.find(({ path }) => path === 'README.md')!)).text()
    }
    expect(await cardOf()).not.toContain('Where is ball 3?')
    await studio.runs.update(run, { shown: ['Where is ball 3?', 'never asked'] })
    expect((await infoOf(studio, run)).shown).toContain('Where is ball 3?')
    const card = await cardOf()
    expect(card).toContain('Where is ball 3?')
    expect(card).not.toContain('never asked')
    expect([...(await textsOf(studio, run, {})).values()].join('')).not.toContain('Where is ball')
    await studio.runs.update(run, { shown: [] })
    expect(await cardOf()).not.toContain('Where is ball 3?')
  })

  test('can be told without being stored', async () => {
    const studio = rooms()
    const run = await trained(studio)
    const before = await counts()
    const contents = await studio.runs.readRunFile(await saved(studio, run, { by: 'Ada' }), NAME)
    expect(contents).toMatchObject({
      manifest: { by: 'Ada' },
      record: { step: 6 },
      config: { training: { max_steps: 6 } },
    })
    expect(await counts()).toEqual(before)
  })
})
