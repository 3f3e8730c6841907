import { describe, test } from 'vitest'
import { type TreeAttentionCase, treeAttentionCase, treeOf } from '../../src/engine/check/attention.ts'
import { checkOperation } from '../support/operation.ts'

function check(name: string, c: Omit<TreeAttentionCase, 'name' | 'variant'>) {
  for (const variant of ['plain', 'shared'])
    test(`${name}, ${variant}`, () => checkOperation(treeAttentionCase({ name, variant, ...c })))
}

/** 41 rows of a prompt; a branch of eleven, one that leaves it after four, one from the prompt's end, one from its middle. */
const before = treeOf(41, [
  { from: 40, length: 11 },
  { from: 50, length: 6 },
  { from: 40, length: 1 },
  { from: 20, length: 3 },
])
const slots = [0, 1, 15, 16, 40, 41, 44, 71, 74, 89, 92, 95, 101]

describe('tree attention equals full attention over each path by itself', () => {
  check('four heads share a kv head', { heads: 4, kvHeads: 1, headDim: 256, before, slots })
  check('two kv heads', { heads: 4, kvHeads: 2, headDim: 64, before, slots })
  check('a window that ends in the prompt', { heads: 4, kvHeads: 1, headDim: 64, window: 20, before, slots })
  check('a window shorter than a branch', { heads: 2, kvHeads: 1, headDim: 128, window: 3, before, slots })
  check('one head for each kv head', { heads: 3, kvHeads: 3, headDim: 64, before, slots })
  check('eight heads, soft-cap', { heads: 8, kvHeads: 1, headDim: 256, softCap: 3, before, slots })
  check('logits of 80', { heads: 4, kvHeads: 1, headDim: 64, scale: 10, before, slots })
  check('width 320', { heads: 6, kvHeads: 2, headDim: 320, before, slots })
  check('width 512', { heads: 4, kvHeads: 2, headDim: 512, before, slots })
  check('more than eight windows of keys', {
    heads: 4,
    kvHeads: 1,
    headDim: 64,
    before: treeOf(600, [{ from: 599, length: 2 }]),
    slots: [599, 603],
  })
})
