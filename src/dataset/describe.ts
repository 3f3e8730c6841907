import type { Table } from 'apache-arrow'
import { columnNames, columnReader, plainTextTest, tableRows } from '../files/table.ts'
import type { RowNumbers } from '../lib/row-numbers.ts'
import type {
  ColumnInfo,
  DatasetInfo,
  DatasetPreview,
  Finding,
  ReadingOffers,
  ReadOptions,
} from '../protocol/studio.ts'
import { findIssues } from './findings.ts'
import { guessMapping } from './guess.ts'
import { isMissing } from './values.ts'

export interface Dataset {
  name: string
  /** SHA-256 of the file's bytes, hex; of several files, of their hashes, a line each; with `reading`, of that and these. */
  hash: string
  /** Of the reader that read it: csv, json, text, parquet, arrow, xlsx ... */
  format: string
  /** Kept as Arrow IPC (`tableToIPC`); read with `tableRows` and `columnReader`. */
  table: Table
  /** What reading the file itself brought up. */
  findings: Finding[]
  /** What was said of how to read it, where that makes a difference to this format. */
  reading?: ReadOptions
  /** What the file has to choose from. */
  offers?: ReadingOffers
  /** What the file calls its rows, where that is not 1, 2, 3 ... */
  rowNumbers?: RowNumbers
}

/** Of a table of thousands of columns, even these are many values. */
const PREVIEW_ROWS = 5
/** What is looked at while the rest is being read is less still. */
const PREVIEW_COLUMNS = 50

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
    findings: [...dataset.findings, ...findIssues(table, guess, dataset.rowNumbers)],
    preview: tableRows(table, 0, PREVIEW_ROWS),
    format: dataset.format,
    ...(dataset.reading ? { reading: dataset.reading } : {}),
    ...(dataset.offers ? { offers: dataset.offers } : {}),
    ...(dataset.rowNumbers ? { rowNumbers: dataset.rowNumbers } : {}),
  }
}

/** What there is to see before all of a data set has been read. */
export function describePreview({
  name,
  format,
  table,
}: Pick<Dataset, 'name' | 'format' | 'table'>): DatasetPreview {
  const first = columnNames(table).slice(0, PREVIEW_COLUMNS)
  return {
    name,
    format,
    columns: describeColumns(table, first),
    rows: tableRows(table, 0, PREVIEW_ROWS, first),
  }
}

export function describeColumns(table: Table, names: readonly string[] = columnNames(table)): ColumnInfo[] {
  return names.map((name) => {
    const read = columnReader(table, name)!
    const isPlain = plainTextTest(table, name)
    let missing = 0
    const types = new Set<ColumnInfo['type']>()
    for (let row = 0; row < table.numRows; row++) {
      if (types.has('text') && isPlain?.(row)) continue
      const value = read(row)
      if (isMissing(value)) missing++
      // Text is what everything else can be read as: once seen, nothing changes.
      else if (!types.has('text')) types.add(typeOf(value))
    }
    const type = types.size === 0 ? 'empty' : types.size === 1 ? [...types][0]! : 'text'
    return { name, type, missing }
  })
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
