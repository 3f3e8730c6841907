import { highwayHash64 } from '../lib/highwayhash.ts'
import { fail, LapidaryError } from '../protocol/errors.ts'
import type { ByteSource } from './bytes.ts'
import { numberFields, ProtoReader } from './protobuf.ts'
import { Window } from './window.ts'

/**
 * ArrayRecord (google/array_record, cpp/layout.proto): Riegeli/records chunks
 * (google/riegeli, doc/riegeli_records_file_format.md), then a chunk that lists them (the footer), then, in a block of its
 * own, one that says where the footer is (the postscript).
 */

const BLOCK = 65_536
const BLOCK_HEADER = 24
const USABLE = BLOCK - BLOCK_HEADER
const CHUNK_HEADER = 40
/** `RiegeliPostscript.magic`, as two words. */
const MAGIC = [0x4fdae05e, 0x71930e70]
/** More than a browser holds: a size above it is a damaged one. */
const MAX_CHUNK = 2 ** 31
/** Records given at a time, in bytes. */
const BATCH = 4 << 20

const KEY = words(new TextEncoder().encode('Riegeli/records\nRiegeli/records\n'))

/** First bytes of every Riegeli file: a block header, and the header of a signature chunk. */
const SIGNATURE = Uint8Array.from(
  '83af70d10d884a3f0000000000000000400000000000000091bac23c9287e1a9'.match(/../g)!,
  (hex) => Number.parseInt(hex, 16),
)

/** Whether a file begins as ArrayRecord (and any Riegeli/records file) does. */
export function isArrayRecord(head: Uint8Array): boolean {
  return head.length >= SIGNATURE.length && SIGNATURE.every((byte, i) => head[i] === byte)
}

type Codecs = typeof import('hyparquet-compressors') & typeof import('./zstd.ts')

interface Chunk {
  /** One of the letters that the format gives its kinds. */
  type: string
  begin: number
  /** Where the next one begins. */
  end: number
  records: number
  /** Sum of the records' bytes. */
  decoded: number
  /** Where the data begin, counted without block headers from `begin`, is CHUNK_HEADER; this is their size. */
  size: number
  dataHash: [number, number]
}

/**
 * Records of an ArrayRecord file, some at a time, in order. Reads simple chunks with any of the compressions (zstd by
 * default, brotli, snappy, none) and verifies every hash, and the counts against the footer.
 * @throws LapidaryError `bad_file` (with `byte`, the chunk's, and `record`, the first one missing), `unsupported_format` for
 * transposed chunks, which the writer makes only when told to.
 */
export async function* readArrayRecords(
  source: ByteSource,
  name: string,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array[]> {
  // Loaded when needed: they bring WebAssembly and a dictionary with them.
  const codecs: Codecs = { ...(await import('hyparquet-compressors')), ...(await import('./zstd.ts')) }
  const reader = new ChunkReader(new Window(source, signal), name, codecs)
  const footer = await readFooter(new ChunkReader(new Window(source, signal), name, codecs))
  let batch: Uint8Array[] = []
  let [bytes, count] = [0, 0]
  for (let at = 0; at < footer.offset; ) {
    reader.record = count
    const chunk = await reader.header(at)
    at = chunk.end
    if (chunk.records === 0) continue
    const records = await reader.records(chunk)
    count += records.length
    bytes += chunk.decoded + 64 * records.length
    for (const record of records) batch.push(record)
    if (bytes < BATCH) continue
    signal?.throwIfAborted()
    yield batch
    batch = []
    bytes = 0
  }
  if (count !== footer.records)
    fail(
      'bad_file',
      `${name} has ${count} records, but says that it has ${footer.records}.`,
      'It was not written to its end, or was changed; fetch or write it again.',
      { file: name, found: count, expected: footer.records, byte: footer.offset },
    )
  if (batch.length > 0) yield batch
}

/** Where the footer begins, and how many records it promises. */
async function readFooter(reader: ChunkReader): Promise<{ offset: number; records: number }> {
  const { size } = reader.window
  if (size < BLOCK || size % BLOCK !== 0) noPostscript(reader)
  reader.record = null
  const postscript = await reader.header(size - BLOCK)
  if (postscript.type !== 'r') noPostscript(reader)
  const [first] = await reader.records(postscript)
  const fields = first ? new ProtoReader(first) : null
  let offset = -1
  let magic = false
  try {
    while (fields?.next()) {
      if (fields.field === 1) offset = fields.varint()
      else if (fields.field === 2) magic = isMagic(fields.int64())
      else fields.skip()
    }
  } catch {
    noPostscript(reader)
  }
  if (!magic || offset < 0 || offset >= size) noPostscript(reader)
  const footer = await reader.records(await reader.header(offset))
  // RiegeliFooterMetadata: its field 1 is the metadata of ArrayRecord, whose field 3 counts the records.
  let records: number | undefined
  try {
    const metadata = new ProtoReader(footer[0] ?? new Uint8Array(0))
    while (metadata.next())
      if (metadata.field === 1) {
        const [start, end] = metadata.span()
        records = numberFields(metadata.bytes.subarray(start, end)).get(3) ?? 0
      } else metadata.skip()
  } catch {
    records = undefined
  }
  return records === undefined ? noPostscript(reader) : { offset, records }
}

function isMagic(value: number | bigint): boolean {
  return BigInt.asUintN(64, BigInt(value)) === (BigInt(MAGIC[1]!) << 32n) + BigInt(MAGIC[0]!)
}

function noPostscript({ name, window }: ChunkReader): never {
  fail(
    'bad_file',
    `${name} does not end as an ArrayRecord file does (at byte ${window.size}).`,
    'It was probably cut off while being copied or downloaded; fetch it again.',
    { file: name, byte: window.size },
  )
}

class ChunkReader {
  readonly window: Window
  readonly name: string
  readonly #codecs: Codecs
  /** Number of the record that the next chunk begins with, for messages; null where none does. */
  record: number | null = null

  constructor(window: Window, name: string, codecs: Codecs) {
    this.window = window
    this.name = name
    this.#codecs = codecs
  }

  async header(begin: number): Promise<Chunk> {
    const bytes = await this.#logical(begin, 0, CHUNK_HEADER)
    const view = new DataView(bytes.buffer, bytes.byteOffset, CHUNK_HEADER)
    const number = (at: number) => view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32
    if (!sameHash(view, 0, highwayHash64(KEY, bytes.subarray(8)))) this.#damaged(begin, 'the chunk header')
    const size = number(8)
    const records = view.getUint32(25, true) + view.getUint16(29, true) * 2 ** 32 + bytes[31]! * 2 ** 48
    const decoded = number(32)
    const whole = withBlockHeaders(begin, CHUNK_HEADER + size)
    const end = Math.max(whole, possibleBoundary(begin + records))
    if (size > MAX_CHUNK || decoded > MAX_CHUNK || whole > this.window.size) this.#damaged(begin, 'its size')
    const dataHash: [number, number] = [view.getUint32(16, true), view.getUint32(20, true)]
    return { type: String.fromCharCode(bytes[24]!), begin, end, records, decoded, size, dataHash }
  }

  async records(chunk: Chunk): Promise<Uint8Array[]> {
    const { begin, type, size } = chunk
    if (type !== 'r')
      fail(
        'unsupported_format',
        `${this.name} has a ${type === 't' ? 'transposed' : 'strange'} chunk at byte ${begin}.`,
        'Write it again with the options "group_size:1", as TFDS does.',
        { file: this.name, byte: begin, type, record: this.record },
      )
    const data = await this.#logical(begin, CHUNK_HEADER, size)
    const [low, high] = highwayHash64(KEY, data)
    if (low !== chunk.dataHash[0] || high !== chunk.dataHash[1]) this.#damaged(begin, 'its data')
    try {
      return simpleChunk(data, chunk, this.#codecs)
    } catch (error) {
      if (error instanceof LapidaryError) throw error
      // Right hashes with wrong contents: written wrongly, or by a later version.
      this.#damaged(begin, `its contents (${error instanceof Error ? error.message : String(error)})`)
    }
  }

  /** `size` bytes behind `skip` bytes of the chunk that begins at `begin`, without the block headers in between. */
  async #logical(begin: number, skip: number, size: number): Promise<Uint8Array<ArrayBuffer>> {
    const start = skip === 0 ? begin : withBlockHeaders(begin, skip)
    const end = withBlockHeaders(begin, skip + size)
    if (end > this.window.size) this.#damaged(begin, 'the end of the file, which comes too early')
    const bytes = this.window.peek(start, end) ?? (await this.window.load(start, end))
    if (end - start === size) return bytes
    const logical = new Uint8Array(size)
    let filled = 0
    for (let at = start; at < end; ) {
      if (at % BLOCK < BLOCK_HEADER) {
        at += BLOCK_HEADER - (at % BLOCK)
        continue
      }
      const until = Math.min(end, at - (at % BLOCK) + BLOCK)
      logical.set(bytes.subarray(at - start, until - start), filled)
      filled += until - at
      at = until
    }
    return logical
  }

  #damaged(byte: number, what: string): never {
    const where = this.record === null ? '' : `, from record ${this.record + 1} on`
    fail(
      'bad_file',
      `${this.name} is damaged at byte ${byte}${where}: ${what} cannot be right.`,
      'Some bytes were lost or changed on the way; fetch or write the file again.',
      { file: this.name, byte, record: this.record },
    )
  }
}

/** Records of a chunk of the simple kind: their sizes, then all of them end to end. */
function simpleChunk(data: Uint8Array<ArrayBuffer>, chunk: Chunk, codecs: Codecs): Uint8Array[] {
  const head = new ProtoReader(data, 1)
  const sizesSize = head.varint()
  if (sizesSize > data.length - head.at) throw new RangeError('the sizes are longer than the chunk')
  const valuesAt = head.at + sizesSize
  const method = data[0]!
  const sizes = new ProtoReader(inflate(method, data.subarray(head.at, valuesAt), codecs))
  const values = inflate(method, data.subarray(valuesAt), codecs)
  const records: Uint8Array[] = []
  let at = 0
  for (let i = 0; i < chunk.records; i++) {
    const size = sizes.varint()
    if (size > values.length - at) throw new RangeError(`record ${i + 1} of the chunk is longer than it`)
    records.push(values.subarray(at, at + size))
    at += size
  }
  if (at !== values.length || sizes.at !== sizes.end || at !== chunk.decoded)
    throw new RangeError('the sizes do not add up')
  return records
}

function inflate(method: number, bytes: Uint8Array<ArrayBuffer>, codecs: Codecs): Uint8Array {
  if (method === 0) return bytes
  const head = new ProtoReader(bytes)
  const size = head.varint()
  if (size > MAX_CHUNK) throw new RangeError(`${size} bytes are too many`)
  const compressed = bytes.subarray(head.at)
  const output = decompress(String.fromCharCode(method), compressed, size, codecs)
  if (output.length !== size) throw new RangeError(`${output.length} bytes instead of ${size}`)
  return output
}

function decompress(method: string, bytes: Uint8Array, size: number, codecs: Codecs): Uint8Array {
  if (size === 0) return new Uint8Array(0)
  if (method === 'z') return codecs.unpackZstd(bytes, size)
  if (method === 'b') return codecs.decompressBrotli(bytes, size)
  if (method === 's') return codecs.decompressSnappy(bytes, size)
  throw new RangeError(`unknown compression "${method}"`)
}

/** Position behind `size` bytes written from `position` on, block headers in between included. */
function withBlockHeaders(position: number, size: number): number {
  const headers = Math.floor((size + ((position + USABLE - 1) % BLOCK)) / USABLE)
  return position + size + headers * BLOCK_HEADER
}

/** The next position at which a chunk may begin: not inside nor just behind a block header. */
function possibleBoundary(position: number): number {
  const remaining = BLOCK - 1 - ((position + BLOCK - 1) % BLOCK)
  return position + Math.max(0, remaining - (USABLE - 1))
}

function sameHash(view: DataView, at: number, [low, high]: [number, number]): boolean {
  return view.getUint32(at, true) === low && view.getUint32(at + 4, true) === high
}

function words(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer)
  return Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i, true))
}
