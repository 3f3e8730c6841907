import * as tf from '@tensorflow/tfjs-core'
import { BLOCK_BYTES, isBlocked, storedBytes } from '../lib/storage.ts'
import { STORAGE_OF } from '../model/storage.ts'
import { blockedElements, hostSize, type StoredElements, storedElements, widenInto } from '../model/stored.ts'
import { isLayerNorm, isProjection, type ModelTensor, tensorTable } from '../model/tensors.ts'
import { normScale } from '../model/weights.ts'
import type { LayerNorm, ModelConfig, Projection, WeightSource, WeightType } from '../protocol/model.ts'
import type { PortablePlan } from './plan.ts'
import { hasSimd } from './simd/kernels.ts'
import { SimdHead } from './simd/simd-head.ts'
import { free, tidy } from './tidy.ts'
import { matrixOf, onWasm } from './wasm.ts'

/** A matrix on the host, as it is stored. */
type HostMatrix = StoredElements & { rows: number; cols: number }

/** W [out, in] and its transpose: every product has its right operand as it lies. */
export interface Matrices {
  w: tf.Tensor2D
  wt: tf.Tensor2D
}

/** Scales of the norms that a layer has. */
export type LayerNorms = Partial<Record<LayerNorm, tf.Tensor1D>>

/** Bytes of a tensor that are read at a time into a place of their own. */
const PIECE = 2 ** 25

export interface BaseWeightsOptions {
  /** See `simdHead`. */
  headChoice: string | null
  threads: number
  onProgress: (share: number) => void
  signal?: AbortSignal | undefined
}

/**
 * Base weights. What the plan has room for lies in the backend's memory as f32 in both orientations; the rest stays on the
 * host as it was stored (16 bits) and is widened a piece at a time, each time it is used.
 */
export class BaseWeights {
  readonly norms: LayerNorms[] = []
  finalNorm!: tf.Tensor1D
  readonly #config: ModelConfig
  readonly #plan: PortablePlan
  readonly #host = new Map<string, HostMatrix>()
  readonly #resident = new Map<string, Matrices>()
  readonly #tiles: (tf.Tensor2D | undefined)[] = []
  #embedding!: HostMatrix
  #head!: HostMatrix
  #simd: SimdHead | null = null

  private constructor(config: ModelConfig, plan: PortablePlan) {
    this.#config = config
    this.#plan = plan
  }

  /** @param source tensors of the plan's model, under the names of its table */
  static async load(
    plan: PortablePlan,
    source: WeightSource,
    { headChoice, threads, onProgress, signal }: BaseWeightsOptions,
  ): Promise<BaseWeights> {
    const { model: config } = plan.request
    const made = new BaseWeights(config, plan)
    const table = tensorTable(config)
    let done = 0
    const read = async ({ name, shape }: ModelTensor, into?: Uint8Array): Promise<HostMatrix> => {
      signal?.throwIfAborted()
      const { dtype } = source.tensors.get(name)!
      const [rows, cols] = shape.length === 1 ? [1, shape[0]] : shape
      const size = storedBytes(STORAGE_OF[dtype], rows * cols)
      if (isBlocked(dtype)) {
        const { elements, fill } = blockedElements(dtype, rows * cols, into)
        const piece = PIECE - (PIECE % BLOCK_BYTES[dtype])
        for (let at = 0; at < size; at += piece)
          fill(at, await source.read(name, at, Math.min(size, at + piece), signal))
        onProgress(++done / table.length)
        return { rows, cols, ...elements }
      }
      if (into)
        for (let at = 0; at < size; at += PIECE)
          into.set(await source.read(name, at, Math.min(size, at + PIECE), signal), at)
      const bytes = into ?? (await source.read(name, 0, size, signal))
      onProgress(++done / table.length)
      return { rows, cols, ...storedElements(bytes, dtype) }
    }
    const readHead = (tensor: ModelTensor) => {
      made.#simd = simdHead(config, plan, headChoice, threads, source.tensors.get(tensor.name)!.dtype)
      return read(tensor, made.#simd?.matrix)
    }
    const norm = async (tensor: ModelTensor) =>
      tf.keep(tf.tensor1d(normScale(config.normOffset, widen(await read(tensor)))))
    made.norms.push(...config.layers.map(() => ({})))
    try {
      for (const tensor of table) {
        if (isProjection(tensor)) {
          const key = `${tensor.layer}.${tensor.role}`
          const matrix = await read(tensor)
          if (tensor.layer < plan.residentLayers) made.#resident.set(key, matricesOf(matrix, true))
          else made.#host.set(key, matrix)
        } else if (isLayerNorm(tensor)) made.norms[tensor.layer]![tensor.role] = await norm(tensor)
        else if (tensor.role === 'final_norm') made.finalNorm = await norm(tensor)
        else if (tensor.role === 'head') made.#head = await readHead(tensor)
        else made.#embedding = config.tiedHead ? await readHead(tensor) : await read(tensor)
      }
      if (config.tiedHead) made.#head = made.#embedding
      return made
    } catch (error) {
      made.dispose()
      throw error
    }
  }

  /** Bytes outside the backend: matrices as they are stored, and the head's own memory. */
  get hostBytes(): number {
    const own = [...this.#host.values()]
    if (this.#embedding !== this.#head || !this.#simd) own.push(this.#embedding)
    if (this.#embedding !== this.#head && !this.#simd) own.push(this.#head)
    const stored = own.reduce((sum, { type, data }) => sum + hostSize(type, data.length), 0)
    return stored + (this.#simd?.bytes ?? 0)
  }

  /** W or its transpose. Not resident: made again, and gone with the tidy that it was asked for in. */
  matrix(layer: number, projection: Projection, orientation: 'w' | 'wt'): tf.Tensor2D {
    const key = `${layer}.${projection}`
    const resident = this.#resident.get(key)
    if (resident) return resident[orientation]
    const host = this.#host.get(key)!
    const w = widened(host)
    return orientation === 'w' ? w : tf.transpose(w)
  }

  /** Embeddings of tokens, scaled, [tokens, hidden]. */
  embed(tokens: Uint32Array): tf.Tensor2D {
    const { hiddenSize, embeddingScale } = this.#config
    const scale = Math.fround(embeddingScale)
    return matrixOf(tokens.length, hiddenSize, (values) => {
      gatherRows(this.#embedding, tokens, values)
      for (let i = 0; i < values.length; i++) values[i]! *= scale
    })
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
    const tile = matrixOf(words, hiddenSize, (values) =>
      widenInto(this.#head, first * hiddenSize, values, 0, values.length),
    )
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
    this.norms.length = 0
    this.#tiles.length = 0
  }
}

/** @param choice of an earlier run: `simd` or `tiles`; else `simd` where it is there */
function simdHead(
  config: ModelConfig,
  plan: PortablePlan,
  choice: string | null,
  threads: number,
  type: WeightType,
): SimdHead | null {
  if (config.finalSoftCap !== null || choice === 'tiles' || !onWasm() || !hasSimd()) return null
  const { tileWords, request } = plan
  return new SimdHead(config.vocabSize, config.hiddenSize, type, tileWords, request.maxSupervised, threads)
}

function matricesOf(host: HostMatrix, keep: boolean): Matrices {
  return tidy(() => {
    const w = widened(host)
    const wt = tf.transpose(w)
    return keep ? { w: tf.keep(w), wt: tf.keep(wt) } : { w, wt }
  })
}

function widened(host: HostMatrix): tf.Tensor2D {
  return matrixOf(host.rows, host.cols, (values) => widenInto(host, 0, values, 0, values.length))
}

/** Rows of a matrix below one another. */
function gatherRows(matrix: HostMatrix, rows: ArrayLike<number>, out: Float32Array<ArrayBuffer>): void {
  const { cols } = matrix
  for (let n = 0; n < rows.length; n++) widenInto(matrix, rows[n]! * cols, out, n * cols, cols)
}

function widen(matrix: HostMatrix): Float32Array<ArrayBuffer> {
  const out = new Float32Array(matrix.rows * matrix.cols)
  widenInto(matrix, 0, out, 0, out.length)
  return out
}
