import { asFloat32, asUint16, bf16ToF32, f16ToF32 } from '../lib/bf16.ts'
import type { BlockedType, WeightType } from '../protocol/model.ts'

/**
 * GGML's types of tensors, and what their blocks hold. Source: `ggml-quants.c` and `ggml-common.h` of
 * github.com/ggml-org/ggml; values are those of `gguf.quants.dequantize` of the gguf Python package, bit for bit.
 */
export interface BlockType {
  name: string
  /** Values of a block. */
  values: number
  /** Bytes of a block; 0 where the type is not read. */
  bytes: number
  /** Fills `out` from whole blocks. */
  unpack(blocks: Uint8Array, out: Float32Array<ArrayBuffer>): void
}

/** Values of a block of the K types. */
const SUPER = 256

/** Unpacks one block from byte `at` of its bytes into `out` from `to` on. */
type Unpack = (bytes: Uint8Array, at: number, out: Float32Array, to: number) => void

function byBlock(name: string, values: number, bytes: number, unpack: Unpack): BlockType {
  return {
    name,
    values,
    bytes,
    unpack(blocks, out) {
      for (let at = 0, to = 0; at < blocks.length; at += bytes, to += values) unpack(blocks, at, out, to)
    },
  }
}

/** f32 of every f16. */
const HALVES = f16ToF32(Uint16Array.from({ length: 65536 }, (_, bits) => bits))

/** The f16 at a byte. */
function scale(bytes: Uint8Array, at: number): number {
  return HALVES[bytes[at]! | (bytes[at + 1]! << 8)]!
}

// Every product below is exact in f64, and is rounded once to f32: where it is written, or by `fround` where more follows.
const { fround } = Math

const q4_0: Unpack = (bytes, at, out, to) => {
  const d = scale(bytes, at)
  for (let i = 0; i < 16; i++) {
    const pair = bytes[at + 2 + i]!
    out[to + i] = d * ((pair & 15) - 8)
    out[to + 16 + i] = d * ((pair >> 4) - 8)
  }
}

const q4_1: Unpack = (bytes, at, out, to) => {
  const [d, least] = [scale(bytes, at), scale(bytes, at + 2)]
  for (let i = 0; i < 16; i++) {
    const pair = bytes[at + 4 + i]!
    out[to + i] = fround(d * (pair & 15)) + least
    out[to + 16 + i] = fround(d * (pair >> 4)) + least
  }
}

const q5_0: Unpack = (bytes, at, out, to) => {
  const d = scale(bytes, at)
  const high = fifthBits(bytes, at + 2)
  for (let i = 0; i < 16; i++) {
    const pair = bytes[at + 6 + i]!
    out[to + i] = d * (((pair & 15) | (((high >>> i) & 1) << 4)) - 16)
    out[to + 16 + i] = d * (((pair >> 4) | (((high >>> (i + 16)) & 1) << 4)) - 16)
  }
}

const q5_1: Unpack = (bytes, at, out, to) => {
  const [d, least] = [scale(bytes, at), scale(bytes, at + 2)]
  const high = fifthBits(bytes, at + 4)
  for (let i = 0; i < 16; i++) {
    const pair = bytes[at + 8 + i]!
    out[to + i] = fround(d * ((pair & 15) | (((high >>> i) & 1) << 4))) + least
    out[to + 16 + i] = fround(d * ((pair >> 4) | (((high >>> (i + 16)) & 1) << 4))) + least
  }
}

const fifthBits = (bytes: Uint8Array, at: number) =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)

const q8_0: Unpack = (bytes, at, out, to) => {
  const d = scale(bytes, at)
  for (let i = 0; i < 32; i++) out[to + i] = d * signed(bytes[at + 2 + i]!)
}

const signed = (byte: number) => (byte << 24) >> 24

/** Six-bit scale and minimum of group `j` of eight, packed in twelve bytes from `at` on. */
function sixBits(bytes: Uint8Array, at: number, j: number): [scale: number, least: number] {
  if (j < 4) return [bytes[at + j]! & 63, bytes[at + j + 4]! & 63]
  const low = bytes[at + j + 4]!
  return [(low & 15) | ((bytes[at + j - 4]! >> 6) << 4), (low >> 4) | ((bytes[at + j]! >> 6) << 4)]
}

/** Q4_K and Q5_K: eight groups of 32, whose nibbles lie two groups to 32 bytes. */
function grouped(
  bytes: Uint8Array,
  at: number,
  nibbles: number,
  fifth: (i: number, group: number) => number,
  out: Float32Array,
  to: number,
): void {
  const [d, dmin] = [scale(bytes, at), scale(bytes, at + 2)]
  for (let group = 0; group < 8; group++) {
    const [s, m] = sixBits(bytes, at + 4, group)
    const [step, least] = [fround(d * s), fround(dmin * m)]
    const from = nibbles + (group >> 1) * 32
    const shift = (group & 1) * 4
    for (let i = 0; i < 32; i++) {
      const q = ((bytes[from + i]! >> shift) & 15) | fifth(i, group)
      out[to + group * 32 + i] = fround(step * q) - least
    }
  }
}

const q4_k: Unpack = (bytes, at, out, to) => grouped(bytes, at, at + 16, () => 0, out, to)

const q5_k: Unpack = (bytes, at, out, to) =>
  grouped(bytes, at, at + 48, (i, group) => ((bytes[at + 16 + i]! >> group) & 1) << 4, out, to)

/** 16 groups of 16: low nibbles in 128 bytes, high pairs of bits in 64, scales in 16, d at the end. */
const q6_k: Unpack = (bytes, at, out, to) => {
  const d = scale(bytes, at + 208)
  for (let i = 0; i < SUPER; i++) {
    const [part, within] = [i >> 7, i & 127]
    const [quarter, place] = [within >> 5, within & 31]
    const low = bytes[at + part * 64 + (quarter & 1) * 32 + place]! >> ((quarter >> 1) * 4)
    const high = bytes[at + 128 + part * 32 + place]! >> (quarter * 2)
    const q = ((low & 15) | ((high & 3) << 4)) - 32
    out[to + i] = fround(d * signed(bytes[at + 192 + (i >> 4)]!)) * q
  }
}

const READ: Record<number, BlockType> = {
  0: { name: 'F32', values: 1, bytes: 4, unpack: (blocks, out) => out.set(asFloat32(blocks)) },
  1: { name: 'F16', values: 1, bytes: 2, unpack: (blocks, out) => void f16ToF32(asUint16(blocks), out) },
  2: byBlock('Q4_0', 32, 18, q4_0),
  3: byBlock('Q4_1', 32, 20, q4_1),
  6: byBlock('Q5_0', 32, 22, q5_0),
  7: byBlock('Q5_1', 32, 24, q5_1),
  8: byBlock('Q8_0', 32, 34, q8_0),
  12: byBlock('Q4_K', SUPER, 144, q4_k),
  13: byBlock('Q5_K', SUPER, 176, q5_k),
  14: byBlock('Q6_K', SUPER, 210, q6_k),
  30: { name: 'BF16', values: 1, bytes: 2, unpack: (blocks, out) => void bf16ToF32(asUint16(blocks), out) },
}

/** Types that are known by name only. */
const OTHER: Record<number, string> = {
  4: 'Q4_2',
  5: 'Q4_3',
  9: 'Q8_1',
  10: 'Q2_K',
  11: 'Q3_K',
  15: 'Q8_K',
  16: 'IQ2_XXS',
  17: 'IQ2_XS',
  18: 'IQ3_XXS',
  19: 'IQ1_S',
  20: 'IQ4_NL',
  21: 'IQ3_S',
  22: 'IQ2_S',
  23: 'IQ4_XS',
  24: 'I8',
  25: 'I16',
  26: 'I32',
  27: 'I64',
  28: 'F64',
  29: 'IQ1_M',
  34: 'TQ1_0',
  35: 'TQ2_0',
  39: 'MXFP4',
  40: 'NVFP4',
}

export const READ_TYPES: readonly string[] = Object.values(READ).map(({ name }) => name)

/** The type of a number in a file's table of tensors; one that is not read has blocks of 0 bytes. */
export function blockType(id: number): BlockType {
  const name = OTHER[id] ?? `type ${id}`
  return READ[id] ?? { name, values: 1, bytes: 0, unpack: () => {} }
}

const BLOCKED: Record<BlockedType, BlockType> = { Q8_0: READ[8]!, Q4_0: READ[2]! }

/** Values of whole blocks that are stored as they came. */
export function unpackBlocks(type: BlockedType, blocks: Uint8Array, out: Float32Array<ArrayBuffer>): void {
  BLOCKED[type].unpack(blocks, out)
}

/** Steps and scales of whole blocks, the first of which is block `first`. */
export function unpackSteps(
  type: BlockedType,
  blocks: Uint8Array,
  steps: Int8Array,
  scales: Float32Array,
  first: number,
): void {
  const { bytes } = BLOCKED[type]
  for (let at = 0, block = first; at < blocks.length; at += bytes, block++) {
    scales[block] = scale(blocks, at)
    const to = block * 32
    if (type === 'Q8_0') for (let i = 0; i < 32; i++) steps[to + i] = blocks[at + 2 + i]!
    else
      for (let i = 0; i < 16; i++) {
        const pair = blocks[at + 2 + i]!
        steps[to + i] = (pair & 15) - 8
        steps[to + 16 + i] = (pair >> 4) - 8
      }
  }
}

/**
 * How a tensor is stored here: as it is where there is such a storage format, else rounded to bf16. Engines hold blocks two by two:
 * rows of an odd number of them are rounded, too.
 */
export function storedAs({ name }: BlockType, shape: readonly number[]): WeightType {
  if (name === 'F32' || name === 'F16') return name
  if ((name === 'Q8_0' || name === 'Q4_0') && shape.length === 2 && shape[1]! % 64 === 0) return name
  return 'BF16'
}
