import type { ColumnMetaData } from 'hyparquet'

/** Where the pages of a column chunk lie. */
export function chunkRange(meta: ColumnMetaData): { start: number; end: number } {
  // Not `??`: some writers give 0 where there is no dictionary.
  const start = Number(meta.dictionary_page_offset || meta.data_page_offset)
  return { start, end: start + Number(meta.total_compressed_size) }
}
