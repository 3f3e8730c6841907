import { f32ToBf16 } from '../lib/bf16.ts'
import { BLOCK_BYTES, isBlocked, typeBytes } from '../lib/storage.ts'
import { fail } from '../protocol/errors.ts'
import type { GgufTensor } from './gguf.ts'
import { storedAs } from './gguf-blocks.ts'
import type { TensorToRead } from './safetensors-source.ts'

/** Values converted at a time: whole blocks of every type, and a few MB in memory. */
const PIECE = 2 ** 18

/**
 * A GGUF's tensor under another name, as it is stored here: F32, F16, BF16 and blocks of Q8_0 and Q4_0 as they are, others as
 * bf16, rounded to nearest even, piece by piece as it is read.
 * @param offset added to each value, in f32: a norm that is kept as 1 + w is brought back to w with -1; it is stored as F32
 */
export function ggufTensor(tensor: GgufTensor, name: string, offset = 0): TensorToRead {
  const { shape, type, start: base, source } = tensor
  const dtype = offset === 0 ? storedAs(type, shape) : 'F32'
  const count = shape.reduce((product, size) => product * size, 1)
  const bytes = typeBytes(dtype, count)
  const read: TensorToRead['read'] = (start, end, signal) => source.read(base + start, base + end, signal)
  if (offset === 0 && dtype === type.name && !isBlocked(dtype)) return { name, dtype, shape, bytes, read }
  if (isBlocked(dtype))
    return {
      name,
      dtype,
      shape,
      bytes,
      async read(start, end, signal) {
        const blocks = await read(start, end, signal)
        checkScales(blocks, start, BLOCK_BYTES[dtype], tensor, name)
        return blocks
      },
    }
  const width = dtype === 'F32' ? 4 : 2
  return {
    name,
    dtype,
    shape,
    bytes,
    async read(start, end, signal) {
      const out = new Uint8Array(end - start)
      const last = Math.ceil(end / width / type.values) * type.values
      for (let at = Math.floor(start / width / type.values) * type.values; at < last; at += PIECE) {
        const count = Math.min(PIECE, last - at)
        const from = base + (at / type.values) * type.bytes
        const blocks = await source.read(from, from + (count / type.values) * type.bytes, signal)
        const values = new Float32Array(count)
        type.unpack(blocks, values)
        if (offset !== 0) for (let i = 0; i < count; i++) values[i]! += offset
        const words = dtype === 'F32' ? values : f32ToBf16(values)
        checkFinite(words, tensor, name)
        const made = new Uint8Array(words.buffer)
        const [first, until] = [Math.max(start, at * width), Math.min(end, (at + count) * width)]
        out.set(made.subarray(first - at * width, until - at * width), first - start)
      }
      return out
    },
  }
}

/** Of bytes from `start` of a tensor on: an f16 with all bits of its exponent is no number. */
function checkScales(
  bytes: Uint8Array,
  start: number,
  block: number,
  tensor: GgufTensor,
  name: string,
): void {
  for (let at = (block + 1 - (start % block)) % block; at < bytes.length; at += block)
    if ((bytes[at]! & 0x7c) === 0x7c) notFinite(tensor, name)
}

/** A broken scale makes a whole block of what no weight can be. */
function checkFinite(values: Float32Array | Uint16Array, tensor: GgufTensor, name: string): void {
  // The high half of an f32 is a bf16.
  const words = values instanceof Uint16Array ? values : new Uint16Array(values.buffer)
  const step = values instanceof Uint16Array ? 1 : 2
  let largest = 0
  for (let i = step - 1; i < words.length; i += step) {
    const exponent = words[i]! & 0x7f80
    if (exponent > largest) largest = exponent
  }
  if (largest === 0x7f80) notFinite(tensor, name)
}

function notFinite({ file }: GgufTensor, name: string): never {
  fail(
    'bad_file',
    `${file} holds values in ${name} that are not finite numbers.`,
    'It is damaged; fetch it again.',
    { file, tensor: name },
  )
}
