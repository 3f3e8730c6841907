import { concatBytes } from '../lib/concat.ts'
import { fail } from '../protocol/errors.ts'
import { CsvScanner, NO_DELIMITER } from './csv-scanner.ts'
import { type Chunk, TextCells } from './table-builder.ts'

/** The usual ones first: of equally good delimiters the earlier wins. \u0001 is Hive's. */
const DELIMITERS = [',', '\t', ';', '|', '^', '~', '\u0001', '\u001f']
/** Records looked at to tell the delimiter. */
const GUESS_RECORDS = 50
/** A record longer than this is a quote left open. */
const MAX_RECORD_BYTES = 32 << 20
/** The first chunk is small since it becomes the preview. */
const FIRST_ROWS = 100
const CHUNK_ROWS = 65_536
const CHUNK_BYTES = 8 << 20

/**
 * CSV (RFC 4180, any delimiter, any line ends) as chunks of text columns; an empty field is a missing value. Names are
 * trimmed, blank lines are left out, and delimiters left behind at the ends of lines (by spreadsheets) too. Line breaks
 * in quoted fields become `\n`. A first line `sep=;` sets the delimiter, as in Excel.
 * @param pieces UTF-8 without a mark
 * @throws LapidaryError `bad_data` with row (1-based, without the header), line and byte: ragged rows, quotes left open,
 * names given twice, no rows.
 */
export async function* readCsv(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  name: string,
): AsyncIterable<Chunk> {
  const rows = new CsvRows(name)
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

/** The delimiter under which a text is a regular table of at least two columns, or null. */
export function csvDelimiter(head: Uint8Array, whole = true): string | null {
  const guess = guessDelimiter(head, whole)
  return guess && guess.regular === 1 && guess.rows > 1 ? guess.delimiter : null
}

/** The delimiter that the header has and under which most of the first records are as wide as it; null where none is. */
function guessDelimiter(
  head: Uint8Array,
  whole: boolean,
): { delimiter: string; regular: number; rows: number } | null {
  let best: { delimiter: string; regular: number; rows: number; width: number } | null = null
  for (const delimiter of DELIMITERS) {
    const widths: number[] = []
    const scanner = new CsvScanner(delimiter.charCodeAt(0))
    for (let at = 0; at < head.length && widths.length < GUESS_RECORDS; ) {
      const next = scanner.record(head, at, whole)
      if (next < 0) break
      if (!scanner.isBlank(head)) widths.push(scanner.count)
      at = next
    }
    const width = widths[0] ?? 0
    if (width < 2) continue
    const regular = widths.filter((other) => other === width).length / widths.length
    if (!best || regular > best.regular || (regular === best.regular && width > best.width))
      best = { delimiter, regular, rows: widths.length, width }
  }
  return best
}

function delimiterOf(head: Uint8Array, whole: boolean, name: string): { code: number; from: number } {
  const said = /^sep=(.)\r?\n/.exec(decode(head.subarray(0, 8)))
  if (said) return { code: said[1]!.charCodeAt(0), from: said[0].length }
  const byName = /\.(tsv|tab)$/i.test(name)
  const scanner = new CsvScanner(TAB)
  let at = 0
  while (byName && at < head.length) {
    const next = scanner.record(head, at, whole)
    if (next < 0) break
    if (!scanner.isBlank(head)) {
      if (scanner.count > 1) return { code: TAB, from: 0 }
      break
    }
    at = next
  }
  return { code: guessDelimiter(head, whole)?.delimiter.charCodeAt(0) ?? NO_DELIMITER, from: 0 }
}

const TAB = 9

/** Rows on their way from bytes into columns. */
class CsvRows {
  readonly #file: string
  #scanner: CsvScanner | null = null
  #columns: Column[] | null = null
  /** Rows behind us, without the header; those of them in the chunk being filled. */
  #rows = 0
  #filled = 0
  /** Line the next record begins on, 1-based, and bytes before `bytes`. */
  #line = 1
  #offset = 0

  constructor(file: string) {
    this.#file = file
  }

  /** Reads the records that end in `bytes`; says through `used` how far that was. */
  *push(bytes: Uint8Array, final: boolean, used: (to: number) => void): Iterable<Chunk> {
    let at = 0
    if (!this.#scanner) {
      // The first piece decides; small ones are put together until there is enough to see.
      if (!final && bytes.length < 65_536) return
      const { code, from } = delimiterOf(
        bytes.subarray(0, 65_536),
        final && bytes.length <= 65_536,
        this.#file,
      )
      this.#scanner = new CsvScanner(code)
      at = from
      if (from > 0) this.#line++
    }
    const scanner = this.#scanner
    while (at < bytes.length) {
      const next = scanner.record(bytes, at, final)
      if (next < 0) {
        if (bytes.length - at > MAX_RECORD_BYTES) this.#badQuotes(at)
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
      scanner.dropTrailing(bytes, 1)
      const names = Array.from({ length: scanner.count }, (_, i) => decode(scanner.field(bytes, i)))
      this.#columns = columnNamesOf(names, this.#file).map((name) => new Column(name))
      return
    }
    const columns = this.#columns
    scanner.dropTrailing(bytes, columns.length)
    if (scanner.count !== columns.length) this.#ragged(at)
    for (let i = 0; i < columns.length; i++) columns[i]!.add(bytes, scanner, i)
    this.#rows++
    this.#filled++
  }

  #isFull(): boolean {
    if (this.#filled >= (this.#rows === this.#filled ? FIRST_ROWS : CHUNK_ROWS)) return true
    return this.#columns?.some((column) => column.size > CHUNK_BYTES) ?? false
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

  #badQuotes(at: number): never {
    const [file, line] = [this.#file, this.#line]
    const row = this.#columns ? this.#rows + 1 : 0
    fail(
      'bad_data',
      row > 0
        ? `Row ${row} of ${file} (line ${line}) has a quoted field that does not end properly.`
        : `The header of ${file} has a quoted field that does not end properly.`,
      'Close every quote, and write a quote inside a quoted field twice ("").',
      { file, row, line, byte: this.#offset + at },
    )
  }
}

/** One column of the chunk being filled. */
class Column {
  readonly name: string
  size = 0
  #rows = 0
  #bytes = new Uint8Array(4096)
  #offsets = new Int32Array(256)

  constructor(name: string) {
    this.name = name
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
    if (seen.has(name))
      fail('bad_data', `${file} has two columns named "${name}".`, 'Rename one of them.', {
        file,
        column: name,
      })
    seen.add(name)
    return name
  })
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
}
