import { parquetMetadataAsync, parquetRead } from 'hyparquet'
import { fail, LapidaryError } from '../protocol/errors.ts'
import type { ByteSource } from './bytes.ts'
import { MAX_TABLE_BYTES, Room } from './limits.ts'
import { compressorsWithin } from './parquet-codecs.ts'

/** The only column of the Parquet files that TFDS writes: serialised examples (`ParquetFileAdapter`). */
const COLUMN = 'data'

/**
 * Records of a Parquet file as TFDS writes it, a row group at a time.
 * @throws LapidaryError `bad_file`, with the first `row` that could not be read.
 */
export async function* readParquetRecords(
  source: ByteSource,
  name: string,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array[]> {
  const file = {
    byteLength: source.size,
    slice: async (start: number, end = source.size) => {
      const bytes = await source.read(start, end, signal)
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
    },
  }
  const metadata = await parquetMetadataAsync(file).catch((error) => notRead(name, 0, error))
  if (!metadata.schema.some((element) => element.name === COLUMN && element.type === 'BYTE_ARRAY'))
    fail(
      'bad_file',
      `${name} has no column "${COLUMN}" of bytes, which TFDS writes.`,
      'Open the file by itself if it is a table.',
      { file: name, column: COLUMN },
    )
  const compressors = compressorsWithin(new Room(MAX_TABLE_BYTES, name))
  let rowStart = 0
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows)
    let records: Uint8Array[] = []
    const options = { file, metadata, columns: [COLUMN], rowStart, rowEnd, utf8: false, compressors }
    await parquetRead({
      ...options,
      onComplete: (rows) => {
        records = rows.map(([value]) => value as Uint8Array)
      },
    }).catch((error) => notRead(name, rowStart, error))
    const missing = records.findIndex((record) => !(record instanceof Uint8Array))
    if (missing >= 0 || records.length !== rowEnd - rowStart)
      notRead(name, rowStart + Math.max(0, missing), new Error('a row is missing'))
    yield records
    rowStart = rowEnd
  }
}

function notRead(name: string, row: number, error: unknown): never {
  if (error instanceof LapidaryError || (error as Error)?.name === 'AbortError') throw error
  const reason = error instanceof Error ? error.message : String(error)
  fail(
    'bad_file',
    `${name} cannot be read from row ${row + 1} on.`,
    'It was probably cut off or changed on the way; fetch it again.',
    { file: name, row, reason },
  )
}
