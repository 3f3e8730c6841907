import { counted } from '../lib/counted.ts'
import type { Finding } from '../protocol/preparation.ts'
import { SPLIT, splitOfName } from './split-names.ts'

export type ColumnLists = { name: string; values: unknown[] }[]

/** What an object around rows or columns was taken for. */
export type Shape = ({ rows: unknown[] } | { columns: ColumnLists }) & { findings: Finding[] }

/**
 * The rows or columns in one JSON object:
 * - `{"data": [{...}, ...]}`: a list of objects under any name. Several such lists of the same names are put together, with a column
 *   that says which list a row is from; of lists of different names the first is read. What else is there is named in a finding.
 * - `{"columns": ["q", "a"], "data": [["q1", "a1"], ...]}`, as pandas writes with `orient="split"`
 * - `{"q": ["q1", "q2"], "a": [...]}`: columns, lists of one length
 * - `{"q": {"0": "q1", "1": "q2"}, "a": {...}}`: what pandas writes by default
 * - `{"0": {"q": "q1", "a": "a1"}, "1": {...}}`: objects of the same names under numbers or ids
 * - anything else is one row.
 */
export function shapeOf(whole: Record<string, unknown>, file: string): Shape {
  return (
    splitOriented(whole) ??
    wrapped(whole, file) ??
    plainColumns(columnLists(whole) ?? pandasColumns(whole)) ??
    keyed(whole, file) ?? { rows: [whole], findings: [] }
  )
}

function plainColumns(columns: ColumnLists | null): Shape | null {
  return columns && { columns, findings: [] }
}

function splitOriented({ columns, data, ...others }: Record<string, unknown>): Shape | null {
  if (!isNames(columns) || !Array.isArray(data) || data.length === 0) return null
  if (!data.every((row) => Array.isArray(row) && row.length === columns.length)) return null
  if (new Set(columns.map(String)).size < columns.length) return null
  return {
    columns: columns.map((name, i) => ({
      name: String(name),
      values: (data as unknown[][]).map((row) => row[i]),
    })),
    findings: Object.keys(others).some((name) => name !== 'index' && name !== 'index_names')
      ? [leftOut(others)]
      : [],
  }
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
  const names = new Set(Object.keys(rows[0]!))
  if (names.size === 0 || !rows.every((row) => isEqual(new Set(Object.keys(row)), names))) return null
  if (entries.every(([key], i) => key === String(i))) return { rows, findings: [] }
  const column = freeName('key', names)
  return {
    rows: entries.map(([key, row]) => ({ [column]: key, ...(row as object) })),
    findings: [
      {
        severity: 'note',
        message: `${file} is one object with ${counted(rows.length, 'row', 'rows')} in it; the name of each became the column "${column}".`,
        hint: 'Leave that column out if it says nothing.',
        kind: 'keyed_rows',
        column,
      },
    ],
  }
}

function isEqual(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((name) => other.has(name))
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
