import { concatBytes } from '../lib/concat.ts'
import { fail } from '../protocol/errors.ts'
import type { Finding } from '../protocol/preparation.ts'
import { type CsvOptions, dialectOf } from './csv-dialect.ts'
import { CsvScanner } from './csv-scanner.ts'
import { checkCell, checkName, checkWidth } from './limits.ts'
import { type Chunk, TextCells } from './table-builder.ts'

/** A record longer than this is a quote left open. */
const MAX_RECORD_BYTES = 32 << 20
/** The first chunk is small since it becomes the preview. */
const FIRST_ROWS = 100
const CHUNK_ROWS = 65_536
const CHUNK_BYTES = 8 << 20
const CHUNK_CELLS = 4 << 20
const HEAD_BYTES = 65_536

/**
 * CSV (RFC 4180, any delimiter, any line ends) as chunks of text columns; an empty field is a missing value. Names are
 * trimmed, blank lines are left out, and delimiters left behind at the ends of lines (by spreadsheets) too. Line breaks
 * in quoted fields become `\n`. A first line `sep=;` sets the delimiter, as in Excel. Lines of a title above the names are left out.
 * Comments (`#`) above the names are such lines. Not read: comments further down, delimiters of several characters, quotes escaped
 * with a backslash.
 * @param pieces UTF-8 without a mark
 * @param said hears of how the file was taken
 * @throws LapidaryError `bad_data` with row (1-based, without the header), line and byte: ragged rows, quotes left open,
 * names given twice, no rows.
 */
export async function* readCsv(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  name: string,
  options: CsvOptions = {},
  said: (finding: Finding) => void = () => {},
): AsyncIterable<Chunk> {
  const rows = new CsvRows(name, options, said)
  let rest: Uint8Array = new Uint8Array(0)
  for await (const piece of pieces) {
    const bytes = rest.length === 0 ? piece : concatBytes([rest, piece])
    let used = 0
    for (const chunk of rows.push(bytes, false, (to) => (used = to))) yield chunk
    rest = bytes.subarray(used)
  }
  yield* rows.push(rest, true, () => {})
  yield* rows.end()
}

/** As much of the beginning as tells how a file is written: some records at least, where they are not very long. */
function headOf(bytes: Uint8Array, final: boolean): Uint8Array | null {
  const breaks = secondLine(bytes)
  if (!final && (bytes.length < HEAD_BYTES || (breaks < 0 && bytes.length < MAX_RECORD_BYTES))) return null
  return bytes.subarray(0, Math.max(HEAD_BYTES, breaks))
}

/** Where the second line ends; -1 where it does not. */
function secondLine(bytes: Uint8Array): number {
  const next = (from: number) => {
    const [feed, turn] = [bytes.indexOf(10, from), bytes.indexOf(13, from)]
    return feed < 0 || turn < 0 ? Math.max(feed, turn) : Math.min(feed, turn)
  }
  const first = next(0)
  const second = first < 0 ? -1 : next(first + 2)
  return second < 0 ? -1 : second + 1
}

/** Rows on their way from bytes into columns. */
class CsvRows {
  readonly #file: string
  readonly #options: CsvOptions
  readonly #said: (finding: Finding) => void
  #scanner: CsvScanner | null = null
  /** Records of a title that are still to come. */
  #titles = 0
  #columns: Column[] | null = null
  /** Rows behind us, without the header; those of them in the chunk being filled. */
  #rows = 0
  #filled = 0
  /** Line the next record begins on, 1-based, and bytes before `bytes`. */
  #line = 1
  #offset = 0

  constructor(file: string, options: CsvOptions, said: (finding: Finding) => void) {
    this.#file = file
    this.#options = options
    this.#said = said
  }

  /** Reads the records that end in `bytes`; says through `used` how far that was. */
  *push(bytes: Uint8Array, final: boolean, used: (to: number) => void): Iterable<Chunk> {
    let at = 0
    if (!this.#scanner) {
      // The first piece decides; small ones are put together until there is enough to see.
      const head = headOf(bytes, final)
      if (!head) return
      const dialect = dialectOf(head, final && head.length === bytes.length, this.#file, this.#options)
      for (const finding of dialect.findings) this.#said(finding)
      this.#scanner = new CsvScanner(dialect.delimiter, dialect)
      this.#titles = dialect.titles
      at = dialect.from
      if (at > 0) this.#line++
    }
    const scanner = this.#scanner
    while (at < bytes.length) {
      const next = scanner.record(bytes, at, final)
      if (next < 0) {
        if (bytes.length - at > MAX_RECORD_BYTES) this.#tooLong(bytes, at)
        break
      }
      if (scanner.broken) this.#badQuotes(at)
      if (!scanner.isBlank(bytes)) this.#record(bytes, at)
      this.#line += scanner.lines
      at = next
      if (this.#isFull()) yield this.#flush()
    }
    this.#offset += at
    used(at)
  }

  *end(): Iterable<Chunk> {
    if (!this.#columns)
      fail('bad_data', `${this.#file} is empty.`, 'Choose a file with a header line and rows.', {
        file: this.#file,
      })
    if (this.#rows === 0)
      fail('bad_data', `${this.#file} has a header line but no rows.`, 'Add rows below the column names.', {
        file: this.#file,
      })
    if (this.#filled > 0) yield this.#flush()
  }

  #record(bytes: Uint8Array, at: number): void {
    const scanner = this.#scanner!
    if (!this.#columns) {
      if (this.#titles-- > 0 || this.#line < (this.#options.header_row ?? 0)) return
      scanner.dropTrailing(bytes, 1)
      const { count } = scanner
      checkWidth({ length: count }, 0, this.#file)
      const hasNames = this.#options.header_row !== 0
      const names = Array.from({ length: count }, (_, i) => (hasNames ? decode(scanner.field(bytes, i)) : ''))
      this.#columns = columnNamesOf(names, this.#file).map(
        (name) => new Column(name, count > 1000 ? 64 : 4096),
      )
      if (hasNames) return
    }
    const columns = this.#columns
    scanner.dropTrailing(bytes, columns.length)
    if (scanner.count !== columns.length) this.#ragged(at)
    this.#rows++
    this.#filled++
    for (let i = 0; i < columns.length; i++) {
      checkCell(scanner.length(i), this.#file, this.#rows, columns[i]!.name)
      columns[i]!.add(bytes, scanner, i)
    }
    checkWidth(columns, this.#rows, this.#file)
  }

  #isFull(): boolean {
    if (this.#filled >= (this.#rows === this.#filled ? FIRST_ROWS : CHUNK_ROWS)) return true
    const columns = this.#columns
    if (!columns) return false
    return this.#filled * columns.length > CHUNK_CELLS || columns.some((column) => column.size > CHUNK_BYTES)
  }

  #flush(): Chunk {
    const rows = this.#filled
    this.#filled = 0
    return { rows, columns: this.#columns!.map((column) => ({ name: column.name, values: column.take() })) }
  }

  #ragged(at: number): never {
    const { count } = this.#scanner!
    const [file, row, line, expected] = [this.#file, this.#rows + 1, this.#line, this.#columns!.length]
    fail(
      'bad_data',
      `Row ${row} of ${file} (line ${line}) has ${count} ${count === 1 ? 'field' : 'fields'}, the header ${expected}.`,
      'Put fields that contain the delimiter, quotes or line breaks in double quotes.',
      { file, row, line, byte: this.#offset + at, expected, found: count },
    )
  }

  #tooLong(bytes: Uint8Array, at: number): never {
    if (bytes.indexOf(34, at) >= 0) this.#badQuotes(at)
    const [file, line] = [this.#file, this.#line]
    fail(
      'bad_data',
      `Line ${line} of ${file} has more than ${MAX_RECORD_BYTES >> 20} MB.`,
      'It is no table of lines; if it is text, cut it into paragraphs.',
      { file, line, byte: this.#offset + at },
    )
  }

  #badQuotes(at: number): never {
    const [file, line] = [this.#file, this.#line]
    const row = this.#columns ? this.#rows + 1 : 0
    fail(
      'bad_data',
      row > 0
        ? `Row ${row} of ${file} (line ${line}) has a quoted field that does not end properly.`
        : `The header of ${file} has a quoted field that does not end properly.`,
      'Close every quote, and write a quote inside a quoted field twice (""). If quotes are characters like others in this file, choose to read them as they are.',
      { file, row, line, byte: this.#offset + at },
    )
  }
}

/** One column of the chunk being filled. */
class Column {
  readonly name: string
  size = 0
  #rows = 0
  #bytes: Uint8Array<ArrayBuffer>
  #offsets = new Int32Array(16)

  /** @param room bytes to begin with */
  constructor(name: string, room: number) {
    this.name = name
    this.#bytes = new Uint8Array(room)
  }

  add(bytes: Uint8Array, scanner: CsvScanner, field: number): void {
    const room = scanner.length(field)
    if (this.#bytes.length - this.size < room) {
      const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.size + room))
      larger.set(this.#bytes.subarray(0, this.size))
      this.#bytes = larger
    }
    if (++this.#rows >= this.#offsets.length) {
      const larger = new Int32Array(2 * this.#offsets.length)
      larger.set(this.#offsets)
      this.#offsets = larger
    }
    this.size = scanner.copy(bytes, field, this.#bytes, this.size)
    this.#offsets[this.#rows] = this.size
  }

  take(): TextCells {
    const cells = new TextCells(this.#bytes.slice(0, this.size), this.#offsets.slice(0, this.#rows + 1))
    this.size = 0
    this.#rows = 0
    return cells
  }
}

function columnNamesOf(fields: string[], file: string): string[] {
  const seen = new Set<string>()
  return fields.map((field, i) => {
    const name =
      field
        .trim()
        .replace(/^"(.*)"$/, '$1')
        .trim() || `column ${i + 1}`
    checkName(name, file)
    if (seen.has(name))
      fail(
        'bad_data',
        `${file} has two columns named "${name}".`,
        'Rename one of them; if its first line holds no names, choose 0 as the header row.',
        { file, column: name },
      )
    seen.add(name)
    return name
  })
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
}
