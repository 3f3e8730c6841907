import { concatBytes } from '../lib/concat.ts'
import { maskedCrc32c } from '../lib/crc32c.ts'
import { fail, LapidaryError } from '../protocol/errors.ts'
import { gunzip } from './gzip.ts'

/** Length (8 bytes) and its checksum (4). */
const HEADER = 12
const CHECKSUM = 4
/** Protocol buffers are never longer. */
const MAX_RECORD = 2 ** 31

/**
 * Whether a file begins as a TFRecord does: a length, and the masked CRC-32C of it. Compressed ones are told by their own
 * first bytes.
 */
export function isTfRecord(head: Uint8Array): boolean {
  if (head.length < HEADER) return false
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  return view.getUint32(4, true) < 2 ** 21 && maskedCrc32c(head, 0, 8) === view.getUint32(8, true)
}

/**
 * Records of a TFRecord file (tensorflow/core/lib/io/record_writer.h), some at a time, in order; each a view of bytes that
 * no later record overwrites. GZIP- and ZLIB-compressed files are inflated on the way. Every checksum is verified.
 * @param pieces the file from front to back, in pieces of any size
 * @throws LapidaryError `bad_file` with `record` (0-based) and `byte` (of the inflated file) of what is damaged.
 */
export async function* readTfRecords(
  pieces: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<Uint8Array[]> {
  let waiting: Uint8Array[] = []
  let [held, needed] = [0, HEADER]
  let offset = 0
  let count = 0
  for await (const piece of inflated(pieces, name)) {
    waiting.push(piece)
    held += piece.length
    if (held < needed) continue
    const bytes = concatBytes(waiting)
    const records: Uint8Array[] = []
    let at = 0
    for (;;) {
      const end = recordEnd(bytes, at, { name, record: count, byte: offset + at })
      needed = (end ?? at + HEADER) - at
      if (end === null || end > bytes.length) break
      records.push(bytes.subarray(at + HEADER, end - CHECKSUM))
      at = end
      count++
    }
    waiting = [bytes.subarray(at)]
    held -= at
    offset += at
    if (records.length > 0) yield records
  }
  if (held > 0)
    fail(
      'bad_file',
      `${name} ends within record ${count + 1}, which begins at byte ${offset}.`,
      'It was probably cut off while being copied or downloaded; fetch it again.',
      { file: name, record: count, byte: offset, size: offset + held },
    )
}

interface Place {
  name: string
  record: number
  byte: number
}

/** Where the record at `at` ends, null where not even its length is there; verifies what is there. */
function recordEnd(bytes: Uint8Array, at: number, place: Place): number | null {
  if (bytes.length - at < HEADER) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32
  if (maskedCrc32c(bytes, at, at + 8) !== view.getUint32(at + 8, true) || length > MAX_RECORD)
    damaged(place, 'length')
  const end = at + HEADER + length + CHECKSUM
  if (end > bytes.length) return end
  if (maskedCrc32c(bytes, at + HEADER, end - CHECKSUM) !== view.getUint32(end - CHECKSUM, true))
    damaged(place, 'data')
  return end
}

function damaged({ name, record, byte }: Place, part: 'length' | 'data'): never {
  if (record === 0 && part === 'length')
    fail('bad_file', `${name} is not a TFRecord file: it does not begin with a record.`, FETCH_AGAIN, {
      file: name,
      record,
      byte,
    })
  fail(
    'bad_file',
    `${name} is damaged: the checksum of record ${record + 1} (its ${part}, at byte ${byte}) does not match.`,
    FETCH_AGAIN,
    { file: name, record, byte, part },
  )
}

const FETCH_AGAIN = 'Some bytes were changed on the way; fetch or write the file again.'

/** The file's own bytes, whatever it was compressed with (`TFRecordOptions`: none, GZIP or ZLIB). */
async function* inflated(pieces: AsyncIterable<Uint8Array>, name: string): AsyncIterable<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]()
  const first = await iterator.next()
  if (first.done) return
  const all = prepended(first.value, iterator)
  const format = compression(first.value)
  if (format === 'gzip') yield* gunzip(all, name)
  else if (format === 'zlib') yield* unzlib(all, name)
  else yield* all
}

async function* prepended<T>(first: T, rest: AsyncIterator<T>): AsyncGenerator<T> {
  yield first
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
}

/** RFC 1950; its Adler-32 is verified. */
async function* unzlib(pieces: AsyncGenerator<Uint8Array>, name: string): AsyncIterable<Uint8Array> {
  const compressed = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const { done, value } = await pieces.next()
      if (done) controller.close()
      else controller.enqueue(value as Uint8Array<ArrayBuffer>)
    },
  })
  const reader = compressed.pipeThrough(new DecompressionStream('deflate')).getReader()
  for (let read = 0; ; ) {
    const { done, value } = await reader.read().catch((error: unknown) => notInflated(name, read, error))
    if (done) return
    read += value.length
    yield value
  }
}

function notInflated(name: string, byte: number, error: unknown): never {
  // A failed read of the file itself, or a stop, is no fault of the compressed data.
  if (error instanceof LapidaryError || (error as Error)?.name === 'AbortError') throw error
  const reason = error instanceof Error ? error.message : String(error)
  fail(
    'bad_file',
    `${name} is zlib-compressed and cannot be inflated beyond byte ${byte}.`,
    'It was probably cut off or changed on the way; fetch it again.',
    { file: name, byte, reason },
  )
}

function compression(head: Uint8Array): 'gzip' | 'zlib' | null {
  if (isTfRecord(head)) return null
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip'
  // RFC 1950: method 8 and a multiple of 31.
  if ((head[0]! & 0x0f) === 8 && head.length > 1 && ((head[0]! << 8) | head[1]!) % 31 === 0) return 'zlib'
  return null
}
