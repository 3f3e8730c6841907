import { asFloat32, asUint16, bf16ToF32, f16ToF32 } from '../files/bf16.ts'
import type { WeightType } from '../protocol/model.ts'

/** A tensor's elements as they are stored, row-major. */
export interface StoredElements {
  type: WeightType
  data: Float32Array | Uint16Array
}

export function storedElements(bytes: Uint8Array, type: WeightType): StoredElements {
  return { type, data: type === 'F32' ? asFloat32(bytes) : asUint16(bytes) }
}

/** `count` elements from `from` on, as f32 into `out` from `at` on. */
export function widenInto(
  { data, type }: StoredElements,
  from: number,
  out: Float32Array<ArrayBuffer>,
  at: number,
  count: number,
): void {
  const source = data.subarray(from, from + count)
  const target = out.subarray(at, at + count)
  if (type === 'F32') target.set(source)
  else (type === 'BF16' ? bf16ToF32 : f16ToF32)(source as Uint16Array, target)
}
