import 'fake-indexeddb/auto'
import { join } from 'node:path'
import { IDBFactory } from 'fake-indexeddb'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type RunningServer, serve } from '../../cli/server.ts'
import { loraGguf } from '../../src/export/gguf.ts'
import { peftFiles } from '../../src/export/peft.ts'
import type { ExportSource } from '../../src/export/source.ts'
import { initialAdapter } from '../../src/model/lora.ts'
import type { StateTensor } from '../../src/protocol/engine.ts'
import type { EvalEvent, RunEvent } from '../../src/protocol/events.ts'
import { blobFile, blobOf } from '../../src/protocol/exported.ts'
import { identity } from '../../src/protocol/identity.ts'
import { parseRunConfig, type RunConfig } from '../../src/protocol/run-config.ts'
import type { AdapterFiles, StartRequest } from '../../src/protocol/studio.ts'
import { openDatabase } from '../../src/storage/database.ts'
import { adapterHash, openAdapter, readAdapter } from '../../src/workers/adapter-files.ts'
import { dataRoom } from '../../src/workers/data-room.ts'
import { Library } from '../../src/workers/library.ts'
import { startingFrom } from '../../src/workers/start-from.ts'
import { trainRooms } from '../../src/workers/train-room.ts'
import { failure } from '../data/helpers.ts'
import { zipOf } from '../support/zip.ts'
import { toldBy } from './support/told.ts'
import { ToyEngine } from './toy-engine.ts'

vi.mock('../../src/engine/webgpu-engine.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/check/check-gpu.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/check/check-plan.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/plan.ts', async () => {
  const { TOY_PLAN } = await import('./toy-engine.ts')
  return { planEngine: () => ({ memory: TOY_PLAN }) }
})

const PUBLIC = join(import.meta.dirname, '..', '..', 'public')
let server: RunningServer
beforeAll(async () => {
  server = await serve({ root: PUBLIC })
})
afterAll(() => server.close())
beforeEach(() => {
  globalThis.indexedDB = new IDBFactory()
  ToyEngine.made = []
})

const ROWS = `q,a\n${Array.from({ length: 24 }, (_, i) => `Where is ball ${i}?,The ball is in box ${i % 5}.`).join('\n')}\n`
const SETTINGS = {
  learning_rate: 0.05,
  max_steps: 4,
  per_device_train_batch_size: 4,
  max_length: 64,
  eval_steps: 2,
  save_steps: 2,
  lora: { r: 4, lora_alpha: 8 },
  data: { prompt: 'q', response: 'a', validation_share: 0.25 },
}

function rooms() {
  const [data, { runs, ...train }] = [dataRoom(), trainRooms()]
  data.open({ base: server.url })
  train.open({ base: server.url })
  return { data, runs }
}

async function requested(data: ReturnType<typeof dataRoom>, change: object = {}): Promise<StartRequest> {
  const config = parseRunConfig({ ...SETTINGS, ...change })
  const dataset = await data.openFile(new File([ROWS], 'rows.csv'))
  const recipe = { dataset: dataset.id, model: 'pebble', config }
  await data.prepare(recipe)
  return { ...recipe, samplePrompts: [] }
}

type Runs = ReturnType<typeof rooms>['runs']

/** A run from beginning to end: its id, and what it told. */
async function ran(begin: (onEvent: (event: RunEvent) => void) => Promise<string>) {
  const { begun: id, events } = await toldBy(begin)
  return {
    id,
    losses: events.filter((event): event is EvalEvent => event.type === 'eval').map((e) => e.eval_loss),
  }
}
const trained = (runs: Runs, request: StartRequest) => ran((onEvent) => runs.start(request, onEvent))
const from = (run: string, more: object = {}) => ({ start: { from: 'run', run, ...more } })

describe('a run that begins with the adapter of another', () => {
  test('has its loss from the first, learns on with fresh moments, and its config names what it began with', async () => {
    const { data, runs } = rooms()
    const first = await trained(runs, await requested(data))
    const second = await trained(runs, await requested(data, from(first.id)))
    expect(second.losses[0]).toBe(first.losses.at(-1))
    expect(second.losses.at(-1)! < second.losses[0]!).toBe(true)

    const [record] = (await runs.list()).filter(({ id }) => id === second.id)
    const { start } = record!.config
    expect(start).toMatchObject({ from: 'run', run: first.id, checkpoint: 'last' })
    expect(record).toMatchObject({ step: 4, maxSteps: 4 })
    const adapter = (await runs.exportRun(first.id, 'peft')).find(({ path }) =>
      path.endsWith('.safetensors'),
    )!
    const hash = adapterHash(await readAdapter(await openAdapter({ tensors: await blobOf(adapter) })))
    expect(start.from === 'run' && start.hash).toBe(hash)

    // Moments are fresh: training on from the same adapter is another curve than going on with the first run.
    const longer = await trained(runs, await requested(data, { max_steps: 8 }))
    expect(longer.losses.slice(0, 3)).not.toEqual(second.losses)
    // The same beginning is the same run.
    const again = await trained(runs, { ...(await requested(data)), config: record!.config })
    expect(again.losses).toEqual(second.losses)
  })

  test('with its best checkpoint where that is asked for', async () => {
    const { data, runs } = rooms()
    const first = await trained(runs, await requested(data))
    const best = Math.min(...first.losses.slice(1))
    const second = await trained(runs, await requested(data, from(first.id, { checkpoint: 'best' })))
    expect(second.losses[0]).toBe(best)
    const without = await trained(
      runs,
      await requested(data, { data: { ...SETTINGS.data, validation_share: 0 } }),
    )
    const request = await requested(data, from(without.id, { checkpoint: 'best' }))
    const refused = await failure(() => runs.start(request, () => {}), 'missing_file')
    expect(refused.detail?.which).toBe('best')
  })

  test('with any other that is kept, by its step', async () => {
    const { data, runs } = rooms()
    const request = await requested(data, { save_steps: 1, eval_steps: 1, save_total_limit: 3 })
    const first = await trained(runs, request)
    const kept = await runs.checkpoints(first.id)
    expect(kept.length).toBe(3)
    for (const { step, evalLoss, bytes } of kept) {
      expect(bytes).toBeGreaterThan(0)
      const second = await trained(runs, await requested(data, from(first.id, { checkpoint: step })))
      expect(second.losses[0]).toBe(evalLoss)
    }
    const gone = [1, 2, 3, 4].find((step) => !kept.some((one) => one.step === step))!
    const without = await requested(data, from(first.id, { checkpoint: gone }))
    const refused = await failure(() => runs.start(without, () => {}), 'missing_file')
    expect(refused.hint).toBe(`Kept: ${kept.map(({ step }) => `step ${step}`).join(', ')}.`)
  })

  test('goes on from its own checkpoint when the other run is gone, and is not begun again without it', async () => {
    const { data, runs } = rooms()
    const first = await trained(runs, await requested(data))
    const request = await requested(data, { ...from(first.id), max_steps: 6 })
    const { id } = await ran(async (onEvent) => {
      const run = await runs.start(request, (event) => {
        if (event.type === 'step' && event.step === 3) void runs.stop()
        onEvent(event)
      })
      return run
    })
    await runs.remove(first.id)
    await ran(async (onEvent) => {
      await runs.resume(id, onEvent)
      return id
    })
    expect((await runs.list()).find((run) => run.id === id)).toMatchObject({ status: 'done', step: 6 })
    const refused = await failure(() => runs.start(request, () => {}), 'missing_file')
    expect([refused.detail?.field, refused.detail?.run]).toEqual(['start.run', first.id])
  })

  test.each<[string, object, string]>([
    ['another rank', { lora: { r: 2, lora_alpha: 4 } }, 'lora.r'],
    ['other modules', { lora: { r: 4, lora_alpha: 8, target_modules: 'all-linear' } }, 'lora.target_modules'],
    ['another scaling', { lora: { r: 4, lora_alpha: 16 } }, 'lora.lora_alpha'],
  ])('is refused under %s, by name', async (_, change, field) => {
    const { data, runs } = rooms()
    const first = await trained(runs, await requested(data))
    const request = await requested(data, { ...from(first.id), ...change })
    const refused = await failure(() => runs.start(request, () => {}), 'bad_state')
    expect(refused.detail?.field).toBe(field)
    expect((await runs.list()).map(({ id }) => id)).toEqual([first.id])
  })

  test('is refused where that run has been trained on since', async () => {
    const { data, runs } = rooms()
    const first = await trained(runs, await requested(data))
    const request = await requested(data, from(first.id, { hash: 'f'.repeat(64) }))
    const refused = await failure(() => runs.start(request, () => {}), 'bad_state')
    expect(refused.detail).toMatchObject({ field: 'start.hash', expected: 'f'.repeat(64) })
  })
})

describe("an adapter of PEFT's layout", () => {
  const lora = parseRunConfig(SETTINGS).lora
  const config = (change: object = {}) =>
    parseRunConfig({ ...SETTINGS, start: { from: 'adapter', name: 'there', ...change } })

  async function opened() {
    const database = await openDatabase()
    const model = await new Library(async () => database, server.url).open('pebble')
    return { database, model }
  }

  async function files(of: RunConfig['lora'] = lora): Promise<AdapterFiles> {
    const { model } = await opened()
    const adapter = initialAdapter(model.info.config, of, 9)
    const given = await peftFiles({
      lora: adapter,
      config: { ...parseRunConfig(SETTINGS), lora: of },
      baseModel: 'pebble',
      step: 0,
      events: [],
    })
    const [json, tensors] = given
    return { config: JSON.parse(await json!.blob.text()), tensors: tensors!.blob }
  }

  test('is begun with, moments at zero, and bound by its hash', async () => {
    const { database, model } = await opened()
    const { config: filled, state } = await startingFrom(database, config(), model, await files())
    expect(state!.lora).toEqual(initialAdapter(model.info.config, lora, 9))
    for (const moments of [state!.adamM, state!.adamV])
      for (const [name, { shape, data }] of Object.entries(moments)) {
        expect(shape).toEqual(state!.lora[name]!.shape)
        expect(data.every((x) => x === 0)).toBe(true)
      }
    expect(filled.start).toEqual({ from: 'adapter', name: 'there', hash: adapterHash(state!.lora) })
    const elsewhere = { ...filled, start: { ...filled.start, name: 'elsewhere' } } as RunConfig
    expect(identity(elsewhere)).toBe(identity(filled))
    expect(identity(filled)).not.toBe(identity(parseRunConfig(SETTINGS)))
    const refused = await failure(
      async () => startingFrom(database, config({ hash: 'a' }), model, await files()),
      'bad_state',
    )
    expect(refused.detail?.field).toBe('start.hash')
  })

  test('is refused where it was not given, and where it does not fit', async () => {
    const { database, model } = await opened()
    const missing = await failure(() => startingFrom(database, config(), model), 'missing_file')
    expect(missing.hint).toContain('--start-from')
    const wide = await files({ ...lora, r: 8, lora_alpha: 16 })
    const refused = await failure(() => startingFrom(database, config(), model, wide), 'bad_state')
    expect(refused.detail?.field).toBe('lora.r')
    // A config that says what the tensors are not.
    const false_ = { ...wide, config: (await files()).config }
    await failure(() => startingFrom(database, config(), model, false_), 'bad_state')
    // It says itself which base it is of.
    const ofOther = {
      ...false_,
      config: { ...(false_.config as object), base_model_name_or_path: 'google/other' },
    }
    const other = await failure(() => startingFrom(database, config(), model, ofOther), 'bad_state')
    expect(other.message).toMatch(/was made for google\/other, and does not fit Pebble: .*has shape/)
    expect(other.hint).toContain('google/other')
  })

  test('is read from a folder, a zip or a GGUF that a person chose, and begun with', async () => {
    const { data, runs } = rooms()
    const { config: json, tensors } = await files()
    const { model } = await opened()
    const tuned = initialAdapter(model.info.config, lora, 9)
    const config = new File([JSON.stringify(json)], 'adapter_config.json')
    const weights = new File([tensors], 'adapter_model.safetensors')
    const zip = await zipOf([
      blobFile('mine/base/config.json', new Blob(['{}'])),
      blobFile('mine/adapter_config.json', config),
      blobFile('mine/adapter_model.safetensors', weights),
    ])
    const source: ExportSource = {
      ...{ config: parseRunConfig(SETTINGS), baseModel: 'pebble', template: null, step: 0, meta: {} },
      ...{
        tensors: async () => tensors,
        lora: async () => tuned,
        events: async () => [],
        chatPage: async () => [],
      },
      model: async () => ({
        ...{ config: model.info.config, practice: true, files: model.files, weights: () => model.weights() },
        ...{ template: async () => '', stops: async () => [1] },
      }),
    }
    const made = (await loraGguf(source, {})).find(({ path }) => path.endsWith('.gguf'))!
    const gguf = new File([await blobOf(made)], 'mine.gguf')
    for (const chosen of [[config, weights], [new File([zip], 'mine.zip')], [gguf]]) {
      const found = await runs.openAdapter(chosen, 'mine', 'pebble')
      expect(found).toMatchObject({ name: 'mine', lora: { r: 4 }, hash: adapterHash(tuned) })
    }
    const found = await runs.openAdapter([config, weights], 'mine', 'pebble')
    const start = { from: 'adapter' as const, name: found.name, hash: found.hash }
    const request = { ...(await requested(data, { start, lora: found.lora })), adapter: found.files }
    expect((await runs.forecast(request)).steps).toBe(4)
  })

  test('of files that a person chose is refused by name where it is none, or of another base', async () => {
    const { runs } = rooms()
    const { config: json, tensors } = await files({ ...lora, r: 8, lora_alpha: 16 })
    const named = (config: unknown) => [
      new File([JSON.stringify(config)], 'adapter_config.json'),
      new File([tensors], 'adapter_model.safetensors'),
    ]
    const other = { ...(json as object), r: 4, lora_alpha: 8, base_model_name_or_path: 'google/other' }
    const refused = await failure(() => runs.openAdapter(named(other), 'theirs', 'pebble'), 'bad_state')
    expect(refused.message).toMatch(
      /^The adapter "theirs" was made for google\/other, and does not fit Pebble/,
    )
    for (const [chosen, words] of [
      [
        [new File(['x'], 'model.bin')],
        'There is no adapter_config.json and no adapter_model.safetensors in it.',
      ],
      [named(json).slice(0, 1), 'There is no adapter_model.safetensors in it.'],
      [
        [new File([await zipOf([blobFile('a.txt', new Blob(['x']))])], 'a.zip')],
        'There is no adapter_config.json in a.zip.',
      ],
    ] as const)
      expect(
        (await failure(() => runs.openAdapter([...chosen], 'it', 'pebble'), 'missing_file')).message,
      ).toBe(words)
  })

  test('its hash is that of names, shapes and values, in whatever order they lie', () => {
    const a = { shape: [1, 2], data: Float32Array.of(1, 2) }
    const b = { shape: [2, 1], data: Float32Array.of(3, 4) }
    const hash = adapterHash({ a, b })
    expect(adapterHash({ b, a })).toBe(hash)
    const others: Record<string, StateTensor>[] = [
      { a, c: b },
      { a, b: { ...b, shape: [1, 2] } },
      { a, b: { ...b, data: Float32Array.of(3, 5) } },
    ]
    for (const other of others) expect(adapterHash(other)).not.toBe(hash)
  })
})
