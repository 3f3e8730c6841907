import { describe, test } from 'vitest'
import { type AttentionOptions, attention } from '../../src/kernels/attention.ts'
import { forwardVariants, keyValueVariants } from '../../src/kernels/attention-variants.ts'
import { checkOperation } from '../support/operation.ts'
import { attentionReference, startsOf } from './attention-reference.ts'

type Case = Pick<AttentionOptions, 'heads' | 'kvHeads' | 'headDim'> & {
  /** Lengths of the segments. */
  segments: number[]
  window?: number
  softCap?: number
  scale?: number
  inputScale?: number
  choices?: Record<string, string>
  tolerance?: number
  probes?: number
  /** Inputs whose gradient is checked; with one key in sight those of q and k are zero but for rounding. */
  gradients?: ('q' | 'k' | 'v')[]
}

function check(name: string, c: Case) {
  test(name, () => {
    const { heads, kvHeads, headDim } = c
    const segmentStart = startsOf(c.segments)
    const options = {
      rows: 'tokens' as const,
      heads,
      kvHeads,
      headDim,
      scale: c.scale ?? headDim ** -0.5,
      window: c.window ?? null,
      softCap: c.softCap ?? null,
    }
    const key = (pass: string) => `attention.${pass} ${headDim} ${heads}/${kvHeads}`
    const choices = Object.fromEntries(Object.entries(c.choices ?? {}).map(([k, v]) => [key(k), v]))
    const scale = c.inputScale ?? 1
    const grad = (name: 'q' | 'k' | 'v') => c.gradients?.includes(name) ?? true
    return checkOperation({
      name,
      live: { tokens: segmentStart.length },
      inputs: {
        q: { shape: ['tokens', heads * headDim], grad: grad('q'), scale },
        k: { shape: ['tokens', kvHeads * headDim], grad: grad('k'), scale },
        v: { shape: ['tokens', kvHeads * headDim], grad: grad('v') },
        segmentStart: { shape: ['tokens'], values: segmentStart },
      },
      build: (tape, { q, k, v, segmentStart }) => ({
        out: attention(tape, q!, k!, v!, { ...options, segmentStart: segmentStart!, name: 'attention' }),
      }),
      reference: attentionReference(options),
      choices,
      probes: c.probes ?? 24,
      ...(c.tolerance ? { tolerance: c.tolerance, gradTolerance: c.tolerance } : {}),
    })
  })
}

describe('attention over packed segments', () => {
  check('one segment, no window', { heads: 4, kvHeads: 1, headDim: 64, segments: [37] })
  check('a window that bites', { heads: 4, kvHeads: 1, headDim: 64, segments: [75], window: 9 })
  check('a window as long as the stream', { heads: 2, kvHeads: 1, headDim: 64, segments: [21], window: 21 })
  check('a window of one', {
    heads: 2,
    kvHeads: 2,
    headDim: 64,
    segments: [5, 6],
    window: 1,
    gradients: ['v'],
  })
  check('odd segments, lone tokens among them', {
    heads: 4,
    kvHeads: 2,
    headDim: 64,
    segments: [1, 7, 1, 1, 23, 2, 31, 1],
    window: 11,
  })
  check('one head for each kv head', { heads: 3, kvHeads: 3, headDim: 64, segments: [35, 2] })
  check('three heads share a kv head', { heads: 6, kvHeads: 2, headDim: 64, segments: [3, 33], window: 20 })
  check('soft-cap', { heads: 4, kvHeads: 2, headDim: 64, segments: [13, 9], softCap: 50, inputScale: 3 })
  check('a soft-cap that bites', {
    heads: 2,
    kvHeads: 1,
    headDim: 128,
    segments: [19],
    softCap: 2,
    window: 8,
  })
  check('logits of 80', { heads: 2, kvHeads: 1, headDim: 64, segments: [40], scale: 10, tolerance: 3e-4 })
  for (const headDim of [128, 192, 256, 320, 384, 448, 512])
    check(`width ${headDim}`, { heads: 4, kvHeads: 1, headDim, segments: [4, 1, 17], window: 12, probes: 10 })
  check('queries alone', { heads: 2, kvHeads: 1, headDim: 64, segments: [12], gradients: ['q'] })
  check('keys alone', { heads: 2, kvHeads: 1, headDim: 64, segments: [12], gradients: ['k'] })
  check('one token', { heads: 4, kvHeads: 1, headDim: 256, segments: [1], probes: 10, gradients: ['v'] })
})

describe('attention variants', () => {
  for (const headDim of [64, 256, 320]) {
    const heads = { heads: 4, kvHeads: 1, headDim }
    const shape = { ...heads, rows: 'tokens' as const, scale: 1, window: null, softCap: null }
    const queries = Object.keys(forwardVariants(shape)).slice(1)
    const keyValues = Object.keys(keyValueVariants(shape, { dk: false, dv: false })).slice(1)
    // Each test has one variant of each pass.
    const count = headDim === 64 ? Math.max(queries.length, keyValues.length) : 1
    for (let i = 0; i < count; i++) {
      const query = queries[i % queries.length]!
      const keyValue = keyValues[i % keyValues.length]!
      check(`width ${headDim}: ${query}, ${keyValue}`, {
        ...heads,
        segments: [9, 1, 74],
        window: 50,
        softCap: 20,
        probes: 8,
        choices: { forward: query, backward_query: query, backward_key_value: keyValue },
      })
    }
  }
})
