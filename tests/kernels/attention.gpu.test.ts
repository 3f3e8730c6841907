import { describe, test } from 'vitest'
import { type AttentionCase, attentionCase } from '../../src/engine/check/attention.ts'
import { forwardVariants, keyValueVariants } from '../../src/kernels/attention-variants.ts'
import { checkOperation } from '../support/operation.ts'

function check(name: string, c: Omit<AttentionCase, 'name'>) {
  test(name, () => checkOperation(attentionCase({ name, ...c })))
}

// Compiling is what takes time here: cases of one shape share their kernels.
describe('attention over packed segments', () => {
  const windowed = { heads: 4, kvHeads: 1, headDim: 64, window: 11 }
  check('a window that bites', { ...windowed, segments: [75] })
  check('a window as long as the stream', { ...windowed, segments: [11] })
  check('odd segments, lone tokens among them', { ...windowed, segments: [1, 7, 1, 1, 23, 2, 31, 1] })
  check('one token', { ...windowed, segments: [1], gradients: ['v'] })
  check('queries alone', { ...windowed, segments: [12, 5], gradients: ['q'] })
  check('keys alone', { ...windowed, segments: [12, 5], gradients: ['k'] })
  check('values alone', { ...windowed, segments: [12, 5], gradients: ['v'] })

  const capped = { heads: 6, kvHeads: 2, headDim: 64, softCap: 4 }
  check('three heads share a kv head, a soft-cap that bites', { ...capped, segments: [3, 33], inputScale: 2 })
  check('no window, one segment', { ...capped, segments: [70] })

  const alone = { heads: 2, kvHeads: 2, headDim: 64, scale: 10 }
  check('one head for each kv head, logits of 80', { ...alone, segments: [40, 2, 21], tolerance: 3e-4 })
  check('a window of one', { ...alone, window: 1, segments: [5, 6], gradients: ['v'] })

  check('width 128', { heads: 16, kvHeads: 1, headDim: 128, segments: [4, 1, 9], probes: 10 })
  check('width 192', { heads: 4, kvHeads: 2, headDim: 192, segments: [4, 1, 17], window: 12, probes: 10 })
  check('width 256', { heads: 4, kvHeads: 1, headDim: 256, segments: [4, 1, 37], window: 20, probes: 10 })
  check('width 512', { heads: 2, kvHeads: 1, headDim: 512, segments: [4, 1, 17], softCap: 50, probes: 10 })
})

// Tiled kernels take software adapters seconds to compile: two widths whose tiles differ in every respect.
describe('attention in tiles', () => {
  for (const [headDim, forward, backward, backwardKeys] of [
    [64, 1, 1, 2],
    [320, 3, 2, 3],
  ] as const) {
    const heads = { heads: 4, kvHeads: 1, headDim }
    const shape = { ...heads, rows: 'tokens' as const, scale: 1, window: null, softCap: null }
    const queries = Object.keys(forwardVariants(shape))
    const keyValue = Object.keys(keyValueVariants(shape, { dk: false, dv: false }))[backwardKeys]!
    const choices = {
      forward: queries[forward]!,
      stats: 'lanes',
      backward_query: queries[backward]!,
      backward_key_value: keyValue,
    }
    check(`width ${headDim}: ${Object.values(choices).join(', ')}`, {
      ...heads,
      segments: [9, 1, 74],
      window: 50,
      softCap: 20,
      probes: 8,
      choices,
    })
  }
})
