/**
 * The layers of whole batches without TensorFlow.js: what layer.ts computes, and its gradient, as tasks that all threads take part
 * in, over the memory in which the weights lie. Source: Transformers `modeling_gemma3.py` (Gemma3DecoderLayer).
 */

import { ropeKey } from '../model/rope.ts'
import type { LayerNorm, ModelConfig } from '../protocol/model.ts'
import type { Adapter } from './adapter.ts'
import { type Segment, segmentsOf } from './attention.ts'
import type { Dropout, RopeTables } from './forward.ts'
import type { OwnProducts } from './own-products.ts'
import { OwnProjections, type ProjectedGrad } from './own-projections.ts'
import { operandWidth } from './simd/matrices.ts'
import type { Task } from './simd/tasks.ts'
import type { TrainLayout } from './simd/train-layout.ts'
import type { BaseWeights } from './weights.ts'

export interface OwnLayersOptions {
  config: ModelConfig
  weights: BaseWeights
  own: OwnProducts
  adapter: Adapter
  tables: RopeTables
}

/** Whose rows go along paths of a tree: see `TreeTask`. */
export interface TreeKeys {
  past: number
  prompt: number
  /** Of each key from `prompt` on the one that it follows; as long as there are keys. */
  before: Int32Array
}

/** What a batch is run with. */
export interface OwnRows {
  positions: Uint32Array
  /** Which rows see one another: those of a segment, or of a path. */
  among: { segmentStart: Uint32Array } | TreeKeys
  adapterOn: boolean
  dropout: Dropout | null
}

/** One batch at a time over a model's memory. */
export class OwnLayers {
  readonly at: TrainLayout
  readonly #config: ModelConfig
  readonly #own: OwnProducts
  readonly #projections: OwnProjections
  readonly #tables: RopeTables
  #rows = 0
  #segments: Segment[] = []
  /** Null where rows go in segments. */
  #tree: TreeKeys | null = null
  /** Layers whose keys' and values' gradients later ones have begun. */
  readonly #begun = new Set<number>()

  constructor({ config, weights, own, adapter, tables }: OwnLayersOptions) {
    this.#config = config
    this.#own = own
    this.#projections = new OwnProjections(own, adapter)
    this.#tables = tables
    this.at = own.layout.train!
    this.at.scales.forEach((scales, layer) => {
      for (const [norm, at] of Object.entries(scales) as [LayerNorm, number][])
        this.#put(at, weights.normScales[layer]![norm]!)
    })
    this.#put(this.at.finalScale, weights.finalScale)
  }

  /** A batch's rows: their angles and segments, and the adapter as it is now. */
  begin({ positions, among, adapterOn, dropout }: OwnRows): void {
    this.#rows = positions.length
    this.#tree = 'before' in among ? among : null
    this.#segments = 'before' in among ? [] : segmentsOf(among.segmentStart)
    this.#projections.begin(positions.length, adapterOn, dropout)
    this.#begun.clear()
    const { attention, angles } = this.at
    const order = this.#tree?.before ?? this.#segments.flatMap(({ start, length }) => [start, length])
    new Int32Array(this.#own.products.memory.buffer, attention.segments, order.length).set(order)
    for (const [key, at] of Object.entries(angles)) this.#turns(this.#tables.get(key)!, at, positions)
  }

  floats(at: number, count: number): Float32Array<ArrayBuffer> {
    return this.#own.products.floats(at, count)
  }

  /** The norm behind the last layer, of all rows, into `normed`. */
  finalNorm(): void {
    const { inputs, normed, finalScale, finalR } = this.at
    const { hiddenSize, rmsNormEps } = this.#config
    this.#run({
      kind: 'norm',
      x: inputs.at(-1)!,
      y: normed,
      scale: finalScale,
      r: finalR,
      base: 0,
      rows: this.#rows,
      width: hiddenSize,
      eps: rmsNormEps,
    })
  }

  /** Of the gradient in `hidden[1]` that of the last layer's output, into `hidden[0]`. */
  finalNormGrad(): void {
    const { inputs, hidden, finalScale, finalR } = this.at
    this.#run({
      kind: 'normGrad',
      dy: hidden[1],
      x: inputs.at(-1)!,
      dx: hidden[0],
      scale: finalScale,
      r: finalR,
      base: 0,
      rows: this.#rows,
      width: this.#config.hiddenSize,
    })
  }

  /**
   * Of a layer with keys of its own, those of so many rows of a tree, turned, and their values; of rows that went before, to be there
   * when `forward` is called, of all when it has been.
   */
  keys(layer: number, rows: number): [k: Float32Array<ArrayBuffer>, v: Float32Array<ArrayBuffer>] {
    const { k, v } = this.#keysOf(layer)
    const { keys } = this.#widths(layer)
    return [this.floats(k, rows * keys), this.floats(v, rows * keys)]
  }

  /** From `inputs[layer]` to `inputs[layer + 1]`. */
  forward(layer: number): void {
    const { hiddenSize, layers } = this.#config
    const { at } = this
    const own = layers[layer]!
    const place = at.layers[layer]!
    const [x, out] = [at.inputs[layer]!, at.inputs[layer + 1]!]
    const { queries, keys, inner } = this.#widths(layer)
    const { v } = this.#keysOf(layer)
    this.#run(this.#norm(layer, 'input', x, at.normed))
    this.#projections.project(layer, at.normed, hiddenSize, [
      { projection: 'q_proj', y: place.q, width: queries },
      ...(own.keysFrom === layer
        ? ([
            { projection: 'k_proj', y: place.k, width: keys },
            { projection: 'v_proj', y: v + this.#past(keys), width: keys },
          ] as const)
        : []),
    ])
    this.#turned(layer)
    const attention = { ...this.#attention(layer), out: place.attended }
    const { past, prompt } = this.#tree ?? { past: 0, prompt: 0 }
    this.#run(
      this.#tree
        ? { kind: 'attendTree', ...attention, past, prompt, rows: this.#rows }
        : { kind: 'attend', ...attention },
    )
    this.#projections.project(layer, place.attended, queries, [
      { projection: 'o_proj', y: place.output, width: hiddenSize },
    ])
    this.#run(this.#norm(layer, 'post_attention', place.output, place.x1, x))
    this.#run(this.#norm(layer, 'pre_feedforward', place.x1, at.normed))
    this.#projections.project(layer, at.normed, hiddenSize, [
      { projection: 'gate_proj', y: place.gate, width: inner },
      { projection: 'up_proj', y: place.up, width: inner },
    ])
    const width = operandWidth(inner)
    this.#run({ kind: 'geglu', gate: place.gate, up: place.up, out: at.inner, rows: this.#rows, width })
    this.#projections.project(layer, at.inner, inner, [
      { projection: 'down_proj', y: place.down, width: hiddenSize },
    ])
    this.#run(this.#norm(layer, 'post_feedforward', place.down, out, place.x1))
  }

  /**
   * From the gradient of a layer's output in `hidden[0]` to that of its input, in the same place; pairs' gradients times `scale`
   * are added to the adapter's. What was kept of the layer is used up.
   * @param input whether the gradient of the layer's input is asked for
   */
  backward(layer: number, scale: number, input: boolean): void {
    const { hiddenSize, numHeads, layers } = this.#config
    const { at } = this
    const own = layers[layer]!
    const place = at.layers[layer]!
    const rows = this.#rows
    const { queries, keys, inner } = this.#widths(layer)
    const [dx, dy] = at.hidden
    const grad = (of: Omit<ProjectedGrad, 'x' | 'inner'>, x: number, inner: number) =>
      this.#projections.grad(layer, scale, { ...of, x, inner })
    this.#run(this.#normGrad(layer, 'post_feedforward', dx, place.down, dy))
    const gated = { gate: place.gate, up: place.up, inner: at.inner }
    const between = () => this.#run({ kind: 'gegluGrad', ...gated, rows, width: operandWidth(inner) })
    const down = { projection: 'down_proj', y: dy, width: hiddenSize, dx: at.inner, between } as const
    grad(down, at.inner, inner)
    this.#run(this.#norm(layer, 'pre_feedforward', place.x1, at.normed))
    grad({ projection: 'gate_proj', y: place.gate, width: inner, dx: dy }, at.normed, hiddenSize)
    grad({ projection: 'up_proj', y: place.up, width: inner, dx: dy, add: true }, at.normed, hiddenSize)
    this.#run(this.#normGrad(layer, 'pre_feedforward', dy, place.x1, dx, dx))
    this.#run(this.#normGrad(layer, 'post_attention', dx, place.output, dy))
    const [q, dq] = at.q
    grad({ projection: 'o_proj', y: dy, width: hiddenSize, dx: dq }, place.attended, queries)
    this.#turned(layer)
    const attention = { ...this.#attention(layer), q, out: dq }
    this.#run({ kind: 'attendGrad', ...attention, dk: at.dk, dv: at.dv, apart: at.apart })
    const [dv, dk] = this.#keysGrad(layer)
    const half = own.headDim / 2
    const angles = at.angles[ropeKey(own)]!
    const back = { kind: 'turn', angles, rows, half, back: true } as const
    const ownKeys = own.keysFrom === layer
    this.#run(
      { ...back, x: dq, heads: numHeads },
      ...(ownKeys ? [{ ...back, x: dk, heads: own.kvHeads }] : []),
    )
    this.#run(
      this.#normGrad(layer, 'query', dq, place.q, dq),
      ...(ownKeys ? [this.#normGrad(layer, 'key', dk, place.k, dk)] : []),
    )
    this.#run(this.#norm(layer, 'input', at.inputs[layer]!, at.normed))
    const to = { dx: input ? dy : null }
    grad({ projection: 'q_proj', y: dq, width: queries, ...to }, at.normed, hiddenSize)
    if (ownKeys) {
      grad({ projection: 'k_proj', y: dk, width: keys, ...to, add: true }, at.normed, hiddenSize)
      grad({ projection: 'v_proj', y: dv, width: keys, ...to, add: true }, at.normed, hiddenSize)
    }
    if (input) this.#run(this.#normGrad(layer, 'input', dy, at.inputs[layer]!, dx, dx))
  }

  #widths(layer: number): { queries: number; keys: number; inner: number } {
    const { layers, numHeads } = this.#config
    const { headDim, kvHeads, intermediateSize } = layers[layer]!
    return { queries: numHeads * headDim, keys: kvHeads * headDim, inner: intermediateSize }
  }

  /** Turned keys, and values, that a layer attends to. */
  #keysOf(layer: number): { k: number; v: number } {
    const { keysFrom } = this.#config.layers[layer]!
    return this.at.shared[keysFrom] ?? { k: this.at.k[0], v: this.at.layers[layer]!.v }
  }

  /** Bytes of keys of this width that lie ahead of the batch's own. */
  #past(keys: number): number {
    return (this.#tree?.past ?? 0) * keys * 4
  }

  /** Queries and keys, normed and turned, where attention finds them. */
  #turned(layer: number): void {
    const own = this.#config.layers[layer]!
    const { numHeads } = this.#config
    const place = this.at.layers[layer]!
    const [q] = this.at.q
    const k = this.#keysOf(layer).k + this.#past(own.kvHeads * own.headDim)
    const ownKeys = own.keysFrom === layer
    const turn = {
      kind: 'turn',
      angles: this.at.angles[ropeKey(own)]!,
      rows: this.#rows,
      half: own.headDim / 2,
      back: false,
    } as const
    this.#run(
      this.#norm(layer, 'query', place.q, q),
      ...(ownKeys ? [this.#norm(layer, 'key', place.k, k)] : []),
    )
    this.#run({ ...turn, x: q, heads: numHeads }, ...(ownKeys ? [{ ...turn, x: k, heads: own.kvHeads }] : []))
  }

  #attention(layer: number) {
    const { numHeads, queryScale, attentionSoftCap, layers } = this.#config
    const { kvHeads, headDim, window } = layers[layer]!
    return {
      q: this.at.q[0],
      ...this.#keysOf(layer),
      heads: numHeads,
      kvHeads,
      headDim,
      scale: queryScale,
      window: window ?? 0,
      softCap: attentionSoftCap ?? 0,
      segments: this.#segments.length,
    }
  }

  /** Gradients of values and of turned keys: a layer's own, those of later layers included, or added to those of the layer that gave them. */
  #keysGrad(layer: number): [dv: number, dk: number] {
    const { keysFrom, kvHeads, headDim } = this.#config.layers[layer]!
    const { at } = this
    const rows = this.#rows
    const group = this.#config.numHeads / kvHeads
    const sums = { kind: 'sumHeads', group, kvHeads, apart: at.apart, rows, width: headDim } as const
    const shared = at.shared[keysFrom]
    const given = keysFrom !== layer
    const [dv, dk] = given ? [shared!.dv, shared!.dk] : at.k
    const add = given && this.#begun.has(keysFrom)
    this.#run({ ...sums, x: at.dk, out: dk, add }, { ...sums, x: at.dv, out: dv, add })
    if (given) this.#begun.add(keysFrom)
    else if (shared && this.#begun.has(layer)) {
      const more = { kind: 'sum', count: 1, apart: 0, rows, width: kvHeads * headDim, add: true } as const
      this.#run({ ...more, x: shared.dk, out: dk }, { ...more, x: shared.dv, out: dv })
    }
    return [dv, dk]
  }

  /** y = norm(x) (+ base), in pieces of the norm's width; where the layer has none, x (+ base). */
  #norm(layer: number, which: LayerNorm, x: number, y: number, base = 0): Task {
    const { rows, width, scale, r } = this.#normed(layer, which)
    if (scale) return { kind: 'norm', x, y, scale, r, base, rows, width, eps: this.#config.rmsNormEps }
    return {
      kind: 'sum',
      x,
      out: y,
      count: base ? 2 : 1,
      apart: base ? base - x : 0,
      rows,
      width,
      add: false,
    }
  }

  /** @param base nothing, or dx itself */
  #normGrad(layer: number, which: LayerNorm, dy: number, x: number, dx: number, base = 0): Task {
    const { rows, width, scale, r } = this.#normed(layer, which)
    if (scale) return { kind: 'normGrad', dy, x, dx, scale, r, base, rows, width }
    return { kind: 'sum', x: dy, out: dx, count: 1, apart: 0, rows, width, add: base !== 0 }
  }

  #normed(layer: number, which: LayerNorm) {
    const { numHeads, hiddenSize, layers } = this.#config
    const { kvHeads, headDim } = layers[layer]!
    const heads = which === 'query' ? numHeads : which === 'key' ? kvHeads : 0
    return {
      rows: this.#rows * (heads || 1),
      width: heads ? headDim : hiddenSize,
      scale: this.at.scales[layer]![which],
      r: this.at.layers[layer]!.r[which],
    }
  }

  #run(...tasks: Task[]): void {
    this.#own.products.tasks(tasks)
  }

  #put(at: number, values: Float32Array): void {
    this.floats(at, values.length).set(values)
  }

  /** Of each row its cosines, then its sines. */
  #turns(table: Float32Array, at: number, positions: Uint32Array): void {
    const headDim = this.#config.layers.find((own) => this.at.angles[ropeKey(own)] === at)!.headDim
    const half = headDim / 2
    const out = this.floats(at, positions.length * headDim)
    positions.forEach((position, row) => {
      for (let i = 0; i < half; i++) {
        out[row * headDim + i] = table[position * headDim + 2 * i]!
        out[row * headDim + half + i] = table[position * headDim + 2 * i + 1]!
      }
    })
  }
}
