import { grouped } from '../lib/counted.ts'
import { fail } from '../protocol/errors.ts'
import { type JsonPart, listElements, textLines } from './json-split.ts'
import type { Chunk } from './table-builder.ts'

const MAX_COLUMNS = 1000
/** JavaScript engines hold no longer strings. Lists and JSON lines are read in pieces and have no limit. */
const MAX_OBJECT_BYTES = 400_000_000
const FIRST_ROWS = 100
const CHUNK_ROWS = 65_536
const CHUNK_UNITS = 8 << 20

/**
 * JSON data as chunks of columns: a list of objects, JSON lines, one object around such a list (`{"data": [...]}`), or
 * columns (`{"prompt": [...], "response": [...]}`). Told by content, never by the file's name.
 * @param pieces UTF-8 without a mark
 * @throws LapidaryError `bad_data` with row or line, and byte
 */
export async function* readJsonChunks(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  file: string,
): AsyncIterable<Chunk> {
  const source = iterate(pieces)
  const held: Uint8Array[] = []
  const all = () => chained(held, source)
  const start = await firstLine(source, held)
  if (start.text.startsWith('[')) yield* toChunks(listElements(all(), file), file, 'row')
  else if (start.text.startsWith('{') && (parses(start.text) ? start.more : isBrokenLine(start.text, file)))
    yield* toChunks(textLines(all(), file), file, 'line')
  else yield* toWholeChunk(await textOf(all(), file), file)
}

/** Whether a text's first line, or all of it, is a JSON object or list. */
export function looksLikeJson(text: string): boolean {
  const start = text.search(/\S/)
  if (start < 0 || !'[{'.includes(text[start]!)) return false
  // A list or object that is broken further on is still meant as JSON.
  return /^[[{]\s*(["[{\]}]|$)/.test(text.slice(start, start + 200))
}

/** A first line of JSON lines that is broken, and not the beginning of an object over several lines. */
function isBrokenLine(line: string, file: string): boolean {
  return /\.(jsonl|ndjson)$/i.test(file) && !/[{[,]\s*$/.test(line)
}

/** The first line that is not blank, and whether anything follows it. What was read for it is put into `held`. */
async function firstLine(
  source: AsyncIterator<Uint8Array>,
  held: Uint8Array[],
): Promise<{ text: string; more: boolean }> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let text = ''
  for (;;) {
    const { done, value } = await source.next()
    if (!done) {
      held.push(value)
      text += decoder.decode(value, { stream: true })
      if (/^\s*\[/.test(text)) return { text: text.trimStart(), more: true }
      if (text.length > MAX_OBJECT_BYTES) return { text: text.trimStart(), more: false }
      // Most pieces of a very long line need not be looked through again.
      if (!value.includes(10) && !value.includes(13)) continue
    }
    const match = /^\s*(\S[^\r\n]*)[\r\n]\s*(\S?)/.exec(text)
    if (match && (match[2] || done)) return { text: match[1]!, more: match[2] !== '' }
    if (done) return { text: text.trim(), more: false }
  }
}

async function* toChunks(
  parts: AsyncIterable<JsonPart>,
  file: string,
  kind: 'row' | 'line',
): AsyncIterable<Chunk> {
  const columns = new JsonColumns(file)
  for await (const { text, number, byte } of parts) {
    columns.add(parsePart(text, file, kind, number, byte), kind, number)
    if (columns.isFull(text.length)) yield columns.take()
  }
  yield* columns.end()
}

function parsePart(text: string, file: string, kind: 'row' | 'line', number: number, byte: number): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    fail(
      'bad_data',
      `${kind === 'row' ? 'Row' : 'Line'} ${number} of ${file} (byte ${byte}) is not JSON: ${reasonOf(error, text)}.`,
      hintFor(text, kind === 'row' ? 'Export the file again.' : 'Write one whole JSON object a line.'),
      { file, [kind]: number, byte },
    )
  }
}

/** Objects on their way into columns; names that only some of them have are missing in the others. */
class JsonColumns {
  readonly #file: string
  readonly #names = new Set<string>()
  #columns = new Map<string, unknown[]>()
  #rows = 0
  #filled = 0
  #units = 0

  constructor(file: string) {
    this.#file = file
  }

  add(value: unknown, kind: 'row' | 'line', number: number): void {
    if (!isRecord(value)) notRows(this.#file, number, value, kind)
    for (const [key, cell] of Object.entries(value)) {
      let values = this.#columns.get(key)
      if (!values) {
        this.#columns.set(key, (values = []))
        this.#names.add(key)
      }
      while (values.length < this.#filled) values.push(null)
      values.push(cell === '' ? null : cell)
    }
    this.#rows++
    this.#filled++
    // An object keyed by ids rather than by column names would need rows times rows of memory.
    if (this.#names.size > MAX_COLUMNS)
      fail(
        'bad_data',
        `${this.#file} has more than ${MAX_COLUMNS} columns.`,
        'Each row must be an object with the same few names.',
        { file: this.#file, [kind]: number },
      )
  }

  /** @param units how much text the last row was */
  isFull(units: number): boolean {
    this.#units += units
    const most = this.#rows === this.#filled ? FIRST_ROWS : CHUNK_ROWS
    return this.#names.size > 0 && (this.#filled >= most || this.#units > CHUNK_UNITS)
  }

  take(): Chunk {
    const rows = this.#filled
    const columns = Array.from(this.#columns, ([name, values]) => {
      while (values.length < rows) values.push(null)
      return { name, values }
    })
    this.#columns = new Map()
    this.#filled = 0
    this.#units = 0
    return { rows, columns }
  }

  *end(): Iterable<Chunk> {
    const file = this.#file
    if (this.#rows === 0)
      fail('bad_data', `${file} holds an empty list.`, 'Add objects with a prompt and a response.', { file })
    if (this.#names.size === 0)
      fail('bad_data', `The objects in ${file} are all empty.`, 'Give each a prompt and a response.', {
        file,
      })
    if (this.#filled > 0) yield this.take()
  }
}

function* toWholeChunk(text: string, file: string): Iterable<Chunk> {
  if (text.trim() === '')
    fail('bad_data', `${file} is empty.`, 'Choose a file with a list of objects, or one object a line.', {
      file,
    })
  let whole: unknown
  try {
    whole = JSON.parse(text)
  } catch (error) {
    const character = positionOf(error)
    fail(
      'bad_data',
      `${file} is not valid JSON: ${reasonOf(error, text)}.`,
      hintFor(text.slice(0, 10_000), 'It may have been cut off, or edited by hand; export it again.'),
      { file, ...(character === null ? {} : { character }) },
    )
  }
  if (!isRecord(whole)) notRows(file, 1, whole, 'row')
  const rows = wrappedRows(whole)
  const columns = rows ? null : (columnLists(whole) ?? pandasColumns(whole))
  if (columns) {
    yield { rows: columns[0]!.values.length, columns }
    return
  }
  const objects = new JsonColumns(file)
  for (const [i, row] of (rows ?? [whole]).entries()) objects.add(row, 'row', i + 1)
  yield* objects.end()
}

/** `{"data": [{...}, ...]}`: the objects in the first such list, unless they are the turns of one conversation. */
function wrappedRows(whole: Record<string, unknown>): unknown[] | null {
  const list = Object.values(whole).find(
    (value) => Array.isArray(value) && value.length > 0 && value.every(isRecord),
  ) as Record<string, unknown>[] | undefined
  return list && !isConversation(list) ? list : null
}

function isConversation(list: readonly unknown[]): boolean {
  return list.some((turn) => isRecord(turn) && ('role' in turn || 'from' in turn))
}

/** `{"prompt": [...], "response": [...]}`, lists of one length. */
function columnLists(whole: Record<string, unknown>): Columns | null {
  const entries = Object.entries(whole)
  const length = Array.isArray(entries[0]?.[1]) ? entries[0][1].length : 0
  if (length === 0) return null
  const fit = entries.every(
    ([, list]) => Array.isArray(list) && list.length === length && !isConversation(list),
  )
  return fit ? (entries.map(([name, values]) => ({ name, values })) as Columns) : null
}

/** What pandas' `to_json` writes by default: `{"prompt": {"0": ..., "1": ...}, "response": {...}}`. */
function pandasColumns(whole: Record<string, unknown>): Columns | null {
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

type Columns = { name: string; values: unknown[] }[]

function notRows(file: string, number: number, found: unknown, kind: 'line' | 'row'): never {
  const what = Array.isArray(found) ? 'a list' : found === null ? 'null' : `a ${typeof found}`
  fail(
    'bad_data',
    `${kind === 'line' ? 'Line' : 'Row'} ${number} of ${file} is ${what}, not an object.`,
    'Each row must be an object such as {"prompt": "...", "response": "..."}.',
    { file, [kind]: number, found: what },
  )
}

/** What is usual and not JSON. */
function hintFor(text: string, otherwise: string): string {
  if (/[:,[]\s*-?(NaN|Infinity)\b/.test(text))
    return 'JSON has no NaN or Infinity: write null in their place.'
  if (/^\s*[[{,\s]*'/.test(text)) return "This is Python's notation: write the file with json.dumps."
  return otherwise
}

async function textOf(pieces: AsyncIterable<Uint8Array>, file: string): Promise<string> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let text = ''
  for await (const piece of pieces) {
    text += decoder.decode(piece, { stream: true })
    if (text.length > MAX_OBJECT_BYTES)
      fail(
        'unsupported_format',
        `${file} is one JSON object of more than ${MAX_OBJECT_BYTES / 1e6} MB.`,
        'Write it as JSON lines: one object a row, one row a line.',
        { file },
      )
  }
  return text
}

function iterate(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncIterator<Uint8Array> {
  return (async function* () {
    yield* pieces
  })()
}

async function* chained(held: Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncIterable<Uint8Array> {
  while (held.length > 0) yield held.shift()!
  for (;;) {
    const { done, value } = await rest.next()
    if (done) return
    yield value
  }
}

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Why a text is not JSON, in words. Engines say it in their own, with or without a position. */
function reasonOf(error: unknown, text: string): string {
  const message = error instanceof Error ? error.message : String(error)
  if (/end of (JSON|data)|unterminated|EOF/i.test(message)) return 'it ends in the middle'
  const position = positionOf(error)
  if (position !== null)
    return `character ${grouped(position + 1)} (\`${text.slice(position, position + 24).trim()}\`) does not belong there`
  const token = /unexpected token '?(.+?)'?(?:,|$| in )/i.exec(message)?.[1]
  return token ? `\`${token}\` does not belong there` : message.replace(/\.$/, '')
}

function positionOf(error: unknown): number | null {
  const found = /position (\d+)/.exec(error instanceof Error ? error.message : '')
  return found ? Number(found[1]) : null
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
