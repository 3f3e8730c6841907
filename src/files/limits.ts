import { grouped } from '../lib/counted.ts'
import { fail } from '../protocol/errors.ts'

/** As many as a sheet of Excel has. The same for every format. */
export const MAX_COLUMNS = 16_384
/** Cells of a table of more than `WIDE_COLUMNS` columns: an object keyed by ids makes rows times rows of them, all but a few empty. */
const MAX_WIDE_CELLS = 20_000_000
const WIDE_COLUMNS = 1000
/** UTF-8. More than any Gemma reads at once, many times over; a longer one is a quote that was left open. */
export const MAX_CELL_BYTES = 16 << 20
/** Characters. A longer one is a cell that was taken for a name. */
export const MAX_NAME_LENGTH = 2000

/** Levels of lists and fields that a typed format may declare; pyarrow reads 64 of them. */
export const MAX_TYPE_LEVELS = 128

/** @throws LapidaryError `bad_data` for tables too wide for anything to be learnt from */
export function checkWidth(columns: { length: number } | { size: number }, rows: number, file: string): void {
  const count = 'length' in columns ? columns.length : columns.size
  if (count > MAX_COLUMNS)
    fail(
      'bad_data',
      `${file} has ${grouped(count)} columns; at most ${grouped(MAX_COLUMNS)} are read.`,
      'Keep the few that are to be learnt from. Objects keyed by ids have to become rows.',
      { file, columns: count, most: MAX_COLUMNS },
    )
  if (count > WIDE_COLUMNS && count * rows > MAX_WIDE_CELLS)
    fail(
      'bad_data',
      `${file} has ${grouped(count)} columns in ${grouped(rows)} rows; so wide a table may have ${grouped(MAX_WIDE_CELLS)} cells.`,
      'Keep the few columns that are to be learnt from. Objects keyed by ids have to become rows.',
      { file, columns: count, rows, most: MAX_WIDE_CELLS },
    )
}

/** @throws LapidaryError `bad_data` for a cell that is longer than any text to be learnt from */
export function checkCell(bytes: number, file: string, row: number, column: string): void {
  if (bytes > MAX_CELL_BYTES)
    fail(
      'bad_data',
      `Row ${grouped(row)} of ${file} has ${Math.ceil(bytes / 2 ** 20)} MB of text in its column "${column}"; a cell may have ${MAX_CELL_BYTES >> 20} MB.`,
      'A quote may be missing there; else cut the text into several rows.',
      { file, row, column, bytes },
    )
}

/** @throws LapidaryError `bad_data` for a name that can be none */
export function checkName(name: string, file: string): void {
  if (name.length > MAX_NAME_LENGTH)
    fail(
      'bad_data',
      `${file} has a column whose name has ${grouped(name.length)} characters ("${name.slice(0, 40)}..."); at most ${grouped(MAX_NAME_LENGTH)} are read.`,
      'Its first row may be none of names: read it as a file without a header, or shorten the name.',
      { file, characters: name.length },
    )
}
