import { Message, MessageHeader, type Schema } from 'apache-arrow'
import { Footer as FooterBuffer } from 'apache-arrow/fb/footer'
import { Footer } from 'apache-arrow/ipc/metadata/file'
import { ByteBuffer } from 'flatbuffers'
import { type ArrowFacts, checkMessage, checkSchema, framed, namedType } from './arrow-frames.ts'
import type { ByteSource } from './bytes.ts'
import { Damaged } from './damage.ts'

export const ARROW_MARK = 'ARROW1'
/** Length of the footer and the mark. */
const TAIL = 10
/** The format has a head of eight bytes; Polars begins its first block wherever it likes behind the mark. */
const HEAD = ARROW_MARK.length

/**
 * The messages of an Arrow file as those of a stream: its schema, its dictionaries, its batches of rows, all by the footer. What lies
 * between the blocks is no one's business: not every writer has a whole stream there.
 * Source: https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format
 * @throws Damaged, Unsupported
 */
export async function* arrowFileFrames(
  source: ByteSource,
  facts: ArrowFacts,
  signal?: AbortSignal,
): AsyncIterable<Uint8Array> {
  const { schema, dictionaries, batches } = await readFooter(source, signal)
  yield* framed(Message.encode(Message.from(schema as never)), null)
  for (const [blocks, wanted] of [
    [dictionaries, MessageHeader.DictionaryBatch],
    [batches, MessageHeader.RecordBatch],
  ] as const)
    for (const block of blocks) {
      facts.byte = block.offset
      const { metadata, body } = await readBlock(source, block, wanted, facts, signal)
      yield* framed(metadata, body)
    }
  facts.ended = true
}

interface Block {
  offset: number
  metadataLength: number
  bodyLength: number
}

async function readFooter(
  source: ByteSource,
  signal?: AbortSignal,
): Promise<{ schema: Schema; dictionaries: Block[]; batches: Block[] }> {
  if (source.size < HEAD + TAIL) throw new Damaged('it ends before its footer')
  const tail = await source.read(source.size - TAIL, source.size, signal)
  if (new TextDecoder().decode(tail.subarray(4)) !== ARROW_MARK)
    throw new Damaged('its end mark is missing, so it was cut off')
  const length = new DataView(tail.buffer, tail.byteOffset, TAIL).getInt32(0, true)
  const start = source.size - TAIL - length
  if (length <= 0 || start < HEAD) throw new Damaged(`its footer of ${length} bytes is longer than the file`)
  const bytes = (await source.read(start, start + length, signal)).slice()
  try {
    const footer = FooterBuffer.getRootAsFooter(new ByteBuffer(bytes))
    const { schema } = Footer.decode(bytes)
    checkSchema(schema, footer.schema()!)
    const blocks = (count: number, at: (i: number) => FooterBlock | null) =>
      Array.from({ length: count }, (_, i) => checkedBlock(at(i), start))
    return {
      schema,
      dictionaries: blocks(footer.dictionariesLength(), (i) => footer.dictionaries(i)),
      batches: blocks(footer.recordBatchesLength(), (i) => footer.recordBatches(i)),
    }
  } catch (error) {
    throw namedType(error) ?? error
  }
}

interface FooterBlock {
  offset(): bigint
  metaDataLength(): number
  bodyLength(): bigint
}

function checkedBlock(block: FooterBlock | null, end: number): Block {
  const [offset, metadataLength, bodyLength] = block
    ? [Number(block.offset()), block.metaDataLength(), Number(block.bodyLength())]
    : [-1, 0, 0]
  if (
    !(offset >= HEAD && metadataLength > 0 && bodyLength >= 0 && offset + metadataLength + bodyLength <= end)
  )
    throw new Damaged(
      `a block at byte ${offset} of ${metadataLength} and ${bodyLength} bytes lies outside it`,
    )
  return { offset, metadataLength, bodyLength }
}

/** A block is a message with its length before it, behind a mark but in files of before version 0.15. */
async function readBlock(
  source: ByteSource,
  { offset, metadataLength, bodyLength }: Block,
  wanted: MessageHeader,
  facts: ArrowFacts,
  signal: AbortSignal | undefined,
): Promise<{ metadata: Uint8Array; body: Uint8Array | null }> {
  const bytes = await source.read(offset, offset + metadataLength + bodyLength, signal)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (metadataLength < 8) throw new Damaged(`no message begins at byte ${offset}`)
  const from = view.getUint32(0, true) === 0xffffffff ? 8 : 4
  const length = view.getInt32(from - 4, true)
  if (length <= 0 || from + length > metadataLength) throw new Damaged(`no message begins at byte ${offset}`)
  const metadata = bytes.slice(from, from + length)
  const message = checkMessage(metadata, wanted, facts)
  if (message.bodyLength > bodyLength)
    throw new Damaged(`the message at byte ${offset} is longer than the footer says`)
  // Copied, so that numbers in it begin at a multiple of their size.
  return { metadata, body: bytes.slice(metadataLength, metadataLength + message.bodyLength) }
}
