import { describe, test } from 'vitest'
import { type LinearCase, linearCase } from '../../src/engine/check/linear.ts'
import { matmulVariantNames, matvecVariantNames } from '../../src/kernels/matmul-variants.ts'
import { extendedContext } from '../support/gpu.ts'
import { checkOperation } from '../support/operation.ts'

/** @param c with `extended` where features beyond WebGPU's core are needed */
async function check({ extended, ...c }: LinearCase & { extended?: boolean }): Promise<void> {
  await checkOperation(linearCase(c), extended ? await extendedContext() : undefined)
}

describe('linear', () => {
  for (const format of ['f32', 'bf16'] as const) {
    test(`${format}, no multiples of tiles`, () => check({ rows: 67, width: 72, out: 68, format }))
    test(`${format}, multiples of 2 only, LoRA`, () =>
      check({ rows: 19, width: 38, out: 42, format, rank: 3 }))
  }
  for (const format of ['int8', 'int4'] as const) {
    test(`${format}, outputs that are no multiple of tiles or of 4`, () =>
      check({ rows: 67, width: 192, out: 70, format }))
    test(`${format}, sharded, LoRA with dropout`, () =>
      check({ rows: 19, width: 64, out: 100, shards: [40, 40, 20], format, rank: 8, dropout: true }))
  }
  for (const format of ['f32', 'bf16', 'f16'] as const)
    test(`${format}, multiples of 32, LoRA`, () => check({ rows: 33, width: 64, out: 96, format, rank: 8 }))
  test('one row', () => check({ rows: 1, width: 34, out: 6, format: 'bf16', rank: 2 }))
  test('odd sizes in f32', () => check({ rows: 5, width: 7, out: 9, rank: 1 }))
  test('dropout', () => check({ rows: 21, width: 70, out: 36, format: 'bf16', rank: 12, dropout: true }))
  test('dropout switched off for a step', () =>
    check({ rows: 6, width: 32, out: 32, rank: 4, dropout: true, scalars: { dropout_keep: 1 } }))
  test('adapter off', () =>
    check({ rows: 6, width: 32, out: 32, rank: 4, gradX: false, scalars: { adapter: 0 } }))
  test('x needs no gradient', () =>
    check({ rows: 6, width: 32, out: 34, rank: 4, gradX: false, dropout: true }))
  test('sharded weight', () =>
    check({ rows: 19, width: 36, out: 100, shards: [40, 40, 20], format: 'bf16', rank: 8, dropout: true }))
  test('shards that begin between quads', () =>
    check({ rows: 15, width: 36, out: 30, shards: [14, 16], rank: 2 }))
  test('many rows, so that sums over rows are split', () =>
    check({ rows: 300, width: 10, out: 12, rank: 2, probes: 12 }))
  test('fixed row count', () => check({ rows: 3, dim: 3, width: 32, out: 32, rank: 2 }))
})

/** One variant for both directions. */
const both = (variant: string) => ({ 'matmul.forward': variant, 'matmul.backward': variant })

describe('matmul variants', () => {
  for (const variant of matmulVariantNames) {
    test(`${variant}, more than one tile each way and a rest`, () => {
      const c: LinearCase = {
        rows: 131,
        width: 132,
        out: 140,
        rank: 4,
        dropout: true,
        format: 'bf16',
        probes: 6,
      }
      return check({ ...c, choices: both(variant), extended: variant.startsWith('quad') })
    })
  }
  test('tile64x64_8x8, whole tiles, where no guard is written', () => {
    const c: LinearCase = { rows: 64, width: 64, out: 128, rank: 8, probes: 6 }
    return check({ ...c, choices: both('tile64x64_8x8') })
  })
  test('tile64x64_8x4, rows that are no multiple of 4', () => {
    const c: LinearCase = { rows: 21, width: 46, out: 30, rank: 3, format: 'f16' }
    return check({ ...c, choices: both('tile64x64_8x4') })
  })
  test('LoRA products with lanes', () => {
    const choices = { 'lora.project_a': 'lanes', 'lora.project_b': 'lanes' }
    return check({ rows: 30, width: 136, out: 70, rank: 10, dropout: true, choices })
  })
})

describe('matmul variants over blocks', () => {
  for (const variant of matmulVariantNames)
    test(`${variant}, int4`, () => {
      const c: LinearCase = { rows: 35, width: 192, out: 140, rank: 4, format: 'int4', probes: 6 }
      return check({ ...c, choices: both(variant), extended: variant.startsWith('quad') })
    })
})

describe('few rows', () => {
  for (const variant of matvecVariantNames) {
    test(`${variant}, int4 with LoRA, rows in two parts`, () => {
      const c: LinearCase = {
        rows: 11,
        width: 320,
        out: 70,
        rank: 3,
        format: 'int4',
        gradX: false,
        probes: 6,
      }
      return check({ ...c, choices: { matvec: variant } })
    })
    test(`${variant}, bf16 with LoRA, rows in two parts`, () => {
      const c: LinearCase = {
        rows: 11,
        width: 332,
        out: 70,
        rank: 3,
        format: 'bf16',
        gradX: false,
        probes: 6,
      }
      return check({ ...c, choices: { matvec: variant } })
    })
    test(`${variant}, one row, no multiple of 4`, () => {
      const c: LinearCase = { rows: 1, width: 38, out: 18, format: 'f16', gradX: false }
      return check({ ...c, choices: { matvec: variant } })
    })
  }
  test('shards', () => {
    const c: LinearCase = { rows: 2, width: 64, out: 96, shards: [40, 56], rank: 2, gradX: false }
    return check({ ...c, choices: { matvec: 'lanes32x4' } })
  })
})
