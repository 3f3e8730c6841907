import { configField } from '../../protocol/config-fields.ts'
import { fail } from '../../protocol/errors.ts'
import type { ReadOptions, SaidReading } from '../../protocol/recipe.ts'
import { READING_FORMATS } from '../../protocol/run-config.ts'

/** How files are read where they do not say it themselves. All may be left out. */
export interface ReaderOptions extends SaidReading {
  /** Bytes that archives may hold unpacked, all together. */
  maxUnpackedBytes?: number
  /** Bytes that the rows may take in memory. */
  maxBytes?: number
}

/** A table takes as much again, and a browser's tab has little more than that. */
export const MAX_UNPACKED_BYTES = 512 << 20

const WAYS = Object.keys(READING_FORMATS) as (keyof ReadOptions)[]

/** Options without those that leave it to the reader: null, empty, or the default. */
export function saidOptions<Options extends ReadOptions>(
  options: Options,
): Omit<Options, keyof ReadOptions> & ReaderOptions {
  const unsaid = WAYS.filter((way) => {
    const value = options[way] ?? null
    return value === null || value === '' || value === configField(`data.reading.${way}`).default
  })
  const said = { ...options }
  for (const way of unsaid) delete said[way]
  const most = said.max_gigabytes
  if (typeof most === 'number') {
    delete said.max_gigabytes
    Object.assign(said, { maxUnpackedBytes: most * 2 ** 30, maxBytes: most * 2 ** 30 })
  }
  return said as Omit<Options, keyof ReadOptions> & ReaderOptions
}

/** The options that a format heeds, of those that were said; null where none is. They make another data set of the same bytes. */
export function readingOf(format: string, options: ReaderOptions): ReadOptions | null {
  const given = WAYS.filter((way) => READING_FORMATS[way].includes(format) && options[way] !== undefined)
  return given.length === 0 ? null : Object.fromEntries(given.map((way) => [way, options[way]]))
}

/** @throws LapidaryError `bad_config` for an encoding that no browser knows or a row that is none */
export function checkOptions({ encoding, header_row }: ReaderOptions): void {
  if (encoding !== undefined && !isEncoding(encoding))
    fail(
      'bad_config',
      `There is no encoding "${encoding}".`,
      'Names are those of the Encoding Standard: utf-8, windows-1251, gb18030, shift_jis ...',
      { field: 'data.reading.encoding', found: encoding },
    )
  if (header_row !== undefined && !(Number.isInteger(header_row) && header_row >= 0))
    fail('bad_config', 'The header row has to be a whole number, 0 for none.', 'Give 1 for the first line.', {
      field: 'data.reading.header_row',
      found: header_row,
    })
}

function isEncoding(label: string): boolean {
  try {
    return new TextDecoder(label).encoding !== 'replacement'
  } catch {
    return false
  }
}
