import {
  CompressionType,
  compressionRegistry,
  type Data,
  type RecordBatch,
  RecordBatchReader,
  Utf8,
} from 'apache-arrow'
import { ARROW_MARK, arrowFileFrames } from '../../files/arrow-file.ts'
import { type ArrowFacts, arrowStreamFrames } from '../../files/arrow-frames.ts'
import { cellReader, checkBuffers } from '../../files/arrow-values.ts'
import { Damaged } from '../../files/damage.ts'
import { boundFlatBuffers } from '../../files/flatbuffer-bounds.ts'
import { CellCounter, checkWidth, type Room } from '../../files/limits.ts'
import { decodeLz4Frame } from '../../files/lz4.ts'
import { type Chunk, TextCells } from '../../files/table-builder.ts'
import { beginsWith } from './files.ts'
import { damaged, guarded } from './guard.ts'
import type { DataFile, ReadContext, Reader } from './reader.ts'

const FIRST_ROWS = 100
const CHUNK_ROWS = 16_384
/** What a cell takes at least. */
const OFFSET_BYTES = 4
const WHAT = 'Arrow file'

/**
 * Arrow IPC files (which Feather version 2 is), read by their footer, and streams, as `datasets` keeps its caches. Buffers may be
 * compressed with LZ4 or Zstandard. Nested values become lists and objects; see `cellReader`. Refused by name: big-endian files,
 * run-end encoded columns and list views, two columns (or fields) of one name.
 * Source: https://arrow.apache.org/docs/format/Columnar.html
 */
export const arrow: Reader = {
  format: 'arrow',
  detects: (file) => beginsWith(file, ARROW_MARK) || isStream(file),
  read: readArrow,
}

/** A stream begins with a mark and the length of its schema message; before version 0.15, with the length alone. */
function isStream({ head, name }: DataFile): boolean {
  if (head.length < 16) return false
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const marked = view.getUint32(0, true) === 0xffffffff
  const length = view.getInt32(marked ? 4 : 0, true)
  const fits = length > 0 && length % (marked ? 8 : 4) === 0 && length < 1 << 24
  return fits && (marked || /\.(arrows?|ipc)$/i.test(name))
}

async function* readArrow(file: DataFile, context: ReadContext): AsyncIterable<Chunk> {
  boundFlatBuffers()
  await registerCodecs()
  const { name } = file
  const facts: ArrowFacts = { batches: 0, ended: false, byte: 0 }
  const frames = beginsWith(file, ARROW_MARK)
    ? arrowFileFrames(await file.source(context.signal), facts, context.signal)
    : arrowStreamFrames(file.stream(context.signal), facts)
  const reader = await guarded(WHAT, name, 'schema', async () =>
    (await RecordBatchReader.from(frames)).open(),
  )
  let [rows, batches] = [0, 0]
  for (; ; batches++) {
    context.signal?.throwIfAborted()
    const where = `record batch ${batches + 1}`
    const next = async () => (await reader.next()).value as RecordBatch | null | undefined
    const detail = () => ({ batch: batches, row: rows, byte: facts.byte })
    unpacking = { room: context.room, bytes: 0 }
    const batch = await guarded(WHAT, name, where, next, detail())
    // Where there are none, apache-arrow makes one up.
    if (!batch || facts.batches === 0) break
    checkWidth(batch.schema.fields, rows + batch.numRows, name)
    context.room.needRows(batch.numRows)
    context.room.need(batch.numRows * batch.schema.fields.length * OFFSET_BYTES)
    for (let at = 0; at < batch.numRows; ) {
      const counter = new CellCounter(context.room, name)
      const end = Math.min(batch.numRows, at + (rows === 0 ? FIRST_ROWS : CHUNK_ROWS))
      const from = at
      yield await guarded(WHAT, name, where, () => toChunk(batch, from, end, counter, rows - at), detail())
      rows += end - from
      at = end
    }
  }
  if (batches !== facts.batches)
    damaged(WHAT, name, 'record batches', `only ${batches} of ${facts.batches} can be read`, { row: rows })
  if (!facts.ended)
    context.finding({
      severity: 'warning',
      message: `${name} ends without its end mark, after row ${rows}.`,
      hint: 'Whatever wrote it may have been stopped before its end, or the file was cut off.',
    })
}

/** @param before rows of the file before those of the batch */
function toChunk(batch: RecordBatch, from: number, to: number, counter: CellCounter, before: number): Chunk {
  const columns = batch.schema.fields.map((field, i) => {
    const data = batch.data.children[i]!
    checkBuffers(data, batch.numRows)
    const check = (bytes: number, row: number) => counter.check(bytes, before + row, field.name)
    if (data.type instanceof Utf8)
      return { name: field.name, values: textCells(data as Data<Utf8>, from, to, check) }
    const read = cellReader(data)
    const values = Array.from({ length: to - from }, (_, i) => {
      const cell = read(from + i)
      counter.take(cell, before + from + i, field.name)
      return cell
    })
    return { name: field.name, values }
  })
  return { rows: to - from, columns }
}

/** Text is taken over as it is. */
function textCells(
  data: Data<Utf8>,
  from: number,
  to: number,
  check: (bytes: number, row: number) => void,
): TextCells {
  const start = data.valueOffsets[from]!
  const offsets = data.valueOffsets.slice(from, to + 1).map((offset) => offset - start)
  for (let i = 0; i < to - from; i++) {
    if (offsets[i + 1]! < offsets[i]!) throw new Damaged(`text of row ${from + i} out of range`)
    check(offsets[i + 1]! - offsets[i]!, from + i)
  }
  const bytes = data.values.slice(start, data.valueOffsets[to])
  if (start < 0 || bytes.length !== offsets[to - from]) throw new Damaged(`text of row ${to} out of range`)
  const present = new Uint8Array((to - from + 7) >> 3)
  for (let i = 0; i < to - from; i++)
    if (data.nullCount === 0 || data.getValid(from + i)) present[i >> 3]! |= 1 << (i & 7)
  return new TextCells(bytes, offsets, present)
}

/** What the batch at hand has unpacked so far: apache-arrow calls codecs with nothing but the bytes. */
let unpacking: { room: Room; bytes: number } | null = null

let registered: Promise<void> | null = null

function registerCodecs(): Promise<void> {
  registered ??= import('../../files/zstd.ts').then(({ unpackZstd }) => {
    compressionRegistry.set(CompressionType.ZSTD, { decode: (bytes) => decode(bytes, unpackZstd) })
    compressionRegistry.set(CompressionType.LZ4_FRAME, { decode: (bytes) => decode(bytes, decodeLz4Frame) })
  })
  return registered
}

/** A compressed buffer lies behind its size, which apache-arrow leaves out but does not hold against what comes of it. */
function decode(bytes: Uint8Array, work: (bytes: Uint8Array, size: number) => Uint8Array): Uint8Array {
  const size = Number(new DataView(bytes.buffer, bytes.byteOffset - 8, 8).getBigInt64(0, true))
  if (!(size >= 0 && size < 2 ** 31)) throw new Damaged(`compressed buffer of ${size} bytes`)
  if (unpacking) unpacking.room.need((unpacking.bytes += size))
  const plain = work(bytes, size)
  if (plain.length !== size)
    throw new Damaged(`compressed buffer of ${plain.length} bytes in place of ${size}`)
  // Where numbers are to be seen in it, it has to begin at a multiple of their size.
  return plain.byteOffset % 8 === 0 ? plain : plain.slice()
}
