import type { FileMetaData, ParquetParsers, SchemaElement } from 'hyparquet'
import type { ByteSource } from '../../files/bytes.ts'
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
  const [{ parquetMetadataAsync, parquetScan }, { compressors }, source] = await Promise.all([
    import('hyparquet'),
    import('hyparquet-compressors'),
    file.source(signal),
  ])
  const { name } = file
  const buffer = { byteLength: source.size, slice: slicer(source, signal) }
  const parsers = parsersFor(true)
  const metadata = await guarded(WHAT, name, 'footer', () =>
    parquetMetadataAsync(buffer, { parsers, geoparquet: false }),
  )
  const columns = topColumns(metadata)
  checkFooter(metadata, source.size, name)
  const scans = new Map<boolean, ReturnType<typeof parquetScan>>()
  const scanFor = (zoned: boolean) => {
    const options = { file: buffer, metadata, compressors, utf8: false, geoparquet: false }
    const known = scans.get(zoned) ?? parquetScan({ ...options, parsers: parsersFor(zoned) })
    scans.set(zoned, known)
    return known
  }
  let start = 0
  for (const [group, { num_rows }] of metadata.row_groups.entries()) {
    const rows = Number(num_rows)
    const values: unknown[][] = []
    for (const column of columns) {
      signal?.throwIfAborted()
      const where = `row group ${group + 1}, column "${column.name}"`
      const detail = { rowGroup: group, column: column.name, row: start }
      const cells = await guarded(
        WHAT,
        name,
        where,
        async () => {
          const scan = await scanFor(column.zoned)
          return scan.readColumn({ column: column.name, rowStart: start, rowEnd: start + rows })
        },
        detail,
      )
      if (cells.length !== rows) damaged(WHAT, name, where, `it has ${cells.length} of ${rows} rows`, detail)
      values.push(Array.from(cells as ArrayLike<unknown>, column.plain))
    }
    for (let at = 0; at < rows; ) {
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

function slicer(source: ByteSource, signal: AbortSignal | undefined) {
  return async (start: number, end = source.size): Promise<ArrayBuffer> => {
    const bytes = await source.read(start, end, signal)
    return bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer
  }
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
      const { data_page_offset, total_compressed_size, num_values } = meta_data
      const start = Number(meta_data.dictionary_page_offset ?? data_page_offset)
      const end = start + Number(total_compressed_size)
      if (start < 0 || end > size || Number(num_values) < 0)
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
