import type { CheckOptions } from '../../src/engine/check/check-gpu.ts'
import type { PlanCheck, PlanCheckOptions } from '../../src/engine/check/check-plan.ts'
import type { EnginePlan } from '../../src/engine/plan.ts'
import type { Verify } from '../../src/engine/webgpu-engine.ts'
import type { GpuContext } from '../../src/gpu/program.ts'
import { NOTHING_TRIED, type Room } from '../../src/gpu/room.ts'
import type { Tuned } from '../../src/gpu/tune.ts'
import { typeBytes } from '../../src/lib/storage.ts'
import type { Batch } from '../../src/protocol/batch.ts'
import type {
  AdapterOption,
  EngineDescription,
  EngineKind,
  EngineState,
  GeneratedToken,
  GenerateOptions,
  LoadOptions,
  MemoryPlan,
  PlanRequest,
} from '../../src/protocol/engine.ts'
import { fail, LapidaryError } from '../../src/protocol/errors.ts'
import type { GpuCheck } from '../../src/protocol/gpu-check.ts'
import type { ModelSource, WeightType } from '../../src/protocol/model.ts'
import type { Demand } from '../../src/protocol/studio.ts'
import { BigramEngine } from '../trainer/bigram-engine.ts'

export const LOST = new LapidaryError({
  code: 'device_lost',
  message: 'The GPU went away.',
  hint: 'Try again.',
})

/** The bigram engine behind the face of the WebGPU one, for tests of what is wired around an engine. */
export class ToyEngine extends BigramEngine {
  static made: ToyEngine[] = []
  /** Set by a test: the next engine loses its device at this step. */
  static loseNextAt = Number.POSITIVE_INFINITY
  static lossOfNext: Error = LOST
  /** Each engine loses its device at this step. */
  static loseEach = Number.POSITIVE_INFINITY
  /** Adapters that the browser still gives. */
  static offered = Number.POSITIVE_INFINITY
  /** What no user of an engine may do: use it unloaded, or load, unload or overwrite it under another's hands. */
  static faults: string[] = []
  /** Called when a load has ended, before whoever asked for it goes on. */
  static afterLoad: () => void = () => {}
  loads = 0
  disposed = false
  #loaded = false
  #pending = 0
  /** How each tensor that was loaded is stored. */
  readonly types = new Map<string, WeightType>()
  readonly choicesGiven: Record<string, string>[] = []
  /** What was found of the memory: given before a load, and changed by it as a test says. */
  room: Room = NOTHING_TRIED
  static roomFound: Room | null = null
  leftOut: Record<string, string> = {}
  verify: Verify | null = null
  /** What it was told to measure, by what it was told is known. */
  readonly tuned: Record<string, string>[] = []
  /** With what choices what answers was held against references. */
  readonly held: Record<string, string>[] = []
  readonly gpu = {
    description: 'toy adapter',
    software: false,
    limits: { maxBufferSize: 2 ** 31 },
    failure: null as Error | null,
    destroy: () => {},
  }

  constructor(readonly face: EngineKind = 'webgpu') {
    super({ words: 2 })
    ToyEngine.made.push(this)
    this.lostAt = Math.min(ToyEngine.loseNextAt, ToyEngine.loseEach)
    this.lost = ToyEngine.lossOfNext
    ToyEngine.loseNextAt = Number.POSITIVE_INFINITY
    ToyEngine.lossOfNext = LOST
  }

  /** 100 kB a token. */
  demand({ maxTokens, memoryBudget }: PlanRequest): Demand {
    return { needs: maxTokens * 1e5, grants: memoryBudget ?? 1e9, from: 'set', limit: 'memory', bytes: null }
  }

  /** Reads every tensor's last bytes, so that weights that are cut off are noticed as a real load would. */
  async loadModel(model: ModelSource, options: LoadOptions): Promise<void> {
    for (const [name, { shape, dtype }] of model.weights.tensors) {
      options.signal?.throwIfAborted()
      const bytes = typeBytes(
        dtype,
        shape.reduce((product, size) => product * size, 1),
      )
      this.types.set(name, dtype)
      await model.weights.read(name, bytes - 2, bytes)
    }
    options.onProgress?.(1, 'Reading weights')
    this.room = ToyEngine.roomFound ?? this.room
    this.choicesGiven.push({ ...options.choices })
    this.reset({ words: model.config.vocabSize, rank: 2, seed: options.seed })
    this.loads++
  }

  override async load(model?: ModelSource, _?: PlanRequest, options?: LoadOptions): Promise<void> {
    this.#alone('load')
    this.#loaded = false
    await this.#during(async () => {
      const { onProgress = () => {}, signal } = options ?? {}
      const wrong = await this.verify?.({} as GpuContext, {} as EnginePlan, { onProgress, signal })
      this.leftOut = { ...this.leftOut, ...wrong }
      await this.loadModel(model!, options!)
    })
    this.#loaded = true
    ToyEngine.afterLoad()
  }

  async tune(_: PlanRequest, known: Record<string, string>, signal?: AbortSignal): Promise<Tuned> {
    this.#alone('tune')
    this.tuned.push({ ...known })
    await this.#during(() => toyCheck.whileTuning(signal))
    if (signal?.aborted) return { choices: { half: 'lanes' }, leftOut: {}, done: false }
    return {
      choices: { half: 'lanes', whole: 'tiled' },
      leftOut: { 'toy slow': 'one dispatch took 3.0 s' },
      done: true,
    }
  }

  async verifyBeside(_: PlanRequest, known: Record<string, string>, verify: Verify, signal?: AbortSignal) {
    this.#alone('verifyBeside')
    this.held.push({ ...known })
    const wrong = await this.#during(() =>
      verify({} as GpuContext, {} as EnginePlan, { onProgress: () => {}, signal }),
    )
    this.leftOut = { ...this.leftOut, ...wrong }
  }

  override step(...given: Parameters<BigramEngine['step']>) {
    return this.#used('step', () => super.step(...given))
  }

  override score(batch: Batch, options?: AdapterOption) {
    return this.#used('score', () => super.score(batch, options))
  }

  override saveState() {
    return this.#used('saveState', () => super.saveState())
  }

  override loadState(state: EngineState) {
    this.#alone('loadState')
    return this.#used('loadState', () => super.loadState(state))
  }

  override async *generate(
    prompts: Uint32Array[],
    options: GenerateOptions,
    signal?: AbortSignal,
  ): AsyncIterable<GeneratedToken> {
    this.#mustBeLoaded('generate')
    this.#pending++
    try {
      for await (const token of super.generate(prompts, options, signal)) {
        this.#mustBeLoaded('generate')
        yield token
      }
    } finally {
      this.#pending--
    }
  }

  override describe(): EngineDescription {
    return { ...super.describe(), kind: this.face, software: false }
  }

  override dispose(): void {
    this.#alone('dispose')
    this.#loaded = false
    this.disposed = true
  }

  #used<T>(what: string, work: () => Promise<T>): Promise<T> {
    this.#mustBeLoaded(what)
    return this.#during(work)
  }

  async #during<T>(work: () => Promise<T>): Promise<T> {
    this.#pending++
    try {
      return await work()
    } finally {
      this.#pending--
    }
  }

  #mustBeLoaded(what: string): void {
    if (!this.#loaded) ToyEngine.faults.push(`${what} of an engine in which nothing is loaded`)
  }

  #alone(what: string): void {
    if (this.#pending > 0) ToyEngine.faults.push(`${what} of an engine that is being used`)
  }
}

export const createWebgpuEngine = async () => {
  if (ToyEngine.offered-- <= 0) fail('missing_device', 'No adapter is offered.', 'Start the browser again.')
  return new ToyEngine()
}

/** What checks of the toy adapter find, by the operations that a test declares wrong. */
export const toyCheck = {
  failing: [] as string[],
  wrong: [] as string[],
  /** Checks of every operation. */
  made: 0,
  /** Checks of what a load was about to run, */
  plans: 0,
  /** and of what answers. */
  answers: 0,
  whileTuning: async (_?: AbortSignal) => {},
  at: null as number | null,
  meanwhile: async () => {},
}

const toyOperations = () =>
  ['RMSNorm', 'Attention'].map((name) => ({
    name,
    runs: 2,
    worst: 0.5,
    failure: toyCheck.failing.includes(name) ? `${name}: got 1, want 2` : null,
  }))

/** Stands for what a plan of the toy engine runs. */
export const textsOf = (_: unknown, answers: boolean) =>
  new Map([TRAINS, ...(answers ? [ANSWERS] : [])].map((text) => [text, {}]))
const TRAINS = 'the text of a kernel'
const ANSWERS = 'the text of a kernel that answers'

export async function checkPlan(_: unknown, __: unknown, options: PlanCheckOptions): Promise<PlanCheck> {
  const { answers = false } = options
  const left = [...textsOf(_, answers).keys()].filter((text) => !options.right?.has(text))
  if (left.length === 0) return { operations: [], wrong: {}, right: [] }
  options.onProgress?.(0, 'RMSNorm')
  options.signal?.throwIfAborted()
  await toyCheck.meanwhile()
  if (answers) toyCheck.answers++
  else toyCheck.plans++
  const operations = toyOperations()
  const right = toyCheck.failing.length === 0 ? left : []
  return {
    operations,
    wrong: Object.fromEntries(toyCheck.wrong.map((name) => [name, 'it did nothing'])),
    right,
  }
}

export async function checkGpu(gpu: { description: string }, options: CheckOptions): Promise<GpuCheck> {
  options.onProgress?.(0, 'RMSNorm')
  options.signal?.throwIfAborted()
  await toyCheck.meanwhile()
  toyCheck.made++
  const operations = toyOperations()
  return {
    device: gpu.description,
    at: toyCheck.at ?? Date.now(),
    seconds: 1,
    passed: toyCheck.failing.length === 0,
    operations,
    wrong: toyCheck.wrong,
    rates: { flops: 1e12, bandwidth: 1e11 },
  }
}

export const TOY_PLAN = { bytes: { total: 1 } } as unknown as MemoryPlan
