import * as tf from '@tensorflow/tfjs-core'
import { sharedKeys } from '../model/layers.ts'
import { initialState } from '../model/lora.ts'
import { storedTypes } from '../model/storage.ts'
import { resolveWeights } from '../model/weights.ts'
import type { Batch } from '../protocol/batch.ts'
import type {
  AdapterOption,
  Engine,
  EngineDescription,
  EngineState,
  GeneratedToken,
  GenerateOptions,
  LoadOptions,
  MemoryPlan,
  PlanRequest,
  Score,
  StateTensor,
  StepResult,
  StepScalars,
} from '../protocol/engine.ts'
import { fail } from '../protocol/errors.ts'
import type { ModelSource } from '../protocol/model.ts'
import { Adapter } from './adapter.ts'
import { attention, Masks, type Segment, segmentsOf } from './attention.ts'
import { type BackendOptions, type OpenBackend, openBackend } from './backend.ts'
import { generate } from './decode.ts'
import { type Dropout, type RopeTables, ropeTables, Stream } from './forward.ts'
import { allLogits, head } from './head.ts'
import {
  attentionShape,
  type KeysValues,
  keysMade,
  layerBackward,
  layerForward,
  type SavedLayer,
} from './layer.ts'
import { rmsNormGrad } from './pieces.ts'
import { failShortOfMemory, MOST_BYTES, type PortablePlan, planPortable } from './plan.ts'
import { free, tidy } from './tidy.ts'
import { HeapFull, heapIsFull, heldBytes, isShortOfMemory, watchAllocations } from './wasm.ts'
import { BaseWeights } from './weights.ts'

export async function createPortableEngine(options: BackendOptions = {}): Promise<PortableEngine> {
  return new PortableEngine(await openBackend(options))
}

/** Key of the choice between heads: their sums differ in the last bits. */
const HEAD = 'portable.head'

interface Loaded {
  plan: PortablePlan
  weights: BaseWeights
  adapter: Adapter
  tables: RopeTables
}

/** What the gradient needs of a forward pass. */
interface Run {
  stream: Stream
  masks: Masks
  segments: Segment[]
  /** Inputs of the layers, and with `nothing` recomputed all that their gradients need. */
  inputs: tf.Tensor2D[]
  saved: SavedLayer[]
  /** By layer, of those whose keys and values later layers use: these, and their gradients from there. */
  shared: Map<number, { made: KeysValues; grad: KeysValues | null }>
  /** Output of the last layer. */
  x: tf.Tensor2D
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
    return planPortable(request).memory
  }

  async load(model: ModelSource, request: PlanRequest, options: LoadOptions): Promise<void> {
    this.dispose()
    const source = resolveWeights(model.config, model.weights)
    const plan = planPortable({ ...request, stored: storedTypes(source) })
    const { onProgress = () => {}, signal, seed, choices = {} } = options
    onProgress(0, 'Reading weights')
    watchAllocations()
    const weights = await BaseWeights.load(plan, source, {
      headChoice: choices[HEAD] ?? null,
      threads: this.#backend.threads,
      onProgress: (share) => onProgress(share, 'Reading weights'),
      signal,
    }).catch((error: unknown) => {
      if (isShortOfMemory(error)) failShortOfMemory(plan, heldBytes())
      throw error
    })
    const adapter = new Adapter(request.model, request.lora)
    adapter.write(initialState(request.model, request.lora, seed))
    const positions = Math.max(request.maxTokens, request.decode?.positions ?? 0)
    this.#loaded = { plan, weights, adapter, tables: ropeTables(request.model, positions) }
  }

  step(batches: Batch[], scalars: StepScalars, signal?: AbortSignal): Promise<StepResult> {
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
      for (const [i, batch] of batches.entries()) {
        const keep = 1 - plan.request.lora.lora_dropout
        const dropout = { keep, seed: scalars.seed, counter: (scalars.step * 4096 + i) >>> 0 }
        const figures = await this.#trainOn(batch, dropout, 1 / supervised, signal)
        loss += figures.loss
        hits += figures.hits
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
      }
    })
  }

  score(batch: Batch, options: AdapterOption = {}, signal?: AbortSignal): Promise<Score> {
    this.#need()
    return this.#enqueue(async () => {
      if (batch.supervisedRows.length === 0)
        return { logProbability: new Float32Array(), hit: new Uint8Array() }
      const run = await this.#forward(batch, options.adapter !== 'off', null, false, signal)
      try {
        const { logProbability, hit } = await this.#headOf(run, batch, false)
        return { logProbability, hit }
      } finally {
        this.#release(run)
      }
    })
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
      const run = await this.#forward(batch, options.adapter !== 'off', null, false)
      const h = tidy(() => run.stream.finalNorm(run.x).y)
      try {
        return await allLogits(h, weights, config.vocabSize, config.finalSoftCap, () => this.#pause())
      } finally {
        h.dispose()
        this.#release(run)
      }
    })
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
    return {
      kind: 'portable',
      backend: name,
      device: missed.length > 0 ? `${device} (not ${missed.join('; not ')})` : device,
      software: name !== 'webgpu',
      ...(name === 'wasm' && { threads }),
      choices: this.#loaded
        ? {
            'portable.tile_words': String(this.#loaded.plan.tileWords),
            [HEAD]: this.#loaded.weights.simd ? 'simd' : 'tiles',
          }
        : {},
      liveBytes: tf.memory().numBytes,
    }
  }

  dispose(): void {
    this.#loaded?.weights.dispose()
    this.#loaded?.adapter.dispose()
    this.#loaded = null
  }

  #need(): Loaded {
    if (!this.#loaded) throw new Error('no model is loaded')
    return this.#loaded
  }

  #enqueue<T>(task: () => Promise<T>): Promise<T> {
    const run = this.#queue.then(task).catch((error: unknown) => {
      if (this.#loaded && isShortOfMemory(error)) failShortOfMemory(this.#loaded.plan, heldBytes())
      throw error
    })
    this.#queue = run.catch(() => {})
    return run
  }

  /** Lets whatever else waits in this thread have its turn, a few times a second. */
  async #pause(): Promise<void> {
    if (tf.memory().numBytes > MOST_BYTES * 1.1 || heapIsFull()) throw new HeapFull()
    if (performance.now() - this.#paused < 50) return
    await new Promise((resolve) => setTimeout(resolve, 0))
    this.#paused = performance.now()
  }

  async #trainOn(
    batch: Batch,
    dropout: Dropout,
    scale: number,
    signal?: AbortSignal,
  ): Promise<{ loss: number; hits: number }> {
    if (batch.supervisedRows.length === 0) return { loss: 0, hits: 0 }
    const { plan, adapter } = this.#need()
    const keep = plan.recompute === 'nothing'
    const run = await this.#forward(batch, true, dropout, true, signal)
    let dx: tf.Tensor2D | null = null
    try {
      const { logProbability, hit, dx: top } = await this.#headOf(run, batch, true)
      dx = top
      for (let layer = plan.request.model.layers.length - 1; layer >= 0; layer--) {
        signal?.throwIfAborted()
        const dout: tf.Tensor2D = dx!
        const context = run.stream.layer(layer)
        const { keysFrom } = context.own
        const back = tidy(() => {
          const saved = keep ? run.saved[layer]! : this.#layer(run, layer, run.inputs[layer]!).saved
          return layerBackward(dout, saved, context, {
            segments: run.segments,
            masks: run.masks,
            given: keysFrom === layer ? null : run.shared.get(keysFrom)!.made,
            later: run.shared.get(layer)?.grad ?? null,
            input: layer > 0,
          })
        })
        dout.dispose()
        dx = back.dx
        if (back.given) addKeys(run.shared.get(keysFrom)!, back.given)
        free(run.shared.get(layer))
        run.shared.delete(layer)
        await adapter.add(layer, back.pairs, scale)
        if (keep) free(run.saved.pop())
        free(run.inputs.pop())
        run.stream.forget()
        await this.#pause()
      }
      return {
        loss: -logProbability.reduce((sum, x) => sum + x, 0),
        hits: hit.reduce((sum, x) => sum + x, 0),
      }
    } finally {
      free(dx)
      this.#release(run)
    }
  }

  #layer(run: Run, layer: number, x: tf.Tensor2D): { out: tf.Tensor2D; saved: SavedLayer } {
    const context = run.stream.layer(layer)
    const { keysFrom } = context.own
    const given = keysFrom === layer ? null : run.shared.get(keysFrom)!.made
    return layerForward(x, context, given, (q, k, v) =>
      attention(q, k, v, attentionShape(context), run.segments, run.masks),
    )
  }

  async #forward(
    batch: Batch,
    adapterOn: boolean,
    dropout: Dropout | null,
    training: boolean,
    signal?: AbortSignal,
  ): Promise<Run> {
    const { plan, weights, adapter, tables } = this.#need()
    const { model: config } = plan.request
    const keep = training && plan.recompute === 'nothing'
    const shared = sharedKeys(config)
    const run: Run = {
      stream: new Stream(config, weights, adapterOn ? adapter : null, batch.positions, tables, dropout),
      masks: new Masks(),
      segments: segmentsOf(batch.segmentStart),
      inputs: [],
      saved: [],
      shared: new Map(),
      x: weights.embed(batch.tokens),
    }
    try {
      for (const layer of config.layers.keys()) {
        signal?.throwIfAborted()
        const { x } = run
        const made = tidy(() => {
          const { out, saved } = this.#layer(run, layer, x)
          return { out, saved: keep ? saved : null, keys: shared.has(layer) ? keysMade(saved) : null }
        })
        run.x = made.out
        if (made.keys) run.shared.set(layer, { made: made.keys, grad: null })
        if (training) run.inputs.push(x)
        else x.dispose()
        if (made.saved) run.saved.push(made.saved)
        run.stream.forget()
        await this.#pause()
      }
      return run
    } catch (error) {
      this.#release(run)
      throw error
    }
  }

  /** Log-probabilities and hits of the supervised rows, and the gradient of the last layer's output. */
  async #headOf(run: Run, batch: Batch, gradient: boolean) {
    const { plan, weights } = this.#need()
    const { model: config } = plan.request
    const rows = tf.tensor1d(Int32Array.from(batch.supervisedRows), 'int32')
    const labels = Int32Array.from(batch.supervisedRows, (row) => batch.labels[row]!)
    const picked = tidy(() => tf.gather(run.x, rows))
    const normed = tidy(() => run.stream.finalNorm(picked))
    try {
      const found = await head(normed.y, labels, weights, config.finalSoftCap, gradient, () => this.#pause())
      const [logs, best] = await Promise.all([found.logProbability.data(), found.best.data()])
      const dx =
        found.dh &&
        tidy(() => {
          const d = rmsNormGrad(found.dh!, picked, normed.r, weights.finalNorm)
          return tf.scatterND(
            tf.reshape(rows, [rows.shape[0], 1]),
            d,
            run.x.shape as [number, number],
          ) as tf.Tensor2D
        })
      free(found.logProbability, found.best, found.dh)
      return {
        logProbability: Float32Array.from(logs),
        hit: Uint8Array.from(best, (word, n) => Number(word === labels[n])),
        dx,
      }
    } finally {
      free(rows, picked, normed)
    }
  }

  #release(run: Run): void {
    run.stream.dispose()
    run.masks.dispose()
    free(run.inputs, run.saved, [...run.shared.values()], run.x)
  }
}

/** Adds to the gradients of keys and values that several layers use; what is added is taken over. */
function addKeys(shared: { grad: KeysValues | null }, added: KeysValues): void {
  const { grad } = shared
  if (!grad) {
    shared.grad = added
    return
  }
  shared.grad = tidy(() => ({
    k: tf.add<tf.Tensor2D>(grad.k, added.k),
    v: tf.add<tf.Tensor2D>(grad.v, added.v),
  }))
  free(grad, added)
}
