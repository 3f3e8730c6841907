import 'fake-indexeddb/auto'
import { join } from 'node:path'
import { IDBFactory } from 'fake-indexeddb'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { type RunningServer, serve } from '../../cli/server.ts'
import { toFailure } from '../../src/protocol/errors.ts'
import type { RunEvent } from '../../src/protocol/events.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import type { StartRequest } from '../../src/protocol/studio.ts'
import { dataRoom } from '../../src/workers/data-room.ts'
import { trainRooms } from '../../src/workers/train-room.ts'
import { ToyEngine, toyCheck } from './toy-engine.ts'

/** Everything that a page may ask of one engine, in whatever order it comes. */

vi.mock('../../src/engine/webgpu-engine.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/check/check-gpu.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/check/check-plan.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/plan.ts', async () => {
  const { TOY_PLAN } = await import('./toy-engine.ts')
  return { planEngine: () => ({ memory: TOY_PLAN }) }
})
vi.mock('../../src/workers/portable-host.ts', async () => {
  const { TOY_PLAN, ToyEngine } = await import('./toy-engine.ts')
  return {
    openPortable: async () => new ToyEngine('portable'),
    planPortable: () => ({ memory: TOY_PLAN }),
    webgpuDisagreement: async () => null,
  }
})

const PUBLIC = join(import.meta.dirname, '..', '..', 'public')
const INTERLEAVINGS = 200
const ACTIONS = 9
const CSV = `q,a\n${Array.from({ length: 12 }, (_, i) => `Where is ball ${i}?,Box ${i % 5}.`).join('\n')}\n`
const SETTINGS = {
  learning_rate: 0.05,
  max_steps: 4,
  per_device_train_batch_size: 2,
  max_length: 48,
  eval_steps: 2,
  save_steps: 2,
  data: { prompt: 'q', response: 'a', validation_share: 0.2 },
}
let server: RunningServer
let request: StartRequest

beforeAll(async () => {
  server = await serve({ root: PUBLIC })
  globalThis.indexedDB = new IDBFactory()
  const data = dataRoom()
  data.open({ base: server.url })
  const dataset = await data.openFile(new File([CSV], 'rows.csv'))
  const recipe = { dataset: dataset.id, model: 'pebble', config: parseRunConfig(SETTINGS) }
  await data.prepare(recipe)
  request = { ...recipe, samplePrompts: [] }
})
afterAll(() => server.close())
beforeEach(() => {
  ToyEngine.faults = []
  ToyEngine.afterLoad = () => {}
  Object.assign(toyCheck, { failing: [], wrong: [], at: null, meanwhile: () => pause(2) })
})

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

function rooms() {
  const train = trainRooms()
  train.open({ base: server.url })
  return train
}

type Rooms = ReturnType<typeof rooms>

/** Starts a run; `ended` resolves with its last event. */
function started(train: Rooms, begin = train.runs.start) {
  const events: RunEvent[] = []
  let end: (event: RunEvent) => void
  const ended = new Promise<RunEvent>((resolve) => {
    end = resolve
  })
  const id = begin(request, (event) => {
    events.push(event)
    if (event.type === 'done' || event.type === 'error') end(event)
  })
  return { id, events, ended }
}

const losses = (events: readonly RunEvent[]) =>
  events.flatMap((event) => (event.type === 'step' ? [[event.step, event.loss, event.grad_norm]] : []))

const options = { maxNewTokens: 6, temperature: 0, topK: 0, topP: 1, seed: 0 }

test('asking for another engine between load and first step leaves the run its own', async () => {
  const train = rooms()
  let asked: Promise<unknown> = Promise.resolve()
  ToyEngine.afterLoad = () => {
    ToyEngine.afterLoad = () => {}
    // In every turn until the run trains: one of them is the gap.
    asked = (async () => {
      const found: unknown[] = []
      for (let i = 0; i < 20; i++) {
        found.push(await train.models.device('portable', 'cpu').catch((error: unknown) => error))
        await Promise.resolve()
      }
      return found
    })()
  }
  const run = started(train)
  expect(await run.ended).toMatchObject({ type: 'done', reason: 'finished' })
  for (const found of (await asked) as unknown[])
    expect(found).toMatchObject({
      code: 'bad_state',
      detail: { held_by: expect.stringMatching(/begin|train/) },
    })
  expect(ToyEngine.faults).toEqual([])
})

test(`${INTERLEAVINGS} interleavings of everything that uses the engine`, async () => {
  const alone = started(rooms())
  await alone.ended
  const expected = losses(alone.events)
  const seen = { done: 0, stopped: 0, refused: 0, answered: 0, checked: 0, told: 0 }
  for (let seed = 1; seed <= INTERLEAVINGS; seed++) {
    const random = generator(seed)
    const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!
    const train = rooms()
    const failures: unknown[] = []
    const runs: ReturnType<typeof started>[] = []
    const pending: Promise<unknown>[] = []
    const watch = (promise: Promise<unknown>, name: keyof typeof seen) =>
      pending.push(
        promise.then(
          () => seen[name]++,
          (error) => failures.push(error),
        ),
      )
    /** Half of the calls are stopped at some time. */
    const call = () => {
      const control = new AbortController()
      if (random() < 0.5) setTimeout(() => control.abort(), random() * 12)
      return { signal: control.signal }
    }
    const ask = (purpose: 'answer' | 'evaluation' | 'synthesis') => async () => {
      const run = pick([null, null, ...runs.map(({ id }) => id)])
      const asked = {
        model: 'pebble',
        run: await Promise.resolve(run).catch(() => null),
        purpose,
        prompts: pick([['a'], ['a', 'b']]),
        options,
        engine: pick(['auto', 'webgpu', 'portable'] as const),
      }
      watch(
        train.answers.answer(asked, () => {}, call()),
        'answered',
      )
    }
    const actions = [
      () => {
        const run = started(train, (asked, onEvent) => train.runs.start(asked, onEvent, call()))
        run.id.then(
          () => runs.push(run),
          (error) => failures.push(error),
        )
        pending.push(run.id.then(() => run.ended).catch(() => {}))
      },
      ask('answer'),
      ask('evaluation'),
      ask('synthesis'),
      () =>
        watch(
          train.models.device(pick(['auto', 'webgpu', 'portable']), pick(['auto', 'cpu']), call()),
          'told',
        ),
      () => watch(train.models.checkGpu(call()), 'checked'),
      () => watch(train.runs.stop(), 'stopped'),
    ]
    actions[0]!()
    for (let i = 0; i < ACTIONS; i++) {
      await pause(random() < 0.3 ? 0 : random() * 8)
      await pick(actions)()
    }
    await train.runs.stop()
    await Promise.all(pending)
    expect(ToyEngine.faults, `interleaving ${seed}`).toEqual([])
    for (const error of failures) {
      const failure = toFailure(error)
      if (failure.code === 'cancelled') continue
      // A run that was stopped before its first checkpoint has nothing to answer with.
      if (failure.code === 'missing_file' && /no checkpoint/.test(failure.message)) continue
      expect(failure, `interleaving ${seed}`).toMatchObject({
        code: 'bad_state',
        message: expect.stringMatching(/is going on|is just being loaded|are being checked/),
        detail: { held_by: expect.stringMatching(/^(begin|train|check)$/) },
      })
      seen.refused++
    }
    for (const run of runs) {
      const end = await run.ended
      if (end.type === 'error') expect(end.failure.code, `interleaving ${seed}`).toBe('cancelled')
      else seen.done++
      const found = losses(run.events)
      expect(found, `interleaving ${seed}`).toEqual(expected.slice(0, found.length))
    }
    // Whatever happened, the engine is free afterwards.
    await expect(train.models.checkGpu()).resolves.toMatchObject({ passed: true })
  }
  // Each of them happened, and not once only.
  for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(10)
})

/** mulberry32: uniform in [0, 1) by seed. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
