import { Message } from 'apache-arrow'

/** What walking through an Arrow stream showed. */
export interface ArrowFacts {
  /** Record batches that lie in it. */
  batches: number
  /** Whether its end mark is there. */
  ended: boolean
  /** Bytes behind us. */
  byte: number
}

/** Bytes before the stream that a file is made of, and mark at its very end. */
const FILE_HEAD = 8
const FILE_MARK = 'ARROW1'

/**
 * The messages of an Arrow stream, or of the stream inside an Arrow file, one after another, each held against the bytes
 * there are: a damaged length is an error here, while apache-arrow may take it for the end.
 * @throws Error with the byte
 */
export async function* arrowFrames(
  pieces: AsyncIterable<Uint8Array>,
  isFile: boolean,
  facts: ArrowFacts,
): AsyncIterable<Uint8Array> {
  const bytes = new Taker(pieces)
  if (isFile) await bytes.take(FILE_HEAD)
  for (let messages = 0; ; messages++) {
    facts.byte = bytes.at
    const head = await bytes.upTo(8)
    if (head.length === 0 && !isFile) return
    if (head.length < 8) throw new Error(`cut off at byte ${bytes.at}`)
    const view = new DataView(head.buffer, head.byteOffset, 8)
    const length = view.getInt32(4, true)
    if (view.getUint32(0, true) !== 0xffffffff || length < 0)
      throw new Error(`no message begins at byte ${facts.byte}`)
    if (length === 0) {
      await checkEnd(bytes, isFile)
      facts.ended = true
      yield head
      return
    }
    const metadata = await bytes.take(length)
    const message = Message.decode(metadata)
    if (message.isSchema() !== (messages === 0))
      throw new Error(`a schema out of place at byte ${facts.byte}`)
    if (message.isRecordBatch()) facts.batches++
    yield head
    yield metadata
    if (!(message.bodyLength >= 0)) throw new Error(`no message begins at byte ${facts.byte}`)
    if (message.bodyLength > 0) yield await bytes.take(message.bodyLength)
  }
}

/** Behind the end mark of a file lie its footer, the footer's length and the mark. */
async function checkEnd(bytes: Taker, isFile: boolean): Promise<void> {
  const end = bytes.at
  const rest = await bytes.upTo(Number.POSITIVE_INFINITY)
  const tail = rest.subarray(rest.length - 10)
  if (isFile && (tail.length < 10 || new TextDecoder().decode(tail.subarray(4)) !== FILE_MARK))
    throw new Error('its end mark is missing, so it was cut off')
  const footer = isFile ? new DataView(tail.buffer, tail.byteOffset, 10).getInt32(0, true) + 10 : 0
  if (rest.length !== footer) throw new Error(`it goes on after its end at byte ${end}`)
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
    if (bytes.length < count) throw new Error(`cut off at byte ${this.at}`)
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
