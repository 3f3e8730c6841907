import * as tf from '@tensorflow/tfjs-core'
import { breathe } from '../lib/breath.ts'
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
  MemoryPlan,
  PlanRequest,
  Score,
  StateTensor,
  StepProgress,
  StepResult,
  StepScalars,
} from '../protocol/engine.ts'
import { fail } from '../protocol/errors.ts'
import type { ModelSource } from '../protocol/model.ts'
import { Adapter } from './adapter.ts'
import { type BackendOptions, type OpenBackend, openBackend } from './backend.ts'
import { scoreChoices } from './choices.ts'
import { choicesMade, HEAD, LAYERS, PRODUCTS, wholeOf } from './choices-made.ts'
import { generate } from './decode.ts'
import { ropeTables } from './forward.ts'
import { allLogits } from './head.ts'
import { OwnLayers } from './own-layers.ts'
import { OwnPass } from './own-pass.ts'
import { type BatchPass, type Loaded, Pass, type PassOptions } from './pass.ts'
import { failShortOfMemory, MOST_BYTES, planPortable } from './plan.ts'
import { HeapFull, heapIsFull, heldBytes, isShortOfMemory, watchAllocations } from './wasm.ts'
import { BaseWeights } from './weights.ts'

export async function createPortableEngine(options: BackendOptions = {}): Promise<PortableEngine> {
  return new PortableEngine(await openBackend(options))
}

/**
 * The engine on TensorFlow.js, for machines whose browser has no GPU to offer: WebAssembly, or plain JavaScript. Same model,
 * same numbers, same states as the WGSL engine's; layer by layer with gradients written out, so that memory is bounded.
 */
export class PortableEngine implements Engine {
  readonly kind = 'portable'
  readonly #backend: OpenBackend
  #loaded: Loaded | null = null
  #queue: Promise<unknown> = Promise.resolve()
  #paused = 0

  /** @param backend what TensorFlow.js computes with now; to stay so as long as the engine is used */
  constructor(backend: OpenBackend) {
    this.#backend = backend
  }

  plan(request: PlanRequest): MemoryPlan {
    return planPortable(request, wholeOf(choicesMade(request.model, {}))).memory
  }

  async load(model: ModelSource, request: PlanRequest, options: LoadOptions): Promise<void> {
    this.dispose()
    const source = resolveWeights(model.config, model.weights)
    const { onProgress = () => {}, signal, seed, choices = {} } = options
    const made = choicesMade(model.config, choices)
    const plan = planPortable({ ...request, stored: storedTypes(source) }, wholeOf(made))
    onProgress(0, 'Reading weights')
    watchAllocations()
    const weights = await BaseWeights.load(plan, source, {
      choices: made,
      threads: this.#backend.threads,
      onProgress: (share) => onProgress(share, 'Reading weights'),
      signal,
    }).catch((error: unknown) => {
      // Of our own, all of the plan is asked for at once.
      const refused = plan.own === 'nothing' ? undefined : plan.memory.bytes.total
      if (isShortOfMemory(error)) failShortOfMemory(plan, heldBytes(), refused)
      throw error
    })
    const { own } = weights
    const adapter = new Adapter(request.model, request.lora, own)
    adapter.write(initialState(request.model, request.lora, seed))
    const positions = Math.max(request.maxTokens, request.decode?.positions ?? 0)
    const tables = ropeTables(request.model, positions)
    const layers = own?.layout.train
      ? new OwnLayers({ config: request.model, weights, own, adapter, tables })
      : null
    this.#loaded = { plan, choices: made, weights, adapter, tables, layers }
  }

  step(
    batches: Batch[],
    scalars: StepScalars,
    signal?: AbortSignal,
    onProgress?: StepProgress,
  ): Promise<StepResult> {
    const { adapter, plan } = this.#need()
    const supervised = batches.reduce((sum, b) => sum + b.supervisedRows.length, 0)
    if (supervised === 0)
      fail(
        'nothing_to_learn',
        'A batch without any supervised token.',
        'Raise max_length, or check the data.',
      )
    return this.#enqueue(async () => {
      adapter.clearGradients()
      let loss = 0
      let hits = 0
      const logProbability: Float32Array[] = []
      for (const [i, batch] of batches.entries()) {
        const keep = 1 - plan.request.lora.lora_dropout
        const dropout = { keep, seed: scalars.seed, counter: (scalars.step * 4096 + i) >>> 0 }
        const advanced = (share: number) => onProgress?.((i + share) / batches.length)
        const figures = await this.#trainOn(batch, 1 / supervised, { dropout, advanced, signal })
        loss += figures.loss
        hits += figures.hits
        logProbability.push(figures.logProbability)
      }
      const squared = adapter.squaredNorm()
      const finite = Number.isFinite(loss) && Number.isFinite(Math.fround(squared))
      if (finite) adapter.update(scalars, squared)
      return {
        loss: loss / supervised,
        mean_token_accuracy: hits / supervised,
        grad_norm: Math.sqrt(squared),
        tokens: batches.reduce((sum, b) => sum + b.tokens.length, 0),
        finite,
        logProbability,
      }
    })
  }

  score(batch: Batch, options: AdapterOption = {}, signal?: AbortSignal): Promise<Score> {
    this.#need()
    return this.#enqueue(async () => {
      if (batch.supervisedRows.length === 0)
        return { logProbability: new Float32Array(), hit: new Uint8Array() }
      const pass = await this.#forward(batch, { adapterOn: options.adapter !== 'off', signal })
      try {
        const { logProbability, hit } = await pass.head(batch, false)
        return { logProbability, hit }
      } finally {
        pass.dispose()
      }
    })
  }

  async scoreChoices(
    prompt: Uint32Array,
    choices: readonly Uint32Array[],
    options: AdapterOption = {},
    signal?: AbortSignal,
  ): Promise<ChoiceScores> {
    const loaded = this.#need()
    return this.#enqueue(() => scoreChoices(loaded, prompt, choices, options, this.#pauseFor(signal)))
  }

  generate(
    prompts: Uint32Array[],
    options: GenerateOptions,
    signal?: AbortSignal,
  ): AsyncIterable<GeneratedToken> {
    const { plan, weights, adapter, tables } = this.#need()
    const { decode: room, model: config } = plan.request
    if (!room) throw new Error('no decoding was planned')
    const decoder = {
      config,
      weights,
      adapter: options.adapter === 'off' ? null : adapter,
      tables,
      room,
      enqueue: <T>(task: () => Promise<T>) => this.#enqueue(task),
      pause: () => this.#pause(),
    }
    return generate(decoder, prompts, options, signal)
  }

  /** Logits of every row, [T, vocab]. For checks against other implementations. */
  logits(batch: Batch, options: AdapterOption = {}): Promise<Float32Array> {
    const { plan, weights } = this.#need()
    const { model: config } = plan.request
    return this.#enqueue(async () => {
      const pass = await this.#forward(batch, { adapterOn: options.adapter !== 'off' })
      const h = pass.normed()
      try {
        return await allLogits(h, weights, config.vocabSize, config.finalSoftCap, () => this.#pause())
      } finally {
        h.dispose()
        pass.dispose()
      }
    })
  }

  matrix(name: string): Promise<MatrixState> {
    const { adapter } = this.#need()
    return this.#enqueue(async () => adapter.matrix(name))
  }

  saveState(): Promise<EngineState> {
    const { adapter } = this.#need()
    return this.#enqueue(async () => adapter.read())
  }

  loadState(state: EngineState): Promise<void> {
    const { adapter } = this.#need()
    return this.#enqueue(async () => adapter.write(state))
  }

  /** The gradients of the last step, before clipping. For tests. */
  gradients(): Promise<Record<string, StateTensor>> {
    const { adapter } = this.#need()
    return this.#enqueue(async () => adapter.gradients())
  }

  describe(): EngineDescription {
    const { name, device, threads, missed } = this.#backend
    const own = this.#loaded?.weights.own
    return {
      kind: 'portable',
      backend: name,
      device: missed.length > 0 ? `${device} (not ${missed.join('; not ')})` : device,
      software: name !== 'webgpu',
      ...(name === 'wasm' && { threads: own ? own.products.others + 1 : threads }),
      choices: this.#loaded
        ? {
            'portable.tile_words': String(this.#loaded.plan.tileWords),
            [HEAD]: this.#loaded.choices.head,
            [PRODUCTS]: this.#loaded.choices.products,
            [LAYERS]: this.#loaded.choices.layers,
          }
        : {},
      liveBytes: this.#held(),
    }
  }

  dispose(): void {
    this.#loaded?.weights.dispose()
    this.#loaded?.adapter.dispose()
    this.#loaded = null
  }

  #held(): number {
    const { weights, adapter } = this.#loaded ?? {}
    return heldBytes() + (weights?.hostBytes ?? 0) + (adapter?.hostBytes ?? 0)
  }

  #need(): Loaded {
    if (!this.#loaded) throw new Error('no model is loaded')
    return this.#loaded
  }

  #enqueue<T>(task: () => Promise<T>): Promise<T> {
    const run = this.#queue.then(task).catch((error: unknown) => {
      if (this.#loaded && isShortOfMemory(error)) failShortOfMemory(this.#loaded.plan, this.#held())
      throw error
    })
    this.#queue = run.catch(() => {})
    return run
  }

  /** Lets whatever else waits in this thread have its turn, a few times a second. */
  async #pause(): Promise<void> {
    if (tf.memory().numBytes > MOST_BYTES * 1.1 || heapIsFull()) throw new HeapFull()
    if (performance.now() - this.#paused < 50) return
    await breathe()
    this.#paused = performance.now()
  }

  async #trainOn(
    batch: Batch,
    scale: number,
    options: Pick<PassOptions, 'dropout' | 'advanced' | 'signal'>,
  ): Promise<{ loss: number; hits: number; logProbability: Float32Array }> {
    if (batch.supervisedRows.length === 0) return { loss: 0, hits: 0, logProbability: new Float32Array() }
    const pass = await this.#forward(batch, { ...options, adapterOn: true, training: true })
    try {
      const { logProbability, hit } = await pass.head(batch, true)
      await pass.backward(scale)
      return {
        loss: -logProbability.reduce((sum, x) => sum + x, 0),
        hits: hit.reduce((sum, x) => sum + x, 0),
        logProbability,
      }
    } finally {
      pass.dispose()
    }
  }

  #forward(batch: Batch, options: Omit<PassOptions, 'pause'>): Promise<BatchPass> {
    const loaded = this.#need()
    const { forward } = loaded.layers ? OwnPass : Pass
    return forward(loaded, batch, { ...options, pause: this.#pauseFor(options.signal) })
  }

  #pauseFor(signal: AbortSignal | undefined): () => Promise<void> {
    return async () => {
      await this.#pause()
      signal?.throwIfAborted()
    }
  }
}
