import type { Tensor } from '../gpu/tape.ts'

/** How frozen weights lie on the device: f32, or 16-bit values packed two to a word (the even column in the low half). */
export type WeightFormat = 'f32' | 'bf16' | 'f16'

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
  format: WeightFormat
  shards: WeightShard[]
}

/** Shape of a shard's tensor in its own elements (f32, or u32 words of two values). */
export function shardShape(format: WeightFormat, rows: number, cols: number): number[] {
  if (format === 'f32') return [rows, cols]
  if (cols % 2 !== 0) throw new Error(`a packed weight needs an even number of columns, not ${cols}`)
  return [rows, cols / 2]
}

/** Element type of a packed weight's binding, by how many words are read at once. */
export function weightType(format: WeightFormat): 'f32' | 'u32' {
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
