import type { FileMetaData, ParquetParsers, SchemaElement } from 'hyparquet'
import type { ByteSource } from '../../files/bytes.ts'
import type { ChunkBytes } from '../../files/parquet-check.ts'
import { chunkRange } from '../../files/parquet-chunk.ts'
import type { Chunk } from '../../files/table-builder.ts'
import { bytesText, dayText, decimalText, momentText, signedInteger } from '../../files/values.ts'
import { beginsWith } from './files.ts'
import { damaged, guarded } from './guard.ts'
import type { DataFile, ReadContext, Reader } from './reader.ts'

const FIRST_ROWS = 100
const CHUNK_ROWS = 16_384
const WHAT = 'Parquet file'

/**
 * Parquet of any version and compression, through hyparquet. Lists, structs and maps become lists and objects; dates and
 * times ISO text; decimals their digits; bytes text or base64.
 * Source: https://parquet.apache.org/docs/file-format/
 */
export const parquet: Reader = {
  format: 'parquet',
  detects: (file) => beginsWith(file, 'PAR1'),
  read: readParquet,
}

async function* readParquet(file: DataFile, context: ReadContext): AsyncIterable<Chunk> {
  const { signal } = context
  const [{ parquetMetadataAsync }, source] = await Promise.all([import('hyparquet'), file.source(signal)])
  const { name } = file
  const metadata = await guarded(WHAT, name, 'footer', () =>
    parquetMetadataAsync(
      {
        byteLength: source.size,
        slice: async (start, end) => exactly(await source.read(start, end ?? source.size, signal)),
      },
      { parsers: parsersFor(true), geoparquet: false },
    ),
  )
  const columns = topColumns(metadata)
  checkFooter(metadata, source.size, name)
  const first = await firstRows(metadata, columns, source, signal)
  if (first) yield first
  const read = await columnsReader(metadata, source, signal)
  let start = 0
  for (const [group, { num_rows }] of metadata.row_groups.entries()) {
    const rows = Number(num_rows)
    const values: unknown[][] = []
    for (const column of columns) {
      signal?.throwIfAborted()
      const where = `row group ${group + 1}, column "${column.name}"`
      const detail = { rowGroup: group, column: column.name, row: start }
      const cells = await guarded(WHAT, name, where, () => read(group, start, column), detail)
      if (cells.length !== rows) damaged(WHAT, name, where, `it has ${cells.length} of ${rows} rows`, detail)
      values.push(Array.from(cells, column.plain))
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
  columns: readonly TopColumn[],
  source: ByteSource,
  signal: AbortSignal | undefined,
): Promise<Chunk | null> {
  if (!(Number(metadata.row_groups[0]?.num_rows) > FIRST_ROWS)) return null
  const { beginningOf } = await import('../../files/parquet-beginning.ts')
  try {
    // One more than wanted: the last row of a list may go on in a page that is not there.
    const beginning = await beginningOf(metadata, FIRST_ROWS + 1, source, signal)
    const read = await columnsReader(beginning, source, signal)
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

type ReadColumn = (
  group: number,
  start: number,
  column: TopColumn,
  atMost?: number,
) => Promise<ArrayLike<unknown>>

/**
 * Reads one column of one row group, or its first rows. Its bytes are read and checked before hyparquet sees them: from there on nothing
 * is waited for, and nothing that was started goes on after a failure.
 */
async function columnsReader(
  metadata: FileMetaData,
  source: ByteSource,
  signal: AbortSignal | undefined,
): Promise<ReadColumn> {
  const [{ parquetRead }, { compressors }, { checkPages, keepingPages }] = await Promise.all([
    import('hyparquet'),
    import('hyparquet-compressors'),
    import('../../files/parquet-check.ts'),
  ])
  let held: ChunkBytes = { start: 0, bytes: new Uint8Array(0) }
  const slice = (start: number, end = source.size): ArrayBuffer => {
    if (start < held.start || end > held.start + held.bytes.length)
      throw new Error(`bytes ${start} to ${end} are of another column`)
    return exactly(held.bytes.subarray(start - held.start, end - held.start))
  }
  const { forCheck, forReading, forget } = keepingPages(compressors)
  return async (group, start, { name, zoned }, atMost = Number(metadata.row_groups[group]!.num_rows)) => {
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
      parsers: parsersFor(zoned),
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

interface TopColumn {
  name: string
  /** Whether its times are moments (UTC), not times on the wall. */
  zoned: boolean
  plain: (value: unknown) => unknown
}

/** The columns of the table. Decimals at the top are taken from hyparquet, which would round them to doubles. */
function topColumns({ schema }: FileMetaData): TopColumn[] {
  const columns: TopColumn[] = []
  for (let at = 1; at < schema.length; ) {
    const element = schema[at]!
    const end = subtreeEnd(schema, at)
    const within = schema.slice(at, end)
    const zoned = !within.some(({ logical_type }) => isLocal(logical_type))
    const isDecimal = element.converted_type === 'DECIMAL' && !element.num_children
    if (isDecimal) delete element.converted_type
    const scale = element.scale ?? 0
    columns.push({
      name: element.name,
      zoned,
      plain: isDecimal && element.repetition_type !== 'REPEATED' ? (value) => decimal(value, scale) : plain,
    })
    at = end
  }
  return columns
}

function subtreeEnd(schema: readonly SchemaElement[], at: number): number {
  let end = at + 1
  for (let i = schema[at]?.num_children ?? 0; i > 0 && end < schema.length; i--) end = subtreeEnd(schema, end)
  return end
}

function isLocal(type: SchemaElement['logical_type']): boolean {
  return type?.type === 'TIMESTAMP' && !type.isAdjustedToUTC
}

function decimal(value: unknown, scale: number): unknown {
  if (value instanceof Uint8Array) return decimalText(signedInteger(value, 'big'), scale)
  return value === null || value === undefined ? null : decimalText(BigInt(value as number), scale)
}

function plain(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value ?? null
  if (value instanceof Uint8Array) return bytesText(value)
  if (Array.isArray(value)) return value.map(plain)
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<unknown>, plain)
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]))
}

function parsersFor(zoned: boolean): Partial<ParquetParsers> {
  const moment = (perSecond: bigint) => (count: bigint | null | undefined) =>
    count === null || count === undefined ? null : momentText(BigInt(count), perSecond, zoned)
  return {
    timestampFromMilliseconds: moment(1000n),
    timestampFromMicroseconds: moment(1_000_000n),
    timestampFromNanoseconds: moment(1_000_000_000n),
    dateFromDays: (days: number | null | undefined) =>
      days === null || days === undefined ? null : dayText(days),
    jsonFromBytes: (bytes: Uint8Array | undefined) => bytes && jsonOrText(bytesText(bytes)),
  }
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** What hyparquet would follow blindly. */
function checkFooter(metadata: FileMetaData, size: number, file: string): void {
  let rows = 0
  for (const [group, { columns, num_rows }] of metadata.row_groups.entries()) {
    rows += Number(num_rows)
    for (const { meta_data } of columns) {
      if (!meta_data) damaged(WHAT, file, 'footer', `row group ${group + 1} does not describe its columns`)
      const { start, end } = chunkRange(meta_data)
      if (start < 0 || end > size || end < start || Number(meta_data.num_values) < 0)
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
