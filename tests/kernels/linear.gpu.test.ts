import { describe, test } from 'vitest'
import type { Dim } from '../../src/gpu/kernel.ts'
import type { Scalars } from '../../src/gpu/scalars.ts'
import type { Tape, Tensor } from '../../src/gpu/tape.ts'
import { linear } from '../../src/kernels/linear.ts'
import { matmulKey, matmulVariantNames, matvecVariantNames } from '../../src/kernels/matmul-variants.ts'
import { shardShape, type Weight, type WeightFormat } from '../../src/kernels/weight.ts'
import { uniform } from '../../src/lib/threefry.ts'
import { extendedContext } from '../support/gpu.ts'
import { type Arrays, checkOperation, normals, type OperationInput } from '../support/operation.ts'

const SITE = 5
const SCALE = 1.5

interface LinearCase {
  rows: number
  width: number
  out: number
  format?: WeightFormat
  rank?: number
  dropout?: boolean
  /** Rows of each shard of the weight; they sum to `out`. */
  shards?: number[]
  /** Whether x needs a gradient. */
  gradX?: boolean
  dim?: Dim
  scalars?: Partial<Scalars>
  choices?: Record<string, string>
  probes?: number
  /** Needs a device with features beyond WebGPU's core. */
  extended?: boolean
}

async function check(c: LinearCase): Promise<void> {
  const context = c.extended ? await extendedContext() : undefined
  const { rows, width, out, format = 'f32', rank = 0, dropout = false, shards = [out], gradX = true } = c
  const scalars = { seed: 3, counter: 9, dropout_keep: dropout ? 0.75 : 1, ...c.scalars }
  const dim = c.dim ?? 'tokens'
  const random = normals(out * 31 + width)
  const inputs: Record<string, OperationInput> = { x: { shape: [dim, width], grad: gradX } }
  const w: number[] = []
  shards.forEach((count, i) => {
    const { stored, values } = encode(format, random(count * width, width ** -0.5))
    inputs[`w${i}`] = { shape: shardShape(format, count, width), values: stored }
    w.push(...values)
  })
  if (rank > 0) {
    inputs.a = { shape: [rank, width], grad: true, scale: width ** -0.5 }
    inputs.b = { shape: [out, rank], grad: true, scale: 0.5 }
    inputs.site = { shape: [1], values: Uint32Array.of(SITE) }
  }
  const keep = (i: number) =>
    dropout && !(uniform(scalars.seed, scalars.counter, SITE, i) < scalars.dropout_keep)
      ? 0
      : 1 / scalars.dropout_keep
  const mask = Float64Array.from({ length: rows * width }, (_, i) => keep(i))
  const scale = SCALE * (scalars.adapter ?? 1)
  const live = typeof dim === 'number' ? {} : { [dim]: rows }
  await checkOperation({
    name: `linear ${rows}x${width}x${out} ${format}`,
    live,
    inputs,
    scalars,
    probes: c.probes ?? 24,
    gradTolerance: 2e-5,
    ...(c.choices ? { choices: c.choices } : {}),
    ...(context ? { context } : {}),
    build: (tape: Tape, t: Record<string, Tensor>) => {
      let firstRow = 0
      const weight: Weight = { rows: out, cols: width, format, shards: [] }
      shards.forEach((count, i) => {
        weight.shards.push({ tensor: t[`w${i}`]!, firstRow, rows: count })
        firstRow += count
      })
      const lora = { a: t.a!, b: t.b!, rank, scale: SCALE, site: t.site!, dropout }
      return { y: linear(tape, t.x!, weight, { rows: dim, name: 'y', ...(rank > 0 ? { lora } : {}) }) }
    },
    reference: ({ x, a, b }: Arrays): Arrays => {
      const y = new Float64Array(rows * out)
      const u = new Float64Array(rank)
      for (let t = 0; t < rows; t++) {
        u.fill(0)
        for (let q = 0; q < rank; q++)
          for (let i = 0; i < width; i++)
            u[q]! += scale * mask[t * width + i]! * x![t * width + i]! * a![q * width + i]!
        for (let o = 0; o < out; o++) {
          let sum = 0
          for (let i = 0; i < width; i++) sum += x![t * width + i]! * w[o * width + i]!
          for (let q = 0; q < rank; q++) sum += u[q]! * b![o * rank + q]!
          y[t * out + o] = sum
        }
      }
      return { y }
    },
  })
}

/** What is stored, and the values it stands for. */
function encode(
  format: WeightFormat,
  values: Float32Array,
): { stored: Float32Array | Uint32Array; values: number[] } {
  if (format === 'f32') return { stored: values, values: [...values] }
  const bits = [...values].map(format === 'bf16' ? toBf16 : toF16)
  const stored = Uint32Array.from(
    { length: values.length / 2 },
    (_, i) => bits[2 * i]! | (bits[2 * i + 1]! << 16),
  )
  return { stored, values: bits.map(format === 'bf16' ? fromBf16 : fromF16) }
}

const word = new DataView(new ArrayBuffer(4))
function toBf16(value: number): number {
  word.setFloat32(0, value)
  return word.getUint16(0)
}
function fromBf16(bits: number): number {
  word.setUint32(0, bits << 16)
  return word.getFloat32(0)
}
/** Truncates; every bit pattern it makes is normal or zero. */
function toF16(value: number): number {
  word.setFloat32(0, value)
  const bits = word.getUint32(0)
  const exponent = ((bits >>> 23) & 255) - 112
  return exponent <= 0 ? 0 : ((bits >>> 16) & 0x8000) | (exponent << 10) | ((bits >>> 13) & 1023)
}
function fromF16(bits: number): number {
  const magnitude = bits & 0x7fff ? (1 + (bits & 1023) / 1024) * 2 ** (((bits >>> 10) & 31) - 15) : 0
  return bits & 0x8000 ? -magnitude : magnitude
}

describe('linear', () => {
  for (const format of ['f32', 'bf16'] as const) {
    test(`${format}, no multiples of tiles`, () => check({ rows: 67, width: 72, out: 68, format }))
    test(`${format}, multiples of 2 only, LoRA`, () =>
      check({ rows: 19, width: 38, out: 42, format, rank: 3 }))
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

/** Recorded choices of one variant for both directions, at the capacity that the helper gives. */
function choosing(variant: string, c: LinearCase): Record<string, string> {
  const weight: Weight = { rows: c.out, cols: c.width, format: c.format ?? 'f32', shards: [] }
  const shard = { tensor: null as never, firstRow: 0, rows: c.out }
  const spec = { rows: 'tokens', weight, shard, accumulate: false } as const
  const keys = [
    matmulKey({ ...spec, direction: 'forward' }, c.rows + 5),
    matmulKey({ ...spec, direction: 'backward' }, c.rows + 5),
  ]
  return Object.fromEntries(keys.map((key) => [key, variant]))
}

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
      return check({ ...c, choices: choosing(variant, c), extended: variant.startsWith('quad') })
    })
  }
  test('tile64x64_8x8, whole tiles, where no guard is written', () => {
    const c: LinearCase = { rows: 64, width: 64, out: 128, rank: 8, probes: 6 }
    return check({ ...c, choices: choosing('tile64x64_8x8', c) })
  })
  test('tile64x64_8x4, rows that are no multiple of 4', () => {
    const c: LinearCase = { rows: 21, width: 46, out: 30, rank: 3, format: 'f16' }
    return check({ ...c, choices: choosing('tile64x64_8x4', c) })
  })
  test('LoRA products with lanes', () => {
    const choices = {
      'lora.project_a tokens x 136 x 10': 'lanes',
      'lora.project_b tokens x 70 x 10': 'lanes',
    }
    return check({ rows: 30, width: 136, out: 70, rank: 10, dropout: true, choices })
  })
})

describe('few rows', () => {
  for (const variant of matvecVariantNames) {
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
      return check({ ...c, choices: choosing(variant, c) })
    })
    test(`${variant}, one row, no multiple of 4`, () => {
      const c: LinearCase = { rows: 1, width: 38, out: 18, format: 'f16', gradX: false }
      return check({ ...c, choices: choosing(variant, c) })
    })
  }
  test('shards', () => {
    const c: LinearCase = { rows: 2, width: 64, out: 96, shards: [40, 56], rank: 2, gradX: false }
    return check({ ...c, choices: choosing('lanes32x4', c) })
  })
})
