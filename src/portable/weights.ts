import * as tf from '@tensorflow/tfjs-core'
import {
  isLayerNorm,
  isProjection,
  type MatrixTensor,
  type ModelTensor,
  tensorTable,
} from '../model/tensors.ts'
import { normScale } from '../model/weights.ts'
import type { LayerNorm, ModelConfig, Projection, WeightSource } from '../protocol/model.ts'
import type { Choices } from './choices-made.ts'
import { HostMatrix, TensorReader } from './host-matrix.ts'
import type { Times } from './linear.ts'
import { OwnProducts } from './own-products.ts'
import type { PortablePlan } from './plan.ts'
import { SimdHead } from './simd/simd-head.ts'
import { free, tidy } from './tidy.ts'
import { matrixOf } from './wasm.ts'

/** W [out, in] and its transpose: every product has its right operand as it lies. */
export interface Matrices {
  w: tf.Tensor2D
  wt: tf.Tensor2D
}

/** Scales of the norms that a layer has. */
export type LayerNorms = Partial<Record<LayerNorm, tf.Tensor1D>>

export interface BaseWeightsOptions {
  choices: Choices
  threads: number
  onProgress: (share: number) => void
  signal?: AbortSignal | undefined
}

/** Rows of a matrix as f32, wherever it lies. */
interface Rows {
  cols: number
  widen(row: number, out: Float32Array<ArrayBuffer>, at: number): void
}

/**
 * Base weights. With products of our own all matrices lie in their memory as they were stored. Else what the plan has room for
 * lies in the backend's as f32 in both orientations; the rest stays on the host as it was stored and is widened each time it is used.
 */
export class BaseWeights {
  readonly norms: LayerNorms[] = []
  finalNorm!: tf.Tensor1D
  /** The same on the host. */
  readonly normScales: Partial<Record<LayerNorm, Float32Array>>[] = []
  finalScale!: Float32Array
  /** Products of our own, and where decoding has its places. */
  own: OwnProducts | null = null
  readonly #config: ModelConfig
  readonly #plan: PortablePlan
  readonly #host = new Map<string, HostMatrix>()
  readonly #resident = new Map<string, Matrices>()
  readonly #tiles: (tf.Tensor2D | undefined)[] = []
  #embedding!: Rows
  #head!: Rows
  #simd: SimdHead | null = null

  private constructor(config: ModelConfig, plan: PortablePlan) {
    this.#config = config
    this.#plan = plan
  }

  /** @param source tensors of the plan's model, under the names of its table */
  static async load(
    plan: PortablePlan,
    source: WeightSource,
    options: BaseWeightsOptions,
  ): Promise<BaseWeights> {
    const made = new BaseWeights(plan.request.model, plan)
    try {
      await made.#load(source, options)
      return made
    } catch (error) {
      made.dispose()
      throw error
    }
  }

  async #load(source: WeightSource, options: BaseWeightsOptions): Promise<void> {
    const { choices, threads, onProgress, signal } = options
    const config = this.#config
    const plan = this.#plan
    const table = tensorTable(config)
    const reader = new TensorReader(source, signal)
    if (plan.own !== 'nothing') this.own = await OwnProducts.open(plan, choices, threads)
    let done = 0
    const norm = async (tensor: ModelTensor) =>
      normScale(config.normOffset, (await reader.host(tensor)).values())
    this.norms.push(...config.layers.map(() => ({})))
    this.normScales.push(...config.layers.map(() => ({})))
    for (const tensor of table) {
      const { role } = tensor
      if (isLayerNorm(tensor)) {
        const scale = await norm(tensor)
        this.normScales[tensor.layer]![tensor.role] = scale
        this.norms[tensor.layer]![tensor.role] = tf.keep(tf.tensor1d(scale))
      } else if (role === 'final_norm') {
        this.finalScale = await norm(tensor)
        this.finalNorm = tf.keep(tf.tensor1d(this.finalScale))
      } else if (this.own) {
        const matrix = this.own.matrix(tensor as MatrixTensor)
        await reader.rows(tensor, matrix)
        if (role === 'head') this.#head = matrix
        else if (role === 'embedding') this.#embedding = matrix
      } else if (isProjection(tensor)) {
        const key = `${tensor.layer}.${tensor.role}`
        const matrix = await reader.host(tensor)
        if (tensor.layer < plan.residentLayers) this.#resident.set(key, residentOf(matrix))
        else this.#host.set(key, matrix)
      } else {
        const isHead = role === 'head' || config.tiedHead
        if (isHead && choices.head === 'simd')
          this.#simd = SimdHead.alone(
            config.vocabSize,
            config.hiddenSize,
            source.tensors.get(tensor.name)!.dtype,
            plan.tileWords,
            plan.request.maxSupervised,
            threads,
          )
        const matrix = await reader.host(tensor, isHead ? this.#simd?.matrix : undefined)
        if (role === 'head') this.#head = matrix
        else this.#embedding = matrix
      }
      onProgress(++done / table.length)
    }
    if (config.tiedHead) this.#head = this.#embedding
    if (this.own) this.#simd = this.own.head
  }

  /** Bytes outside the backend: matrices as they are stored, and what the head and products take. */
  get hostBytes(): number {
    if (this.own) return this.own.bytes
    const own = [...this.#host.values()]
    for (const rows of new Set([this.#embedding, this.#head]))
      if (rows instanceof HostMatrix && !(rows === this.#head && this.#simd)) own.push(rows)
    return own.reduce((sum, { bytes }) => sum + bytes, this.#simd?.bytes ?? 0)
  }

  /** The product with W: x Wᵀ `forward`, dy W `backward`. To be called inside a tidy. */
  times(layer: number, projection: Projection, direction: 'forward' | 'backward'): Times {
    const { own } = this
    if (own) return (x) => own.times(layer, projection, x, direction === 'backward')
    return (x) => tf.matMul<tf.Tensor2D>(x, this.#matrix(layer, projection, direction === 'forward'))
  }

  /** Embeddings of tokens, scaled, [tokens, hidden]. */
  embed(tokens: Uint32Array): tf.Tensor2D {
    return matrixOf(tokens.length, this.#config.hiddenSize, (values) => this.embedInto(tokens, values))
  }

  embedInto(tokens: Uint32Array, values: Float32Array<ArrayBuffer>): void {
    const scale = Math.fround(this.#config.embeddingScale)
    gatherRows(this.#embedding, tokens, values)
    for (let i = 0; i < values.length; i++) values[i]! *= scale
  }

  /** A row of the head's matrix. */
  headRowInto(word: number, values: Float32Array<ArrayBuffer>): void {
    this.#head.widen(word, values, 0)
  }

  /** Rows of the head's matrix. */
  headRows(words: ArrayLike<number>): tf.Tensor2D {
    return matrixOf(words.length, this.#head.cols, (values) => gatherRows(this.#head, words, values))
  }

  /** The head without TensorFlow.js, where it is quicker. */
  get simd(): SimdHead | null {
    return this.#simd
  }

  get tiles(): number {
    return Math.ceil(this.#config.vocabSize / this.#plan.tileWords)
  }

  /** Words [tile * tileWords, ...) of the head's matrix, [words, hidden]; kept where the plan has room for all. */
  tile(index: number): tf.Tensor2D {
    const known = this.#tiles[index]
    if (known) return known
    const { hiddenSize, vocabSize } = this.#config
    const first = index * this.#plan.tileWords
    const words = Math.min(this.#plan.tileWords, vocabSize - first)
    const tile = matrixOf(words, hiddenSize, (values) => {
      for (let i = 0; i < words; i++) this.#head.widen(first + i, values, i * hiddenSize)
    })
    if (this.#plan.residentHead) this.#tiles[index] = tf.keep(tile)
    return tile
  }

  dispose(): void {
    for (const { w, wt } of this.#resident.values()) free(w, wt)
    for (const norms of this.norms) free(norms)
    for (const tile of this.#tiles) tile?.dispose()
    this.finalNorm?.dispose()
    this.#resident.clear()
    this.#host.clear()
    this.#simd?.dispose()
    this.#simd = null
    this.own?.dispose()
    this.own = null
    this.norms.length = 0
    this.normScales.length = 0
    this.#tiles.length = 0
  }

  /** W or its transpose. Not resident: made again, and gone with the tidy that it was asked for in. */
  #matrix(layer: number, projection: Projection, transposed: boolean): tf.Tensor2D {
    const key = `${layer}.${projection}`
    const resident = this.#resident.get(key)
    if (resident) return transposed ? resident.wt : resident.w
    const w = widened(this.#host.get(key)!)
    return transposed ? tf.transpose(w) : w
  }
}

function residentOf(host: HostMatrix): Matrices {
  return tidy(() => {
    const w = widened(host)
    return { w: tf.keep(w), wt: tf.keep(tf.transpose(w)) }
  })
}

const widened = (host: HostMatrix): tf.Tensor2D =>
  matrixOf(host.rows, host.cols, (values) => host.widenAll(values))

/** Rows of a matrix below one another. */
function gatherRows(matrix: Rows, rows: ArrayLike<number>, out: Float32Array<ArrayBuffer>): void {
  for (let n = 0; n < rows.length; n++) matrix.widen(rows[n]!, out, n * matrix.cols)
}
