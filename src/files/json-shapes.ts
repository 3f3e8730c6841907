import { counted, grouped } from '../lib/counted.ts'
import { fail } from '../protocol/errors.ts'
import type { Finding } from '../protocol/preparation.ts'
import { SPLIT, splitOfName } from './split-names.ts'

export type ColumnLists = { name: string; values: unknown[] }[]

/** What an object around rows or columns was taken for. */
export type Shape = ({ rows: unknown[] } | { columns: ColumnLists }) & { findings: Finding[] }

/**
 * The rows or columns in one JSON object:
 * - `{"data": [{...}, ...]}`: a list of objects under any name. Several such lists of the same names are put together, with a column
 *   that says which list a row is from; of lists of different names the first is read. What else is there is named in a finding.
 * - `{"columns": ["q", "a"], "data": [["q1", "a1"], ...]}`, as pandas writes with `orient="split"`, and other names of the two
 * - `{"q": ["q1", "q2"], "a": [...]}`: columns, lists of one length
 * - `{"q": {"0": "q1", "1": "q2"}, "a": {...}}`: what pandas writes by default
 * - `{"0": {"q": "q1", "a": "a1"}, "1": {...}}`: objects of the same names under numbers or ids; with more names than objects, columns
 * - `{"train": ..., "test": ...}`: any of these under the name of what it is for; `{"data": ...}`: any of the lists above in one more object
 * - anything else is one row.
 * @throws LapidaryError `bad_data` for rows that do not fit the names of their columns
 */
export function shapeOf(whole: Record<string, unknown>, file: string): Shape {
  return (
    table(whole, file) ??
    hubRows(whole, file) ??
    wrapped(whole, file) ??
    inside(whole, file) ??
    plainColumns(columnLists(whole) ?? pandasColumns(whole)) ??
    keyed(whole, file) ?? { rows: [whole], findings: [] }
  )
}

function plainColumns(columns: ColumnLists | null): Shape | null {
  return columns && { columns, findings: [] }
}

const HEADS = ['columns', 'column_names', 'header', 'headers', 'fields', 'cols']
const BODIES = ['data', 'rows', 'values', 'records']

/** Names of columns beside a list of lists. */
function table(whole: Record<string, unknown>, file: string): Shape | null {
  const head = HEADS.find((name) => namesIn(whole[name]) !== null)
  const body = BODIES.find((name) => isLists(whole[name]))
  if (head === undefined || body === undefined) return null
  const names = namesIn(whole[head])!
  const rows = whole[body] as unknown[][]
  const wrong = rows.findIndex((row) => row.length !== names.length)
  if (wrong >= 0)
    fail(
      'bad_data',
      `Row ${wrong + 1} of "${body}" in ${file} has ${counted(rows[wrong]!.length, 'value', 'values')}, but "${head}" names ${counted(names.length, 'column', 'columns')}.`,
      'Export the file again, or correct it there.',
      { file, row: wrong + 1 },
    )
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined)
    fail(
      'bad_data',
      `"${head}" in ${file} names the column "${twice}" twice.`,
      'Give each column a name of its own: one of them would be lost.',
      { file, column: twice },
    )
  const columns = names.map((name, i) => ({ name, values: rows.map((row) => row[i]) }))
  const { index, index_names, column_names, [head]: _, [body]: __, ...others } = whole
  const isIndex = Array.isArray(index) && index.length === rows.length
  // A plain count says nothing.
  if (isIndex && index.some((value) => typeof value === 'string'))
    columns.unshift({ name: freeName('index', new Set(names)), values: index })
  const left = { ...others, ...(isIndex || index === undefined ? {} : { index }) }
  return { columns, findings: Object.keys(left).length > 0 ? [leftOut(left)] : [] }
}

/** Names, or objects that have one each. */
function namesIn(value: unknown): string[] | null {
  if (isNames(value)) return value.map(String)
  const named = Array.isArray(value) && value.map((one) => (isRecord(one) ? one.name : null))
  return isNames(named) ? named.map(String) : null
}

function isLists(value: unknown): value is unknown[][] {
  return Array.isArray(value) && value.length > 0 && value.every(Array.isArray)
}

/** What the Hugging Face Hub answers when it is asked for rows: each in an object beside its number. */
function hubRows({ rows, num_rows_total: total }: Record<string, unknown>, file: string): Shape | null {
  if (!Array.isArray(rows) || rows.length === 0) return null
  if (!rows.every((row) => isRecord(row) && isRecord(row.row) && typeof row.row_idx === 'number')) return null
  const cut = rows.filter(({ truncated_cells: cells }) => Array.isArray(cells) && cells.length > 0).length
  const some = typeof total === 'number' && total > rows.length
  const lost = [
    ...(some ? [`${counted(rows.length, 'row', 'rows')} of ${grouped(total)}`] : []),
    ...(cut > 0 ? [`cut-off cells in ${counted(cut, 'row', 'rows')}`] : []),
  ]
  const finding: Finding = {
    severity: 'warning',
    message: `${file} is an excerpt from a data set of the Hugging Face Hub: ${lost.join(', ')}.`,
    hint: 'Open the data set itself, by its name on the Hub, to have all of it.',
    kind: 'left_out',
  }
  return { rows: rows.map(({ row }) => row), findings: lost.length > 0 ? [finding] : [] }
}

/** Lists or columns one level further in: under one name, or each under the name of what it is for. */
function inside(whole: Record<string, unknown>, file: string): Shape | null {
  const entries = Object.entries(whole)
  const shapes = entries.map(([, value]) => (isRecord(value) ? listed(value, file) : null))
  if (!shapes.every((shape) => shape !== null)) return null
  if (shapes.length === 1) return shapes[0]!
  if (!entries.every(([name]) => splitOfName(name) !== null)) return null
  const lists = entries.map(([name], i) => [name, rowsIn(shapes[i]!)] as const)
  const shape = wrapped(Object.fromEntries(lists), file)
  return shape && { ...shape, findings: [...shapes.flatMap(({ findings }) => findings), ...shape.findings] }
}

/** What surely is rows or columns, and not the fields of one row. */
function listed(whole: Record<string, unknown>, file: string): Shape | null {
  if ('role' in whole || 'from' in whole) return null
  return (
    table(whole, file) ?? wrapped(whole, file) ?? plainColumns(columnLists(whole) ?? pandasColumns(whole))
  )
}

function rowsIn(shape: Shape): unknown[] {
  if ('rows' in shape) return shape.rows
  const { columns } = shape
  return columns[0]!.values.map((_, i) =>
    Object.fromEntries(columns.map(({ name, values }) => [name, values[i]])),
  )
}

function isNames(value: unknown): value is (string | number)[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((name) => typeof name === 'string' || typeof name === 'number')
  )
}

type Rows = Record<string, unknown>[]

function wrapped(whole: Record<string, unknown>, file: string): Shape | null {
  const lists = Object.entries(whole).filter((entry): entry is [string, Rows] => isRows(entry[1]))
  const [first] = lists
  if (!first) return null
  const names = namesOf(first[1])
  const alike = lists.filter(([, rows]) => isSame(namesOf(rows), names))
  const together = alike.length === lists.length ? alike : [first]
  const others = Object.fromEntries(
    Object.entries(whole).filter(([name]) => !together.some(([own]) => own === name)),
  )
  const findings = Object.keys(others).length > 0 ? [leftOut(others)] : []
  if (together.length === 1) return { rows: first[1], findings }
  const splits = together.map(([name]) => splitOfName(name))
  const isSplit = splits.every((split) => split !== null)
  const column = freeName(isSplit ? SPLIT : 'list', names)
  findings.push({
    severity: 'note',
    message: `${file} has ${together.length} lists, which were put together: ${together.map(([name, rows]) => `"${name}" (${counted(rows.length, 'row', 'rows')})`).join(', ')}. The column "${column}" says which a row is from.`,
    hint: isSplit
      ? 'Choose it as the split, so that what is meant for testing is not learnt.'
      : 'Rows that are not to be learnt from can be left out by it.',
    kind: 'several_lists',
    column,
  })
  const rows = together.flatMap(([name, list], i) =>
    list.map((row) => ({ ...row, [column]: isSplit ? splits[i] : name })),
  )
  return { rows, findings }
}

function isRows(value: unknown): value is Rows {
  return Array.isArray(value) && value.length > 0 && value.every(isRecord) && !isConversation(value)
}

/** Names of the first rows: enough to tell one kind of list from another. */
function namesOf(rows: Rows): Set<string> {
  return new Set(rows.slice(0, 100).flatMap((row) => Object.keys(row)))
}

/** Rows may leave names out. */
function isSame(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  const [small, large] = one.size <= other.size ? [one, other] : [other, one]
  return [...small].every((name) => large.has(name))
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  return taken.has(name) ? freeName(`${name}_`, taken) : name
}

function leftOut(others: Record<string, unknown>): Finding {
  const named = Object.entries(others).map(([name, value]) => {
    const of = Array.isArray(value) ? ` (a list of ${value.length})` : isRecord(value) ? ' (an object)' : ''
    return `"${name.slice(0, 80)}"${of}`
  })
  const shown = named.slice(0, 5).join(', ') + (named.length > 5 ? ` and ${named.length - 5} more` : '')
  const heavy = Object.values(others).some((value) => Array.isArray(value) && value.length > 0)
  return {
    severity: heavy ? 'warning' : 'note',
    message: `Beside the rows, the file has ${shown}, which was left out.`,
    hint: 'If that is what is to be learnt from, save it as a file of its own, a list of objects.',
    kind: 'left_out',
  }
}

export function isConversation(list: readonly unknown[]): boolean {
  return list.some((turn) => isRecord(turn) && ('role' in turn || 'from' in turn))
}

function columnLists(whole: Record<string, unknown>): ColumnLists | null {
  const entries = Object.entries(whole)
  const length = Array.isArray(entries[0]?.[1]) ? entries[0][1].length : 0
  if (length === 0) return null
  const fit = entries.every(
    ([, list]) => Array.isArray(list) && list.length === length && !isConversation(list),
  )
  return fit ? (entries.map(([name, values]) => ({ name, values })) as ColumnLists) : null
}

function pandasColumns(whole: Record<string, unknown>): ColumnLists | null {
  const entries = Object.entries(whole)
  const index = isRecord(entries[0]?.[1]) ? Object.keys(entries[0][1]) : []
  if (index.length === 0 || !index.every((key) => /^\d+$/.test(key))) return null
  const fit = entries.every(
    ([, cells]) =>
      isRecord(cells) && Object.keys(cells).length === index.length && index.every((key) => key in cells),
  )
  if (!fit) return null
  return entries.map(([name, cells]) => ({
    name,
    values: index.map((key) => (cells as Record<string, unknown>)[key]),
  }))
}

/** Objects of the same names under keys, which are kept where they are more than numbers in order. */
function keyed(whole: Record<string, unknown>, file: string): Shape | null {
  const entries = Object.entries(whole)
  const rows = entries.map(([, row]) => row)
  if (rows.length < 2 || !rows.every(isRecord)) return null
  const names = new Set(rows.flatMap((row) => Object.keys(row)))
  if (names.size === 0 || !isAlike(rows, names)) return null
  if (entries.every(([key], i) => key === String(i))) return { rows, findings: [] }
  const column = freeName('key', names)
  const said = (message: string, hint: string): Finding[] => [
    { severity: 'note', message, hint, kind: 'keyed_rows', column },
  ]
  // A table has more rows than columns: these are columns of rows with names.
  if (names.size > rows.length && rows.every((row) => Object.keys(row).length === names.size))
    return {
      columns: [
        { name: column, values: [...names] },
        ...entries.map(([name], i) => ({ name, values: [...names].map((key) => rows[i]![key]) })),
      ],
      findings: said(
        `${file} is one object with ${counted(rows.length, 'column', 'columns')} of ${counted(names.size, 'row', 'rows')} in it; the name of each row became the column "${column}".`,
        `If they are ${rows.length} rows of ${names.size} columns, save them as a list of objects.`,
      ),
    }
  return {
    rows: entries.map(([key, row]) => ({ [column]: key, ...(row as object) })),
    findings: said(
      `${file} is one object with ${counted(rows.length, 'row', 'rows')} in it; the name of each became the column "${column}".`,
      'Leave that column out if it says nothing. If the names are those of columns, save the rows as a list of objects.',
    ),
  }
}

/** Two objects have all of the names; of more, some may leave out a few. */
function isAlike(rows: Rows, names: ReadonlySet<string>): boolean {
  const sizes = rows.map((row) => Object.keys(row).length)
  if (rows.length === 2) return sizes.every((size) => size === names.size)
  return sizes.reduce((sum, size) => sum + size, 0) * 3 >= rows.length * names.size * 2
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
