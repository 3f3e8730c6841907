import { packBlocks } from '../../kernels/weight.ts'
import { BLOCK_BYTES, GROUP, type StorageType } from '../../lib/storage.ts'

/** Seeded standard normals (Box-Muller over mulberry32); only checks use it. */
export function normals(seed: number): (size: number, scale?: number) => Float32Array<ArrayBuffer> {
  const uniform = mulberry(seed)
  return (size, scale = 1) =>
    Float32Array.from({ length: size }, () => {
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()))
      return radius * Math.cos(2 * Math.PI * uniform()) * scale
    })
}

export function mulberry(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = a
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** A weight's values as a kernel finds them (16-bit formats two to a word), and what they stand for; grouped ones in whole blocks. */
export function encode(
  format: StorageType,
  values: Float32Array<ArrayBuffer>,
): { stored: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>; values: Float32Array<ArrayBuffer> } {
  if (format === 'f32') return { stored: values, values }
  if (format === 'int8' || format === 'int4') return encodeGroups(format, values)
  const [to, from] = format === 'bf16' ? [toBf16, fromBf16] : [toF16, fromF16]
  const bits = Uint16Array.from(values, to)
  return { stored: new Uint32Array(bits.buffer), values: Float32Array.from(bits, from) }
}

/** Rounded to the grid that the value furthest from zero spans. */
function encodeGroups(format: 'int8' | 'int4', values: Float32Array<ArrayBuffer>) {
  const most = format === 'int8' ? 127 : -8
  const bytes = BLOCK_BYTES[format === 'int8' ? 'Q8_0' : 'Q4_0']
  const blocks = new Uint8Array((values.length / GROUP) * bytes)
  const known = new Float32Array(values.length)
  for (let group = 0; group < values.length / GROUP; group++) {
    const own = values.subarray(group * GROUP, (group + 1) * GROUP)
    const furthest = own.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0)
    const bits = toF16(furthest / most)
    const d = fromF16(bits)
    const at = group * bytes
    blocks[at] = bits & 255
    blocks[at + 1] = bits >> 8
    for (const [i, value] of own.entries()) {
      const q = Math.max(
        format === 'int8' ? -127 : -8,
        Math.min(Math.abs(most) - 1, Math.round(value / (d || 1))),
      )
      known[group * GROUP + i] = d * q
      if (format === 'int8') blocks[at + 2 + i] = q & 255
      else blocks[at + 2 + (i % 16)]! |= (q + 8) << (i < 16 ? 0 : 4)
    }
  }
  return { stored: packBlocks(format, blocks), values: known }
}

/** Words after which a large array repeats itself: a prime, so that hardly two rows of a matrix are the same. */
export const PERIOD = 65_521
/** The same in blocks. */
export const BLOCKS = 4093

const word = new DataView(new ArrayBuffer(4))

/** Truncates. */
function toBf16(value: number): number {
  word.setFloat32(0, value)
  return word.getUint16(0)
}

export function fromBf16(bits: number): number {
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
