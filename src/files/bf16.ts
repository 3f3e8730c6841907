/**
 * 16-bit floats as they lie in weight files, and f32. Rounding is to nearest, ties to even (IEEE 754); NaN stays NaN,
 * overflow becomes infinity, subnormals are kept. Arrays are little-endian, as are all machines that run a browser.
 */

const word = new Uint32Array(1)
const wordAsFloat = new Float32Array(word.buffer)

/** bf16 bits to f32, exact. `out` has the length of `source`. */
export function bf16ToF32(
  source: Uint16Array,
  out: Float32Array<ArrayBuffer> = new Float32Array(source.length),
): Float32Array<ArrayBuffer> {
  const bits = new Int32Array(out.buffer, out.byteOffset, source.length)
  // Two at a time where they are aligned: half as many loads.
  const pairs = source.byteOffset % 4 === 0 ? source.length >> 1 : 0
  const words = new Int32Array(source.buffer, pairs ? source.byteOffset : 0, pairs)
  for (let i = 0, at = 0; i < pairs; i++) {
    const pair = words[i]!
    bits[at++] = pair << 16
    bits[at++] = pair & 0xffff0000
  }
  for (let i = 2 * pairs; i < source.length; i++) bits[i] = source[i]! << 16
  return out
}

/** f32 to bf16 bits. */
export function f32ToBf16(
  source: Float32Array,
  out: Uint16Array<ArrayBuffer> = new Uint16Array(source.length),
): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(source.buffer, source.byteOffset, source.length)
  for (let i = 0; i < bits.length; i++) {
    const x = bits[i]!
    // Adding just under half of the last kept place carries upwards where rounding must; a NaN could carry into infinity.
    if ((x & 0x7fffffff) > 0x7f800000) out[i] = (x >>> 16) | 0x40
    else out[i] = (x + 0x7fff + ((x >>> 16) & 1)) >>> 16
  }
  return out
}

/** One number rounded to bf16 and back. */
export function roundToBf16(x: number): number {
  wordAsFloat[0] = x
  const narrow = f32ToBf16(wordAsFloat)
  word[0] = narrow[0]! << 16
  return wordAsFloat[0]!
}

/** One number rounded to f16 and back. */
export const roundToF16 = (x: number): number => f16Value(f16Bits(x))

/** One number's f16 bits. */
export function f16Bits(x: number): number {
  wordAsFloat[0] = x
  return narrowToF16(word[0]!)
}

/** The number that f16 bits stand for. */
export function f16Value(bits: number): number {
  word[0] = f16Table()[bits]!
  return wordAsFloat[0]!
}

let widenedF16: Uint32Array | undefined

function f16Table(): Uint32Array {
  widenedF16 ??= Uint32Array.from({ length: 65536 }, (_, half) => widenF16(half))
  return widenedF16
}

/** f16 bits to f32, exact. */
export function f16ToF32(
  source: Uint16Array,
  out: Float32Array<ArrayBuffer> = new Float32Array(source.length),
): Float32Array<ArrayBuffer> {
  const table = f16Table()
  const bits = new Uint32Array(out.buffer, out.byteOffset, source.length)
  for (let i = 0; i < source.length; i++) bits[i] = table[source[i]!]!
  return out
}

function widenF16(half: number): number {
  const sign = (half & 0x8000) << 16
  const exponent = (half >>> 10) & 31
  const fraction = half & 0x3ff
  if (exponent === 31) return (sign | 0x7f800000 | (fraction << 13)) >>> 0
  if (exponent > 0) return (sign | ((exponent + 112) << 23) | (fraction << 13)) >>> 0
  wordAsFloat[0] = fraction * 2 ** -24
  return (sign | word[0]!) >>> 0
}

/** f32 to f16 bits. */
export function f32ToF16(
  source: Float32Array,
  out: Uint16Array<ArrayBuffer> = new Uint16Array(source.length),
): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(source.buffer, source.byteOffset, source.length)
  for (let i = 0; i < bits.length; i++) out[i] = narrowToF16(bits[i]!)
  return out
}

function narrowToF16(x: number): number {
  const sign = (x >>> 16) & 0x8000
  const magnitude = x & 0x7fffffff
  if (magnitude > 0x7f800000) return sign | 0x7e00 | ((magnitude >>> 13) & 0x3ff)
  if (magnitude >= 0x47800000) return sign | 0x7c00
  if (magnitude >= 0x38800000) {
    const rebased = magnitude - 0x38000000
    return sign | ((rebased + 0xfff + ((rebased >>> 13) & 1)) >>> 13)
  }
  // Subnormal in f16: adding 0.5 makes the FPU place (and round, to even) the last kept bit at 2^-24.
  word[0] = magnitude
  wordAsFloat[0] = wordAsFloat[0]! + 0.5
  return sign | (word[0]! - 0x3f000000)
}

/** The same bytes as 16-bit words; copies only where they are not aligned. */
export function asUint16(bytes: Uint8Array): Uint16Array {
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice()
  return new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength >> 1)
}

/** The same bytes as f32; copies only where they are not aligned. */
export function asFloat32(bytes: Uint8Array): Float32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
  return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength >> 2)
}
