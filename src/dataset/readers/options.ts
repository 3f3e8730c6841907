import { fail } from '../../protocol/errors.ts'
import type { ReadOptions } from '../../protocol/studio.ts'

/** How files are read where they do not say it themselves. All may be left out. */
export interface ReaderOptions extends ReadOptions {
  /** Of text files: any label that `TextDecoder` knows (`gb18030`, `windows-1251`, `shift_jis`). By default told by content. */
  encoding?: string
  /**
   * Of CSV: line of the file with the names (1 for the first), 0 where there is none; of workbooks: row. By default the first that
   * is not empty, lines of a title above it left out.
   */
  headerRow?: number
  /** Of CSV: `none` takes quotes as characters like others, as in many files of tab-separated sentences. */
  quotes?: 'csv' | 'none'
  /** Of CSV: whether blanks behind a delimiter belong to no field; by default where they stand before quotes. */
  skipInitialSpace?: boolean
  /** Bytes that archives may hold unpacked, all together. */
  maxUnpackedBytes?: number
}

/** A table takes as much again, and a browser's tab has little more than that. */
export const MAX_UNPACKED_BYTES = 512 << 20

const HEEDED: Record<string, readonly (keyof ReaderOptions)[]> = {
  text: ['text', 'encoding'],
  csv: ['encoding', 'headerRow', 'quotes', 'skipInitialSpace'],
  json: ['encoding'],
  xlsx: ['sheet', 'headerRow'],
}

/** The options that a format heeds, of those that were given; null where none is. They make another data set of the same bytes. */
export function readingOf(format: string, options: ReaderOptions): ReaderOptions | null {
  const given = (HEEDED[format] ?? []).filter((name) => options[name] !== undefined && options[name] !== '')
  return given.length === 0 ? null : Object.fromEntries(given.map((name) => [name, options[name]]))
}

/** @throws LapidaryError `bad_config` for an encoding that no browser knows or a row that is none */
export function checkOptions({ encoding, headerRow }: ReaderOptions): void {
  if (encoding !== undefined && !isEncoding(encoding))
    fail(
      'bad_config',
      `There is no encoding "${encoding}".`,
      'Names are those of the Encoding Standard: utf-8, windows-1251, gb18030, shift_jis ...',
      { field: 'encoding', found: encoding },
    )
  if (headerRow !== undefined && !(Number.isInteger(headerRow) && headerRow >= 0))
    fail('bad_config', 'The header row has to be a whole number, 0 for none.', 'Give 1 for the first line.', {
      field: 'headerRow',
      found: headerRow,
    })
}

function isEncoding(label: string): boolean {
  try {
    return new TextDecoder(label).encoding !== 'replacement'
  } catch {
    return false
  }
}
