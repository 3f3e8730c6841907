import { attention } from '../../kernels/attention.ts'
import { attentionDecode } from '../../kernels/attention-decode.ts'
import type { AttentionShape } from '../../kernels/attention-shape.ts'
import { attentionTree } from '../../kernels/attention-tree.ts'
import { cacheWrite } from '../../kernels/kv-cache.ts'
import { type Arrays, choosing, type OperationCase } from './operation.ts'
import { normals } from './values.ts'

type Heads = Pick<AttentionShape, 'heads' | 'kvHeads' | 'headDim'>

export interface AttentionCase extends Heads {
  name: string
  /** Lengths of the segments. */
  segments: number[]
  window?: number
  softCap?: number
  scale?: number
  inputScale?: number
  /** By pass: forward, stats, backward_query, backward_key_value. */
  choices?: Record<string, string>
  tolerance?: number
  probes?: number
  /** Inputs whose gradient is checked; with one key in sight those of q and k are zero but for rounding. */
  gradients?: ('q' | 'k' | 'v')[]
}

/** Attention over packed segments, forward and backward. */
export function attentionCase(c: AttentionCase): OperationCase {
  const { heads, kvHeads, headDim } = c
  const segmentStart = startsOf(c.segments)
  const options = shapeOf(c)
  const scale = c.inputScale ?? 1
  const grad = (name: 'q' | 'k' | 'v') => c.gradients?.includes(name) ?? true
  const operation: OperationCase = {
    name: c.name,
    live: { tokens: segmentStart.length },
    inputs: {
      q: { shape: ['tokens', heads * headDim], grad: grad('q'), scale },
      k: { shape: ['tokens', kvHeads * headDim], grad: grad('k'), scale },
      v: { shape: ['tokens', kvHeads * headDim], grad: grad('v') },
      segmentStart: { shape: ['tokens'], values: segmentStart },
    },
    build: (tape, { q, k, v, segmentStart }) => ({
      out: attention(tape, q!, k!, v!, {
        ...options,
        rows: 'tokens',
        segmentStart: segmentStart!,
        name: 'attention',
      }),
    }),
    reference: attentionReference(options),
    probes: c.probes ?? 24,
    ...(c.tolerance ? { tolerance: c.tolerance, gradTolerance: c.tolerance } : {}),
  }
  const names = Object.entries(c.choices ?? {}).map(([pass, name]) => [`attention.${pass}`, name])
  return names.length > 0 ? choosing(operation, Object.fromEntries(names)) : operation
}

export interface DecodeAttentionCase extends Heads {
  name: string
  /** Length of each sequence; the cache holds all but its last `fresh` rows beforehand. */
  lengths: number[]
  fresh?: number[]
  maxPositions: number
  window?: number
  softCap?: number
  scale?: number
  variant?: string
}

/**
 * Writes the last rows of some sequences into a cache that holds the rows before them, decodes those rows, and holds
 * them against full attention over whole sequences. Cache rows past each sequence are poison.
 */
export function decodeAttentionCase(c: DecodeAttentionCase): OperationCase {
  const { heads, kvHeads, headDim, lengths, maxPositions } = c
  const sequences = lengths.length
  const width = kvHeads * headDim
  const fresh = c.fresh ?? lengths.map(() => 1)
  // Rows of different sequences interleaved, so that nothing can lean on their order.
  const rows: { sequence: number; position: number }[] = []
  for (let i = 0; i < Math.max(...fresh); i++)
    lengths.forEach((length, sequence) => {
      if (i < fresh[sequence]!) rows.push({ sequence, position: length - fresh[sequence]! + i })
    })
  const random = normals(3)
  const filled = () => {
    const cache = random(sequences * maxPositions * width)
    lengths.forEach((length, s) => {
      const from = s * maxPositions + length - fresh[s]!
      cache.fill(Number.NaN, from * width, (s + 1) * maxPositions * width)
    })
    return cache
  }
  const options = shapeOf(c)
  const full = attentionReference(options)
  const reference = ({ q, k, v, cacheK, cacheV }: Arrays): Arrays => {
    const out = new Float64Array(rows.length * heads * headDim)
    const keys = cacheK!.slice()
    const values = cacheV!.slice()
    rows.forEach(({ sequence, position }, t) => {
      const to = (sequence * maxPositions + position) * width
      keys.set(k!.subarray(t * width, (t + 1) * width), to)
      values.set(v!.subarray(t * width, (t + 1) * width), to)
    })
    lengths.forEach((length, s) => {
      const from = s * maxPositions * width
      const queries = new Float64Array(length * heads * headDim)
      const mine = rows.flatMap((r, t) => (r.sequence === s ? [{ ...r, t }] : []))
      const size = heads * headDim
      for (const { t, position } of mine) queries.set(q!.subarray(t * size, (t + 1) * size), position * size)
      const attended = full({
        q: queries,
        k: keys.subarray(from, from + length * width),
        v: values.subarray(from, from + length * width),
        segmentStart: new Float64Array(length),
      }).out!
      for (const { t, position } of mine)
        out.set(attended.subarray(position * size, (position + 1) * size), t * size)
    })
    return { out, cacheK: keys, cacheV: values }
  }
  const operation: OperationCase = {
    name: c.name,
    live: { tokens: rows.length },
    inputs: {
      q: { shape: ['tokens', heads * headDim] },
      k: { shape: ['tokens', width] },
      v: { shape: ['tokens', width] },
      cacheK: { shape: [sequences * maxPositions, width], values: filled() },
      cacheV: { shape: [sequences * maxPositions, width], values: filled() },
      positions: { shape: ['tokens'], values: Uint32Array.from(rows, (r) => r.position) },
      sequenceOf: { shape: ['tokens'], values: Uint32Array.from(rows, (r) => r.sequence) },
    },
    build: (tape, { q, k, v, cacheK, cacheV, positions, sequenceOf }) => {
      const at = {
        rows: 'tokens' as const,
        positions: positions!,
        sequenceOf: sequenceOf!,
        maxPositions,
        sequences,
      }
      cacheWrite(tape, k!, v!, cacheK!, cacheV!, { ...at, width })
      return { out: attentionDecode(tape, q!, cacheK!, cacheV!, { ...options, ...at, name: 'attention' }) }
    },
    reference,
    ...(c.scale ? { tolerance: 1e-4 } : {}),
  }
  return c.variant ? choosing(operation, { attention_decode: c.variant }) : operation
}

export interface TreeAttentionCase extends Heads {
  name: string
  /** By cache row: the one before it; the first of a path has itself. Rows of no path are poison. */
  before: (number | null)[]
  /** Cache rows that ask. */
  slots: number[]
  window?: number
  softCap?: number
  scale?: number
  variant?: string
}

/** Rows of a tree, held against full attention over each one's path by itself. */
export function treeAttentionCase(c: TreeAttentionCase): OperationCase {
  const { heads, kvHeads, headDim, before, slots } = c
  const width = kvHeads * headDim
  const size = heads * headDim
  const options = shapeOf(c)
  const full = attentionReference(options)
  const paths = slots.map((slot) => {
    const path = [slot]
    for (let at = slot; before[at] !== at; path.unshift(at)) at = before[at]!
    return path
  })
  const seen = new Set(paths.flat())
  const random = normals(3)
  const filled = () => {
    const cache = random(before.length * width)
    for (const row of before.keys())
      if (!seen.has(row)) cache.fill(Number.NaN, row * width, (row + 1) * width)
    return cache
  }
  const operation: OperationCase = {
    name: c.name,
    live: { tokens: slots.length },
    inputs: {
      q: { shape: ['tokens', size] },
      cacheK: { shape: [before.length, width], values: filled() },
      cacheV: { shape: [before.length, width], values: filled() },
      slots: { shape: ['tokens'], values: Uint32Array.from(slots) },
      positions: { shape: ['tokens'], values: Uint32Array.from(paths, (path) => path.length - 1) },
      before: { shape: [before.length], values: Uint32Array.from(before, (row) => row ?? 0) },
    },
    build: (tape, { q, cacheK, cacheV, slots, positions, before: rows }) => ({
      out: attentionTree(tape, q!, cacheK!, cacheV!, {
        ...options,
        rows: 'tokens',
        slots: slots!,
        positions: positions!,
        before: rows!,
        capacity: before.length,
        name: 'attention',
      }),
    }),
    reference: ({ q, cacheK, cacheV }) => {
      const out = new Float64Array(slots.length * size)
      paths.forEach((path, t) => {
        const queries = new Float64Array(path.length * size)
        queries.set(q!.subarray(t * size, (t + 1) * size), (path.length - 1) * size)
        const rowsOf = (cache: Float64Array) =>
          Float64Array.from(path.flatMap((row) => [...cache.subarray(row * width, (row + 1) * width)]))
        const attended = full({
          q: queries,
          k: rowsOf(cacheK!),
          v: rowsOf(cacheV!),
          segmentStart: new Float64Array(path.length),
        }).out!
        out.set(attended.subarray((path.length - 1) * size), t * size)
      })
      return { out }
    },
    ...(c.scale ? { tolerance: 1e-4 } : {}),
  }
  return c.variant ? choosing(operation, { attention_tree: c.variant }) : operation
}

/** A prompt of so many rows, then branches that begin at given rows, in steps of three: places are in no order. */
export function treeOf(
  prompt: number,
  branches: readonly { from: number; length: number }[],
): (number | null)[] {
  const total = branches.reduce((sum, { length }) => sum + length, 0)
  const before: (number | null)[] = Array.from({ length: prompt + 3 * total }, () => null)
  for (let row = 0; row < prompt; row++) before[row] = Math.max(0, row - 1)
  let place = prompt
  for (const { from, length } of branches)
    for (let i = 0, last = from; i < length; i++, place += 3) {
      before[place] = last
      last = place
    }
  return before
}

function shapeOf(
  c: Heads & { scale?: number; window?: number; softCap?: number },
): Omit<AttentionShape, 'rows'> {
  const { heads, kvHeads, headDim } = c
  return {
    heads,
    kvHeads,
    headDim,
    scale: c.scale ?? headDim ** -0.5,
    window: c.window ?? null,
    softCap: c.softCap ?? null,
  }
}

/** segmentStart of a stream packed from segments of these lengths. */
export function startsOf(lengths: readonly number[]): Uint32Array<ArrayBuffer> {
  const starts: number[] = []
  for (const length of lengths) {
    const start = starts.length
    for (let i = 0; i < length; i++) starts.push(start)
  }
  return Uint32Array.from(starts)
}

/** Attention as its definition says, in f64: inputs q, k, v, segmentStart; output out. */
export function attentionReference(o: Omit<AttentionShape, 'rows'>): (inputs: Arrays) => Arrays {
  const { heads, kvHeads, headDim, scale, window, softCap } = o
  return ({ q, k, v, segmentStart }) => {
    const rows = segmentStart!.length
    const out = new Float64Array(rows * heads * headDim)
    const logits = new Float64Array(rows)
    for (let t = 0; t < rows; t++)
      for (let h = 0; h < heads; h++) {
        const kv = Math.floor(h / (heads / kvHeads))
        const from = Math.max(segmentStart![t]!, window === null ? 0 : t - window + 1)
        const a = (t * heads + h) * headDim
        let top = Number.NEGATIVE_INFINITY
        for (let s = from; s <= t; s++) {
          const b = (s * kvHeads + kv) * headDim
          let dot = 0
          for (let d = 0; d < headDim; d++) dot += q![a + d]! * k![b + d]!
          dot *= scale
          logits[s] = softCap === null ? dot : softCap * Math.tanh(dot / softCap)
          top = Math.max(top, logits[s]!)
        }
        let sum = 0
        for (let s = from; s <= t; s++) sum += Math.exp(logits[s]! - top)
        for (let s = from; s <= t; s++) {
          const p = Math.exp(logits[s]! - top) / sum
          const b = (s * kvHeads + kv) * headDim
          for (let d = 0; d < headDim; d++) out[a + d]! += p * v![b + d]!
        }
      }
    return { out }
  }
}
