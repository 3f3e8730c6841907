import { describe, test } from 'vitest'
import { attentionDecode } from '../../src/kernels/attention-decode.ts'
import { cacheWrite } from '../../src/kernels/kv-cache.ts'
import { type Arrays, checkOperation, normals } from '../support/operation.ts'
import { attentionReference } from './attention-reference.ts'

interface Case {
  heads: number
  kvHeads: number
  headDim: number
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
function check(name: string, c: Case) {
  test(name, () => {
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
        cache.fill(
          Number.NaN,
          (s * maxPositions + length - fresh[s]!) * width,
          (s + 1) * maxPositions * width,
        )
      })
      return cache
    }
    const options = {
      heads,
      kvHeads,
      headDim,
      scale: c.scale ?? headDim ** -0.5,
      window: c.window ?? null,
      softCap: c.softCap ?? null,
    }
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
        for (const { t, position } of mine)
          queries.set(q!.subarray(t * size, (t + 1) * size), position * size)
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
    return checkOperation({
      name,
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
      choices: { [`attention_decode ${headDim} ${heads}/${kvHeads}`]: c.variant ?? 'plain' },
      ...(c.scale ? { tolerance: 1e-4 } : {}),
    })
  })
}

describe('decode attention equals full attention row by row', () => {
  check('one sequence', { heads: 4, kvHeads: 1, headDim: 256, lengths: [41], maxPositions: 64 })
  check('several sequences of different lengths', {
    heads: 4,
    kvHeads: 1,
    headDim: 64,
    lengths: [1, 33, 300, 2],
    maxPositions: 301,
  })
  check('a window that bites', {
    heads: 4,
    kvHeads: 2,
    headDim: 64,
    lengths: [7, 90, 61],
    maxPositions: 100,
    window: 60,
  })
  check('stretches longer than the shortest', {
    heads: 2,
    kvHeads: 1,
    headDim: 64,
    lengths: [700, 5],
    maxPositions: 4500,
  })
  check('several rows of one sequence', {
    heads: 4,
    kvHeads: 1,
    headDim: 128,
    lengths: [9, 40],
    fresh: [9, 3],
    maxPositions: 40,
    window: 16,
  })
  check('one head for each kv head', {
    heads: 3,
    kvHeads: 3,
    headDim: 64,
    lengths: [35, 70],
    maxPositions: 70,
  })
  check('eight heads share a kv head, soft-cap', {
    heads: 8,
    kvHeads: 1,
    headDim: 256,
    lengths: [35],
    maxPositions: 40,
    softCap: 3,
  })
  check('logits of 80', { heads: 4, kvHeads: 1, headDim: 64, lengths: [99], maxPositions: 128, scale: 10 })
  for (const headDim of [192, 512])
    check(`width ${headDim}`, { heads: 4, kvHeads: 2, headDim, lengths: [20, 34], maxPositions: 40 })

  const split = { variant: 'split', lengths: [1, 90, 300], maxPositions: 301 }
  check('split, one kv head', { ...split, heads: 4, kvHeads: 1, headDim: 256, window: 270, softCap: 3 })
  check('split, two kv heads', { ...split, heads: 6, kvHeads: 2, headDim: 64, maxPositions: 4500, scale: 10 })
  check('split, wide', { ...split, heads: 4, kvHeads: 1, headDim: 320 })
})
