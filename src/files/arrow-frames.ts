import { Message, MessageHeader, type Schema } from 'apache-arrow'
import { Message as MessageBuffer } from 'apache-arrow/fb/message'
import { Schema as SchemaBuffer } from 'apache-arrow/fb/schema'
import { ByteBuffer } from 'flatbuffers'
import { Damaged, Unsupported } from './damage.ts'
import { MAX_TYPE_LEVELS } from './limits.ts'

/** What walking through Arrow messages showed. */
export interface ArrowFacts {
  /** Record batches that lie in them. */
  batches: number
  /** Whether the end mark is there. */
  ended: boolean
  /** Bytes behind us. */
  byte: number
}

const CONTINUATION = 0xffffffff

/**
 * The messages of an Arrow stream one after another, each held against the bytes there are: a damaged length is an error here, while
 * apache-arrow may take it for the end. Messages of before version 0.15 have no mark before their length, and are given one.
 * @throws Damaged with the byte, Unsupported
 */
export async function* arrowStreamFrames(
  pieces: AsyncIterable<Uint8Array>,
  facts: ArrowFacts,
): AsyncIterable<Uint8Array> {
  const bytes = new Taker(pieces)
  for (let messages = 0; ; messages++) {
    facts.byte = bytes.at
    const first = await bytes.upTo(4)
    if (first.length === 0) return
    const marked = numberOf(first, facts.byte, bytes.at) === CONTINUATION
    const head = marked ? await bytes.upTo(4) : first
    const length = numberOf(head, facts.byte, bytes.at) | 0
    if (length < 0) throw new Damaged(`no message begins at byte ${facts.byte}`)
    if (length === 0) {
      const end = bytes.at
      if ((await bytes.upTo(1)).length > 0) throw new Damaged(`it goes on after its end at byte ${end}`)
      facts.ended = true
      return
    }
    const metadata = await bytes.take(length)
    const { bodyLength } = checkMessage(metadata, messages === 0 ? MessageHeader.Schema : null, facts)
    yield* framed(metadata, bodyLength > 0 ? await bytes.take(bodyLength) : null)
  }
}

/** A message as apache-arrow's reader of streams takes it. */
export function* framed(metadata: Uint8Array, body: Uint8Array | null): Iterable<Uint8Array> {
  const head = new DataView(new ArrayBuffer(8))
  head.setUint32(0, CONTINUATION, true)
  head.setInt32(4, metadata.length, true)
  yield new Uint8Array(head.buffer)
  yield metadata
  if (body) yield body
}

/**
 * @param wanted the kind that it must be; null: any but a schema
 * @throws Damaged, Unsupported
 */
export function checkMessage(
  metadata: Uint8Array,
  wanted: MessageHeader | null,
  facts: ArrowFacts,
): { bodyLength: number } {
  const message = decoded(metadata, facts.byte)
  const isWanted = wanted === null ? !message.isSchema() : message.headerType === wanted
  if (!isWanted)
    throw new Damaged(
      message.isSchema()
        ? `a schema out of place at byte ${facts.byte}`
        : `another message than was promised at byte ${facts.byte}`,
    )
  if (message.isSchema()) {
    const buffer = MessageBuffer.getRootAsMessage(new ByteBuffer(metadata))
    checkSchema(message.header() as Schema, buffer.header(new SchemaBuffer()) as SchemaBuffer)
  }
  if (message.isRecordBatch()) facts.batches++
  if (!(message.bodyLength >= 0)) throw new Damaged(`no message begins at byte ${facts.byte}`)
  return message
}

function decoded(metadata: Uint8Array, byte: number): Message {
  try {
    const message = Message.decode(metadata)
    if (message.isSchema()) message.header()
    return message
  } catch (error) {
    // A stack that is exhausted says nothing of the bytes.
    if (error instanceof RangeError && /call stack|recursion/i.test(error.message)) throw error
    throw namedType(error) ?? new Damaged(`no message begins at byte ${byte}`)
  }
}

/** Types of the format that apache-arrow does not know, by its words. */
const UNKNOWN: Record<string, string> = { 22: 'RunEndEncoded', 25: 'ListView', 26: 'LargeListView' }

/** What apache-arrow says of types that it does not know, in ours; null for anything else. */
export function namedType(error: unknown): Unsupported | null {
  const id = /Unrecognized type: .*\((\d+)\)/.exec(error instanceof Error ? error.message : '')?.[1]
  return id === undefined ? null : new Unsupported(`a column of type ${UNKNOWN[id] ?? `number ${id}`}`)
}

/**
 * @param schema as apache-arrow has it, without what is in `buffer` of the order of bytes
 * @throws Unsupported
 */
export function checkSchema(schema: Schema, buffer: SchemaBuffer): void {
  if (buffer.endianness() !== 0) throw new Unsupported('its numbers are big-endian')
  checkNames(schema.fields, 'columns')
}

interface Named {
  name: string
  type: { children?: readonly Named[] | null; typeId: number; bitWidth?: number }
}

const [STRUCT, INT] = [13, 2]

/** Two of one name would be one in a row; numbers of other widths than are known would be cut out of each other. */
function checkNames(fields: readonly Named[], what: string, level = 1): void {
  if (level > MAX_TYPE_LEVELS)
    throw new Unsupported(`a column is nested more than ${MAX_TYPE_LEVELS} levels deep`)
  const seen = new Set<string>()
  for (const { name, type } of fields) {
    if (seen.has(name)) throw new Unsupported(`it has two ${what} named "${name}"`)
    seen.add(name)
    // Polars has them; the format does not.
    if (type.typeId === INT && !(type.bitWidth! <= 64))
      throw new Unsupported(`the column "${name}" has whole numbers of ${type.bitWidth} bits`)
    const inner = type.children ?? []
    if (type.typeId === STRUCT) checkNames(inner, `fields in "${name}"`, level + 1)
    else for (const child of inner) checkNames([child], what, level + 1)
  }
}

function numberOf(bytes: Uint8Array, from: number, at: number): number {
  if (bytes.length < 4) throw new Damaged(`cut off at byte ${at}, in the message at byte ${from}`)
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true)
}

/** Bytes of a stream by the number. */
class Taker {
  at = 0
  readonly #pieces: AsyncIterator<Uint8Array>
  #held: Uint8Array[] = []
  #size = 0

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]()
  }

  async take(count: number): Promise<Uint8Array> {
    const bytes = await this.upTo(count)
    if (bytes.length < count) throw new Damaged(`cut off at byte ${this.at}`)
    return bytes
  }

  async upTo(count: number): Promise<Uint8Array> {
    while (this.#size < count) {
      const { done, value } = await this.#pieces.next()
      if (done) break
      this.#held.push(value)
      this.#size += value.length
    }
    // Copied, so that numbers in it begin at a multiple of their size.
    const out = new Uint8Array(Math.min(count, this.#size))
    for (let filled = 0; filled < out.length; ) {
      const piece = this.#held[0]!
      const part = piece.subarray(0, out.length - filled)
      out.set(part, filled)
      filled += part.length
      if (part.length === piece.length) this.#held.shift()
      else this.#held[0] = piece.subarray(part.length)
    }
    this.#size -= out.length
    this.at += out.length
    return out
  }
}
