import { sharedKeys } from '../../model/layers.ts'
import { adapterTensors } from '../../model/lora.ts'
import { type RopeShape, ropesOf } from '../../model/rope.ts'
import { isLayerNorm, isProjection, tensorTable } from '../../model/tensors.ts'
import type { PlanRequest } from '../../protocol/engine.ts'
import type { LayerNorm, Projection } from '../../protocol/model.ts'
import { FACTORS } from './adamw-kernel.ts'
import { type AttentionPlace, attentionPlace } from './attention-place.ts'
import { pairKey } from './decode-layout.ts'
import { COLUMNS } from './kernels.ts'
import { places, roundUp } from './layout.ts'
import { type MatrixPlace, operandWidth, placeOf } from './matrices.ts'

/** What is kept of a layer's forward pass for its gradient, [rows, width] each; what is cheap is computed again. */
export interface LayerPlace {
  /** As they come from their products; queries and keys before their norms. */
  q: number
  k: number
  v: number
  attended: number
  output: number
  /** Between attention and the feed-forward part. */
  x1: number
  gate: number
  up: number
  down: number
  /** Of each norm, [pieces]. */
  r: Record<LayerNorm, number>
  /** x Aᵀ of each LoRA pair, rows `rankWidth` floats apart. */
  low: Record<Projection, number>
}

/** A LoRA pair: A [r, in] and s B [out, r]; rows of the latter `rankWidth` floats apart. */
export interface TrainPair {
  a: MatrixPlace
  b: MatrixPlace
}

/** An adapter's parameters one behind another in the order of its tensors, each with its gradient and both moments. */
export interface AdapterPlace {
  value: number
  gradient: number
  m: number
  v: number
  count: number
  /** f64: those of `FACTORS`, and behind them those of `PAIR_FACTORS`. */
  factors: number
}

/** What gradients of A and of B are multiplied by, what B itself is, and A. */
export const PAIR_FACTORS = ['da', 'db', 'scaling', 'one'] as const

/** Rows behind those of an operand: whole panels are read. */
const SLACK = COLUMNS

/** Where passes over whole batches have what they need: addresses in bytes, of floats. */
export interface TrainLayout {
  /** Floats from a row to the next of what a LoRA pair makes of its input. */
  rankWidth: number
  /** Of each layer's input, and the last one's output. */
  inputs: number[]
  /** By layer; those that keep nothing have one between them. */
  layers: LayerPlace[]
  /** Of layers whose keys others use: keys, turned, and values, and their gradients. */
  shared: Record<number, { k: number; v: number; dk: number; dv: number }>
  /** Cosines and sines of each row, by `ropeKey`. */
  angles: Record<string, number>
  /** Scales of norms by layer, and the last. */
  scales: Partial<Record<LayerNorm, number>>[]
  finalScale: number
  finalR: number
  /** What passes: as wide as hidden states, the feed-forward part, queries, keys. */
  normed: number
  hidden: readonly [number, number]
  inner: number
  q: readonly [number, number]
  k: readonly [number, number]
  /** Gradients of keys and values of each head, `apart` bytes from one to the next. */
  dk: number
  dv: number
  apart: number
  /** A packed left operand, and what dropout leaves of one. */
  packed: number
  dropped: number
  /** Of up to three pairs: g = dy B, packed u or g, and the gradients of A and B transposed, [r, width]. */
  lows: readonly { g: number; packed: number; turned: number; da: number; db: number }[]
  pairs: Record<string, TrainPair>
  adapter: AdapterPlace
  /** Of pairs and parameters. */
  pairBytes: number
  attention: AttentionPlace
  end: number
}

/** @param kept the last so many layers keep what their gradients need */
export function trainLayout(
  { model, lora, maxTokens }: PlanRequest,
  kept: number,
  threads: number,
  from: number,
): TrainLayout {
  const { place, end } = places(from)
  const { layers, numHeads, hiddenSize } = model
  const rows = maxTokens + SLACK
  const wide = (widths: readonly number[]) => place(rows * operandWidth(Math.max(...widths)))
  const rankWidth = roundUp(lora.r, 8)
  const inner = layers.map(({ intermediateSize }) => intermediateSize)
  const queries = layers.map(({ headDim }) => numHeads * headDim)
  const keys = layers.map(({ headDim, kvHeads }) => kvHeads * headDim)
  const headDims = layers.map(({ headDim }) => headDim)
  const table = tensorTable(model)
  const adapted = adapterTensors(model, lora)
  const lowsOf = (own: readonly number[]) => [
    ...new Set(adapted.filter(({ layer }) => own.includes(layer)).map(({ projection }) => projection)),
  ]
  const layerPlace = (own: readonly number[]): LayerPlace => {
    const width = (of: readonly number[]) => own.map((layer) => of[layer]!)
    const heads = own.map((layer) => layers[layer]!.kvHeads)
    const each = (count: number) => place(rows * count)
    return {
      q: wide(width(queries)),
      k: wide(width(keys)),
      v: wide(width(keys)),
      attended: wide(width(queries)),
      output: wide([hiddenSize]),
      x1: wide([hiddenSize]),
      gate: wide(width(inner)),
      up: wide(width(inner)),
      down: wide([hiddenSize]),
      r: {
        input: each(1),
        query: each(numHeads),
        key: each(Math.max(...heads)),
        post_attention: each(1),
        pre_feedforward: each(1),
        post_feedforward: each(1),
      },
      low: Object.fromEntries(lowsOf(own).map((projection) => [projection, each(rankWidth)])) as Record<
        Projection,
        number
      >,
    }
  }
  const all = [...layers.keys()]
  const again = all.slice(0, layers.length - kept)
  const common = again.length > 0 ? layerPlace(again) : null
  const layerPlaces = all.map((layer) => (layer < again.length ? common! : layerPlace([layer])))
  const shared = Object.fromEntries(
    [...sharedKeys(model)].map((layer) => {
      const [k, v, dk, dv] = [0, 1, 2, 3].map(() => wide([keys[layer]!])) as [number, number, number, number]
      return [layer, { k, v, dk, dv }]
    }),
  )
  const buffers = {
    inputs: [...all, all.length].map(() => wide([hiddenSize])),
    angles: Object.fromEntries(
      Array.from(ropesOf(model), ([key, { headDim }]: [string, RopeShape]) => [key, place(rows * headDim)]),
    ),
    scales: all.map(() => ({}) as Partial<Record<LayerNorm, number>>),
    finalScale: place(hiddenSize),
    finalR: place(rows),
    normed: wide([hiddenSize]),
    hidden: [wide([hiddenSize]), wide([hiddenSize])] as const,
    inner: wide(inner),
    q: [wide(queries), wide(queries)] as const,
    k: [wide(keys), wide(keys)] as const,
    dk: place(numHeads * rows * Math.max(...headDims)),
    dv: place(numHeads * rows * Math.max(...headDims)),
    apart: rows * Math.max(...headDims) * 4,
    packed: wide([hiddenSize, ...inner, ...queries]),
    dropped: lora.lora_dropout > 0 ? wide([hiddenSize, ...inner, ...queries]) : 0,
  }
  for (const tensor of table)
    if (isLayerNorm(tensor)) buffers.scales[tensor.layer]![tensor.role] = place(tensor.shape[0])
  const widest = operandWidth(Math.max(hiddenSize, ...inner, ...queries))
  const lows = [0, 1, 2].map(() => ({
    g: place(rows * rankWidth),
    packed: place(rows * rankWidth),
    turned: place(rows * rankWidth),
    da: place(rankWidth * widest),
    db: place(rankWidth * widest),
  }))
  const beforePairs = end()
  const outputs = new Map(
    table.filter(isProjection).map(({ layer, role, shape }) => [pairKey(layer, role), shape[0]]),
  )
  const pairs: Record<string, TrainPair> = {}
  for (const { layer, projection, matrix, shape } of adapted) {
    if (matrix === 'B') continue
    const [rank, width] = shape
    const outer = outputs.get(pairKey(layer, projection))!
    const stride = operandWidth(width)
    pairs[pairKey(layer, projection)] = {
      a: placeOf(place(roundUp(rank, 8) * stride), stride * 4, rank, width),
      b: placeOf(place(roundUp(outer, 8) * rankWidth), rankWidth * 4, outer, rank),
    }
  }
  const count = adapted.reduce((sum, { shape }) => sum + shape[0] * shape[1], 0)
  const adapter = {
    value: place(count),
    gradient: place(count),
    m: place(count),
    v: place(count),
    count,
    factors: place(2 * (FACTORS.length + PAIR_FACTORS.length)),
  }
  const pairBytes = end() - beforePairs
  const attention = attentionPlace(
    maxTokens,
    Math.max(...headDims),
    model.attentionSoftCap !== null,
    threads,
    place,
  )
  return {
    rankWidth,
    ...buffers,
    layers: layerPlaces,
    shared,
    lows,
    pairs,
    adapter,
    pairBytes,
    attention,
    end: end(),
  }
}
