import * as tf from '@tensorflow/tfjs-core'
import { uniform } from '../lib/threefry.ts'
import { projectionSite } from '../model/lora.ts'
import { type RopeShape, ropeKey, ropesOf, ropeValues } from '../model/rope.ts'
import type { ModelConfig, Projection } from '../protocol/model.ts'
import type { Adapter } from './adapter.ts'
import type { LayerContext } from './layer.ts'
import { quarterTurn, rmsNorm, type Turn } from './pieces.ts'
import type { BaseWeights } from './weights.ts'

/** Dropout of one micro-batch: its masks are a function of (seed, counter, site, element), as in the WGSL engine. */
export interface Dropout {
  keep: number
  seed: number
  counter: number
}

export interface StreamOptions {
  config: ModelConfig
  weights: BaseWeights
  /** Null: the base model alone. */
  adapter: Adapter | null
  /** Of each row. */
  positions: Uint32Array
  tables: RopeTables
  dropout?: Dropout | null
}

/** What a stream of rows is run with: positions turned into angles, adapter on or off, dropout. */
export class Stream {
  readonly config: ModelConfig
  readonly #weights: BaseWeights
  readonly #adapter: Adapter | null
  readonly #dropout: Dropout | null
  /** By head width. */
  readonly #quarters = new Map<number, tf.Tensor2D>()
  readonly #turns = new Map<string, Turn>()
  readonly #masks = new Map<number, tf.Tensor2D>()

  constructor({ config, weights, adapter, positions, tables, dropout = null }: StreamOptions) {
    this.config = config
    this.#weights = weights
    this.#adapter = adapter
    this.#dropout = dropout && dropout.keep < 1 ? dropout : null
    for (const [key, { headDim }] of ropesOf(config)) {
      const quarter = this.#quarters.get(headDim) ?? tf.keep(quarterTurn(headDim))
      this.#quarters.set(headDim, quarter)
      this.#turns.set(key, turnOf(tables.get(key)!, positions, headDim, quarter))
    }
  }

  layer(layer: number): LayerContext {
    return {
      config: this.config,
      weights: this.#weights,
      layer,
      own: this.config.layers[layer]!,
      turn: this.#turns.get(ropeKey(this.config.layers[layer]!))!,
      lora: (projection) => this.#adapter?.pair(layer, projection) ?? null,
      mask: (projection, rows) => this.#mask(layer, projection, rows),
    }
  }

  finalNorm(x: tf.Tensor2D) {
    return rmsNorm(x, this.#weights.finalNorm, this.config.rmsNormEps)
  }

  /** Lets go of the masks of a layer that has been gone through. */
  forget(): void {
    for (const mask of this.#masks.values()) mask.dispose()
    this.#masks.clear()
  }

  dispose(): void {
    this.forget()
    for (const { cosine, sine } of this.#turns.values()) tf.dispose([cosine, sine])
    this.#turns.clear()
    for (const quarter of this.#quarters.values()) quarter.dispose()
    this.#quarters.clear()
  }

  #mask(layer: number, projection: Projection, rows: number): tf.Tensor2D | null {
    const drop = this.#dropout
    const pair = drop && this.#adapter?.pair(layer, projection)
    if (!drop || !pair) return null
    const site = projectionSite(layer, projection)
    let mask = this.#masks.get(site)
    if (!mask) {
      const width = pair.a.shape[1]
      const keep = Math.fround(drop.keep)
      const factors = new Float32Array(rows * width)
      for (let i = 0; i < factors.length; i++)
        if (uniform(drop.seed, drop.counter, site, i) < keep) factors[i] = 1 / keep
      mask = tf.keep(tf.tensor2d(factors, [rows, width]))
      this.#masks.set(site, mask)
    }
    return mask
  }
}

export type RopeTables = ReadonlyMap<string, Float32Array>

export function ropeTables(config: ModelConfig, positions: number): RopeTables {
  const values = ([key, shape]: [string, RopeShape]): [string, Float32Array] => [
    key,
    ropeValues(shape, positions),
  ]
  return new Map(Array.from(ropesOf(config), values))
}

function turnOf(table: Float32Array, positions: Uint32Array, headDim: number, quarter: tf.Tensor2D): Turn {
  const half = headDim / 2
  const size = positions.length * headDim
  const [cosine, sine] = [new Float32Array(size), new Float32Array(size)]
  positions.forEach((position, t) => {
    for (let i = 0; i < half; i++) {
      const at = t * headDim + i
      cosine[at] = cosine[at + half] = table[position * headDim + 2 * i]!
      sine[at] = sine[at + half] = table[position * headDim + 2 * i + 1]!
    }
  })
  const shape: [number, number, number] = [positions.length, 1, headDim]
  return { cosine: tf.keep(tf.tensor3d(cosine, shape)), sine: tf.keep(tf.tensor3d(sine, shape)), quarter }
}
