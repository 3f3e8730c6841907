import type { ColumnMetaData, Compressors, FileMetaData, PageHeader, SchemaTree } from 'hyparquet'
import { parquetSchema } from 'hyparquet'
import { parquetHeader } from 'hyparquet/src/column.js'
import { decompressPage } from 'hyparquet/src/datapage.js'
import { getMaxDefinitionLevel, getMaxRepetitionLevel, getTreePath } from 'hyparquet/src/schema.js'
import { crc32 } from './crc32.ts'
import { Damaged } from './damage.ts'

/** Bytes of one column chunk, and where they begin in the file. */
export interface ChunkBytes {
  start: number
  bytes: Uint8Array<ArrayBuffer>
}

/**
 * Holds the pages of a column chunk against what the footer promises of it and against their check sums, where there are
 * any. hyparquet trusts them: a damaged count would keep it busy for minutes, or make rows vanish.
 * @throws Error with the byte in the file
 */
export function checkPages(
  chunk: ChunkBytes,
  metadata: FileMetaData,
  meta: ColumnMetaData,
  compressors: Compressors,
): void {
  const path = getTreePath(parquetSchema(metadata), meta.path_in_schema)
  const total = Number(meta.num_values)
  const reader = {
    view: new DataView(chunk.bytes.buffer, chunk.bytes.byteOffset, chunk.bytes.byteLength),
    offset: 0,
  }
  let values = 0
  while (values < total) {
    const byte = chunk.start + reader.offset
    if (reader.offset >= chunk.bytes.length)
      throw new Damaged(`only ${values} of ${total} values before byte ${byte}`)
    const header = parquetHeader(reader)
    const size = header.compressed_page_size
    if (!(size >= 0 && reader.offset + size <= chunk.bytes.length))
      throw new Damaged(`page at byte ${byte} too long`)
    const body = chunk.bytes.subarray(reader.offset, reader.offset + size)
    reader.offset += size
    if (header.crc !== undefined && header.crc >>> 0 !== crc32(body))
      throw new Damaged(`check sum of the page at byte ${byte} does not fit`)
    const count = checkPage(header, body, path, meta, compressors, byte)
    // A damaged header may lack any of its fields.
    if (!(count >= 0)) throw new Damaged(`page at byte ${byte} does not say how many values it has`)
    values += count
    if (values > total) throw new Damaged(`more than ${total} values at byte ${byte}`)
  }
}

/** @returns values of the column in the page */
function checkPage(
  header: PageHeader,
  body: Uint8Array<ArrayBuffer>,
  path: SchemaTree[],
  meta: ColumnMetaData,
  compressors: Compressors,
  byte: number,
): number {
  const unpacked = header.uncompressed_page_size
  if (!(unpacked >= 0 && unpacked < 2 ** 31)) throw new Damaged(`page at byte ${byte} too long`)
  const widths = [getMaxRepetitionLevel(path), getMaxDefinitionLevel(path)].map(
    (level) => 32 - Math.clz32(level),
  )
  if (header.type === 'DICTIONARY_PAGE' && header.dictionary_page_header) {
    // A word takes a byte at least.
    if (!(header.dictionary_page_header.num_values <= unpacked))
      throw new Damaged(`dictionary at byte ${byte} too long`)
    return 0
  }
  if (header.type === 'DATA_PAGE' && header.data_page_header) {
    const { num_values, encoding } = header.data_page_header
    const page = decompressPage(body, unpacked, meta.codec, compressors)
    let at = 0
    for (const width of widths) {
      if (width === 0) continue
      const length = new DataView(page.buffer, page.byteOffset).getUint32(at, true)
      checkRuns(page.subarray(at + 4, at + 4 + length), width, num_values, byte, true)
      at += 4 + length
    }
    checkWords(page.subarray(at), encoding, num_values, byte)
    return num_values
  }
  if (header.type === 'DATA_PAGE_V2' && header.data_page_header_v2) {
    const page = header.data_page_header_v2
    const lengths = [page.repetition_levels_byte_length, page.definition_levels_byte_length]
    const levels = lengths[0]! + lengths[1]!
    if (
      !(lengths.every((length) => length >= 0) && levels <= body.length && page.num_nulls <= page.num_values)
    )
      throw new Damaged(`levels of the page at byte ${byte} too long`)
    let at = 0
    lengths.forEach((length, i) => {
      // hyparquet looks for levels wherever the column has any, also where the page says that they take no bytes.
      if (widths[i]! > 0) checkRuns(body.subarray(at, at + length), widths[i]!, page.num_values, byte, true)
      at += length
    })
    // A page of no values may hold not a byte, which is no stream of any codec.
    if (hasRuns(page.encoding) && unpacked > levels) {
      const rest = body.subarray(levels)
      const words =
        page.is_compressed === false ? rest : decompressPage(rest, unpacked - levels, meta.codec, compressors)
      checkWords(words, page.encoding, page.num_values, byte)
    }
    return page.num_values
  }
  throw new Damaged(`no page begins at byte ${byte}`)
}

function hasRuns(encoding: string): boolean {
  return encoding === 'RLE' || encoding === 'RLE_DICTIONARY' || encoding === 'PLAIN_DICTIONARY'
}

/** Words of a dictionary, behind a byte with their width; or truth values, behind four with their length. */
function checkWords(bytes: Uint8Array, encoding: string, most: number, byte: number): void {
  if (!hasRuns(encoding)) return
  if (encoding === 'RLE') checkRuns(bytes.subarray(4), 1, most, byte, false)
  else checkRuns(bytes.subarray(1), bytes[0] ?? 0, most, byte, false)
}

/**
 * Runs of one value hold no more than `count` values in all, and levels no fewer, since hyparquet would look for the rest in what
 * follows. A packed run may say more: writers fill it up, to eight values or, as DuckDB does, to as many as 256.
 */
function checkRuns(bytes: Uint8Array, width: number, count: number, byte: number, all: boolean): void {
  if (width > 32) throw new Damaged(`numbers of ${width} bits in the page at byte ${byte}`)
  let [at, values] = [0, 0]
  while (at < bytes.length && values < count) {
    let [run, shift] = [0, 0]
    for (let part = 128; part >= 128; shift += 7) {
      part = bytes[at++] ?? 0
      run += (part & 127) * 2 ** shift
      if (shift > 28) throw new Damaged(`a broken run in the page at byte ${byte}`)
    }
    const packed = run % 2 === 1
    const length = Math.floor(run / 2) * (packed ? 8 : 1)
    values += length
    at += packed ? (length / 8) * width : (width + 7) >> 3
    if (!packed && values > count) throw new Damaged(`a run of ${length} values in the page at byte ${byte}`)
  }
  if (all && values < count)
    throw new Damaged(`levels of ${values} of ${count} values in the page at byte ${byte}`)
}

/**
 * The same compressors twice: those for `checkPages` keep what they unpack, those for hyparquet take it, so that a page
 * is unpacked once. Pages are known by where they lie in their column chunk.
 */
export function keepingPages(compressors: Compressors): {
  forCheck: Compressors
  forReading: Compressors
  forget: () => void
} {
  const kept = new Map<string, Uint8Array>()
  const place = (input: Uint8Array) => `${input.byteOffset}+${input.byteLength}`
  const wrapped = (wrap: (unpack: Unpack) => Unpack) =>
    Object.fromEntries(Object.entries(compressors).map(([codec, unpack]) => [codec, wrap(unpack)]))
  return {
    forCheck: wrapped((unpack) => (input, size) => {
      const page = unpack(input, size)
      kept.set(place(input), page)
      return page
    }),
    forReading: wrapped((unpack) => (input, size) => {
      const page = kept.get(place(input)) ?? unpack(input, size)
      kept.delete(place(input))
      return page
    }),
    forget: () => kept.clear(),
  }
}

type Unpack = (input: Uint8Array, size: number) => Uint8Array
