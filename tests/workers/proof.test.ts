import 'fake-indexeddb/auto'
import { join } from 'node:path'
import { IDBFactory } from 'fake-indexeddb'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { type RunningServer, serve } from '../../cli/server.ts'
import { PROOF_PROMPTS } from '../../src/export/proof.ts'
import { toFailure } from '../../src/protocol/errors.ts'
import type { RunEvent } from '../../src/protocol/events.ts'
import { blobOf } from '../../src/protocol/exported.ts'
import type { Proof } from '../../src/protocol/proof.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import type { CheckpointChoice, StartRequest } from '../../src/protocol/studio.ts'
import { dataRoom } from '../../src/workers/data-room.ts'
import { trainRooms } from '../../src/workers/train-room.ts'
import { toldBy } from './support/told.ts'
import { ToyEngine } from './toy-engine.ts'

vi.mock('../../src/engine/webgpu-engine.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/check/check-gpu.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/check/check-plan.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/plan.ts', async () => {
  const { TOY_PLAN } = await import('./toy-engine.ts')
  return { planEngine: () => ({ memory: TOY_PLAN }) }
})

const SETTINGS = {
  learning_rate: 0.05,
  max_steps: 4,
  per_device_train_batch_size: 4,
  max_length: 64,
  eval_steps: 2,
  save_steps: 2,
}
const ROWS = `q,a\n${Array.from({ length: 24 }, (_, i) => `Where is ball ${i}?,The ball is in box ${i % 5}.`).join('\n')}\n`
let server: RunningServer

beforeAll(async () => {
  server = await serve({ root: join(import.meta.dirname, '..', '..', 'public') })
})
afterAll(() => server.close())
beforeEach(() => {
  globalThis.indexedDB = new IDBFactory()
  ToyEngine.made = []
})

async function rooms() {
  const [data, train] = [dataRoom(), trainRooms()]
  for (const room of [data, train]) room.open({ base: server.url })
  const requested = async (settings: object): Promise<StartRequest> => {
    const config = parseRunConfig({ ...SETTINGS, ...settings })
    const dataset = await data.openFile(new File([ROWS], 'rows.csv'))
    const columns = { prompt: 'q', response: 'a', system: null, messages: null, text: null }
    const wanted = { ...config, data: { ...config.data, ...columns, validation_share: 0.2 } }
    const recipe = { dataset: dataset.id, model: 'pebble', config: wanted }
    await data.prepare(recipe)
    return { ...recipe, samplePrompts: [] }
  }
  const trained = async (settings: object = {}): Promise<string> => {
    const request = await requested(settings)
    return (await toldBy((onEvent) => train.runs.start(request, onEvent))).begun
  }
  return { train, requested, trained }
}

/** Small files of an export, by path. */
async function textsOf(
  train: ReturnType<typeof trainRooms>,
  run: string,
  format: string,
  which?: CheckpointChoice,
): Promise<Map<string, string>> {
  const files = (await train.runs.exportRun(run, format, which)).filter(({ path }) =>
    /^[^/]+\.(json|py)$/.test(path),
  )
  return new Map(
    await Promise.all(files.map(async (file) => [file.path, await (await blobOf(file)).text()] as const)),
  )
}

test('a proof is made once for a checkpoint, kept with it, and lies in what is exported', async () => {
  const { train, trained } = await rooms()
  const run = await trained()
  expect(await train.runs.proof(run)).toEqual({ made: false, effect: null, dead: false })
  expect([...(await textsOf(train, run, 'peft')).keys()]).not.toContain('proof.json')
  const shares: (number | null)[] = []
  const info = await train.runs.prove(run, 'last', { onProgress: ({ share }) => shares.push(share) })
  expect(info).toMatchObject({ made: true, dead: false })
  expect(info.effect).toBeGreaterThan(0)
  expect(shares.at(-1)).toBe(1)

  const files = await textsOf(train, run, 'peft')
  const proof = JSON.parse(files.get('proof.json')!) as Proof
  expect(proof.prompts.map(({ prompt }) => prompt)).toEqual(PROOF_PROMPTS)
  expect(proof).toMatchObject({ step: 4, base: { name: 'Pebble' } })
  expect(files.get('check.py')).toContain('from peft import PeftModel')
  expect(files.get('proof.json')).not.toMatch(/ball/)
  // As it was made, for the command line to take up; nothing but the studio loads it.
  const checkpoint = await textsOf(train, run, 'checkpoint')
  const { tolerance: _, ...made } = proof as Proof & { tolerance: unknown }
  expect(JSON.parse(checkpoint.get('proof.json')!)).toEqual(made)
  expect([...checkpoint.keys()]).not.toContain('check.py')

  // In another visit nothing is loaded for it any more.
  const again = (await rooms()).train
  ToyEngine.made = []
  expect(await again.runs.prove(run)).toEqual(info)
  expect(await again.runs.proof(run)).toEqual(info)
  expect(ToyEngine.made).toEqual([])
})

test('each checkpoint has its own, and one that is gone on with needs another', async () => {
  const { train, requested } = await rooms()
  const request = await requested({ max_steps: 6 })
  const { begun: run } = await toldBy((onEvent) =>
    train.runs.start(request, (event) => {
      onEvent(event)
      if (event.type === 'step' && event.step === 4) void train.runs.stop()
    }),
  )
  const proofAt = async (which: CheckpointChoice) => {
    await train.runs.prove(run, which)
    return JSON.parse((await textsOf(train, run, 'peft', which)).get('proof.json')!) as Proof
  }
  const before = await proofAt('last')
  expect(before.step).toBe(4)
  await toldBy((onEvent) => train.runs.resume(run, onEvent))
  expect(await train.runs.proof(run)).toMatchObject({ made: false, effect: null })
  expect((await textsOf(train, run, 'peft')).has('proof.json')).toBe(false)
  const after = await proofAt('last')
  expect(after.step).toBe(6)
  expect(after.adapter).not.toBe(before.adapter)
})

test('an adapter that changes nothing is told from the file alone, and by its proof', async () => {
  const { train, trained } = await rooms()
  const real = ToyEngine.prototype.saveState
  vi.spyOn(ToyEngine.prototype, 'saveState').mockImplementation(async function (this: ToyEngine) {
    const state = await real.call(this)
    for (const [name, { data }] of Object.entries(state.lora)) if (name.includes('.lora_B.')) data.fill(0)
    return state
  })
  const run = await trained().finally(() => vi.restoreAllMocks())
  expect(await train.runs.proof(run)).toEqual({ made: false, effect: null, dead: true })
  expect(await train.runs.prove(run)).toEqual({ made: true, effect: 0, dead: true })
})

test('while a run goes on none is made and why is said; the export is the same, and it is made later', async () => {
  const { train, trained, requested } = await rooms()
  const old = await trained()
  const request = await requested({ max_steps: 1_000_000 })
  let end: Promise<RunEvent> | undefined
  await new Promise<void>((begun) => {
    end = new Promise((ended) => {
      void train.runs.start(request, (event) => {
        if (event.type === 'step') begun()
        if (event.type === 'done' || event.type === 'error') ended(event)
      })
    })
  })
  const failure = await train.runs.prove(old).then(
    () => null,
    (error: unknown) => toFailure(error),
  )
  expect(failure).toMatchObject({ code: 'bad_state', detail: { held_by: 'train' } })
  const files = await textsOf(train, old, 'peft')
  expect([files.has('adapter_config.json'), files.has('proof.json')]).toEqual([true, false])
  await train.runs.stop()
  await end
  expect(await train.runs.prove(old)).toMatchObject({ made: true })
})

test('a checkpoint in memory alone has one in memory', async () => {
  const { train, requested } = await rooms()
  const request = await requested({})
  let full = false
  vi.stubGlobal('navigator', { storage: { estimate: async () => ({ quota: full ? 0 : 1e12, usage: 0 }) } })
  try {
    const { begun: run } = await toldBy((onEvent) =>
      train.runs.start(request, (event) => {
        onEvent(event)
        if (event.type === 'step') full = true
      }),
    )
    expect((await train.runs.list())[0]).toMatchObject({ id: run, unkept: { code: expect.any(String) } })
    const info = await train.runs.prove(run)
    expect(info.made).toBe(true)
    expect(await train.runs.proof(run)).toEqual(info)
    expect((await textsOf(train, run, 'peft')).has('check.py')).toBe(true)
  } finally {
    vi.unstubAllGlobals()
  }
})
