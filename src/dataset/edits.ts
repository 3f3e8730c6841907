import type { Table } from 'apache-arrow'
import { columnNames, columnReader, makeTable } from '../files/table.ts'
import { rowNumber } from '../lib/row-numbers.ts'
import { fail, listed } from '../protocol/errors.ts'
import type { RowEdit } from '../protocol/preparation.ts'

/** Numbers of rows that a table may grow to by hand. */
const MAX_ROWS = 5_000_000

/**
 * A table with edits applied in order; the table itself stays. Only columns that are touched are built again.
 * @throws LapidaryError `bad_data` or `missing_column`, naming the first edit that cannot be done
 */
export function applyEdits(table: Table, edits: readonly RowEdit[]): Table {
  if (edits.length === 0) return table
  const names = columnNames(table)
  const columns = new Map<string, unknown[]>()
  const read = (name: string): unknown[] => {
    const known = columns.get(name)
    if (known) return known
    const reader = columnReader(table, name)!
    const values = Array.from({ length: table.numRows }, (_, i) => reader(i))
    columns.set(name, values)
    return values
  }
  let rows = table.numRows
  for (const [index, edit] of edits.entries()) {
    const problem = (message: string, hint: string, detail = {}) =>
      fail('bad_data', `Edit ${index + 1}: ${message}`, hint, { edit: index, ...detail })
    const inRange = (row: number, most: number) => {
      if (!Number.isInteger(row) || row < 0 || row >= most)
        problem(`there is no row ${rowNumber(row)}.`, `There are ${rows} rows.`, { row })
    }
    const known = (column: string) => {
      if (!names.includes(column))
        fail(
          'missing_column',
          `Edit ${index + 1}: there is no column "${column}".`,
          `Choose one of: ${listed(names)}.`,
          { edit: index, column },
        )
    }
    if (edit.type === 'set') {
      inRange(edit.row, rows)
      known(edit.column)
      read(edit.column)[edit.row] = edit.value ?? null
    } else if (edit.type === 'add') {
      inRange(edit.at, rows + 1)
      for (const column of Object.keys(edit.values)) known(column)
      if (rows >= MAX_ROWS) problem(`there are ${rows} rows already.`, 'Use a smaller data set.')
      for (const name of names) read(name).splice(edit.at, 0, edit.values[name] ?? null)
      rows++
    } else if (edit.type === 'delete') {
      for (const row of edit.rows) inRange(row, rows)
      const gone = new Set(edit.rows)
      for (const name of names)
        columns.set(
          name,
          read(name).filter((_, i) => !gone.has(i)),
        )
      rows -= gone.size
    } else {
      if (edit.name.trim() === '')
        problem('the new column has no name.', 'Give it a name.', { column: edit.name })
      if (names.includes(edit.name))
        problem(`there is a column "${edit.name}" already.`, 'Give it another name.', { column: edit.name })
      names.push(edit.name)
      columns.set(edit.name, new Array<unknown>(rows).fill(null))
    }
  }
  const untouched = rows === table.numRows ? table : null
  const built = makeTable(
    names
      .filter((name) => columns.has(name) || untouched === null)
      .map((name) => ({ name, values: columns.get(name) ?? read(name) })),
  )
  return untouched === null ? built : inOrder(untouched, built, names)
}

/** Columns of the new table where there are such, else of the old one, in the old order and the new ones behind. */
function inOrder(old: Table, built: Table, names: readonly string[]): Table {
  const fresh = new Set(columnNames(built))
  const from = (name: string) => (fresh.has(name) ? built : old).select([name])
  return names.slice(1).reduce((table, name) => table.assign(from(name)), from(names[0]!))
}
