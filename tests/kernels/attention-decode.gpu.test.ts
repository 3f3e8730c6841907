import { describe, test } from 'vitest'
import { type DecodeAttentionCase, decodeAttentionCase } from '../../src/engine/check/attention.ts'
import { checkOperation } from '../support/operation.ts'

function check(name: string, c: Omit<DecodeAttentionCase, 'name'>) {
  test(name, () => checkOperation(decodeAttentionCase({ name, variant: 'plain', ...c })))
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
