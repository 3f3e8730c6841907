/**
 * Frozen weights, and the one piece of WGSL by which every kernel reads them. A format is a row of `FORMATS` here and of
 * `STORAGE`; no kernel knows how its weights are stored.
 */
import type { Binding, ElementType } from '../gpu/kernel.ts'
import type { Tensor } from '../gpu/tape.ts'
import { STORAGE, type StorageType, storedBytes } from '../lib/storage.ts'

/** A frozen matrix [rows, cols]; y = x Wᵀ, so rows are outputs. A row takes a whole number of 4-byte words. */
export interface WeightShape {
  rows: number
  cols: number
  format: StorageType
}

/** Rows [firstRow, firstRow + rows) of a weight. */
export interface ShardRows {
  firstRow: number
  rows: number
}

/** Rows of a weight as they lie on a device; no shard is larger than its binding limit. */
export interface WeightShard extends ShardRows {
  /** See `shardShape`. */
  tensor: Tensor
}

export interface Weight extends WeightShape {
  shards: WeightShard[]
}

/** Its shape alone, as kernels are specialised by it. */
export const shapeOf = ({ rows, cols, format }: WeightShape): WeightShape => ({ rows, cols, format })
export const rowsOf = ({ firstRow, rows }: ShardRows): ShardRows => ({ firstRow, rows })

/** Shape of a shard's tensor in its own elements: f32, or u32 words. */
export function shardShape(format: StorageType, rows: number, cols: number): number[] {
  const words = cols % STORAGE[format].elements === 0 ? storedBytes(format, cols) / 4 : Number.NaN
  if (!Number.isInteger(words)) throw new Error(`${cols} columns of ${format} are no whole number of words`)
  return [rows, words]
}

/** Columns read at once. */
export type Columns = 1 | 2 | 4

interface Format {
  /** The fewest columns that can be read by themselves. */
  least: Columns
  /** Element of the binding when so many columns are read at once. */
  element(columns: Columns): ElementType
  /** WGSL that the reading needs. */
  functions: string
  /** WGSL body of a function of `i` that gives columns n i .. n i + n - 1 of `name`, counted through all rows. */
  body(name: string, columns: Columns): string
}

/** 16-bit values, two to a word, the even column in the low half. */
function halves(unpack: string): Format {
  return {
    least: 2,
    element: (columns) => (columns === 4 ? 'vec2<u32>' : 'u32'),
    functions: `fn unpack_weight(word: u32) -> vec2<f32> { return ${unpack}; }`,
    body: (name, columns) =>
      columns === 4
        ? `let words = ${name}[i];
  return vec4<f32>(unpack_weight(words.x), unpack_weight(words.y));`
        : `return unpack_weight(${name}[i]);`,
  }
}

/**
 * Blocks of 64 columns in words, see `packBlocks`: the values of both groups of 32, then their two f16 scales in one word.
 * @param word WGSL: the word of quad i within its block, its bits in the low ends of its bytes
 * @param bytes WGSL: the four values of `bits`, as f32
 */
function grouped(words: number, word: string, bytes: string): Format {
  return {
    least: 4,
    element: () => 'u32',
    functions: '',
    body: (name) => `let at = (i >> 4u) * ${words}u;
  let bits = ${word.replace('WORD', `${name}[at`)};
  let scale = unpack2x16float(${name}[at + ${words - 1}u] >> ((i & 8u) << 1u)).x;
  return scale * ${bytes};`,
  }
}

const FORMATS: Record<StorageType, Format> = {
  f32: {
    least: 1,
    element: vectorOf,
    functions: '',
    body: (name) => `return ${name}[i];`,
  },
  // No feature is needed: it is a shift.
  bf16: halves('vec2<f32>(bitcast<f32>(word << 16u), bitcast<f32>(word & 0xffff0000u))'),
  f16: halves('unpack2x16float(word)'),
  int8: grouped(
    17,
    'WORD + (i & 15u)]',
    'vec4<f32>(vec4<i32>(vec4<u32>(bits) << vec4<u32>(24u, 16u, 8u, 0u)) >> vec4<u32>(24u))',
  ),
  // A byte holds the columns j and j + 16 of its group, as in Q4_0.
  int4: grouped(
    9,
    'WORD + ((i >> 1u) & 4u) + (i & 3u)] >> (i & 4u)',
    '(vec4<f32>((vec4<u32>(bits) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(15u)) - 8.0)',
  ),
}

/**
 * Blocks of GGUF's Q8_0 or Q4_0 (an f16 scale, then 32 values) as they lie on a device: two by two, values first.
 * @param blocks a whole number of pairs
 */
export function packBlocks(format: 'int8' | 'int4', blocks: Uint8Array): Uint32Array<ArrayBuffer> {
  const halves = STORAGE[format].bytes / 4
  const bytes = blocks.byteOffset % 2 === 0 ? blocks : blocks.slice()
  const from = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 1)
  const to = new Uint16Array(from.length)
  for (let at = 0; at < from.length; at += 2 * halves) {
    for (let i = 1; i < halves; i++) {
      to[at + i - 1] = from[at + i]!
      to[at + halves + i - 2] = from[at + halves + i]!
    }
    to[at + 2 * halves - 2] = from[at]!
    to[at + 2 * halves - 1] = from[at + halves]!
  }
  return new Uint32Array(to.buffer)
}

function vectorOf(columns: Columns): 'f32' | 'vec2<f32>' | 'vec4<f32>' {
  return columns === 1 ? 'f32' : `vec${columns}<f32>`
}

/** The fewest columns that a kernel can read at once, for widths that are no multiple of four. */
export const leastColumns = (format: StorageType): Columns => FORMATS[format].least

/** How a kernel reads a shard that it binds as `name`. */
export interface WeightReader {
  bindings: Record<string, Binding>
  /** f32, vec2<f32> or vec4<f32>. */
  type: ReturnType<typeof vectorOf>
  /** WGSL text `NAME_n(i)`: columns n i .. n i + n - 1 of the shard, counted through its rows. */
  at(i: string): string
  /** WGSL that defines it. */
  wgsl(): string
}

/**
 * @param rows of the shard
 * @param columns read at once; they divide the weight's, and are no fewer than `leastColumns`
 */
export function weightReader(
  name: string,
  { format, cols }: WeightShape,
  rows: number,
  columns: Columns,
): WeightReader {
  const { element, functions, body } = FORMATS[format]
  const type = vectorOf(columns)
  return {
    bindings: { [name]: { type: element(columns), access: 'read', shape: shardShape(format, rows, cols) } },
    type,
    at: (i) => `${name}_${columns}(${i})`,
    wgsl: () => `${functions}
fn ${name}_${columns}(i: u32) -> ${type} {
  ${body(name, columns)}
}`,
  }
}
