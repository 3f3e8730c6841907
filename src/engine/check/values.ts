import type { StorageType } from '../../lib/storage.ts'

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

/** A weight's values as a kernel finds them (16-bit formats two to a word), and what they stand for. */
export function encode(
  format: StorageType,
  values: Float32Array<ArrayBuffer>,
): { stored: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>; values: Float32Array<ArrayBuffer> } {
  if (format === 'f32') return { stored: values, values }
  const [to, from] = format === 'bf16' ? [toBf16, fromBf16] : [toF16, fromF16]
  const bits = Uint16Array.from(values, to)
  return { stored: new Uint32Array(bits.buffer), values: Float32Array.from(bits, from) }
}

/** Words after which a large array repeats itself: a prime, so that hardly two rows of a matrix are the same. */
export const PERIOD = 65_521

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
