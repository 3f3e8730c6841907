/**
 * The header of a GGUF file (github.com/ggml-org/ggml, docs/gguf.md), little-endian; tensors follow it in their order, each padded to
 * a multiple of 32 bytes.
 */

/** Types of metadata, by name. */
const TYPES = { u8: 0, u32: 4, i32: 5, f32: 6, bool: 7, text: 8, u64: 10 } as const
type Type = keyof typeof TYPES
type Scalar = number | string | boolean
export type GgufMeta =
  | readonly [type: Type, value: Scalar]
  | readonly [list: `${Type}[]`, values: ArrayLike<Scalar>]

/** Types of tensors, by name (`ggml_type`). */
export const GGUF_TYPES: Readonly<Record<string, number>> = {
  F32: 0,
  F16: 1,
  Q4_0: 2,
  Q8_0: 8,
  IQ4_XS: 23,
  BF16: 30,
}

export interface GgufEntry {
  name: string
  /** Rows first. */
  shape: readonly number[]
  type: string | number
  /** Of its data. */
  bytes: number
}

const LIST = 9
const ALIGNMENT = 32

/** Bytes up to the next multiple of the alignment. */
export const ggufPadded = (bytes: number) => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT

/** Everything before the data of the first tensor. */
export function ggufHeader(
  metadata: Readonly<Record<string, GgufMeta>>,
  tensors: readonly GgufEntry[],
  version = 3,
): Uint8Array<ArrayBuffer> {
  const out = new Growing()
  out.ascii('GGUF')
  out.u32(version)
  out.u64(tensors.length)
  out.u64(Object.keys(metadata).length)
  for (const [key, [type, value]] of Object.entries(metadata)) {
    out.text(key)
    if (!type.endsWith('[]')) {
      out.u32(TYPES[type as Type])
      out.scalar(type as Type, value as Scalar)
      continue
    }
    const of = type.slice(0, -2) as Type
    const values = value as ArrayLike<Scalar>
    out.u32(LIST)
    out.u32(TYPES[of])
    out.u64(values.length)
    for (let i = 0; i < values.length; i++) out.scalar(of, values[i]!)
  }
  let offset = 0
  for (const { name, shape, type, bytes } of tensors) {
    out.text(name)
    out.u32(shape.length)
    // The quickest dimension first.
    for (const size of [...shape].reverse()) out.u64(size)
    out.u32(typeof type === 'number' ? type : GGUF_TYPES[type]!)
    out.u64(offset)
    offset += ggufPadded(bytes)
  }
  return out.padded()
}

/** Bytes that are written one after the other. */
class Growing {
  #bytes = new Uint8Array(1 << 16)
  #view = new DataView(this.#bytes.buffer)
  #at = 0
  readonly #encoder = new TextEncoder()

  /** @returns where `count` bytes may be put */
  #place(count: number): number {
    const at = this.#at
    this.#at += count
    if (this.#at > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#at, 2 * this.#bytes.length))
      larger.set(this.#bytes)
      this.#bytes = larger
      this.#view = new DataView(larger.buffer)
    }
    return at
  }

  u32(value: number): void {
    const at = this.#place(4)
    this.#view.setUint32(at, value, true)
  }

  u64(value: number): void {
    const at = this.#place(8)
    this.#view.setBigUint64(at, BigInt(value), true)
  }

  ascii(value: string): void {
    const bytes = this.#encoder.encode(value)
    const at = this.#place(bytes.length)
    this.#bytes.set(bytes, at)
  }

  text(value: string): void {
    const bytes = this.#encoder.encode(value)
    this.u64(bytes.length)
    const at = this.#place(bytes.length)
    this.#bytes.set(bytes, at)
  }

  scalar(type: Type, value: Scalar): void {
    if (type === 'text') this.text(String(value))
    else if (type === 'u64') this.u64(Number(value))
    else if (type === 'u32') this.u32(Number(value))
    else {
      const at = this.#place(type === 'u8' || type === 'bool' ? 1 : 4)
      if (type === 'f32') this.#view.setFloat32(at, Number(value), true)
      else if (type === 'i32') this.#view.setInt32(at, Number(value), true)
      else this.#view.setUint8(at, Number(value))
    }
  }

  padded(): Uint8Array<ArrayBuffer> {
    this.#place(ggufPadded(this.#at) - this.#at)
    return this.#bytes.slice(0, this.#at)
  }
}
