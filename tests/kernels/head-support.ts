import type { Tensor } from '../../src/gpu/tape.ts'
import { shardShape, type Weight, type WeightFormat } from '../../src/kernels/weight.ts'
import { mulberry, normals, type OperationInput } from '../support/operation.ts'

export interface HeadShape {
  vocab: number
  hidden: number
  rows: number
  format: WeightFormat
  shards: number
  /** Largest logits, roughly. */
  spread: number
  /** Words 3 and vocab - 2 share a row that wins everywhere. */
  tie?: boolean
}

/** h, labels and the shards of W, with W also as the f32 values the device sees. */
export function headInputs(s: HeadShape) {
  const [random, uniform] = [normals(5), mulberry(17)]
  const h = random(s.rows * s.hidden)
  const weight = random(s.vocab * s.hidden, s.spread / 3 / Math.sqrt(s.hidden))
  if (s.tie)
    for (let k = 0; k < s.hidden; k++) {
      for (let n = 0; n < s.rows; n++) h[n * s.hidden + k] = Math.abs(h[n * s.hidden + k]!)
      weight[3 * s.hidden + k] = weight[(s.vocab - 2) * s.hidden + k] = 0.25
    }
  const words = new Uint32Array((s.vocab * s.hidden) / 2)
  if (s.format !== 'f32')
    for (let i = 0; i < weight.length; i++) {
      const half = s.format === 'bf16' ? toBf16(weight[i]!) : toF16(weight[i]!)
      words[i >> 1]! |= half << (i % 2 ? 16 : 0)
      weight[i] = s.format === 'bf16' ? fromBits(half << 16) : fromF16(half)
    }
  const labels = Uint32Array.from({ length: s.rows }, () => Math.floor(uniform() * s.vocab))
  const inputs: Record<string, OperationInput> = {
    h: { shape: ['supervised', s.hidden], values: h },
    labels: { shape: ['supervised'], values: labels },
  }
  for (const [i, { firstRow, rows }] of shardRows(s).entries()) {
    const shape = shardShape(s.format, rows, s.hidden)
    const width = shape[1]!
    const from: Float32Array | Uint32Array = s.format === 'f32' ? weight : words
    inputs[`w${i}`] = { shape, values: from.slice(firstRow * width, (firstRow + rows) * width) }
  }
  return { inputs, values: { h, weight, labels } }
}

export function weightOf(s: HeadShape | Omit<HeadShape, 'spread'>, tensors: Record<string, Tensor>): Weight {
  const shards = shardRows(s).map((shard, i) => ({ ...shard, tensor: tensors[`w${i}`]! }))
  return { rows: s.vocab, cols: s.hidden, format: s.format, shards }
}

function shardRows(s: { vocab: number; shards: number }) {
  const each = Math.ceil(s.vocab / s.shards)
  return Array.from({ length: s.shards }, (_, i) => ({
    firstRow: i * each,
    rows: Math.min(each, s.vocab - i * each),
  }))
}

const view = new DataView(new ArrayBuffer(4))

export function fromBits(word: number): number {
  view.setUint32(0, word >>> 0)
  return view.getFloat32(0)
}

/** Rounds to nearest even. */
function toBf16(x: number): number {
  view.setFloat32(0, x)
  const word = view.getUint32(0)
  return ((word + 0x7fff + ((word >>> 16) & 1)) >>> 16) & 0xffff
}

/** Truncates; the values here are normal numbers of f16, or become zero. */
function toF16(x: number): number {
  view.setFloat32(0, x)
  const word = view.getUint32(0)
  const exponent = ((word >>> 23) & 0xff) - 112
  const sign = (word >>> 16) & 0x8000
  return exponent <= 0 ? sign : sign | (exponent << 10) | ((word >>> 13) & 0x3ff)
}

function fromF16(half: number): number {
  const exponent = (half >>> 10) & 0x1f
  if (exponent === 0) return 0
  return fromBits(((half & 0x8000) << 16) | ((exponent + 112) << 23) | ((half & 0x3ff) << 13))
}
