/**
 * Decoding without TensorFlow.js: a token of Gemma 3 270M is some hundreds of operations, whose overhead would be half of its time.
 * Rows of one or several sequences go through the layers together; keys and values are written where they stay.
 * Source: Transformers `modeling_gemma3.py`.
 */
import { ropeKey } from '../model/rope.ts'
import type { LayerConfig, LayerNorm, ModelConfig, Projection } from '../protocol/model.ts'
import type { Adapter } from './adapter.ts'
import type { DecodeRow } from './decoder.ts'
import type { RopeTables } from './forward.ts'
import type { OwnProducts } from './own-products.ts'
import type { Company } from './simd/company.ts'
import { type DecodeLayout, type PairPlace, pairKey } from './simd/decode-layout.ts'
import { operandWidth } from './simd/matrices.ts'
import { FEW, type Product } from './simd/multiplier.ts'
import { TOGETHER } from './simd/vectors.ts'
import type { BaseWeights } from './weights.ts'

export interface OwnDecoderOptions {
  config: ModelConfig
  weights: BaseWeights
  own: OwnProducts
  /** Null: the base model answers. */
  adapter: Adapter | null
  tables: RopeTables
}

/** Decodes over caches of its own; one at a time over a model's memory. */
export class OwnDecoder {
  readonly #config: ModelConfig
  readonly #weights: BaseWeights
  readonly #own: OwnProducts
  readonly #at: DecodeLayout
  readonly #tables: RopeTables
  readonly #pairs: Record<string, PairPlace>
  readonly #x: Float32Array<ArrayBuffer>
  readonly #result: Float32Array<ArrayBuffer>
  #changes = -1
  readonly #normed: Float32Array<ArrayBuffer>
  /** Whether this thread computes the rows by itself, who says so, and the milliseconds that they have taken. */
  #alone = false
  #company: Company | null = null
  #took = 0

  constructor({ config, weights, own, adapter, tables }: OwnDecoderOptions) {
    this.#config = config
    this.#weights = weights
    this.#own = own
    this.#tables = tables
    this.#at = own.layout.decode!
    this.#pairs = adapter ? this.#at.pairs : {}
    const { rows, x, result, normed } = this.#at
    const view = (at: number) => this.#floats(at, rows * config.hiddenSize)
    this.#x = view(x)
    this.#result = view(result)
    this.#normed = view(normed)
    if (adapter) this.follow(adapter)
  }

  /** Most rows that go through the layers together. */
  get rows(): number {
    return this.#at.rows
  }

  /** Rows through all layers, which leaves their keys and values in the caches; a sequence's rows in the order of its positions. */
  async run(rows: readonly DecodeRow[], pause: () => Promise<void>): Promise<void> {
    const { hiddenSize, layers } = this.#config
    const x = this.#x.subarray(0, rows.length * hiddenSize)
    this.#weights.embedInto(
      Uint32Array.from(rows, ({ token }) => token),
      x,
    )
    this.#begin(rows.length)
    for (const layer of layers.keys()) {
      this.#timed(() => this.#layer(layer, rows))
      await pause()
    }
  }

  /** The rows that ran before are over, their logits too: how long they took says who computes the next. */
  #begin(rows: number): void {
    this.#company?.took(this.#took)
    this.#company = this.#own.company(rows)
    this.#alone = this.#company?.alone ?? false
    this.#took = 0
  }

  #timed(work: () => void): void {
    const began = performance.now()
    work()
    this.#took += performance.now() - began
  }

  /** Logits of the last rows that ran, [vocab] each; to be read before the next. */
  logits(rows: number): Float32Array<ArrayBuffer>[] {
    const { hiddenSize, vocabSize, finalSoftCap, rmsNormEps, tiedHead } = this.#config
    this.#norm(this.#x, this.#normed, rows, hiddenSize, this.#weights.finalScale, rmsNormEps)
    const yStride = Math.ceil(vocabSize / 8) * 8
    const matrix = this.#own.place(null, tiedHead ? 'embedding' : 'head')
    const { logits, normed } = this.#at
    for (let first = 0; first < rows; first += FEW) {
      const count = Math.min(FEW, rows - first)
      const product: Product = {
        matrix,
        mode: 'rows',
        x: normed + first * hiddenSize * 4,
        y: logits + first * yStride * 4,
        rows: count,
        xStride: hiddenSize * 4,
        yStride: yStride * 4,
      }
      this.#timed(() => this.#own.products.run([product], this.#alone))
    }
    return Array.from({ length: rows }, (_, row) => {
      const own = this.#floats(logits + row * yStride * 4, vocabSize)
      if (finalSoftCap !== null)
        for (let i = 0; i < own.length; i++) own[i] = finalSoftCap * Math.tanh(own[i]! / finalSoftCap)
      return own
    })
  }

  #layer(layer: number, rows: readonly DecodeRow[]): void {
    const { hiddenSize, numHeads, layers } = this.#config
    const own = layers[layer]!
    const at = this.#at
    const count = rows.length
    const queries = numHeads * own.headDim
    const keys = own.kvHeads * own.headDim
    const hidden = { at: at.normed, width: hiddenSize }
    const ownKeys = own.keysFrom === layer
    this.#normLayer(layer, 'input', this.#x, this.#normed, count)
    this.#project(layer, hidden, count, [
      ['q_proj', at.q, queries],
      ...(ownKeys
        ? ([
            ['k_proj', at.k, keys],
            ['v_proj', at.v, keys],
          ] as const)
        : []),
    ])
    const q = this.#floats(at.q, count * queries)
    this.#heads(layer, 'query', q, numHeads, rows)
    if (ownKeys) {
      const k = this.#floats(at.k, count * keys)
      const v = this.#floats(at.v, count * keys)
      this.#heads(layer, 'key', k, own.kvHeads, rows)
      rows.forEach(({ position, slot }, row) => {
        const cache = at.caches[slot]![layer]!
        const from = row * keys
        this.#floats(cache.k + position * keys * 4, keys).set(k.subarray(from, from + keys))
        this.#floats(cache.v + position * keys * 4, keys).set(v.subarray(from, from + keys))
      })
    }
    for (const [i, row] of rows.entries()) this.#attend(own, row, i)
    this.#project(layer, { at: at.attended, width: queries }, count, [['o_proj', at.result, hiddenSize]])
    this.#addNormed(layer, 'post_attention', count)
    this.#normLayer(layer, 'pre_feedforward', this.#x, this.#normed, count)
    const inner = operandWidth(own.intermediateSize)
    this.#project(layer, hidden, count, [
      ['gate_proj', at.gate, inner],
      ['up_proj', at.up, inner],
    ])
    this.#own.products.kernels.geglu(at.gate, at.up, at.gate, count * inner)
    this.#project(layer, { at: at.gate, width: inner }, count, [['down_proj', at.result, hiddenSize]])
    this.#addNormed(layer, 'post_feedforward', count)
  }

  /** y = x Wᵀ + s (x Aᵀ) Bᵀ of projections of the same x. */
  #project(
    layer: number,
    x: { at: number; width: number },
    rows: number,
    wanted: readonly (readonly [Projection, number, number])[],
  ): void {
    const { products } = this.#own
    const few = rows <= FEW
    const xStride = x.width * 4
    const tasks = wanted.map(([projection, y, width]) => {
      const matrix = this.#own.place(layer, projection)
      return {
        matrix,
        mode: few ? 'rows' : 'forward',
        x: x.at,
        y,
        rows,
        xStride,
        yStride: width * 4,
      } as const
    })
    if (!few) {
      // Panels are whole: rows behind the last are nobody's.
      const { cols } = products.matrices[tasks[0]!.matrix]!
      products.pack(x.at, xStride, rows, cols)
    }
    products.run(tasks, this.#alone)
    for (const [projection, y, width] of wanted) {
      const pair = this.#pairs[pairKey(layer, projection)]
      if (pair) this.#addPair(pair, x.at, xStride, y, width * 4, rows)
    }
  }

  #addPair(pair: PairPlace, x: number, xStride: number, y: number, yStride: number, rows: number): void {
    const { kernels } = this.#own.products
    const { low } = this.#at
    const inner = operandWidth(pair.inner)
    const outer = operandWidth(pair.outer)
    const lowStride = operandWidth(pair.rank) * 4
    for (let row = 0; row < rows; ) {
      const together = TOGETHER.find((count) => count <= rows - row)!
      kernels[`dotsF32${together}`](
        pair.a,
        x + row * xStride,
        low + row * lowStride,
        Math.ceil((pair.rank * together) / 4),
        inner,
        inner * 4,
        xStride,
        lowStride,
        0,
        0,
      )
      row += together
    }
    for (let row = 0; row < rows; row++)
      kernels.mix(low + row * lowStride, pair.bt, y + row * yStride, pair.rank, outer, outer * 4, 0)
  }

  /** One row's queries over its sequence's keys so far. */
  #attend(own: LayerConfig, { position, slot }: DecodeRow, row: number): void {
    const { numHeads, queryScale, attentionSoftCap } = this.#config
    const { kernels } = this.#own.products
    const { q, attended, scores, caches } = this.#at
    const { headDim, kvHeads, window } = own
    const cache = caches[slot]![own.keysFrom]!
    const first = window === null ? 0 : Math.max(0, position + 1 - window)
    const count = position + 1 - first
    const stride = kvHeads * headDim * 4
    const weights = this.#floats(scores, Math.ceil(count / 4) * 4)
    for (let head = 0; head < numHeads; head++) {
      const of = Math.floor((head * kvHeads) / numHeads) * headDim * 4
      const at = (row * numHeads + head) * headDim * 4
      const from = first * stride + of
      kernels.dotsF321(cache.k + from, q + at, scores, Math.ceil(count / 4), headDim, stride, 0, 0, 0, 0)
      for (let i = 0; i < count; i++) {
        const z = weights[i]! * queryScale
        weights[i] = attentionSoftCap === null ? z : attentionSoftCap * Math.tanh(z / attentionSoftCap)
      }
      weights.fill(-1e30, count)
      const sum = kernels.exponentials(scores, weights.length, kernels.largest(scores, weights.length))
      for (let i = 0; i < count; i++) weights[i]! /= sum
      kernels.mix(scores, cache.v + from, attended + at, count, headDim, stride, 1)
    }
  }

  /** Norms heads, and turns them by their rows' positions. */
  #heads(
    layer: number,
    norm: LayerNorm,
    x: Float32Array<ArrayBuffer>,
    heads: number,
    rows: readonly DecodeRow[],
  ): void {
    const own = this.#config.layers[layer]!
    const { headDim } = own
    const scale = this.#weights.normScales[layer]![norm]
    if (scale) this.#norm(x, x, rows.length * heads, headDim, scale, this.#config.rmsNormEps)
    const table = this.#tables.get(ropeKey(own))!
    const half = headDim / 2
    rows.forEach(({ position }, row) => {
      const angles = position * headDim
      for (let head = 0; head < heads; head++) {
        const at = (row * heads + head) * headDim
        for (let i = 0; i < half; i++) {
          const [cosine, sine] = [table[angles + 2 * i]!, table[angles + 2 * i + 1]!]
          const [a, b] = [x[at + i]!, x[at + half + i]!]
          x[at + i] = a * cosine - b * sine
          x[at + half + i] = b * cosine + a * sine
        }
      }
    })
  }

  #normLayer(
    layer: number,
    norm: LayerNorm,
    x: Float32Array<ArrayBuffer>,
    y: Float32Array<ArrayBuffer>,
    rows: number,
  ): void {
    const { hiddenSize, rmsNormEps } = this.#config
    const scale = this.#weights.normScales[layer]![norm]
    if (scale) this.#norm(x, y, rows, hiddenSize, scale, rmsNormEps)
    else if (x !== y) y.set(x.subarray(0, rows * hiddenSize))
  }

  /** x += norm(result). */
  #addNormed(layer: number, norm: LayerNorm, rows: number): void {
    const [x, result] = [this.#x, this.#result]
    this.#normLayer(layer, norm, result, result, rows)
    const size = rows * this.#config.hiddenSize
    for (let i = 0; i < size; i++) x[i]! += result[i]!
  }

  /** See `rmsNorm` in pieces.ts. */
  #norm(
    x: Float32Array<ArrayBuffer>,
    y: Float32Array<ArrayBuffer>,
    rows: number,
    width: number,
    scale: Float32Array,
    eps: number,
  ): void {
    for (let row = 0; row < rows; row++) {
      const at = row * width
      let sum = 0
      for (let i = 0; i < width; i++) sum += x[at + i]! * x[at + i]!
      const r = 1 / Math.sqrt(sum / width + eps)
      for (let i = 0; i < width; i++) y[at + i] = x[at + i]! * r * scale[i]!
    }
  }

  /** Has the adapter's pairs where products find them, as they are now. */
  follow(adapter: Adapter): void {
    if (adapter.changes === this.#changes) return
    this.#changes = adapter.changes
    for (const { layer, projection, ...pair } of Object.values(this.#at.pairs)) {
      const { a, b, scaling } = adapter.values(layer, projection)
      const inner = operandWidth(pair.inner)
      const outer = operandWidth(pair.outer)
      const low = this.#floats(pair.a, pair.rank * inner)
      for (let q = 0; q < pair.rank; q++) low.set(a.subarray(q * pair.inner, (q + 1) * pair.inner), q * inner)
      const high = this.#floats(pair.bt, pair.rank * outer)
      for (let o = 0; o < pair.outer; o++)
        for (let q = 0; q < pair.rank; q++) high[q * outer + o] = b[o * pair.rank + q]! * scaling
    }
  }

  #floats(at: number, count: number): Float32Array<ArrayBuffer> {
    return this.#own.products.floats(at, count)
  }
}
