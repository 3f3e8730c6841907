import { fail } from '../protocol/errors.ts'
import type { ByteSource } from './bytes.ts'
import { type BlockType, blockType } from './gguf-blocks.ts'
import { Window } from './window.ts'

/**
 * Reader of GGUF (github.com/ggml-org/ggml, docs/gguf.md), versions 2 and 3, little-endian: metadata and the table of
 * tensors. Every length that the file gives is held against the bytes that are there before anything is made of it.
 */

export type GgufNumbers = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array
/** Whole numbers that f64 does not hold exactly stay bigints. */
export type GgufValue = number | bigint | boolean | string | readonly string[] | GgufNumbers

export interface GgufTensor {
  /** Rows first, as safetensors has it: the file lists the quickest dimension first. */
  shape: number[]
  type: BlockType
  /** Bytes [start, end) in `source`. For a type that is not read, `end` is unknown: the same as `start`. */
  start: number
  end: number
  source: ByteSource
  /** The file that it lies in. */
  file: string
}

export interface GgufFile {
  /** Of the first part. */
  name: string
  metadata: ReadonlyMap<string, GgufValue>
  tensors: ReadonlyMap<string, GgufTensor>
}

/** Real headers have some 20 MB (262,144 words with merges); the same limit as that of safetensors. */
const MAX_HEADER_BYTES = 100_000_000
const DEFAULT_ALIGNMENT = 32
/** Bytes that an entry takes at least: a name's length, a type, a value or a number of dimensions, an offset. */
const LEAST_METADATA = 13
const LEAST_TENSOR = 8 + 4 + 4 + 8

type Bad = (what: string, detail?: Record<string, string | number>) => never

/**
 * Reads and checks the header; tensor data stays where it is.
 * @throws LapidaryError `bad_file` with the byte, key or tensor; `unsupported_format` for version 1 or big-endian.
 */
export async function openGguf(source: ByteSource, name: string, signal?: AbortSignal): Promise<GgufFile> {
  const bad: Bad = (what, detail = {}) =>
    fail(
      'bad_file',
      `${name} is not a valid GGUF file: ${what}.`,
      'It is damaged or was cut off while being copied; fetch or export it again.',
      { file: name, ...detail },
    )
  const cursor = new Cursor(source, bad, signal)
  await checkBeginning(cursor, source, name, bad)
  const tensorCount = await cursor.count('tensors', LEAST_TENSOR)
  const metadataCount = await cursor.count('metadata entries', LEAST_METADATA)
  const metadata = new Map<string, GgufValue>()
  for (let i = 0; i < metadataCount; i++) {
    const key = await cursor.text(`the name of metadata entry ${i}`)
    if (metadata.has(key)) bad(`it gives ${key} twice`, { field: key })
    metadata.set(key, await cursor.value(await cursor.u32(key), key))
  }
  const alignment = metadata.get('general.alignment') ?? DEFAULT_ALIGNMENT
  if (typeof alignment !== 'number' || alignment < 1 || alignment % 8 !== 0)
    bad(`general.alignment is ${String(alignment)}; it must be a multiple of 8`, {
      field: 'general.alignment',
    })
  const table: [string, number[], number, number][] = []
  for (let i = 0; i < tensorCount; i++) {
    const tensor = await cursor.text(`the name of tensor ${i}`)
    table.push([tensor, ...(await cursor.tensor(tensor))])
  }
  const dataStart = Math.ceil(cursor.at / (alignment as number)) * (alignment as number)
  const tensors = new Map<string, GgufTensor>()
  for (const [tensor, shape, typeId, offset] of table) {
    if (tensors.has(tensor)) bad(`it gives tensor ${tensor} twice`, { tensor })
    if (offset % (alignment as number) !== 0)
      bad(`tensor ${tensor} begins at byte ${offset} of the data, which is no multiple of ${alignment}`, {
        tensor,
      })
    const type = blockType(typeId)
    const start = dataStart + offset
    const end = start + sizeOf(tensor, shape, type, bad)
    if (end > source.size)
      bad(`tensor ${tensor} ends at byte ${end}, but the file at byte ${source.size}`, { tensor, byte: end })
    tensors.set(tensor, { shape, type, start, end, source, file: name })
  }
  checkOverlaps(tensors, bad)
  return { name, metadata, tensors }
}

async function checkBeginning(cursor: Cursor, source: ByteSource, name: string, bad: Bad): Promise<void> {
  if (source.size < 24) bad(`it has ${source.size} bytes, fewer than the 24 of a header`)
  const magic = await cursor.take(4, 'its first bytes')
  if (String.fromCharCode(...magic) !== 'GGUF') bad('it does not begin with "GGUF"', { byte: 0 })
  const version = await cursor.u32('its version')
  if (version > 0xffff && (version & 0xffff) === 0)
    fail(
      'unsupported_format',
      `${name} is big-endian, made for machines such as IBM's.`,
      'Use the little-endian file that the model comes as.',
      { file: name },
    )
  if (version !== 2 && version !== 3)
    fail(
      'unsupported_format',
      `${name} is GGUF version ${version}; versions 2 and 3 are read.`,
      version === 1 ? 'Fetch the model again: version 1 was replaced in 2023.' : 'Update the studio.',
      { file: name, found: version },
    )
}

/** Bytes of a tensor's data; 0 where the type's blocks are not known. */
function sizeOf(tensor: string, shape: number[], type: BlockType, bad: Bad): number {
  if (type.bytes === 0) return 0
  const row = shape.at(-1)!
  if (row % type.values !== 0)
    bad(
      `tensor ${tensor} has rows of ${row} values, which are no whole blocks of ${type.name} (${type.values} values)`,
      { tensor },
    )
  return (shape.reduce((product, size) => product * size, 1) / type.values) * type.bytes
}

function checkOverlaps(tensors: ReadonlyMap<string, GgufTensor>, bad: Bad): void {
  const sorted = [...tensors].sort(([, a], [, b]) => a.start - b.start || a.end - b.end)
  for (const [i, [tensor, { start }]] of sorted.entries())
    if (i > 0 && start < sorted[i - 1]![1].end)
      bad(`tensors ${sorted[i - 1]![0]} and ${tensor} overlap`, { tensor, byte: start })
}

const TEXT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const [U8, I8, U16, I16, U32, I32, F32, BOOL, STRING, ARRAY, U64, I64, F64] = Array.from(
  { length: 13 },
  (_, type) => type,
)
/** Bytes of a value, by type; a text has at least those of its length. */
const BYTES: readonly number[] = [1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8]

/** Walks over a header from its beginning. */
class Cursor {
  at = 0
  readonly #window: Window
  readonly #bad: Bad

  constructor(source: ByteSource, bad: Bad, signal?: AbortSignal) {
    this.#window = new Window(source, signal)
    this.#bad = bad
  }

  /** @param what named where the bytes are not there */
  async take(bytes: number, what: string): Promise<Uint8Array<ArrayBuffer>> {
    const [start, end] = [this.at, this.at + bytes]
    if (end > this.#window.size)
      this.#bad(`${what} would end at byte ${end}, but the file ends at byte ${this.#window.size}`, {
        byte: start,
      })
    if (end > MAX_HEADER_BYTES)
      this.#bad(`its header goes on beyond ${MAX_HEADER_BYTES} bytes, the most allowed (${what})`, {
        byte: start,
      })
    this.at = end
    return this.#window.peek(start, end) ?? (await this.#window.load(start, end))
  }

  async u32(what: string): Promise<number> {
    return view(await this.take(4, what)).getUint32(0, true)
  }

  async #u64(what: string): Promise<number> {
    const bytes = view(await this.take(8, what))
    // Beyond 2^53 not exact, and beyond every file.
    return bytes.getUint32(0, true) + bytes.getUint32(4, true) * 2 ** 32
  }

  /** A number of things, each of at least so many bytes. */
  async count(what: string, least: number): Promise<number> {
    const count = await this.#u64(`the number of ${what}`)
    if (count * least > this.#window.size - this.at)
      this.#bad(`it claims ${count} ${what}, more than its ${this.#window.size} bytes can hold`, {
        byte: this.at - 8,
        found: count,
      })
    return count
  }

  async text(what: string): Promise<string> {
    const length = await this.#u64(`the length of ${what}`)
    const start = this.at
    const bytes = await this.take(length, what)
    try {
      return TEXT.decode(bytes)
    } catch {
      return this.#bad(`${what} is not UTF-8`, { byte: start })
    }
  }

  async value(type: number, key: string): Promise<GgufValue> {
    if (type === STRING) return this.text(key)
    if (type === ARRAY) return this.#array(key)
    const bytes = BYTES[type]
    if (bytes === undefined)
      return this.#bad(`${key} is of type ${type}, which GGUF does not have`, { field: key })
    const data = view(await this.take(bytes, key))
    return type === BOOL ? data.getUint8(0) !== 0 : exact(READ[type]!(data, 0))
  }

  async #array(key: string): Promise<GgufValue> {
    const type = await this.u32(key)
    const bytes = BYTES[type]
    if (bytes === undefined || type === ARRAY)
      return this.#bad(
        `${key} is a list of ${type === ARRAY ? 'lists' : `type ${type}`}, which is not read`,
        {
          field: key,
        },
      )
    const count = await this.count(`values of ${key}`, bytes)
    if (type === STRING) {
      const texts: string[] = []
      for (let i = 0; i < count; i++) texts.push(await this.text(`value ${i} of ${key}`))
      return texts
    }
    const data = view(await this.take(count * bytes, key))
    const values = type === F32 ? new Float32Array(count) : integers(type, count)
    for (let i = 0; i < count; i++) values[i] = Number(READ[type]!(data, i * bytes))
    return values
  }

  /** @returns shape, type and offset of a tensor whose name was read */
  async tensor(name: string): Promise<[shape: number[], type: number, offset: number]> {
    const dimensions = await this.u32(name)
    if (dimensions < 1 || dimensions > 4)
      this.#bad(`tensor ${name} has ${dimensions} dimensions; 1 to 4 are possible`, { tensor: name })
    const shape: number[] = []
    for (let i = 0; i < dimensions; i++) shape.unshift(await this.#u64(`the shape of tensor ${name}`))
    const elements = shape.reduce((product, size) => product * size, 1)
    if (elements < 1 || !Number.isSafeInteger(elements))
      this.#bad(`tensor ${name} has the impossible shape [${shape}]`, { tensor: name })
    return [
      shape,
      await this.u32(`the type of tensor ${name}`),
      await this.#u64(`the offset of tensor ${name}`),
    ]
  }
}

/** Readers by type of value. */
const READ: Readonly<Record<number, (data: DataView, at: number) => number | bigint>> = {
  [U8!]: (data, at) => data.getUint8(at),
  [I8!]: (data, at) => data.getInt8(at),
  [U16!]: (data, at) => data.getUint16(at, true),
  [I16!]: (data, at) => data.getInt16(at, true),
  [U32!]: (data, at) => data.getUint32(at, true),
  [I32!]: (data, at) => data.getInt32(at, true),
  [F32!]: (data, at) => data.getFloat32(at, true),
  [BOOL!]: (data, at) => data.getUint8(at),
  [U64!]: (data, at) => data.getBigUint64(at, true),
  [I64!]: (data, at) => data.getBigInt64(at, true),
  [F64!]: (data, at) => data.getFloat64(at, true),
}

function integers(type: number, count: number): GgufNumbers {
  if (type === U8 || type === BOOL) return new Uint8Array(count)
  if (type === U16 || type === U32) return new Uint32Array(count)
  if (type === I8 || type === I16 || type === I32) return new Int32Array(count)
  return new Float64Array(count)
}

function exact(value: number | bigint): number | bigint {
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value
}

function view(bytes: Uint8Array<ArrayBuffer>): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
