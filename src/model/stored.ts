import { unpackSteps } from '../files/gguf-blocks.ts'
import { asFloat32, asUint16, bf16ToF32, f16ToF32 } from '../lib/bf16.ts'
import { BLOCK_BYTES, GROUP, isBlocked } from '../lib/storage.ts'
import type { BlockedType, PlainType, StoredTypes, WeightType } from '../protocol/model.ts'
import { heldBytes } from './storage.ts'
import { elementsOf, type ModelTensor } from './tensors.ts'

/** A tensor's elements on the host, row-major: as they are stored, or of blocks the steps, and a scale for each 32 of them. */
export type StoredElements =
  | { type: PlainType; data: Float32Array | Uint16Array }
  | { type: BlockedType; data: Int8Array; scales: Float32Array }

export function storedElements(bytes: Uint8Array, type: PlainType): StoredElements {
  return { type, data: type === 'F32' ? asFloat32(bytes) : asUint16(bytes) }
}

/** Bytes that elements take on the host. */
export function hostSize(type: WeightType, count: number): number {
  return isBlocked(type) ? count + (count / GROUP) * 4 : count * (type === 'F32' ? 4 : 2)
}

/** Bytes of a tensor on the host. */
export function hostBytes(tensor: ModelTensor, stored: StoredTypes | undefined): number {
  const type = stored?.get(tensor.name) ?? 'BF16'
  const count = elementsOf(tensor)
  return isBlocked(type) && tensor.shape.length === 2 ? hostSize(type, count) : heldBytes(tensor, stored)
}

/** Elements of blocks, to be filled from `fill`'s blocks on. `memory`: where they are to lie, see `hostSize`. */
export function blockedElements(type: BlockedType, count: number, memory?: Uint8Array) {
  const { buffer, byteOffset } = memory ?? new Uint8Array(hostSize(type, count))
  const data = new Int8Array(buffer, byteOffset, count)
  const scales = new Float32Array(buffer, byteOffset + count, count / GROUP)
  return {
    elements: { type, data, scales } satisfies StoredElements,
    /** Whole blocks, from byte `at` of the tensor on. */
    fill(at: number, blocks: Uint8Array): void {
      unpackSteps(type, blocks, data, scales, at / BLOCK_BYTES[type])
    },
  }
}

/** `count` elements from `from` on, as f32 into `out` from `at` on. */
export function widenInto(
  stored: StoredElements,
  from: number,
  out: Float32Array<ArrayBuffer>,
  at: number,
  count: number,
): void {
  const target = out.subarray(at, at + count)
  if ('scales' in stored) {
    const { data, scales } = stored
    for (let i = 0; i < count; i++) target[i] = data[from + i]! * scales[Math.floor((from + i) / GROUP)]!
    return
  }
  const source = stored.data.subarray(from, from + count)
  if (stored.type === 'F32') target.set(source)
  else (stored.type === 'BF16' ? bf16ToF32 : f16ToF32)(source as Uint16Array, target)
}

/** What makes a sign of the highest bit of a number that is eight more, twice in a byte. */
const SIGNS = 0x88

/** Blocks of Q4_0: their steps two in a byte, each with its sign, element i of 32 below and i + 16 above; and scales as f32. */
export function unpackNibbles(
  blocks: Uint8Array,
  steps: Uint8Array,
  scales: Float32Array<ArrayBuffer>,
): void {
  const { Q4_0 } = BLOCK_BYTES
  const half = GROUP / 2
  const bits = new Uint16Array(scales.length)
  for (let block = 0; block < scales.length; block++) {
    const from = block * Q4_0
    bits[block] = blocks[from]! | (blocks[from + 1]! << 8)
    for (let i = 0; i < half; i++) steps[block * half + i] = blocks[from + 2 + i]! ^ SIGNS
  }
  f16ToF32(bits, scales)
}

/** Steps, one a byte, of those that lie two in a byte as `unpackNibbles` puts them. */
export function nibbleSteps(nibbles: Uint8Array): Int8Array {
  const half = GROUP / 2
  const steps = new Int8Array(2 * nibbles.length)
  for (const [i, byte] of nibbles.entries()) {
    const at = Math.floor(i / half) * GROUP + (i % half)
    steps[at] = (byte << 28) >> 28
    steps[at + half] = (byte << 24) >> 28
  }
  return steps
}
