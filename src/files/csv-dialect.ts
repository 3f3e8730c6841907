import type { Finding, Fix } from '../protocol/preparation.ts'
import type { ReadOptions, SaidReading } from '../protocol/recipe.ts'
import { CsvScanner, NO_DELIMITER } from './csv-scanner.ts'

/** What a person may say of a CSV file; whatever is left out is told by its beginning. */
export type CsvOptions = Pick<SaidReading, 'header_row' | 'quotes' | 'skip_initial_space'>

/** How a CSV file is written. */
export interface Dialect {
  /** Byte between fields, or `NO_DELIMITER`. */
  delimiter: number
  quotes: boolean
  /** Whether blanks behind a delimiter belong to no field. */
  skipSpace: boolean
  /** Where its records begin: behind a line such as `sep=;`. */
  from: number
  /** Records of a title above the names. */
  titles: number
  findings: Finding[]
}

/** The usual ones first: of equally good delimiters the earlier wins. \u0001 is Hive's. */
const DELIMITERS = [',', '\t', ';', '|', '^', '~', '\u0001', '\u001f']
/** Records looked at to tell the delimiter. */
const GUESS_RECORDS = 50
/** Lines that a title may take. */
const MOST_TITLES = 10
const TAB = 9

/** @param head what the file begins with, some records at least; `whole` where that is all of it */
export function dialectOf(head: Uint8Array, whole: boolean, name: string, options: CsvOptions = {}): Dialect {
  const said = /^sep=(.)\r?\n/.exec(decode(head.subarray(0, 8)))
  const delimiters = said
    ? [said[1]!]
    : /\.(tsv|tab)$/i.test(name) && hasTab(head, whole)
      ? ['\t']
      : DELIMITERS
  const from = said ? said[0].length : 0
  const text = head.subarray(from)
  const guess = guessDialect(text, whole, delimiters, options)
  const delimiter = guess?.delimiter ?? (said ? said[1]!.charCodeAt(0) : NO_DELIMITER)
  const { quotes = options.quotes !== 'none', skipSpace = options.skip_initial_space ?? false } = guess ?? {}
  const titles = options.header_row === undefined ? (guess?.titles ?? 0) : 0
  const dialect: Dialect = { delimiter, quotes, skipSpace, from, titles, findings: [] }
  dialect.findings = findingsOf(text, whole, dialect, options)
  return dialect
}

/** The delimiter under which a text is a regular table of at least two columns, or null. */
export function csvDelimiter(head: Uint8Array, whole = true): string | null {
  const guess = guessDialect(head, whole, DELIMITERS, {})
  return guess && guess.regular === 1 && guess.records > 1 && guess.titles === 0
    ? String.fromCharCode(guess.delimiter)
    : null
}

interface Guess {
  delimiter: number
  quotes: boolean
  skipSpace: boolean
  titles: number
  /** Share of the records, without titles, that are as wide as the first of them. */
  regular: number
  records: number
  width: number
}

/** The way of reading under which most of the first records are as wide as their header; null where there is one column only. */
function guessDialect(
  head: Uint8Array,
  whole: boolean,
  delimiters: readonly string[],
  { quotes, skip_initial_space }: CsvOptions,
): Guess | null {
  let best: Guess | null = null
  /** A first record with a quote that is never closed, behind a delimiter: to be named, not read as something else. */
  let open: Guess | null = null
  for (const letter of delimiters) {
    const delimiter = letter.charCodeAt(0)
    const variants = [
      { quotes: quotes !== 'none', skipSpace: skip_initial_space ?? false },
      ...(skip_initial_space === undefined && quotes !== 'none' && hasSpacedQuotes(head, delimiter)
        ? [{ quotes: true, skipSpace: true }]
        : []),
    ]
    let own: Guess | null = null
    for (const variant of variants) {
      const found = measured(head, whole, { delimiter, ...variant })
      if (found === 'open') open ??= { delimiter, ...variant, titles: 0, regular: 0, records: 1, width: 2 }
      else if (found && (!own || found.regular >= own.regular)) own = found
    }
    // Sentences between tabs often have quotes of their own.
    if (delimiter === TAB && quotes === undefined && own?.regular !== 1) {
      const raw = measured(head, whole, { delimiter, quotes: false, skipSpace: false })
      if (raw !== 'open' && raw?.regular === 1 && raw.records > 1 && hasOddQuotes(head, whole)) own = raw
    }
    if (
      own &&
      (!best || own.regular > best.regular || (own.regular === best.regular && own.width > best.width))
    )
      best = own
  }
  return open && (!best || best.regular < 1) ? open : best
}

type Variant = Pick<Guess, 'delimiter' | 'quotes' | 'skipSpace'>

function measured(head: Uint8Array, whole: boolean, variant: Variant): Guess | 'open' | null {
  /** Fields of each record, and where titles are filled up, without what fills them. */
  const [counts, widths]: [number[], number[]] = [[], []]
  const scanner = new CsvScanner(variant.delimiter, variant)
  for (let at = 0; at < head.length && widths.length < GUESS_RECORDS; ) {
    const next = scanner.record(head, at, whole)
    const isOpen = next < 0 ? scanner.count > 0 && head.indexOf(10, at) >= 0 : scanner.broken
    if (isOpen && widths.length === 0) return scanner.count > 0 ? 'open' : null
    if (next < 0) break
    if (!scanner.isBlank(head)) {
      // Spreadsheets fill a title up with delimiters.
      const padded = scanner.count > 1 && widths.every((other) => other === 1) && isAlone(scanner, head)
      const count = scanner.broken ? 0 : scanner.count
      counts.push(count)
      widths.push(padded ? 1 : count)
    }
    at = next
  }
  const titles = titlesOf(widths, head, variant)
  const kept = counts.slice(titles)
  const width = kept[0] ?? 0
  if (width < 2) return null
  const regular = kept.filter((other) => other === width).length / kept.length
  return { ...variant, titles, regular, records: kept.length, width }
}

/**
 * Records of a title: narrower ones above records that are all alike. Prose has its commas before blanks, a header and its rows
 * seldom.
 */
function titlesOf(widths: readonly number[], head: Uint8Array, { delimiter }: Variant): number {
  const width = widths.at(-1) ?? 0
  let titles = widths.length
  while (titles > 0 && widths[titles - 1] === width) titles--
  const records = widths.length - titles
  if (titles === 0 || titles > MOST_TITLES || width < 2 || records < 2) return 0
  if (widths.slice(0, titles).some((other) => other >= width || other === 0)) return 0
  if (delimiter !== 44) return titles
  const lines = decode(head.subarray(0, 4096)).split(/[\r\n]+/)
  // Comments of programs; prose has no such marks.
  if (lines.slice(0, titles).every((line) => line.startsWith('#'))) return titles
  const [first = ''] = lines
  const text = decode(head)
  const commas = text.split(',').length - 1
  const spaced = text.split(', ').length - 1
  // A single word is the name of a column.
  return spaced > commas / 4 || (titles === 1 && /^\W*[\w-]+\W*$/.test(first)) ? 0 : titles
}

/** Whether the first field is the only one with something in it. */
function isAlone(scanner: CsvScanner, head: Uint8Array): boolean {
  const isEmpty = (i: number) => decode(scanner.field(head, i)).trim() === ''
  return !isEmpty(0) && Array.from({ length: scanner.count - 1 }, (_, i) => i + 1).every(isEmpty)
}

function hasTab(head: Uint8Array, whole: boolean): boolean {
  const scanner = new CsvScanner(TAB, { quotes: false, skipSpace: false })
  for (let at = 0; at < head.length; ) {
    const next = scanner.record(head, at, whole)
    if (next < 0) return scanner.count > 1
    if (!scanner.isBlank(head)) return scanner.count > 1
    at = next
  }
  return false
}

/** Whether a delimiter, blanks and a quote follow each other. */
function hasSpacedQuotes(head: Uint8Array, delimiter: number): boolean {
  for (let at = head.indexOf(delimiter); at >= 0; at = head.indexOf(delimiter, at + 1)) {
    let next = at + 1
    while (head[next] === 32) next++
    if (next > at + 1 && head[next] === 34) return true
  }
  return false
}

/** Whether, under the rules of CSV, quotes between tabs are broken or join lines. */
function hasOddQuotes(head: Uint8Array, whole: boolean): boolean {
  const scanner = new CsvScanner(TAB)
  for (let at = 0; at < head.length; ) {
    const next = scanner.record(head, at, whole)
    if (next < 0) return scanner.count > 0 && head.indexOf(10, at) >= 0 && head.indexOf(34, at) >= 0
    if (scanner.broken || scanner.lines > 1) return true
    at = next
  }
  return false
}

/** What a person should know of how it is read, and could choose otherwise. */
function findingsOf(head: Uint8Array, whole: boolean, dialect: Dialect, options: CsvOptions): Finding[] {
  const findings: Finding[] = []
  const scanner = new CsvScanner(dialect.delimiter, dialect)
  const records: string[][] = []
  /** Line that each begins on, from 1; a line such as `sep=;` is before them. */
  const lines: number[] = []
  let line = dialect.from > 0 ? 2 : 1
  for (let at = 0; at < head.length && records.length < GUESS_RECORDS; ) {
    const next = scanner.record(head, at, whole)
    if (next < 0 || scanner.broken) break
    if (!scanner.isBlank(head)) {
      records.push(Array.from({ length: scanner.count }, (_, i) => decode(scanner.field(head, i))))
      lines.push(line)
    }
    line += scanner.lines
    at = next
  }
  const titles = records.splice(0, dialect.titles)
  const [first, ...rows] = records
  if (titles.length > 0)
    findings.push({
      severity: 'warning',
      message: `${titles.length === 1 ? 'A line' : `${titles.length} lines`} above the names of the columns ${titles.length === 1 ? 'was' : 'were'} left out: "${titles[0]!.join(' ').trim().slice(0, 80)}"${titles.length > 1 ? ' ...' : ''}.`,
      hint: 'If the names stand in another line, say in which: the header row.',
      kind: 'title_lines',
      count: titles.length,
      fix: reading(`The names are in line ${lines[titles.length]}`, { header_row: lines[titles.length]! }),
    })
  if (options.quotes === undefined && !dialect.quotes)
    findings.push({
      severity: 'warning',
      message: 'Quotes in this file do not pair up as in CSV, so they were read as characters like others.',
      hint: 'If they enclose fields, choose quotes as in CSV; the first that is not closed is then named.',
      kind: 'raw_quotes',
      fix: reading('Read quotes as in CSV', { quotes: 'csv' }),
    })
  if (options.skip_initial_space === undefined && dialect.skipSpace)
    findings.push({
      severity: 'note',
      message: 'Blanks behind delimiters were left out, since quotes follow them.',
      hint: 'If they belong to the fields, choose to keep blanks behind delimiters.',
      kind: 'spaced_delimiters',
      fix: reading('Keep blanks behind delimiters', { skip_initial_space: false }),
    })
  else if (options.skip_initial_space === undefined && isSpaced(rows))
    findings.push({
      severity: 'note',
      message: 'Every field but the first of a row begins with a blank.',
      hint: 'To leave these out, choose to skip blanks behind delimiters.',
      kind: 'spaced_delimiters',
      fix: reading('Leave these blanks out', { skip_initial_space: true }),
    })
  const odd = options.header_row === undefined && first ? dataInHeader(first, rows) : null
  if (odd !== null) findings.push(looksLikeData(odd))
  return findings
}

function reading(label: string, options: ReadOptions): Fix {
  return { kind: 'reading', label, reading: options }
}

/** @param field of the first row, of the same kind as those below it */
export function looksLikeData(field: string): Finding {
  return {
    severity: 'warning',
    message: `The first row looks like data, but was read as the names of the columns: "${field.slice(0, 80)}".`,
    hint: 'If there are no names, choose 0 as the header row, so that this row is learnt from, too.',
    kind: 'no_header',
    fix: reading('There are no names: take it as a row', { header_row: 0 }),
  }
}

function isSpaced(rows: readonly string[][]): boolean {
  const fields = rows.flatMap((row) => row.slice(1))
  return rows.length > 1 && fields.length > 0 && fields.every((field) => /^ \S/.test(field))
}

const NUMBER = /^[+-]?\d+([.,]\d+)?%?$/
/** Of which a name is none, each: a number, a sentence, a day, an address, several words. */
const KINDS = [
  NUMBER,
  /[.!?。！？…]["”»)]?$/,
  /^\d{4}-\d{2}-\d{2}(?!\d)|^\d{1,2}[./]\d{1,2}[./]\d{2,4}(?!\d)/,
  /^https?:\/\/|^\S+@\S+\.\w+$/,
  /^\S+(\s+\S+){3,}$/,
]

/** A field of the first row that is of the same kind as those below it, where names are not; null where none is. */
export function dataInHeader(first: readonly string[], rows: readonly string[][]): string | null {
  if (rows.length === 0) return null
  const most = (column: number, fits: (field: string) => boolean) =>
    rows.filter((row) => fits((row[column] ?? '').trim())).length > rows.length * 0.6
  for (const [column, field] of first.entries()) {
    const text = field.trim()
    if (text === '') continue
    if (KINDS.some((kind) => kind.test(text) && most(column, (other) => kind.test(other)))) return text
    // Counted on: "q0" above "q1" and "q2".
    if (/\d/.test(text) && most(column, (other) => uncounted(other) === uncounted(text))) return text
    const [begin] = /^\S+\s+\S+\s/.exec(text) ?? []
    if (begin !== undefined && most(column, (other) => other.startsWith(begin))) return text
    // One word for all, or for some, is a label. A row that is the same throughout is the names once more.
    const again = rows.filter((row) => row[column]?.trim() === text && row.join('\0') !== first.join('\0'))
    if (again.length >= Math.max(2, rows.length * 0.05)) return text
  }
  return null
}

function uncounted(text: string): string {
  return text.replace(/\d+/g, '0')
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
}
