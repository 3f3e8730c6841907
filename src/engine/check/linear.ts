import type { Dim } from '../../gpu/kernel.ts'
import type { Scalars } from '../../gpu/scalars.ts'
import type { Tape, Tensor } from '../../gpu/tape.ts'
import { linear } from '../../kernels/linear.ts'
import { shardShape, type Weight } from '../../kernels/weight.ts'
import type { StorageType } from '../../lib/storage.ts'
import { uniform } from '../../lib/threefry.ts'
import { type Arrays, choosing, type OperationCase, type OperationInput } from './operation.ts'
import { encode, normals } from './values.ts'

const SITE = 5
const SCALE = 1.5

export interface LinearCase {
  rows: number
  width: number
  out: number
  format?: StorageType
  rank?: number
  dropout?: boolean
  /** Rows of each shard of the weight; they sum to `out`. */
  shards?: number[]
  /** Whether x needs a gradient. */
  gradX?: boolean
  dim?: Dim
  scalars?: Partial<Scalars>
  /** By family, see `choosing`. */
  choices?: Record<string, string>
  probes?: number
}

/** y = x Wᵀ, with a LoRA pair and its dropout where a rank is given. */
export function linearCase(c: LinearCase): OperationCase {
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
  const operation: OperationCase = {
    name: `linear ${rows}x${width}x${out} ${format}`,
    live,
    inputs,
    scalars,
    probes: c.probes ?? 24,
    gradTolerance: 2e-5,
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
  }
  return c.choices ? choosing(operation, c.choices) : operation
}
