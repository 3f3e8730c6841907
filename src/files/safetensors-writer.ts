import { f32ToBf16, f32ToF16 } from '../lib/bf16.ts'
import { concatBytes } from '../lib/concat.ts'
import { typeBytes } from '../lib/storage.ts'
import type { WeightType } from '../protocol/model.ts'
import { blocksMetadata, headerType } from './blocked.ts'

/** A tensor to be written. Functions are called when its turn comes, so that only one need be in memory. */
export interface TensorToWrite {
  name: string
  /** Blocks are given as bytes. */
  dtype: WeightType
  shape: number[]
  /** Values, converted to `dtype`; or bytes, which are `dtype` already. */
  data: TensorData | (() => TensorData | Promise<TensorData>)
}
export type TensorData = Float32Array | Uint8Array

/** Tensors in the order the reference implementation writes: widest type first, then by name. */
export function writingOrder<T extends { name: string; dtype: WeightType }>(tensors: readonly T[]): T[] {
  const rank = { F32: 0, BF16: 1, F16: 2, Q8_0: 3, Q4_0: 4 }
  return [...tensors].sort(
    (a, b) => rank[a.dtype] - rank[b.dtype] || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  )
}

/** The 8-byte length and the JSON header, padded with spaces so that data begins on a multiple of 8 bytes. */
export function safetensorsHeader(
  tensors: readonly Omit<TensorToWrite, 'data'>[],
  metadata: Record<string, string> = {},
): Uint8Array<ArrayBuffer> {
  const all = { ...metadata, ...blocksMetadata(tensors) }
  const entries: [string, unknown][] = Object.keys(all).length ? [['__metadata__', all]] : []
  const seen = new Set<string>(['__metadata__'])
  let at = 0
  for (const { name, dtype, shape } of writingOrder(tensors)) {
    if (seen.has(name)) throw new RangeError(`tensor ${name} is given twice`)
    seen.add(name)
    const end = at + typeBytes(dtype, elements(shape))
    entries.push([name, { ...headerType(dtype, shape), data_offsets: [at, end] }])
    at = end
  }
  const json = new TextEncoder().encode(
    `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`)}}`,
  )
  const length = Math.ceil(json.length / 8) * 8
  const header = new Uint8Array(8 + length).fill(0x20)
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true)
  header.set(json, 8)
  return header
}

/** The file, piece by piece: the header, then one piece a tensor. */
export async function* encodeSafetensors(
  tensors: readonly TensorToWrite[],
  metadata: Record<string, string> = {},
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  yield safetensorsHeader(tensors, metadata)
  for (const tensor of writingOrder(tensors)) {
    signal?.throwIfAborted()
    const data = typeof tensor.data === 'function' ? await tensor.data() : tensor.data
    const bytes = tensorBytes(data, tensor.dtype)
    const expected = typeBytes(tensor.dtype, elements(tensor.shape))
    if (bytes.byteLength !== expected)
      throw new RangeError(`tensor ${tensor.name} has ${bytes.byteLength} bytes, its shape needs ${expected}`)
    yield bytes
  }
}

/** Browsers keep large blobs on disk, so a model need not fit into memory to be written. */
export async function safetensorsBlob(
  tensors: readonly TensorToWrite[],
  metadata: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<Blob> {
  const parts: Blob[] = []
  for await (const piece of encodeSafetensors(tensors, metadata, signal)) parts.push(new Blob([piece]))
  return new Blob(parts, { type: 'application/octet-stream' })
}

/** The whole file in memory, for adapters and checkpoints. */
export async function safetensorsBytes(
  tensors: readonly TensorToWrite[],
  metadata: Record<string, string> = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array<ArrayBuffer>[] = []
  for await (const piece of encodeSafetensors(tensors, metadata)) pieces.push(piece)
  return concatBytes(pieces)
}

function tensorBytes(data: TensorData, dtype: WeightType): Uint8Array<ArrayBuffer> {
  const values =
    data instanceof Uint8Array || dtype === 'F32' ? data : dtype === 'BF16' ? f32ToBf16(data) : f32ToF16(data)
  return new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength)
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}
