import type { DimName } from '../../gpu/scalars.ts'
import { advance, sample } from '../../kernels/sample.ts'
import { SITE, uniform } from '../../lib/threefry.ts'
import type { OperationCase } from './operation.ts'
import { normals } from './values.ts'

export interface Drawing {
  temperature: number
  topK: number
  topP: number
}

/** The rules on the host: each word's weight, 0 where it may not be drawn. */
export function drawingWeights(logits: ArrayLike<number>, o: Drawing): Float64Array {
  const sorted = Float64Array.from(logits).sort().reverse()
  const top = sorted[0]!
  const floor = o.topK > 0 ? sorted[Math.min(o.topK, sorted.length) - 1]! : Number.NEGATIVE_INFINITY
  const weight = Float64Array.from(logits, (z) => (z >= floor ? Math.exp((z - top) / o.temperature) : 0))
  if (o.topP >= 1) return weight
  const total = weight.reduce((a, b) => a + b, 0)
  let limit = top
  let mass = 0
  for (const z of sorted) {
    if (mass >= o.topP * total || z < floor) break
    limit = z
    mass += Math.exp((z - top) / o.temperature)
  }
  return weight.map((w, i) => (logits[i]! >= limit ? w : 0))
}

const SEED = 1234
const ROWS = 5

/** As a plan draws: without a history, over rows of this name, which go no further than one below `maxPositions`. */
interface PlannedDrawing {
  rows: DimName
  maxPositions: number
}

/**
 * One word drawn a row, fed back and counted; temperature 0 takes the first of the largest.
 * @param planned of a plan; by default with a history
 */
export function sampleCase(vocab: number, o: Drawing, planned?: PlannedDrawing): OperationCase {
  const dim = planned?.rows ?? 'sequences'
  const maxPositions = planned?.maxPositions ?? 1e6
  const logits = normals(vocab)(ROWS * vocab, 2)
  // Two largest in a row: the lower one is taken.
  if (o.temperature === 0)
    for (let r = 0; r < ROWS; r++) logits[r * vocab + r + 3] = logits[(r + 1) * vocab - 1] = 20
  const rows = (value: (row: number) => number) => Uint32Array.from({ length: ROWS }, (_, r) => value(r))
  const history: OperationCase['inputs'] = {
    ids: { shape: [dim, 2], values: new Uint32Array(ROWS * 2) },
    drawn: { shape: [dim], values: rows(() => 0) },
    done: { shape: [dim], values: rows(() => 0) },
    stop: { shape: [8], values: new Uint32Array(8).fill(0xffffffff) },
  }
  return {
    name: o.temperature === 0 ? 'greedy choice' : `sampling, top ${o.topK}, ${o.topP}`,
    live: { [dim]: ROWS },
    scalars: { seed: SEED, temperature: o.temperature, top_k: o.topK, top_p: o.topP },
    inputs: {
      logits: { shape: [dim, vocab], values: logits },
      positions: { shape: [dim], values: rows((r) => r * 100) },
      tokens: { shape: [dim], values: rows(() => 0) },
      ...(!planned && history),
    },
    build: (tape, { logits, positions, tokens, ids, drawn, done, stop }) => {
      const { token } = sample(tape, logits!, { rows: dim, vocab, positions: positions!, name: 'sample' })
      advance(tape, token, {
        rows: dim,
        tokens: tokens!,
        positions: positions!,
        maxPositions,
        ...(!planned && { history: { ids: ids!, ring: 2, drawn: drawn!, stop: stop!, done: done! } }),
      })
      return { tokens: tokens!, positions: positions!, ...(!planned && { done: done! }) }
    },
    reference: ({ logits, positions }) => {
      const words = Array.from({ length: ROWS }, (_, r) => {
        const own = logits!.subarray(r * vocab, (r + 1) * vocab)
        if (o.temperature === 0) return own.indexOf(own.reduce((a, b) => Math.max(a, b)))
        const weight = drawingWeights(own, o)
        const goal = uniform(SEED, positions![r]!, SITE.sample, r) * weight.reduce((a, b) => a + b, 0)
        let sum = 0
        return weight.findIndex((w) => {
          sum += w
          return sum > goal
        })
      })
      return {
        tokens: Float64Array.from(words),
        positions: positions!.map((p) => Math.min(p + 1, maxPositions - 1)),
        ...(!planned && { done: new Float64Array(ROWS) }),
      }
    },
    tolerance: 0,
  }
}
