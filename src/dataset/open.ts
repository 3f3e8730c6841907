import type { Table } from 'apache-arrow'
import type { ByteSource } from '../files/bytes.ts'
import { csvDelimiter, parseCsv } from '../files/csv.ts'
import { looksLikeJson, parseJsonRows } from '../files/json.ts'
import { type ColumnValues, columnNames, columnReader, makeTable, tableRows } from '../files/table.ts'
import { decodeText } from '../files/text.ts'
import { sha256Hex } from '../lib/hash.ts'
import { fail } from '../protocol/errors.ts'
import type { ColumnInfo, DatasetInfo, Finding } from '../protocol/studio.ts'
import { findIssues } from './findings.ts'
import { guessMapping } from './mapping.ts'

/** JavaScript engines hold no longer strings. */
const MAX_TEXT_BYTES = 400_000_000

export interface Dataset {
  name: string
  /** SHA-256 of the file's bytes, hex. */
  hash: string
  format: 'csv' | 'json' | 'text'
  /** Kept as Arrow IPC (`tableToIPC`); read with `tableRows` and `columnReader`. */
  table: Table
  /** What reading the file itself brought up. */
  findings: Finding[]
}

/**
 * Reads a file of rows: CSV, TSV, JSON, JSON lines, or plain text by lines. The format is told by content, so a name
 * may mislead.
 * @throws LapidaryError `bad_data`, `bad_file` or `unsupported_format`, located.
 */
export async function openDataset(name: string, source: ByteSource, signal?: AbortSignal): Promise<Dataset> {
  if (source.size === 0) fail('bad_data', `${name} is empty.`, 'Choose a file with rows.', { file: name })
  if (source.size > MAX_TEXT_BYTES)
    fail(
      'unsupported_format',
      `${name} has ${Math.round(source.size / 1e6)} MB; text files can be read up to ${MAX_TEXT_BYTES / 1e6} MB.`,
      'Use a part of it: fine-tuning rarely needs more than some ten thousand rows.',
      { file: name, bytes: source.size },
    )
  const bytes = await source.read(0, source.size, signal)
  const hash = await sha256Hex(bytes)
  const { text, encoding } = decodeText(bytes, name)
  signal?.throwIfAborted()
  const [format, columns] = readColumns(text, name)
  const findings: Finding[] =
    encoding === 'windows-1252'
      ? [
          {
            severity: 'warning',
            message: 'The file is not UTF-8; it was read as Windows-1252.',
            hint: 'If letters with accents look wrong in the preview, save the file as UTF-8.',
          },
        ]
      : []
  return { name, hash, format, table: makeTable(columns), findings }
}

function readColumns(text: string, name: string): [Dataset['format'], ColumnValues[]] {
  if (text.trim() === '') fail('bad_data', `${name} is empty.`, 'Choose a file with rows.', { file: name })
  if (looksLikeJson(text) || /\.(json|jsonl|ndjson)$/i.test(name)) return ['json', parseJsonRows(text, name)]
  if (/\.(txt|md|text)$/i.test(name) && csvDelimiter(text) === null) {
    const lines = text.split('\n').filter((line) => line.trim() !== '')
    return ['text', [{ name: 'text', values: lines }]]
  }
  return ['csv', parseCsv(text, name)]
}

/** What the page shows of a data set. */
export function describeDataset(id: string, dataset: Dataset): DatasetInfo {
  const { table } = dataset
  const columns = describeColumns(table)
  const guess = guessMapping(table, columns)
  return {
    id,
    name: dataset.name,
    hash: dataset.hash,
    rows: table.numRows,
    columns,
    guess,
    findings: [...dataset.findings, ...findIssues(table, guess)],
    preview: tableRows(table, 0, 5),
  }
}

export function describeColumns(table: Table): ColumnInfo[] {
  return columnNames(table).map((name) => {
    const read = columnReader(table, name)!
    let missing = 0
    const types = new Set<ColumnInfo['type']>()
    for (let row = 0; row < table.numRows; row++) {
      const value = read(row)
      if (isMissing(value)) missing++
      // Text is what everything else can be read as: once seen, nothing changes.
      else if (!types.has('text')) types.add(typeOf(value))
    }
    const type = types.size === 0 ? 'empty' : types.size === 1 ? [...types][0]! : 'text'
    return { name, type, missing }
  })
}

/** Null, and text of nothing but white space. */
export function isMissing(value: unknown): boolean {
  return value === null || value === undefined || (typeof value === 'string' && value.trim() === '')
}

const NUMBER = /^[+-]?(\d+([.,]\d+)?|\.\d+)(e[+-]?\d+)?$/i
const DATE = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/

function typeOf(value: unknown): ColumnInfo['type'] {
  if (typeof value === 'number') return 'number'
  if (typeof value === 'boolean') return 'boolean'
  if (Array.isArray(value)) return 'list'
  if (typeof value === 'object') return 'object'
  const text = String(value).trim()
  if (NUMBER.test(text)) return 'number'
  if (/^(true|false)$/i.test(text)) return 'boolean'
  return DATE.test(text) ? 'date' : 'text'
}
