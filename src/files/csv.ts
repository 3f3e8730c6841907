import Papa from 'papaparse'
import { fail } from '../protocol/errors.ts'
import type { ColumnValues } from './table.ts'

const DELIMITERS = [',', '\t', ';', '|']
/** Occurs in no text file: reads each line as one field. */
const NONE = '\u001f'

/**
 * CSV (RFC 4180, any usual delimiter) as columns of text; an empty field is a missing value. Names are trimmed.
 * @param text decoded, `\n` line ends
 * @throws LapidaryError `bad_data` with row (1-based, without the header) and line: ragged rows, quotes left open, names
 * given twice, no rows.
 */
export function parseCsv(text: string, name: string): ColumnValues[] {
  const delimiter = /\.(tsv|tab)$/i.test(name) ? '\t' : (guessDelimiter(text)?.delimiter ?? NONE)
  const rows = readRecords(text, name, delimiter)
  const header = rows[0]?.fields
  if (!header) return empty(name)
  dropTrailing(header, 1)
  const names = columnNamesOf(header, name)
  const columns = names.map((column): ColumnValues => ({ name: column, values: [] }))
  rows.slice(1).forEach(({ fields, line }, row) => {
    dropTrailing(fields, names.length)
    if (fields.length !== names.length) ragged(name, row + 1, line, names.length, fields.length)
    columns.forEach((column, i) => {
      column.values.push(fields[i] === '' ? null : fields[i])
    })
  })
  if (rows.length === 1)
    fail('bad_data', `${name} has a header line but no rows.`, 'Add rows below the column names.', {
      file: name,
    })
  return columns
}

/** The delimiter under which a text is a regular table of at least two columns, or null. */
export function csvDelimiter(text: string): string | null {
  const guess = guessDelimiter(text)
  return guess && guess.regular === 1 && guess.rows > 1 ? guess.delimiter : null
}

/** The delimiter that the header has and under which most of the first records are as wide as it; null where none is. */
function guessDelimiter(text: string): { delimiter: string; regular: number; rows: number } | null {
  let best: { delimiter: string; regular: number; rows: number; width: number } | null = null
  for (const delimiter of DELIMITERS) {
    const { data } = Papa.parse<string[]>(text, { delimiter, newline: '\n', preview: 50 })
    const rows = data.filter((fields) => fields.some((field) => field.trim() !== ''))
    const width = rows[0]?.length ?? 0
    if (width < 2) continue
    const regular = rows.filter((fields) => fields.length === width).length / rows.length
    if (!best || regular > best.regular || (regular === best.regular && width > best.width))
      best = { delimiter, regular, rows: rows.length, width }
  }
  return best
}

interface CsvRecord {
  fields: string[]
  /** On which it begins, 1-based. */
  line: number
}

/** Records with the line each begins on, blank lines left out. */
function readRecords(text: string, name: string, delimiter: string): CsvRecord[] {
  const { data, errors } = Papa.parse<string[]>(text, {
    delimiter,
    newline: '\n',
  })
  const rows: CsvRecord[] = []
  const broken = errors.find((error) => error.type === 'Quotes')
  let line = 1
  for (const [i, fields] of data.entries()) {
    if (broken?.row === i) badQuotes(name, rows.length, line)
    if (fields.some((field) => field.trim() !== '')) rows.push({ fields, line })
    line++
    for (const field of fields) for (let at = -1; (at = field.indexOf('\n', at + 1)) >= 0; ) line++
  }
  if (broken) badQuotes(name, rows.length - 1, rows.at(-1)?.line ?? 1)
  return rows
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

/** Spreadsheets leave delimiters behind at the ends of lines. */
function dropTrailing(fields: string[], keep: number): void {
  while (fields.length > keep && fields.at(-1)!.trim() === '') fields.pop()
}

function empty(name: string): never {
  fail('bad_data', `${name} is empty.`, 'Choose a file with a header line and rows.', { file: name })
}

function ragged(file: string, row: number, line: number, expected: number, found: number): never {
  fail(
    'bad_data',
    `Row ${row} of ${file} (line ${line}) has ${found} ${found === 1 ? 'field' : 'fields'}, the header ${expected}.`,
    'Put fields that contain the delimiter, quotes or line breaks in double quotes.',
    { file, row, line, expected, found },
  )
}

function badQuotes(file: string, row: number, line: number): never {
  fail(
    'bad_data',
    row > 0
      ? `Row ${row} of ${file} (line ${line}) has a quoted field that does not end properly.`
      : `The header of ${file} has a quoted field that does not end properly.`,
    'Close every quote, and write a quote inside a quoted field twice ("").',
    { file, row, line },
  )
}
