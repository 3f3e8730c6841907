import type { FileMetaData, ParquetParsers } from 'hyparquet'
import type { ByteSource } from '../../files/bytes.ts'
import { Damaged } from '../../files/damage.ts'
import { CellCounter, checkWidth, type Room } from '../../files/limits.ts'
import type { ChunkBytes } from '../../files/parquet-check.ts'
import { chunkRange } from '../../files/parquet-chunk.ts'
import { withoutStatistics } from '../../files/parquet-footer.ts'
import type { ParquetColumn } from '../../files/parquet-schema.ts'
import type { Chunk } from '../../files/table-builder.ts'
import { fail } from '../../protocol/errors.ts'
import { beginsWith } from './files.ts'
import { damaged, guarded, unsupported } from './guard.ts'
import type { DataFile, ReadContext, Reader } from './reader.ts'

const FIRST_ROWS = 100
const CHUNK_ROWS = 16_384
/** What a cell takes in a table at least. */
const CELL_BYTES = { number: 8, text: 4 }
const WHAT = 'Parquet file'
const ENCRYPTED = 'PARE'

/**
 * Parquet of any version and compression but LZO, through hyparquet. Lists, structs and maps become lists and objects (maps with
 * repeated keys, or keys that are no text, pairs); dates and times ISO text; decimals their digits; bytes text or base64. Refused by
 * name: encrypted files, VARIANT, BSON, two columns of one name, files that hold only a description of others.
 * Source: https://parquet.apache.org/docs/file-format/
 */
export const parquet: Reader = {
  format: 'parquet',
  detects: (file) => beginsWith(file, 'PAR1') || beginsWith(file, ENCRYPTED),
  read: readParquet,
}

async function* readParquet(file: DataFile, context: ReadContext): AsyncIterable<Chunk> {
  const { signal } = context
  const [{ bareSchema }, source] = await Promise.all([
    import('../../files/parquet-schema.ts'),
    file.source(signal),
  ])
  const { name } = file
  if (beginsWith(file, ENCRYPTED)) encrypted(name)
  const described = await guarded(WHAT, name, 'footer', () => readFooter(source, signal))
  checkFooter(described, source.size, name)
  const { metadata, columns: shapes } = await guarded(WHAT, name, 'schema', () => bareSchema(described))
  checkWidth(shapes, Number(metadata.num_rows), name)
  checkRoom(metadata, context.room)
  const { cellOf } = await import('../../files/parquet-cells.ts')
  const columns = shapes.map(({ name, shape }) => ({ name, plain: cellOf(shape) }))
  const first = await firstRows(metadata, columns, source, context)
  if (first) yield first
  const read = await columnsReader(metadata, source, context)
  let start = 0
  for (const [group, { num_rows }] of metadata.row_groups.entries()) {
    const rows = Number(num_rows)
    const values: unknown[][] = []
    const counter = new CellCounter(context.room, name)
    for (const column of columns) {
      signal?.throwIfAborted()
      const where = `row group ${group + 1}, column "${column.name}"`
      const detail = { rowGroup: group, column: column.name, row: start }
      const cells = await guarded(WHAT, name, where, () => read(group, start, column), detail)
      if (cells.length !== rows) damaged(WHAT, name, where, `it has ${cells.length} of ${rows} rows`, detail)
      values.push(
        Array.from(cells, (cell, i) => {
          const plain = column.plain(cell)
          counter.take(plain, start + i, column.name)
          return plain
        }),
      )
    }
    for (let at = start === 0 ? (first?.rows ?? 0) : 0; at < rows; ) {
      const end = Math.min(rows, at + (start + at === 0 ? FIRST_ROWS : CHUNK_ROWS))
      const from = at
      yield {
        rows: end - from,
        columns: columns.map((column, i) => ({ name: column.name, values: values[i]!.slice(from, end) })),
      }
      at = end
    }
    start += rows
  }
}

/**
 * The first rows from the first pages of each column, long before the rest of a large row group is read. Null where that cannot
 * be done; whatever is wrong then shows, with its place, when the whole is read.
 */
async function firstRows(
  metadata: FileMetaData,
  columns: readonly Column[],
  source: ByteSource,
  context: ReadContext,
): Promise<Chunk | null> {
  const { signal } = context
  if (!(Number(metadata.row_groups[0]?.num_rows) > FIRST_ROWS)) return null
  const { beginningOf } = await import('../../files/parquet-beginning.ts')
  try {
    // One more than wanted: the last row of a list may go on in a page that is not there.
    const beginning = await beginningOf(metadata, FIRST_ROWS + 1, source, signal)
    const read = await columnsReader(beginning, source, context)
    const cells: { name: string; values: unknown[] }[] = []
    for (const column of columns) {
      const values = await read(0, 0, column, FIRST_ROWS + 1)
      if (values.length <= FIRST_ROWS) return null
      cells.push({
        name: column.name,
        values: Array.from({ length: FIRST_ROWS }, (_, i) => column.plain(values[i])),
      })
    }
    return { rows: FIRST_ROWS, columns: cells }
  } catch {
    signal?.throwIfAborted()
    return null
  }
}

interface Column extends Pick<ParquetColumn, 'name'> {
  plain: (value: unknown) => unknown
}

type ReadColumn = (
  group: number,
  start: number,
  column: Column,
  atMost?: number,
) => Promise<ArrayLike<unknown>>

/**
 * Reads one column of one row group, or its first rows. Its bytes are read and checked before hyparquet sees them: from there on nothing
 * is waited for, and nothing that was started goes on after a failure.
 */
async function columnsReader(
  metadata: FileMetaData,
  source: ByteSource,
  { signal, room }: ReadContext,
): Promise<ReadColumn> {
  const [{ parquetRead }, { compressorsWithin }, { checkPages, keepingPages }] = await Promise.all([
    import('hyparquet'),
    import('../../files/parquet-codecs.ts'),
    import('../../files/parquet-check.ts'),
  ])
  let held: ChunkBytes = { start: 0, bytes: new Uint8Array(0) }
  const slice = (start: number, end = source.size): ArrayBuffer => {
    if (start < held.start || end > held.start + held.bytes.length)
      throw new Error(`bytes ${start} to ${end} are of another column`)
    return exactly(held.bytes.subarray(start - held.start, end - held.start))
  }
  const compressors = compressorsWithin(room)
  const { forCheck, forReading, forget } = keepingPages(compressors)
  return async (group, start, { name }, atMost = Number(metadata.row_groups[group]!.num_rows)) => {
    const { columns } = metadata.row_groups[group]!
    const leaves = columns.flatMap(({ meta_data }) =>
      meta_data?.path_in_schema[0] === name ? [{ meta: meta_data, ...chunkRange(meta_data) }] : [],
    )
    forget()
    const [from, to] = [
      Math.min(...leaves.map((leaf) => leaf.start)),
      Math.max(...leaves.map((leaf) => leaf.end)),
    ]
    const bytes = leaves.length > 0 ? await source.read(from, to, signal) : new Uint8Array(0)
    held = { start: from, bytes }
    for (const { meta, start, end } of leaves) {
      // By itself in its buffer, as hyparquet will have it.
      const chunk = { start, bytes: new Uint8Array(exactly(bytes.subarray(start - from, end - from))) }
      checkPages(chunk, metadata, meta, leaves.length > 1 ? compressors : forCheck)
    }
    const cells: unknown[] = []
    await parquetRead({
      file: { byteLength: source.size, slice },
      metadata,
      columns: [name],
      rowStart: start,
      rowEnd: start + atMost,
      compressors: forReading,
      utf8: false,
      geoparquet: false,
      onChunk: ({ columnData }) => {
        for (const cell of columnData) cells.push(cell)
      },
    })
    return cells
  }
}

function exactly(bytes: Uint8Array<ArrayBuffer>): ArrayBuffer {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer
}

/** Statistics are of no use here, and those that fit no date are no reason to refuse a file. */
const NO_STATISTICS: Partial<ParquetParsers> = {
  timestampFromMilliseconds: () => null,
  timestampFromMicroseconds: () => null,
  timestampFromNanoseconds: () => null,
  dateFromDays: () => null,
  stringFromBytes: () => null,
  uuidFromBytes: () => null,
}

const FOOTER_BYTES = 8

/** @throws Damaged where the file does not end as one does */
async function readFooter(source: ByteSource, signal: AbortSignal | undefined): Promise<FileMetaData> {
  const { parquetMetadata } = await import('hyparquet')
  const end = source.size
  if (end < 4 + FOOTER_BYTES) throw new Damaged('it ends before its footer')
  const tail = await source.read(end - FOOTER_BYTES, end, signal)
  const length = new DataView(tail.buffer, tail.byteOffset, FOOTER_BYTES).getUint32(0, true)
  if (new TextDecoder().decode(tail.subarray(4)) !== 'PAR1')
    throw new Damaged('its end mark is missing, so it was cut off')
  if (length > end - FOOTER_BYTES - 4)
    throw new Damaged(`its footer of ${length} bytes is longer than the file`)
  const footer = await source.read(end - FOOTER_BYTES - length, end, signal)
  return parquetMetadata(withoutStatistics(footer), { parsers: NO_STATISTICS, geoparquet: false })
}

/** What the footer promises, before any of it is unpacked. */
function checkRoom(metadata: FileMetaData, room: Room): void {
  room.needRows(Number(metadata.num_rows))
  let table = 0
  for (const { columns, num_rows } of metadata.row_groups) {
    let [values, bytes] = [0, 0]
    for (const { meta_data } of columns) {
      table += Number(num_rows) * CELL_BYTES[meta_data?.type === 'BYTE_ARRAY' ? 'text' : 'number']
      values += Number(meta_data?.num_values ?? 0)
      bytes += Math.max(0, Number(meta_data?.total_uncompressed_size ?? 0))
    }
    room.need(bytes)
    room.needValues(values)
  }
  room.need(table)
}

function encrypted(file: string): never {
  fail('unsupported_format', `${file} is encrypted.`, 'Decrypt it where its keys are, then open the copy.', {
    file,
    found: 'encrypted Parquet',
  })
}

/** What hyparquet would follow blindly. */
function checkFooter(metadata: FileMetaData, size: number, file: string): void {
  let rows = 0
  for (const [group, { columns, num_rows }] of metadata.row_groups.entries()) {
    rows += Number(num_rows)
    for (const { meta_data, file_path, crypto_metadata, encrypted_column_metadata } of columns) {
      if (crypto_metadata || encrypted_column_metadata) encrypted(file)
      if (file_path) unsupported(file, 'footer', `its rows lie in other files, such as ${file_path}`)
      if (!meta_data) damaged(WHAT, file, 'footer', `row group ${group + 1} does not describe its columns`)
      const { start, end } = chunkRange(meta_data)
      if (!(start >= 0 && end <= size && end >= start && Number(meta_data.num_values) >= 0))
        damaged(
          WHAT,
          file,
          'footer',
          `row group ${group + 1} lies outside the file (bytes ${start} to ${end})`,
        )
    }
  }
  if (rows !== Number(metadata.num_rows) || rows < 0)
    damaged(WHAT, file, 'footer', `it promises ${metadata.num_rows} rows, its row groups hold ${rows}`)
}
