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

/** One word drawn a row, fed back and counted; temperature 0 takes the first of the largest. */
export function sampleCase(vocab: number, o: Drawing): OperationCase {
  const logits = normals(vocab)(ROWS * vocab, 2)
  // Two largest in a row: the lower one is taken.
  if (o.temperature === 0)
    for (let r = 0; r < ROWS; r++) logits[r * vocab + r + 3] = logits[(r + 1) * vocab - 1] = 20
  const rows = (value: (row: number) => number) => Uint32Array.from({ length: ROWS }, (_, r) => value(r))
  return {
    name: o.temperature === 0 ? 'greedy choice' : `sampling, top ${o.topK}, ${o.topP}`,
    live: { sequences: ROWS },
    scalars: { seed: SEED, temperature: o.temperature, top_k: o.topK, top_p: o.topP },
    inputs: {
      logits: { shape: ['sequences', vocab], values: logits },
      positions: { shape: ['sequences'], values: rows((r) => r * 100) },
      tokens: { shape: ['sequences'], values: rows(() => 0) },
      ids: { shape: ['sequences', 2], values: new Uint32Array(ROWS * 2) },
      drawn: { shape: ['sequences'], values: rows(() => 0) },
      done: { shape: ['sequences'], values: rows(() => 0) },
      stop: { shape: [8], values: new Uint32Array(8).fill(0xffffffff) },
    },
    build: (tape, { logits, positions, tokens, ids, drawn, done, stop }) => {
      const { token } = sample(tape, logits!, {
        rows: 'sequences',
        vocab,
        positions: positions!,
        name: 'sample',
      })
      advance(tape, token, {
        rows: 'sequences',
        tokens: tokens!,
        positions: positions!,
        maxPositions: 1e6,
        history: { ids: ids!, ring: 2, drawn: drawn!, stop: stop!, done: done! },
      })
      return { tokens: tokens!, positions: positions!, done: done! }
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
        positions: positions!.map((p) => p + 1),
        done: new Float64Array(ROWS),
      }
    },
    tolerance: 0,
  }
}
