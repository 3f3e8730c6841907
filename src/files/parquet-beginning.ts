import type { ColumnMetaData, FileMetaData } from 'hyparquet'
import { parquetSchema } from 'hyparquet'
import { parquetHeader } from 'hyparquet/src/column.js'
import { getMaxRepetitionLevel, getTreePath } from 'hyparquet/src/schema.js'
import type { ByteSource } from './bytes.ts'
import { chunkRange } from './parquet-chunk.ts'

/** More than a page's header takes: it may hold the least and the largest value. */
const HEADER_BYTES = 64 << 10
/** A column that takes more pages to come to the first rows is read whole. */
const MOST_PAGES = 200
/** Values looked at for each row wanted where rows are lists. */
const LIST_VALUES = 64

/**
 * The same file as if the first row group held its first pages only: those that are needed for so many rows. A row group of a
 * hundred thousand rows takes seconds to be read, a page of each column some milliseconds.
 * @throws Error where a page's header cannot be read
 */
export async function beginningOf(
  metadata: FileMetaData,
  rows: number,
  source: ByteSource,
  signal?: AbortSignal,
): Promise<FileMetaData> {
  const group = metadata.row_groups[0]!
  const tree = parquetSchema(metadata)
  const columns = []
  for (const column of group.columns) {
    const meta = column.meta_data!
    const lists = getMaxRepetitionLevel(getTreePath(tree, meta.path_in_schema)) > 0
    const meta_data = {
      ...meta,
      ...(await firstPages(meta, lists ? rows * LIST_VALUES : rows, source, signal)),
    }
    // An index would name pages that are not there.
    const { offset_index_offset: _, offset_index_length: __, ...rest } = column
    columns.push({ ...rest, meta_data })
  }
  return { ...metadata, row_groups: [{ ...group, columns }] }
}

async function firstPages(
  meta: ColumnMetaData,
  wanted: number,
  source: ByteSource,
  signal: AbortSignal | undefined,
): Promise<Pick<ColumnMetaData, 'num_values' | 'total_compressed_size'>> {
  const { start, end } = chunkRange(meta)
  let [at, values] = [start, 0]
  for (let page = 0; at < end && values < wanted; page++) {
    if (page === MOST_PAGES) return meta
    const bytes = await source.read(at, Math.min(at + HEADER_BYTES, end), signal)
    const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 }
    const header = parquetHeader(reader)
    const size = header.compressed_page_size
    if (!(size >= 0)) throw new Error(`page at byte ${at} has no size`)
    values += header.data_page_header?.num_values ?? header.data_page_header_v2?.num_values ?? 0
    at += reader.offset + size
  }
  return at >= end ? meta : { num_values: BigInt(values), total_compressed_size: BigInt(at - start) }
}
