import { adapterTensors } from '../../model/lora.ts'
import { isProjection, tensorTable } from '../../model/tensors.ts'
import type { PlanRequest } from '../../protocol/engine.ts'
import type { Projection } from '../../protocol/model.ts'
import { BLOCK, places, roundUp } from './layout.ts'
import { operandWidth } from './matrices.ts'

/** A LoRA pair: A [r, in] filled up to four rows, and s Bᵀ [r, out]; rows `operandWidth` floats apart. */
export interface PairPlace {
  layer: number
  projection: Projection
  a: number
  bt: number
  rank: number
  inner: number
  outer: number
}

/** Where decoding has what it needs: addresses in bytes, of floats; rows `operandWidth` floats apart. */
export interface DecodeLayout {
  /** That go through the layers together. */
  rows: number
  /** Hidden states; what passed a norm; queries, what they attended to, and the products' results. */
  x: number
  normed: number
  q: number
  k: number
  v: number
  attended: number
  gate: number
  up: number
  result: number
  /** Of one head over all positions. */
  scores: number
  /** [rows, r] of one pair. */
  low: number
  logits: number
  pairs: Record<string, PairPlace>
  pairBytes: number
  /** By sequence, then layer: of keys, values behind them; null of a layer that uses another's. */
  caches: ({ k: number; v: number } | null)[][]
  end: number
}

export const pairKey = (layer: number, projection: Projection): string => `${layer}.${projection}`

export function decodeLayout(
  { model, lora }: PlanRequest,
  { sequences, positions }: NonNullable<PlanRequest['decode']>,
  from: number,
): DecodeLayout {
  const { place, end } = places(from)
  const rows = roundUp(Math.max(sequences, Math.min(BLOCK, positions)), 4)
  const { layers, numHeads, hiddenSize } = model
  const wide = (widths: number[]) => place(rows * operandWidth(Math.max(...widths)))
  const queries = layers.map(({ headDim }) => numHeads * headDim)
  const keys = layers.map(({ headDim, kvHeads }) => kvHeads * headDim)
  const inner = layers.map(({ intermediateSize }) => intermediateSize)
  const buffers = {
    x: wide([hiddenSize]),
    normed: wide([hiddenSize]),
    q: wide(queries),
    k: wide(keys),
    v: wide(keys),
    attended: wide(queries),
    gate: wide(inner),
    up: wide(inner),
    result: wide([hiddenSize]),
    scores: place(positions + 8),
    low: place(rows * operandWidth(lora.r)),
    logits: place(roundUp(sequences, 4) * roundUp(model.vocabSize, 8)),
  }
  const outputs = new Map(
    tensorTable(model)
      .filter(isProjection)
      .map(({ layer, role, shape }) => [pairKey(layer, role), shape[0]]),
  )
  const beforePairs = end()
  const pairs: Record<string, PairPlace> = {}
  for (const { layer, projection, matrix, shape } of adapterTensors(model, lora)) {
    if (matrix === 'B') continue
    const [rank, inner] = shape
    const outer = outputs.get(pairKey(layer, projection))!
    const a = place(roundUp(rank, 4) * operandWidth(inner))
    pairs[pairKey(layer, projection)] = {
      a,
      bt: place(rank * operandWidth(outer)),
      rank,
      inner,
      outer,
      layer,
      projection,
    }
  }
  const pairBytes = end() - beforePairs
  const caches = Array.from({ length: sequences }, () =>
    layers.map(({ keysFrom }, layer) => {
      const size = positions * keys[layer]!
      return keysFrom === layer ? { k: place(size), v: place(size) } : null
    }),
  )
  // Products take four rows at a time, and may read over the end of the last.
  place(4 * Math.max(...keys))
  return { rows, pairBytes, ...buffers, pairs, caches, end: end() }
}
