import { fail } from '../protocol/errors.ts'
import type { ColumnValues } from './table.ts'

const MAX_COLUMNS = 1000

/**
 * JSON data as columns: a list of objects, JSON lines, one object around such a list (`{"data": [...]}`), or columns
 * (`{"prompt": [...], "response": [...]}`). Told by content, never by the file's name.
 * @throws LapidaryError `bad_data` with the line (JSON lines) or row where it is not.
 */
export function parseJsonRows(text: string, name: string): ColumnValues[] {
  const start = text.search(/\S/)
  if (start < 0)
    fail('bad_data', `${name} is empty.`, 'Choose a file with a list of objects, or one object a line.', {
      file: name,
    })
  let whole: unknown
  try {
    whole = JSON.parse(text)
  } catch (error) {
    if (text[start] === '{' && parses(firstLine(text, start))) return toColumns(parseLines(text, name), name)
    return notJson(name, reasonOf(error))
  }
  if (Array.isArray(whole)) return toColumns(numbered(whole), name)
  if (!isRecord(whole)) return notRows(name, 1, whole)
  const lists = Object.entries(whole).filter(([, value]) => Array.isArray(value)) as [string, unknown[]][]
  const wrapped = lists.find(([, list]) => list.length > 0 && list.every(isRecord))
  // One line of JSON lines may itself hold a list of objects: the turns of a conversation.
  const isConversation = wrapped?.[1].some((turn) => isRecord(turn) && ('role' in turn || 'from' in turn))
  if (wrapped && !isConversation) return toColumns(numbered(wrapped[1]), name)
  const length = lists[0]?.[1].length ?? 0
  if (
    length > 0 &&
    lists.length === Object.keys(whole).length &&
    lists.every(([, list]) => list.length === length) &&
    !isConversation
  )
    return lists.map(([column, values]) => ({ name: column, values }))
  return toColumns(numbered([whole]), name)
}

/** Whether a text's first line, or all of it, is a JSON object or list. */
export function looksLikeJson(text: string): boolean {
  const start = text.search(/\S/)
  if (start < 0 || !'[{'.includes(text[start]!)) return false
  // A list or object that is broken further on is still meant as JSON.
  return /^[[{]\s*(["[{\]}]|$)/.test(text.slice(start, start + 200))
}

interface Numbered {
  value: unknown
  /** "line" of a JSON-lines file or "row" of a list, 1-based. */
  place: { kind: 'line' | 'row'; number: number }
}

function numbered(values: unknown[]): Numbered[] {
  return values.map((value, i) => ({ value, place: { kind: 'row', number: i + 1 } }))
}

function parseLines(text: string, name: string): Numbered[] {
  const rows: Numbered[] = []
  text.split('\n').forEach((line, i) => {
    if (line.trim() === '') return
    try {
      rows.push({ value: JSON.parse(line), place: { kind: 'line', number: i + 1 } })
    } catch (error) {
      fail(
        'bad_data',
        `Line ${i + 1} of ${name} is not JSON: ${reasonOf(error)}`,
        'Write one whole JSON object a line.',
        { file: name, line: i + 1 },
      )
    }
  })
  return rows
}

function toColumns(rows: Numbered[], name: string): ColumnValues[] {
  if (rows.length === 0)
    fail('bad_data', `${name} holds an empty list.`, 'Add objects with a prompt and a response.', {
      file: name,
    })
  const columns = new Map<string, unknown[]>()
  for (const [i, { value, place }] of rows.entries()) {
    if (!isRecord(value)) return notRows(name, place.number, value, place.kind)
    for (const [key, cell] of Object.entries(value)) {
      let values = columns.get(key)
      if (!values) columns.set(key, (values = new Array<unknown>(rows.length).fill(null)))
      values[i] = cell === '' ? null : cell
    }
    // An object keyed by ids rather than by column names would need rows times rows of memory.
    if (columns.size > MAX_COLUMNS)
      fail(
        'bad_data',
        `${name} has more than ${MAX_COLUMNS} columns.`,
        'Each row must be an object with the same few names.',
        { file: name, [place.kind]: place.number },
      )
  }
  if (columns.size === 0)
    fail('bad_data', `The objects in ${name} are all empty.`, 'Give each a prompt and a response.', {
      file: name,
    })
  return Array.from(columns, ([column, values]) => ({ name: column, values }))
}

function notRows(file: string, number: number, found: unknown, kind: 'line' | 'row' = 'row'): never {
  const what = Array.isArray(found) ? 'a list' : found === null ? 'null' : `a ${typeof found}`
  fail(
    'bad_data',
    `${kind === 'line' ? 'Line' : 'Row'} ${number} of ${file} is ${what}, not an object.`,
    'Each row must be an object such as {"prompt": "...", "response": "..."}.',
    { file, [kind]: number, found: what },
  )
}

function notJson(file: string, reason: string): never {
  fail(
    'bad_data',
    `${file} is not valid JSON: ${reason}`,
    'It may have been cut off, or edited by hand; export it again.',
    { file },
  )
}

function firstLine(text: string, start: number): string {
  const end = text.indexOf('\n', start)
  return text.slice(start, end < 0 ? undefined : end)
}

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
