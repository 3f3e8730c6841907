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

/**
 * Bytes that the rows of a data set may take in memory, and what is unpacked at a time for them. A table takes as much again, and a
 * browser's tab has little more than that. `data.reading.max_gigabytes` raises it.
 */
export const MAX_TABLE_BYTES = 1 << 30
/** What an element of a list takes at most, while it is read: whole numbers of 64 bits are objects then. */
const VALUE_BYTES = 32

/** What is made of a row, at least, to look it through, show it and learn from it, however little is in it. */
const ROW_BYTES = 128

/**
 * Holds what a file would take against what it may, before it is taken: small files of today's formats can hold a text once and
 * point to it a million times, or a list of a thousand million zeros.
 */
export class Room {
  readonly #most: number
  readonly #file: string
  #used = 0

  /** @param file what is read, for the error */
  constructor(most: number, file: string) {
    this.#most = most
    this.#file = file
  }

  /** Bytes that the rows read so far take. */
  set used(bytes: number) {
    this.#used = bytes
    this.need(0)
  }

  /** @throws LapidaryError `unsupported_format` where so many bytes more are too many */
  need(bytes: number): void {
    this.#check(this.#used + bytes)
  }

  #check(all: number): void {
    if (all > this.#most)
      fail(
        'unsupported_format',
        `${this.#file} would take more than ${sized(this.#most)} of memory.`,
        `If that is meant, raise the limit where it is asked how files are read (${LIMIT_FIELD}); or take fewer rows or columns of it.`,
        { file: this.#file, bytes: all, most: this.#most, field: LIMIT_FIELD },
      )
  }

  /** The same for rows, of a file or of all so far: a footer may declare thousands of millions. */
  needRows(rows: number): void {
    this.#check(rows * ROW_BYTES)
  }

  /** The same for so many values, before they become anything. */
  needValues(count: number): void {
    this.need(count * VALUE_BYTES)
  }
}

/** Counts cells as they are made, against a cell's limit and those of all. */
export class CellCounter {
  readonly #room: Room
  readonly #file: string
  #bytes = 0
  #asked = 0

  constructor(room: Room, file: string) {
    this.#room = room
    this.#file = file
  }

  /** Of a cell that is counted elsewhere. */
  check(bytes: number, row: number, column: string): void {
    if (bytes > MAX_CELL_BYTES) checkCell(bytes, this.#file, row + 1, column)
  }

  /** @param row counted from 0 */
  take(cell: unknown, row: number, column: string): void {
    const size = typeof cell === 'string' ? cell.length : 8
    this.check(size, row, column)
    this.#bytes += size
    if (this.#bytes - this.#asked < ASK_EVERY) return
    this.#asked = this.#bytes
    this.#room.need(this.#bytes)
  }
}

const ASK_EVERY = 1 << 20

/** Bytes that are fetched from one address, where its server says beforehand how many they are, and where it does not. */
export const MAX_FETCHED = { known: 2 ** 31, unknown: 512 << 20 }

/** @throws LapidaryError `unsupported_format` for what is too much to be fetched; it may go on without end */
export function checkFetched(bytes: number, most: number, what: string, known: boolean): void {
  if (bytes <= most) return
  fail(
    'unsupported_format',
    known
      ? `${what} has ${sized(bytes)}; at most ${sized(most)} are fetched.`
      : `${what} sends more than ${sized(most)} and does not say how much there is.`,
    `If that is meant, raise the limit where it is asked how files are read (${LIMIT_FIELD}).`,
    { url: what, bytes, most, field: LIMIT_FIELD },
  )
}

/** The setting that raises what is unpacked, read and fetched. */
export const LIMIT_FIELD = 'data.reading.max_gigabytes'

export function sized(bytes: number): string {
  return bytes < 2 ** 30
    ? `${Math.round(bytes / 2 ** 20)} MB`
    : `${grouped(Math.round(bytes / 2 ** 26) / 16)} GB`
}

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
