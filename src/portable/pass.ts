import * as tf from '@tensorflow/tfjs-core'
import { sharedKeys } from '../model/layers.ts'
import type { Batch } from '../protocol/batch.ts'
import type { Adapter } from './adapter.ts'
import { attention, Masks, type Segment, segmentsOf } from './attention.ts'
import type { Choices } from './choices-made.ts'
import { type Dropout, type RopeTables, Stream } from './forward.ts'
import { head } from './head.ts'
import {
  attentionShape,
  type KeysValues,
  keysMade,
  layerBackward,
  layerForward,
  type SavedLayer,
} from './layer.ts'
import type { OwnLayers } from './own-layers.ts'
import { rmsNormGrad } from './pieces.ts'
import type { PortablePlan } from './plan.ts'
import { free, tidy } from './tidy.ts'
import type { BaseWeights } from './weights.ts'

/** A model with its adapter, ready to be run. */
export interface Loaded {
  plan: PortablePlan
  choices: Choices
  weights: BaseWeights
  adapter: Adapter
  tables: RopeTables
  /** Layers of whole batches without TensorFlow.js, where that is the choice. */
  layers: OwnLayers | null
}

export interface PassOptions {
  adapterOn: boolean
  dropout?: Dropout
  /** Whether gradients will be asked for. */
  training?: boolean
  /** Called between layers and pieces of them, so that other work has its turn; throws where `signal` is aborted. */
  pause(): Promise<void>
  /** Hears how much of forward pass, head and gradients is done, 0..1. */
  advanced?(share: number): void
  signal?: AbortSignal | undefined
}

/** Keys and values of a layer that later ones use, and their gradients from there. */
interface SharedKeys {
  made: KeysValues
  grad: KeysValues | null
}

export interface PassHead {
  logProbability: Float32Array
  hit: Uint8Array
}

/** A batch on its way through a model. To be disposed of. */
export interface BatchPass {
  /** Log-probabilities and hits of the supervised rows, and, where asked for, what `backward` begins with. */
  head(batch: Batch, gradient: boolean): Promise<PassHead>
  /** Adds the gradients of all LoRA pairs, times `scale`, to the adapter's. */
  backward(scale: number): Promise<void>
  /** What the head is given of all rows, [rows, hidden]. */
  normed(): tf.Tensor2D
  dispose(): void
}

/** A batch that has gone through all layers, with what the gradient needs of it. To be disposed of. */
export class Pass implements BatchPass {
  readonly stream: Stream
  /** Output of the last layer. */
  x: tf.Tensor2D
  readonly #loaded: Loaded
  readonly #options: PassOptions
  readonly #masks = new Masks()
  readonly #segments: Segment[]
  /** Inputs of the layers, and of those that keep it all that their gradients need. */
  readonly #inputs: tf.Tensor2D[] = []
  readonly #saved: SavedLayer[] = []
  /** By layer. */
  readonly #shared = new Map<number, SharedKeys>()
  #done = 0
  /** Of the last layer's output. */
  #dx: tf.Tensor2D | null = null

  private constructor(loaded: Loaded, batch: Batch, options: PassOptions) {
    const { plan, weights, adapter, tables } = loaded
    this.#loaded = loaded
    this.#options = options
    this.#segments = segmentsOf(batch.segmentStart)
    this.stream = new Stream({
      config: plan.request.model,
      weights,
      adapter: options.adapterOn ? adapter : null,
      positions: batch.positions,
      tables,
      dropout: options.dropout ?? null,
    })
    this.x = weights.embed(batch.tokens)
  }

  static async forward(loaded: Loaded, batch: Batch, options: PassOptions): Promise<Pass> {
    const pass = new Pass(loaded, batch, options)
    try {
      await pass.#forward()
      return pass
    } catch (error) {
      pass.dispose()
      throw error
    }
  }

  async #forward(): Promise<void> {
    const { config } = this.stream
    const { training = false, signal, pause } = this.#options
    const shared = sharedKeys(config)
    for (const layer of config.layers.keys()) {
      signal?.throwIfAborted()
      const { x } = this
      const made = tidy(() => {
        const { out, saved } = this.#layer(layer, x)
        return {
          out,
          saved: training && this.#keeps(layer) ? saved : null,
          keys: shared.has(layer) ? keysMade(saved) : null,
        }
      })
      this.x = made.out
      if (made.keys) this.#shared.set(layer, { made: made.keys, grad: null })
      if (training) this.#inputs.push(x)
      else x.dispose()
      if (made.saved) this.#saved.push(made.saved)
      this.stream.forget()
      this.#advance(1)
      await pause()
    }
  }

  /** Layers forward count one, the head one, and backward, where most is computed again, two. */
  #advance(parts: number): void {
    this.#done += parts
    this.#options.advanced?.(this.#done / (3 * this.stream.config.layers.length + 1))
  }

  /** The last layers: their gradients come first, and what they need is soon gone. */
  #keeps(layer: number): boolean {
    return layer >= this.stream.config.layers.length - this.#loaded.plan.keptLayers
  }

  #layer(layer: number, x: tf.Tensor2D): { out: tf.Tensor2D; saved: SavedLayer } {
    const context = this.stream.layer(layer)
    const over = { shape: attentionShape(context), segments: this.#segments, masks: this.#masks }
    return layerForward(x, context, this.#keysFor(layer), (q, k, v) => attention(q, k, v, over))
  }

  /** Keys and values that a layer is given by another; null where it has its own. */
  #keysFor(layer: number): KeysValues | null {
    const { keysFrom } = this.stream.config.layers[layer]!
    return keysFrom === layer ? null : this.#shared.get(keysFrom)!.made
  }

  async head(batch: Batch, gradient: boolean): Promise<PassHead> {
    const { weights } = this.#loaded
    const rows = tf.tensor1d(Int32Array.from(batch.supervisedRows), 'int32')
    const labels = Int32Array.from(batch.supervisedRows, (row) => batch.labels[row]!)
    const picked = tidy(() => tf.gather(this.x, rows))
    const normed = tidy(() => this.stream.finalNorm(picked))
    try {
      const { finalSoftCap } = this.stream.config
      const found = await head(normed.y, labels, weights, finalSoftCap, gradient, this.#options.pause)
      const [logs, best] = await Promise.all([found.logProbability.data(), found.best.data()])
      const dx =
        found.dh &&
        tidy(() => {
          const d = rmsNormGrad(found.dh!, picked, normed.r, weights.finalNorm)
          return tf.scatterND(
            tf.reshape(rows, [rows.shape[0], 1]),
            d,
            this.x.shape as [number, number],
          ) as tf.Tensor2D
        })
      free(found.logProbability, found.best, found.dh, this.#dx)
      this.#dx = dx
      this.#advance(1)
      return {
        logProbability: Float32Array.from(logs),
        hit: Uint8Array.from(best, (word, n) => Number(word === labels[n])),
      }
    } finally {
      free(rows, picked, normed)
    }
  }

  async backward(scale: number): Promise<void> {
    const { adapter } = this.#loaded
    let dx = this.#dx
    this.#dx = null
    try {
      for (let layer = this.stream.config.layers.length - 1; layer >= 0; layer--) {
        this.#options.signal?.throwIfAborted()
        const dout: tf.Tensor2D = dx!
        const context = this.stream.layer(layer)
        const keep = this.#keeps(layer)
        const back = tidy(() => {
          const saved = keep ? this.#saved.at(-1)! : this.#layer(layer, this.#inputs[layer]!).saved
          return layerBackward(dout, saved, context, {
            segments: this.#segments,
            masks: this.#masks,
            given: this.#keysFor(layer),
            later: this.#shared.get(layer)?.grad ?? null,
            input: layer > 0,
          })
        })
        dout.dispose()
        dx = back.dx
        if (back.given) addKeys(this.#shared.get(context.own.keysFrom)!, back.given)
        free(this.#shared.get(layer))
        this.#shared.delete(layer)
        await adapter.add(layer, back.pairs, scale)
        if (keep) free(this.#saved.pop())
        free(this.#inputs.pop())
        this.stream.forget()
        this.#advance(2)
        await this.#options.pause()
      }
    } finally {
      free(dx)
    }
  }

  normed(): tf.Tensor2D {
    return tidy(() => this.stream.finalNorm(this.x).y)
  }

  dispose(): void {
    this.stream.dispose()
    this.#masks.dispose()
    free(this.#inputs, this.#saved, [...this.#shared.values()], this.x, this.#dx)
  }
}

/** Adds to the gradients of keys and values that several layers use; what is added is taken over. */
function addKeys(shared: SharedKeys, added: KeysValues): void {
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
