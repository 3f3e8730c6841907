import { csvText } from '../../lib/csv-text.ts'
import { type DataCell, type DataFile, type DataSplits, dataColumns } from './rows.ts'

/**
 * CSV (RFC 4180, UTF-8), a file a split. Conversations of several turns are JSON in one cell. A missing cell is empty, an
 * empty text is `""`.
 */
export function csvFiles(splits: DataSplits): DataFile[] {
  return dataColumns(splits).map(([split, columns]) => {
    const rows = columns[0]!.values.length
    const lines = [columns.map(({ name }) => name).join(',')]
    for (let row = 0; row < rows; row++)
      lines.push(columns.map(({ values }) => quoted(values[row]!)).join(','))
    return { path: `${split}.csv`, blob: new Blob([`${lines.join('\r\n')}\r\n`], { type: 'text/csv' }) }
  })
}

function quoted(value: DataCell): string {
  if (value === null) return ''
  return csvText(typeof value === 'string' ? value : JSON.stringify(value))
}
