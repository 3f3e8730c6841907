import type { AttentionShape } from '../../kernels/attention-shape.ts'
import { type Arrays, type OperationCase, sampled } from './operation.ts'
import { normals, PERIOD } from './values.ts'

/** Attention over a cache, of a few rows whose keys and values are written into it first. */
export type CachedShape = Omit<AttentionShape, 'rows'>

/** Scalars of a cache row. */
export const cacheRows = ({ kvHeads, headDim }: CachedShape): number => kvHeads * headDim

/** Of a path of cache rows those that its last one sees. */
export const seenBy = ({ window }: CachedShape, path: readonly number[]): readonly number[] =>
  window === null ? path : path.slice(-window)

/**
 * Inputs of a case over a cache of any size, which repeats itself, and what comes of it.
 * @param written cache row of each row of the case
 */
export function drawnCache(shape: CachedShape, cached: number, written: readonly number[]) {
  const { heads, headDim } = shape
  const width = cacheRows(shape)
  const random = normals(3)
  const repeated = cached * width > PERIOD
  const drawn = () => ({
    shape: [cached, width],
    values: random(Math.min(cached * width, PERIOD)),
    ...(repeated && { repeated }),
  })
  const inputs: OperationCase['inputs'] = {
    q: { shape: ['tokens', heads * headDim], values: random(written.length * heads * headDim) },
    k: { shape: ['tokens', width], values: random(written.length * width) },
    v: { shape: ['tokens', width], values: random(written.length * width) },
    cacheK: drawn(),
    cacheV: drawn(),
  }
  const rowOf = new Map(written.map((place, t) => [place, t]))
  /** What lies in a cache once the rows are written. */
  const reader = (cache: Float64Array, fresh: Float64Array) => (place: number, column: number) => {
    const t = rowOf.get(place)
    return t === undefined ? cache[(place * width + column) % cache.length]! : fresh[t * width + column]!
  }
  return {
    inputs,
    /** @param seen cache rows that row t of the case sees */
    operation(name: string, seen: (t: number) => readonly number[]): Omit<OperationCase, 'inputs' | 'build'> {
      return {
        name,
        live: { tokens: written.length },
        reference: ({ q, k, v, cacheK, cacheV }: Arrays): Arrays => {
          const [key, value] = [reader(cacheK!, k!), reader(cacheV!, v!)]
          const all = (read: typeof key) =>
            sampled(cached * width, (i) => read(Math.floor(i / width), i % width))
          const out = written.flatMap((_, t) =>
            Array.from({ length: heads }, (_, head) =>
              attended(shape, head, seen(t), q!.subarray((t * heads + head) * headDim), key, value),
            ).flat(),
          )
          return { out: Float64Array.from(out), cacheK: all(key), cacheV: all(value) }
        },
      }
    },
  }
}

/** Attention of one head of one row, as its definition says. */
function attended(
  { heads, kvHeads, headDim, scale, softCap }: CachedShape,
  head: number,
  places: readonly number[],
  q: Float64Array,
  key: (place: number, column: number) => number,
  value: (place: number, column: number) => number,
): number[] {
  const first = Math.floor(head / (heads / kvHeads)) * headDim
  const columns = Array.from({ length: headDim }, (_, d) => d)
  const scores = places.map((place) => {
    const dot = scale * columns.reduce((sum, d) => sum + q[d]! * key(place, first + d), 0)
    return softCap === null ? dot : softCap * Math.tanh(dot / softCap)
  })
  const top = Math.max(...scores)
  const weights = scores.map((score) => Math.exp(score - top))
  const total = weights.reduce((a, b) => a + b, 0)
  return columns.map(
    (d) => places.reduce((sum, place, i) => sum + weights[i]! * value(place, first + d), 0) / total,
  )
}
