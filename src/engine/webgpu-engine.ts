import { type Gpu, type GpuOptions, openGpu, withinMemory } from '../gpu/device.ts'
import type { Dims } from '../gpu/kernel.ts'
import { causeOf } from '../gpu/loss.ts'
import { measureRates } from '../gpu/measure.ts'
import { contextOf, GpuContext } from '../gpu/program.ts'
import {
  isShort,
  memoryBudget,
  NOTHING_TRIED,
  type Room,
  roomFor,
  withRefused,
  withTried,
} from '../gpu/room.ts'
import { noticeSeconds, type Rates, Slicer } from '../gpu/slicer.ts'
import { type Tuned, tune, usualChoices } from '../gpu/tune.ts'
import { NOT_PICKED } from '../kernels/gather-rows.ts'
import { RESULT, RESULTS } from '../kernels/results.ts'
import { storedBytes } from '../lib/storage.ts'
import { initialState } from '../model/lora.ts'
import { storedTypes } from '../model/storage.ts'
import { resolveWeights } from '../model/weights.ts'
import type { Batch } from '../protocol/batch.ts'
import type {
  AdapterOption,
  ChoiceScores,
  Engine,
  EngineDescription,
  EngineState,
  GeneratedToken,
  GenerateOptions,
  LoadOptions,
  MatrixState,
  PlanRequest,
  Score,
  StateTensor,
  StepProgress,
  StepResult,
  StepScalars,
} from '../protocol/engine.ts'
import { fail, toFailure } from '../protocol/errors.ts'
import { LOAD_NOTES } from '../protocol/load-notes.ts'
import type { ModelSource } from '../protocol/model.ts'
import type { Demand } from '../protocol/rooms/fit.ts'
import { readFloats } from './adapter.ts'
import { scoreChoices } from './choices.ts'
import { generate } from './decode.ts'
import { allLogits } from './inspect.ts'
import { type DeviceMemoryPlan, demandOf, type EnginePlan, planEngine, withinBudget } from './plan.ts'
import { Readbacks } from './readback.ts'
import { compile, Session } from './session.ts'
import { uploadWeights } from './weights.ts'

export interface WebgpuEngineOptions extends GpuOptions {
  /** Measured before on this adapter; saves measuring again. */
  rates?: Rates | undefined
  /**
   * Whether what is not known takes the variant that is usually best on such an adapter, see `usualChoices`; else the default, as
   * tests want that compare adapters. Default: true.
   */
  tune?: boolean
  /** Seconds of work submitted at once. */
  sliceSeconds?: number
}

/** Holds the kernels that are about to train against references; which are at fault here, as family and name, and why. */
export type Verify = (
  context: GpuContext,
  plan: EnginePlan,
  options: { onProgress: (progress: number, note: string) => void; signal: AbortSignal | undefined },
) => Promise<Record<string, string>>

/** Bytes: any adapter has room for less. */
const WORTH_TRYING = 2 ** 28

export async function createWebgpuEngine(options: WebgpuEngineOptions = {}): Promise<WebgpuEngine> {
  const gpu = await openGpu(options)
  return new WebgpuEngine(gpu, options)
}

/** The engine on WGSL kernels. Needs nothing but a device: a page, a worker, or Node under Dawn. */
export class WebgpuEngine implements Engine {
  readonly kind = 'webgpu'
  readonly gpu: Gpu
  /** What the adapter sustains; measured at the first load unless it is known. */
  rates: Rates | null
  /** Kernels that are not fit on this adapter, as family and name, and why: never chosen where there is another. */
  leftOut: Record<string, string> = {}
  /** Asked before anything is trained with kernels; null: they are trusted. */
  verify: Verify | null = null
  /** What was found of this device's memory, here or before: whoever keeps it over sessions sets and reads it. */
  room: Room = NOTHING_TRIED
  /** Whether what is loaded would have taken more than there is room for. */
  #crowded = false
  readonly #options: WebgpuEngineOptions
  #session: Session | null = null
  #readbacks: Readbacks | null = null
  /** Of the losses of a micro-batch's rows. */
  #rowReadbacks: Readbacks | null = null
  #slicer: Slicer | null = null
  #choices: Record<string, string> = {}
  /** Queueing is one task at a time: a sliced replay waits in the middle. */
  #queue: Promise<unknown> = Promise.resolve()

  constructor(gpu: Gpu, options: WebgpuEngineOptions = {}) {
    this.gpu = gpu
    this.#options = options
    this.rates = options.rates ?? null
  }

  plan(request: PlanRequest): DeviceMemoryPlan {
    const options = { ...this.#planOptions(), choices: this.#choices, most: undefined }
    const plan = withinBudget(planEngine(request, options))
    if (!isShort(this.room, plan.memory.bytes.total)) return plan.memory
    return planEngine(request, { ...options, most: this.room.fits }).memory
  }

  /** What a plan for the request takes, and may take on this device. */
  demand(request: PlanRequest): Demand {
    return demandOf(request, {
      ...this.#planOptions(),
      choices: this.#choices,
      most: undefined,
      room: this.room,
    })
  }

  /** The plan that a load of the request would run, by choices that are known. */
  planned(request: PlanRequest, known: Readonly<Record<string, string>>): EnginePlan {
    const options = this.#planOptions()
    const first = planEngine(request, { ...options, choices: { ...known } })
    const usual = usualChoices(contextOf(this.gpu), Object.values(first.tapes), known, this.#avoid())
    return planEngine(request, { ...options, choices: usual })
  }

  async load(model: ModelSource, request: PlanRequest, options: LoadOptions): Promise<void> {
    this.dispose()
    await this.#explained(this.#load(model, request, options), options.signal)
  }

  async #load(model: ModelSource, request: PlanRequest, options: LoadOptions): Promise<void> {
    const { gpu } = this
    const { onProgress = () => {}, signal } = options
    const weights = resolveWeights(model.config, model.weights)
    const held = { ...request, stored: storedTypes(weights) }
    const context = contextOf(gpu)
    const rates = (this.rates ??= await measureRates(context))
    const { sliceSeconds: target } = this.#options
    const latency = await noticeSeconds(gpu.device)
    this.#slicer = new Slicer(rates, { latency, ...(target !== undefined && { target }) })
    const planned = (choices: Readonly<Record<string, string>>) => {
      const first = withinBudget(planEngine(held, { ...this.#planOptions(), choices }))
      if (this.#options.tune === false) return first
      const usual = usualChoices(context, Object.values(first.tapes), choices, this.#avoid())
      const same = Object.entries(first.choices).every(([key, name]) => usual[key] === name)
      return same ? first : planEngine(held, { ...this.#planOptions(), choices: usual })
    }
    this.#crowded = false
    let plan = planned(options.choices ?? {})
    await this.#tryRoom(plan.memory.bytes.total, latency, onProgress, signal)
    if (this.#crowded) plan = planned(plan.choices)
    for (;;) {
      onProgress(0, LOAD_NOTES.compile)
      await compile(context, plan)
      const wrong = (await this.verify?.(context, plan, { onProgress, signal })) ?? {}
      const before = JSON.stringify(plan.choices)
      this.leftOut = { ...this.leftOut, ...wrong }
      if (Object.keys(wrong).length > 0) plan = planned(plan.choices)
      if (JSON.stringify(plan.choices) === before) break
    }
    this.#choices = plan.choices
    onProgress(0, LOAD_NOTES.weights)
    try {
      const uploaded = await withinMemory(gpu, 'the model', () =>
        uploadWeights(
          gpu,
          plan.parts.weights.pieces,
          weights,
          (share) => onProgress(share, LOAD_NOTES.weights),
          signal,
        ),
      )
      this.#session = await withinMemory(gpu, 'training', () => Session.open(context, plan, rates, uploaded))
    } catch (error) {
      if (toFailure(error).code === 'out_of_memory')
        this.room = withRefused(this.room, plan.memory.bytes.total)
      throw error
    }
    this.#readbacks = new Readbacks(gpu, 256)
    this.#rowReadbacks = new Readbacks(gpu, request.maxSupervised * 4)
    this.#session.adapter.write(initialState(model.config, request.lora, options.seed))
  }

  /**
   * Measures the variants that a plan would choose between and that were never measured. What is loaded keeps its own choices.
   * @param known choices that were measured before
   * @returns what was measured, until the signal stopped it
   */
  async tune(
    request: PlanRequest,
    known: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<Tuned> {
    const { tapes } = planEngine(request, { ...this.#planOptions(), choices: { ...known } })
    const context = new GpuContext(this.gpu)
    const tuned: Tuned = { choices: {}, leftOut: {}, done: false }
    try {
      for (const planned of Object.values(tapes))
        if (planned)
          await tune(context, planned.tape.asked, { ...known, ...tuned.choices }, planned.capacity, signal, {
            budget: Number.POSITIVE_INFINITY,
            avoid: this.#avoid(),
            onChosen: (key, name) => {
              tuned.choices[key] = name
            },
            onLeftOut: (variant, why) => {
              tuned.leftOut[variant] = why
              this.leftOut = { ...this.leftOut, [variant]: why }
            },
          })
      tuned.done = true
    } catch (error) {
      if (!signal?.aborted) throw await causeOf(this.gpu, error, signal)
    } finally {
      context.dispose()
    }
    return tuned
  }

  /**
   * Holds kernels of a plan against references beside what is loaded, whose choices stay: what is found wrong is left out from the next
   * load on. Where the words' matrix, the largest that it takes, would find no room beside that, it is not done now.
   * @param known choices that were measured before
   */
  async verifyBeside(
    request: PlanRequest,
    known: Readonly<Record<string, string>>,
    verify: Verify,
    signal?: AbortSignal,
  ): Promise<void> {
    const plan = this.planned(request, known)
    const { format, rows, cols } = plan.parts.weights.head
    const taken = this.gpu.liveBytes + storedBytes(format, rows * cols)
    if (taken > Math.max(memoryBudget(this.gpu), this.room.fits)) return
    const context = new GpuContext(this.gpu)
    try {
      const wrong = await verify(context, plan, { onProgress: () => {}, signal })
      this.leftOut = { ...this.leftOut, ...wrong }
    } catch (error) {
      throw await causeOf(this.gpu, error, signal)
    } finally {
      context.dispose()
    }
  }

  step(
    batches: Batch[],
    scalars: StepScalars,
    signal?: AbortSignal,
    onProgress?: StepProgress,
  ): Promise<StepResult> {
    const session = this.#loaded()
    const { plan, context } = session
    for (const batch of batches) this.#checkBatch(batch)
    const supervised = batches.reduce((sum, b) => sum + b.supervisedRows.length, 0)
    if (supervised === 0)
      fail(
        'nothing_to_learn',
        'A batch without any supervised token.',
        'Raise max_length, or check the data.',
      )
    const tokens = batches.reduce((sum, b) => sum + b.tokens.length, 0)
    const { beta1, beta2 } = scalars
    const common = {
      seed: scalars.seed,
      loss_scale: 1 / supervised,
      dropout_keep: 1 - plan.request.lora.lora_dropout,
      learning_rate: scalars.learningRate,
      beta1,
      beta2,
      rest1: 1 - beta1,
      rest2: 1 - beta2,
      epsilon: scalars.epsilon,
      weight_decay: scalars.weightDecay,
      bias1: 1 - beta1 ** scalars.step,
      bias2: 1 - beta2 ** scalars.step,
      max_grad_norm: scalars.maxGradNorm,
    }
    const queued = this.#enqueue(async () => {
      const encoder = this.gpu.device.createCommandEncoder()
      session.adapter.clearGradients(encoder)
      encoder.clearBuffer(session.buffer(plan.outputs.results))
      this.gpu.device.queue.submit([encoder.finish()])
      const rows: Promise<ArrayBuffer>[] = []
      for (const [i, batch] of batches.entries()) {
        const live = this.#writeBatch(batch)
        // Dropout's counter: no two micro-batches of a run share one, as long as there are fewer than 2^12 a step.
        context.writeScalars({ ...common, ...live, counter: (scalars.step * 4096 + i) >>> 0 })
        const train = await session.program('train')
        await train.run(live, this.#slicer!, signal, (share) => onProgress?.((i + share) / batches.length))
        rows.push(this.#readRows(live.supervised))
      }
      const none: Dims = { tokens: 0, supervised: 0, sequences: 0 }
      context.writeScalars(common)
      // Not given up halfway: weights and moments are updated whole.
      await (await session.program('optimizer')).run(none, this.#slicer!)
      this.#slicer!.endStep()
      return { figures: this.#readbacks!.read(session.buffer(plan.outputs.results), RESULTS * 4), rows }
    }, signal)
    const read = queued.then(async ({ figures, rows }) => {
      const r = new Float32Array(await figures)
      const logProbability = (await Promise.all(rows)).map((bytes) => new Float32Array(bytes))
      if (this.gpu.failure) throw this.gpu.failure
      const finite = r[RESULT.notFinite] === 0
      return {
        loss: r[RESULT.lossSum]! / supervised,
        mean_token_accuracy: r[RESULT.hits]! / supervised,
        grad_norm: Math.sqrt(r[RESULT.squaredNorm]!),
        tokens,
        finite,
        logProbability,
      }
    })
    return this.#explained(read, signal)
  }

  get stepsInFlight(): number {
    return this.#slicer?.stepsInFlight ?? 2
  }

  score(batch: Batch, options: AdapterOption = {}, signal?: AbortSignal): Promise<Score> {
    const session = this.#loaded()
    this.#checkBatch(batch)
    const count = batch.supervisedRows.length
    return this.#enqueue(async () => {
      const live = this.#writeBatch(batch)
      session.context.writeScalars({ ...live, adapter: options.adapter === 'off' ? 0 : 1 })
      await (await session.program('score')).run(live, this.#slicer!, signal)
      const { logProbability, hit } = session.plan.outputs
      if (count === 0) return { logProbability: new Float32Array(), hit: new Uint8Array() }
      const [logs, hits] = await Promise.all(
        [logProbability, hit].map((t) => readFloats(this.gpu, session.buffer(t), count * 4)),
      )
      return { logProbability: logs!, hit: Uint8Array.from(hits!) }
    }, signal)
  }

  async scoreChoices(
    prompt: Uint32Array,
    choices: readonly Uint32Array[],
    options: AdapterOption = {},
    signal?: AbortSignal,
  ): Promise<ChoiceScores> {
    const session = this.#loaded()
    return this.#enqueue(
      () => scoreChoices({ session, slicer: this.#slicer!, signal }, prompt, choices, options),
      signal,
    )
  }

  generate(
    prompts: Uint32Array[],
    options: GenerateOptions,
    signal?: AbortSignal,
  ): AsyncIterable<GeneratedToken> {
    const session = this.#loaded()
    const decoder = {
      session,
      slicer: this.#slicer!,
      enqueue: <T>(task: () => Promise<T>) => this.#enqueue(task, signal),
      signal,
    }
    return this.#explainedEach(generate(decoder, prompts, options), signal)
  }

  /** Logits of every row, [T, vocab]. For checks against other implementations; not a path that training takes. */
  logits(batch: Batch, options: AdapterOption = {}): Promise<Float32Array> {
    const session = this.#loaded()
    this.#checkBatch(batch)
    return this.#enqueue(async () => {
      const live = this.#writeBatch(batch)
      session.context.writeScalars({ ...live, adapter: options.adapter === 'off' ? 0 : 1 })
      return allLogits(session, live, this.#slicer!)
    })
  }

  matrix(name: string): Promise<MatrixState> {
    const session = this.#loaded()
    return this.#enqueue(() => session.adapter.matrix(name))
  }

  saveState(): Promise<EngineState> {
    const session = this.#loaded()
    return this.#enqueue(() => session.adapter.read())
  }

  loadState(state: EngineState): Promise<void> {
    const session = this.#loaded()
    return this.#enqueue(async () => session.adapter.write(state))
  }

  /** The gradients of the last step, before clipping. For tests and the self-check. */
  gradients(): Promise<Record<string, StateTensor>> {
    const session = this.#loaded()
    return this.#enqueue(() => session.adapter.tensors('gradient'))
  }

  describe(): EngineDescription {
    return {
      kind: 'webgpu',
      device: this.gpu.description,
      software: this.gpu.software,
      choices: { ...this.#choices },
      liveBytes: this.gpu.liveBytes,
      ...(this.#crowded &&
        this.#session && { crowded: { room: this.room.fits, plan: this.#session.plan.memory.bytes.total } }),
      ...(Object.keys(this.leftOut).length > 0 && { leftOut: { ...this.leftOut } }),
    }
  }

  dispose(): void {
    this.#session?.dispose()
    this.#readbacks?.dispose()
    this.#rowReadbacks?.dispose()
    this.#session = null
    this.#readbacks = null
    this.#rowReadbacks = null
  }

  #loaded(): Session {
    if (this.gpu.failure) throw this.gpu.failure
    if (!this.#session) throw new Error('no model is loaded')
    return this.#session
  }

  /** Finds out whether the device has room for so much at its own pace, where that is not known. */
  async #tryRoom(
    bytes: number,
    latency: number,
    onProgress: (progress: number, note: string) => void,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (this.gpu.software || bytes < WORTH_TRYING || bytes <= this.room.fits) return
    if (!isShort(this.room, bytes)) {
      onProgress(0, LOAD_NOTES.memory)
      this.room = withTried(this.room, bytes, await roomFor(this.gpu, bytes, { latency, signal }))
    }
    this.#crowded = isShort(this.room, bytes)
  }

  /** A request that says how much it may take is held to that, and not to more than there is room for. */
  #planOptions(): { maxBinding: number; budget: number; most: number | undefined } {
    return {
      maxBinding: this.#maxBinding(),
      budget: memoryBudget(this.gpu),
      most: this.#crowded ? this.room.fits : undefined,
    }
  }

  #avoid(): ReadonlySet<string> {
    return new Set(Object.keys(this.leftOut))
  }

  #maxBinding(): number {
    const { maxStorageBufferBindingSize, maxBufferSize } = this.gpu.limits
    return Math.min(maxStorageBufferBindingSize, maxBufferSize)
  }

  #enqueue<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const run = this.#queue.then(task).then((done) => {
      if (this.gpu.failure) throw this.gpu.failure
      return done
    })
    this.#queue = run.catch(() => {})
    return this.#explained(Promise.race([run, this.gpu.lost]), signal)
  }

  /** What a lost device breaks off is told as its loss. */
  async #explained<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await work
    } catch (error) {
      throw await causeOf(this.gpu, error, signal)
    }
  }

  async *#explainedEach<T>(work: AsyncIterable<T>, signal?: AbortSignal): AsyncGenerator<T> {
    try {
      yield* work
    } catch (error) {
      throw await causeOf(this.gpu, error, signal)
    }
  }

  /** What the micro-batch that was queued last leaves of each supervised row; the next one overwrites it. */
  #readRows(count: number): Promise<ArrayBuffer> {
    if (count === 0) return Promise.resolve(new ArrayBuffer(0))
    const session = this.#session!
    return this.#rowReadbacks!.read(session.buffer(session.plan.outputs.logProbability), count * 4)
  }

  #checkBatch(batch: Batch): void {
    const { request } = this.#session!.plan
    const [t, n] = [batch.tokens.length, batch.supervisedRows.length]
    if (t <= request.maxTokens && n <= request.maxSupervised) return
    throw new Error(
      `a batch of ${t} tokens, ${n} supervised; planned for ${request.maxTokens} and ${request.maxSupervised}`,
    )
  }

  #writeBatch(batch: Batch): Dims {
    const session = this.#session!
    const { inputs } = session.plan
    const inverse = new Uint32Array(batch.tokens.length).fill(NOT_PICKED)
    batch.supervisedRows.forEach((row, n) => {
      inverse[row] = n
    })
    session.write(inputs.tokens, batch.tokens)
    session.write(inputs.positions, batch.positions)
    session.write(inputs.segmentStart, batch.segmentStart)
    session.write(inputs.supervisedRows, batch.supervisedRows)
    session.write(inputs.inverse, inverse)
    session.write(
      inputs.labels,
      Uint32Array.from(batch.supervisedRows, (row) => batch.labels[row]!),
    )
    return { tokens: batch.tokens.length, supervised: batch.supervisedRows.length, sequences: 0 }
  }
}
