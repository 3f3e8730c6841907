import * as tf from '@tensorflow/tfjs-core'
import type { Batch } from '../protocol/batch.ts'
import { head } from './head.ts'
import type { OwnLayers } from './own-layers.ts'
import type { BatchPass, Loaded, PassHead, PassOptions } from './pass.ts'
import { free } from './tidy.ts'

/** A batch through layers that do without TensorFlow.js; one at a time. */
export class OwnPass implements BatchPass {
  readonly #loaded: Loaded
  readonly #layers: OwnLayers
  readonly #options: PassOptions
  readonly #rows: number
  #done = 0

  private constructor(loaded: Loaded, batch: Batch, options: PassOptions) {
    this.#loaded = loaded
    this.#layers = loaded.layers!
    this.#options = options
    this.#rows = batch.tokens.length
    const { maxTokens, model } = loaded.plan.request
    if (this.#rows > maxTokens) throw new Error(`${this.#rows} rows where ${maxTokens} were planned`)
    const { positions, segmentStart } = batch
    const { adapterOn, dropout = null } = options
    this.#layers.begin({ positions, among: { segmentStart }, adapterOn, dropout })
    const [first] = this.#layers.at.inputs
    loaded.weights.embedInto(batch.tokens, this.#layers.floats(first!, this.#rows * model.hiddenSize))
  }

  static async forward(loaded: Loaded, batch: Batch, options: PassOptions): Promise<OwnPass> {
    const pass = new OwnPass(loaded, batch, options)
    for (const layer of loaded.plan.request.model.layers.keys()) {
      options.signal?.throwIfAborted()
      pass.#layers.forward(layer)
      await pass.#advance(1)
    }
    return pass
  }

  async head(batch: Batch, gradient: boolean): Promise<PassHead> {
    const { weights, plan } = this.#loaded
    const { hiddenSize, finalSoftCap } = plan.request.model
    const { at } = this.#layers
    const { supervisedRows } = batch
    const labels = Int32Array.from(supervisedRows, (row) => batch.labels[row]!)
    this.#layers.finalNorm()
    const normed = this.#layers.floats(at.normed, this.#rows * hiddenSize)
    const picked = new Float32Array(supervisedRows.length * hiddenSize)
    const place = (row: number) => [row * hiddenSize, (row + 1) * hiddenSize] as const
    supervisedRows.forEach((row, n) => {
      picked.set(normed.subarray(...place(row)), n * hiddenSize)
    })
    const h = tf.tensor2d(picked, [supervisedRows.length, hiddenSize])
    try {
      const found = await head(h, labels, weights, finalSoftCap, gradient, this.#options.pause)
      const [logs, best, dh] = await Promise.all([
        found.logProbability.data(),
        found.best.data(),
        found.dh?.data(),
      ])
      free(found)
      if (dh) {
        const all = this.#layers.floats(at.hidden[1], this.#rows * hiddenSize).fill(0)
        supervisedRows.forEach((row, n) => {
          all.set(dh.subarray(...place(n)), row * hiddenSize)
        })
        this.#layers.finalNormGrad()
      }
      await this.#advance(1)
      return {
        logProbability: Float32Array.from(logs),
        hit: Uint8Array.from(best, (word, n) => Number(word === labels[n])),
      }
    } finally {
      h.dispose()
    }
  }

  async backward(scale: number): Promise<void> {
    const { plan } = this.#loaded
    const { layers } = plan.request.model
    for (let layer = layers.length - 1; layer >= 0; layer--) {
      this.#options.signal?.throwIfAborted()
      // Those that are not kept have one place between them, where the last of them still is.
      if (layer < layers.length - plan.keptLayers - 1) this.#layers.forward(layer)
      this.#layers.backward(layer, scale, layer > 0)
      await this.#advance(2)
    }
  }

  normed(): tf.Tensor2D {
    const { hiddenSize } = this.#loaded.plan.request.model
    this.#layers.finalNorm()
    const shape: [number, number] = [this.#rows, hiddenSize]
    return tf.tensor2d(this.#layers.floats(this.#layers.at.normed, this.#rows * hiddenSize).slice(), shape)
  }

  /** What it uses is the layers' own. */
  dispose(): void {}

  async #advance(parts: number): Promise<void> {
    this.#done += parts
    this.#options.advanced?.(this.#done / (3 * this.#loaded.plan.request.model.layers.length + 1))
    await this.#options.pause()
  }
}
