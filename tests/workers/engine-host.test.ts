import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { NOTHING_TRIED } from '../../src/gpu/room.ts'
import type { EngineChoice, PlanRequest, PortableBackend } from '../../src/protocol/engine.ts'
import type { WeightSource } from '../../src/protocol/model.ts'
import { openDatabase } from '../../src/storage/database.ts'
import { EngineHost } from '../../src/workers/engine/host.ts'
import type { LoadRequest } from '../../src/workers/engine/loading.ts'
import type { OpenModel } from '../../src/workers/library.ts'
import { BigramEngine } from '../trainer/bigram-engine.ts'
import { ToyEngine, toyCheck } from './toy-engine.ts'

vi.mock('../../src/engine/webgpu-engine.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/check/check-gpu.ts', () => import('./toy-engine.ts'))
vi.mock('../../src/engine/check/check-plan.ts', () => import('./toy-engine.ts'))
/** The portable engine's backends, and what is wrong with its WebGPU. */
const portable = vi.hoisted(() => ({ opened: [] as string[], webgpu: null as string | null, asked: 0 }))
vi.mock('../../src/workers/portable-host.ts', () => ({
  async openPortable(backends: readonly PortableBackend[]) {
    portable.opened.push(backends.join())
    const engine = new BigramEngine({ words: 2 })
    const describe = engine.describe.bind(engine)
    engine.load = async () => {}
    engine.describe = () => ({
      ...describe(),
      kind: 'portable',
      backend: backends[0]!,
      device: 'TensorFlow.js',
    })
    return engine
  },
  async webgpuDisagreement() {
    portable.asked++
    return portable.webgpu
  },
}))

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory()
  ToyEngine.made = []
  ToyEngine.roomFound = null
  Object.assign(toyCheck, {
    failing: [],
    wrong: [],
    made: 0,
    plans: 0,
    answers: 0,
    at: null,
    meanwhile: async () => {},
    whileTuning: async () => {},
  })
  Object.assign(portable, { opened: [], webgpu: null, asked: 0 })
})

function host() {
  const database = openDatabase()
  return new EngineHost(() => database)
}

const config = { vocabSize: 2 }
const weights: WeightSource = { tensors: new Map(), read: async () => new Uint8Array() }
const model = {
  info: { hash: 'toy', config },
  loadWith: (_, load) => load(weights),
} as Partial<OpenModel> as OpenModel

const load = (
  to: EngineHost,
  engine: EngineChoice = 'auto',
  options: Partial<Pick<LoadRequest, 'onProgress' | 'signal' | 'choices'>> = {},
) =>
  to.use('answer', ({ load }) =>
    load({
      model,
      quantization: null,
      plan: { decode: null } as PlanRequest,
      seed: 1,
      engine,
      backend: 'auto',
      defaultLimits: false,
      choices: {},
      ...options,
    }),
  )

test('what is about to run on an adapter is checked, once for each build', async () => {
  const first = host()
  expect((await load(first)).describe().kind).toBe('webgpu')
  await load(first)
  // Another worker, later: what was found is remembered.
  const second = host()
  await load(second)
  expect(toyCheck.plans).toBe(1)
  // Nothing else is before a first step.
  expect(toyCheck.made).toBe(0)
  expect(await second.device()).toMatchObject({ engine: 'webgpu', check: null })
})

test('a check that is long ago is made again: the driver may be another one', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  await load(host())
  vi.setSystemTime(Date.now() + 40 * 24 * 3600 * 1000)
  await load(host())
  await load(host())
  vi.useRealTimers()
  expect(toyCheck.plans).toBe(2)
})

test('what another build found out about kernels says nothing', async () => {
  toyCheck.wrong = ['rms_norm.forward lanes']
  await load(host())
  const database = await openDatabase()
  const known = (await database.get('devices', 'toy adapter'))!
  await database.put('devices', {
    ...known,
    choices: { a: 'lanes' },
    made: { ...known.made!, by: 'another build' },
  })
  toyCheck.wrong = []
  await load(host())
  expect(toyCheck.plans).toBe(2)
  expect(ToyEngine.made.at(-1)).toMatchObject({ leftOut: {}, choicesGiven: [{}] })
  database.close()
})

test('a kernel that is wrong there is left out, by this worker and the next; a fresh check judges it anew', async () => {
  const name = 'rms_norm.forward lanes'
  toyCheck.wrong = [name]
  await load(host())
  const second = host()
  await load(second)
  const leftOut = { [name]: 'it did nothing' }
  expect(ToyEngine.made.map((engine) => engine.leftOut)).toEqual([leftOut, leftOut])
  toyCheck.wrong = []
  await second.checkGpu()
  await load(host())
  expect(ToyEngine.made.slice(1).map((engine) => engine.leftOut)).toEqual([{}, {}])
})

describe('what was found of the memory', () => {
  const roomsGiven = () => {
    const given = ToyEngine.made.map(({ room }) => room)
    ToyEngine.made = []
    return given
  }

  test('is known to the next worker before it plans, of the same limits alone', async () => {
    ToyEngine.roomFound = { fits: 3e9, short: 5e9 }
    await load(host())
    roomsGiven()
    ToyEngine.roomFound = null
    await host().device()
    await load(host(), 'webgpu')
    await host().use('answer', ({ load }) =>
      load({
        model,
        quantization: null,
        plan: { decode: null } as PlanRequest,
        seed: 1,
        engine: 'webgpu',
        backend: 'auto',
        defaultLimits: true,
        choices: {},
      }),
    )
    const known = { fits: 3e9, short: 5e9 }
    expect(roomsGiven()).toEqual([known, known, NOTHING_TRIED])
  })

  test('is kept where a load fails for it', async () => {
    ToyEngine.roomFound = { fits: 1e9, short: 2e9 }
    ToyEngine.afterLoad = () => {
      throw new Error('no room')
    }
    try {
      await expect(load(host())).rejects.toThrow('no room')
    } finally {
      ToyEngine.afterLoad = () => {}
    }
    roomsGiven()
    await host().device()
    expect(roomsGiven()).toEqual([{ fits: 1e9, short: 2e9 }])
  })

  test('is tried again after a day where it did not go, and after a month where it did', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    try {
      ToyEngine.roomFound = { fits: 3e9, short: 5e9 }
      await load(host())
      const after = async (days: number) => {
        ToyEngine.roomFound = null
        vi.setSystemTime(Date.now() + days * 24 * 3600 * 1000)
        roomsGiven()
        // Noted again with nothing found anew: it grows no younger.
        await load(host(), 'webgpu')
        return roomsGiven()[0]
      }
      expect(await after(0.5)).toEqual({ fits: 3e9, short: 5e9 })
      expect(await after(0.6)).toEqual({ fits: 3e9, short: null })
      expect(await after(20)).toEqual({ fits: 3e9, short: null })
      expect(await after(10)).toEqual(NOTHING_TRIED)
    } finally {
      vi.useRealTimers()
    }
  })
})

test('an operation that is wrong there makes auto take TensorFlow.js on WebGPU, where that is right', async () => {
  toyCheck.failing = ['Attention']
  const first = host()
  expect((await load(first)).describe()).toMatchObject({ kind: 'portable', backend: 'webgpu' })
  expect(portable.opened).toEqual(['webgpu,wasm,cpu'])
  const about = await first.device()
  expect(about).toMatchObject({
    engine: 'portable',
    reason: { code: 'self_check_failed', detail: { found: 'Attention: got 1, want 2' } },
    check: { passed: false },
  })
  expect(about.reason!.message).toContain('Attention')
  // Neither is asked again.
  const second = host()
  expect((await load(second)).describe()).toMatchObject({ kind: 'portable', backend: 'webgpu' })
  expect([toyCheck.plans, portable.asked]).toEqual([1, 1])
})

test('where that is wrong too, the processor computes', async () => {
  Object.assign(toyCheck, { failing: ['RMSNorm'] })
  portable.webgpu = 'loss of step 1: 3 instead of 4'
  expect((await load(host())).describe()).toMatchObject({ kind: 'portable', backend: 'wasm' })
  expect(portable.opened).toEqual(['wasm,cpu'])
})

test('a check that is asked for is made again, and changes what is chosen', async () => {
  toyCheck.failing = ['RMSNorm']
  const it = host()
  await load(it)
  expect((await it.device()).engine).toBe('portable')
  toyCheck.failing = []
  expect(await it.checkGpu()).toMatchObject({ passed: true })
  expect(await it.device()).toMatchObject({ engine: 'webgpu', check: { passed: true } })
  expect((await load(it)).describe().kind).toBe('webgpu')
  expect(toyCheck.made).toBe(1)
})

test('an engine that is named is taken, whatever the check says', async () => {
  toyCheck.failing = ['RMSNorm']
  const it = host()
  expect((await load(it, 'webgpu')).describe().kind).toBe('webgpu')
  expect((await it.device('webgpu')).check).toMatchObject({ passed: false })
  expect((await load(it, 'portable')).describe().kind).toBe('portable')
  expect((await it.device('portable', 'cpu')).engine).toBe('portable')
  expect(portable.opened).toEqual(['wasm,cpu', 'cpu'])
})

test('says what it checks; a check that is stopped is made again', async () => {
  const told: string[] = []
  const it = host()
  const stopped = { onProgress: (_: number, note: string) => told.push(note), signal: AbortSignal.abort() }
  await expect(load(it, 'auto', stopped)).rejects.toMatchObject({ name: 'AbortError' })
  expect(told).toEqual(['Checking what a step runs on the graphics processor: RMSNorm'])
  await load(it)
  expect(toyCheck.plans).toBe(1)
})

test('while operations are checked, no other is opened', async () => {
  const it = host()
  let refused: unknown
  toyCheck.meanwhile = async () => {
    refused = await it.device('portable').catch((error: unknown) => error)
  }
  expect(await it.checkGpu()).toMatchObject({ passed: true })
  expect(refused).toMatchObject({ code: 'bad_state', detail: { held_by: 'check' } })
  expect((await it.device('portable')).engine).toBe('portable')
})

test('while a run uses the engine, no other is opened', async () => {
  const it = host()
  await load(it, 'portable')
  await it.use('train', async () => {
    await expect(it.device('webgpu')).rejects.toMatchObject({
      code: 'bad_state',
      message: 'A run is going on in this window.',
      detail: { held_by: 'train' },
    })
    expect((await it.device('portable')).engine).toBe('portable')
  })
  expect((await it.device('webgpu')).engine).toBe('webgpu')
})

describe('while nothing else uses the engine', () => {
  const planned = async () => {
    const it = host()
    await load(it)
    return { it, engine: ToyEngine.made.at(-1)! }
  }

  test('what is left is measured and checked, used by later loads, and not done again', async () => {
    const { it, engine } = await planned()
    expect(await it.prepare()).toBe(true)
    expect(engine.tuned).toEqual([{}])
    expect(toyCheck.made).toBe(1)
    // What is loaded keeps its own choices; the next has what was measured.
    expect(engine.choicesGiven).toEqual([{}])
    await load(it)
    const choices = { half: 'lanes', whole: 'tiled' }
    expect(engine.choicesGiven).toEqual([{}, choices])
    expect(await it.prepare()).toBe(true)
    expect(engine.tuned).toEqual([{}, choices])
    expect(toyCheck.made).toBe(1)
  })

  test('what answers is held against references with the kernels that were measured, once; what is wrong is left out of the next load', async () => {
    const { it, engine } = await planned()
    toyCheck.wrong = ['attention_decode split']
    await it.prepare()
    expect(engine.held).toEqual([{ half: 'lanes', whole: 'tiled' }])
    expect(toyCheck).toMatchObject({ plans: 1, answers: 1 })
    expect(engine.leftOut).toMatchObject({ 'attention_decode split': expect.any(String) })
    // Another worker, later: all of it is remembered.
    const later = host()
    await load(later)
    expect(ToyEngine.made.at(-1)!.leftOut).toMatchObject({ 'attention_decode split': expect.any(String) })
    await later.prepare()
    expect(toyCheck).toMatchObject({ plans: 1, answers: 1 })
  })

  test('what measuring found unfit stays left out, though a check at other sizes finds nothing wrong with it', async () => {
    const { it, engine } = await planned()
    await it.prepare()
    expect(toyCheck.made).toBe(1)
    const leftOut = { 'toy slow': 'one dispatch took 3.0 s' }
    expect(engine.leftOut).toEqual(leftOut)
    await load(host())
    expect(ToyEngine.made.at(-1)!.leftOut).toEqual(leftOut)
    // Nor is what was found right before checked again.
    expect(toyCheck).toMatchObject({ plans: 1, answers: 1 })
  })

  test('an operation of answering that is wrong there makes the next load take another engine', async () => {
    const { it } = await planned()
    toyCheck.failing = ['Attention']
    expect(await it.prepare()).toBe(true)
    expect(toyCheck.answers).toBe(1)
    expect((await load(it)).describe().kind).toBe('portable')
  })

  test('choices of a checkpoint come before what was measured', async () => {
    const { it, engine } = await planned()
    await it.prepare()
    await load(it, 'auto', { choices: { half: 'serial' } })
    expect(engine.choicesGiven.at(-1)).toEqual({ half: 'serial', whole: 'tiled' })
  })

  test('gives way at once to whatever asks, keeps what was measured, and goes on later', async () => {
    const { it, engine } = await planned()
    const order: string[] = []
    toyCheck.whileTuning = (signal) =>
      new Promise((resolve) => {
        if (signal!.aborted) resolve()
        signal!.addEventListener('abort', () => resolve())
      })
    const preparing = it.prepare().then((done) => order.push(`prepared: ${done}`))
    await load(it).then(() => order.push('loaded'))
    await preparing
    expect(order).toEqual(['prepared: false', 'loaded'])
    expect(engine.choicesGiven.at(-1)).toEqual({ half: 'lanes' })
    toyCheck.whileTuning = async () => {}
    expect(await it.prepare()).toBe(true)
    expect(engine.tuned.at(-1)).toEqual({ half: 'lanes' })
  })

  test('never beside a run, nor where nothing is open', async () => {
    expect(await host().prepare()).toBe(false)
    const { it, engine } = await planned()
    await it.use('train', async () => expect(await it.prepare()).toBe(false))
    expect(engine.tuned).toEqual([])
  })

  test('stops where the page is hidden', async () => {
    const { it } = await planned()
    const hidden = new AbortController()
    toyCheck.whileTuning = async () => hidden.abort()
    expect(await it.prepare({ signal: hidden.signal })).toBe(false)
    expect(toyCheck.made).toBe(0)
  })
})
