import type { Dim } from '../../gpu/kernel.ts'
import type { Scalars } from '../../gpu/scalars.ts'
import type { Tape, Tensor } from '../../gpu/tape.ts'
import { linear } from '../../kernels/linear.ts'
import type { Weight } from '../../kernels/weight.ts'
import type { StorageType } from '../../lib/storage.ts'
import { uniform } from '../../lib/threefry.ts'
import { drawnMatrix } from './drawn.ts'
import { type Arrays, choosing, type OperationCase, type OperationInput } from './operation.ts'
import { normals } from './values.ts'

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
  /** Of the low-rank term. */
  scale?: number
  /** Whether x needs a gradient. */
  gradX?: boolean
  /** Whether the LoRA pair needs one. */
  gradLora?: boolean
  dim?: Dim
  scalars?: Partial<Scalars>
  /** By family, see `choosing`. */
  choices?: Record<string, string>
  probes?: number
  /** Whether gradients are those of the formula, which takes a moment at any size. */
  formula?: boolean
}

/** y = x Wᵀ, with a LoRA pair and its dropout where a rank is given. */
export function linearCase(c: LinearCase): OperationCase {
  const {
    rows,
    width,
    out,
    format = 'f32',
    rank = 0,
    dropout = false,
    shards = [out],
    gradX = true,
    gradLora = true,
  } = c
  const scalars = { seed: 3, counter: 9, dropout_keep: dropout ? 0.75 : 1, ...c.scalars }
  const dim = c.dim ?? 'tokens'
  const random = normals(out * 31 + width)
  const inputs: Record<string, OperationInput> = { x: { shape: [dim, width], grad: gradX } }
  const parts = shards.map((count, i) => {
    return { firstRow: shards.slice(0, i).reduce((a, b) => a + b, 0), rows: count }
  })
  const w = drawnMatrix(format, parts, width, (size) => random(size, width ** -0.5))
  Object.assign(inputs, w.inputs)
  if (rank > 0) {
    inputs.a = { shape: [rank, width], grad: gradLora, scale: width ** -0.5 }
    inputs.b = { shape: [out, rank], grad: gradLora, scale: 0.5 }
    inputs.site = { shape: [1], values: Uint32Array.of(SITE) }
  }
  const keep = (i: number) =>
    dropout && !(uniform(scalars.seed, scalars.counter, SITE, i) < scalars.dropout_keep)
      ? 0
      : 1 / scalars.dropout_keep
  const mask = Float64Array.from({ length: rows * width }, (_, i) => keep(i))
  const ownScale = c.scale ?? SCALE
  const scale = ownScale * (scalars.adapter ?? 1)
  /** s (drop(x) Aᵀ) of a row. */
  const down = (x: Float64Array, a: Float64Array, t: number): Float64Array =>
    Float64Array.from({ length: rank }, (_, q) => {
      let sum = 0
      for (let i = 0; i < width; i++) sum += mask[t * width + i]! * x[t * width + i]! * a[q * width + i]!
      return scale * sum
    })
  /** By the formulas of linear.ts. */
  const gradient: OperationCase['gradient'] = ({ x, a, b }, { y: dy }) => {
    const us = Array.from({ length: rows }, (_, t) => down(x!, a!, t))
    // s (dy B) of a row.
    const gs = us.map((_, t) =>
      Float64Array.from({ length: rank }, (_, q) => {
        let sum = 0
        for (let o = 0; o < out; o++) sum += dy![t * out + o]! * b![o * rank + q]!
        return scale * sum
      }),
    )
    const ofRows = (f: (t: number) => number) => us.reduce((sum, _, t) => sum + f(t), 0)
    return (name, at) => {
      if (name === 'a') {
        const [q, i] = [Math.floor(at / width), at % width]
        return ofRows((t) => gs[t]![q]! * mask[t * width + i]! * x![t * width + i]!)
      }
      if (name === 'b') {
        const [o, q] = [Math.floor(at / rank), at % rank]
        return ofRows((t) => us[t]![q]! * dy![t * out + o]!)
      }
      const [t, i] = [Math.floor(at / width), at % width]
      let sum = 0
      for (let o = 0; o < out; o++) sum += dy![t * out + o]! * w.value(o, i)
      for (let q = 0; q < rank; q++) sum += gs[t]![q]! * a![q * width + i]! * mask[at]!
      return sum
    }
  }
  const live = typeof dim === 'number' ? {} : { [dim]: rows }
  const operation: OperationCase = {
    name: `linear ${rows}x${width}x${out} ${format}`,
    live,
    inputs,
    scalars,
    probes: c.probes ?? 24,
    gradTolerance: 2e-5,
    build: (tape: Tape, t: Record<string, Tensor>) => {
      const weight: Weight = {
        rows: out,
        cols: width,
        format,
        shards: parts.map((part, i) => ({ ...part, tensor: t[`w${i}`]! })),
      }
      const lora = { a: t.a!, b: t.b!, rank, scale: ownScale, site: t.site!, dropout }
      return { y: linear(tape, t.x!, weight, { rows: dim, name: 'y', ...(rank > 0 ? { lora } : {}) }) }
    },
    reference: ({ x, a, b }: Arrays): Arrays => {
      const y = new Float64Array(rows * out)
      for (let t = 0; t < rows; t++) {
        const u = down(x!, a!, t)
        for (let o = 0; o < out; o++) {
          let sum = w.dot(o, x!, t * width)
          for (let q = 0; q < rank; q++) sum += u[q]! * b![o * rank + q]!
          y[t * out + o] = sum
        }
      }
      return { y }
    },
    ...(c.formula && { gradient }),
  }
  return c.choices ? choosing(operation, c.choices) : operation
}
