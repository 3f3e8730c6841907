import type { Tensor } from '../gpu/tape.ts'
import { type StorageType, storedBytes } from '../lib/storage.ts'

/** Rows [firstRow, firstRow + rows) of a weight; no shard is larger than the device's binding limit. */
export interface WeightShard {
  tensor: Tensor
  firstRow: number
  rows: number
}

/** A frozen matrix [rows, cols]; y = x Wᵀ, so rows are outputs. Packed formats need an even number of columns. */
export interface Weight {
  rows: number
  cols: number
  format: StorageType
  shards: WeightShard[]
}

/** Shape of a shard's tensor in its own elements (f32, or u32 words of two values). */
export function shardShape(format: StorageType, rows: number, cols: number): number[] {
  const words = storedBytes(format, cols) / 4
  if (!Number.isInteger(words)) throw new Error(`${cols} columns of ${format} are no whole number of words`)
  return [rows, words]
}

/** Element type of a packed weight's binding, by how many words are read at once. */
export function weightType(format: StorageType): 'f32' | 'u32' {
  return format === 'f32' ? 'f32' : 'u32'
}

/** WGSL `fn unpack_weight(word: u32) -> vec2<f32>` for a packed format. bf16 needs no feature: it is a shift. */
export function unpackWgsl(format: 'bf16' | 'f16'): string {
  const body =
    format === 'bf16'
      ? 'vec2<f32>(bitcast<f32>(word << 16u), bitcast<f32>(word & 0xffff0000u))'
      : 'unpack2x16float(word)'
  return `fn unpack_weight(word: u32) -> vec2<f32> { return ${body}; }`
}
