import { jsonReason, positionOf } from '../lib/json-reason.ts'
import { fail } from '../protocol/errors.ts'
import type { Finding } from '../protocol/preparation.ts'
import { parseJson } from './json-parse.ts'
import { isSequence, sequenceParts } from './json-sequence.ts'
import { type ColumnLists, isConversation, isRecord, shapeOf } from './json-shapes.ts'
import { type JsonPart, listElements, textLines } from './json-split.ts'
import { checkCell, checkName, checkWidth } from './limits.ts'
import type { Chunk } from './table-builder.ts'

/** JavaScript engines hold no longer strings. Lists and JSON lines are read in pieces and have no limit. */
const MAX_OBJECT_BYTES = 400_000_000
const FIRST_ROWS = 100
const CHUNK_ROWS = 65_536
const CHUNK_UNITS = 8 << 20
const CHUNK_CELLS = 4 << 20

/**
 * JSON data as chunks of columns: a list of objects, JSON lines, objects one after another however they are laid out, or one object
 * around rows or columns (`shapeOf`). A list of turns in place of an object is a row of `messages`. Told by content; only that a single
 * line is a row, and not an object around rows, and that lines of lists are rows, is told by the file's name. Whole numbers beyond 2^53
 * are kept to the digit. Not read: lists of lists, names given twice in an object, more than 500 levels.
 * @param pieces UTF-8 without a mark
 * @param said hears of what was made of an object around rows
 * @throws LapidaryError `bad_data` with row or line, and byte
 */
export async function* readJsonChunks(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  file: string,
  said: (finding: Finding) => void = () => {},
): AsyncIterable<Chunk> {
  const source = iterate(pieces)
  const held: Uint8Array[] = []
  const all = () => chained(held, source)
  const named = /\.(jsonl|ndjson)$/i.test(file)
  const start = await firstLine(source, held, named)
  if (start.text.startsWith('[') && !(named && start.more && isWhole(start.text)))
    yield* toChunks(listElements(all(), file), file, 'row')
  else if (
    start.text.startsWith('[') ||
    (start.text.startsWith('{') && isLine(start.text, start.more, named))
  )
    yield* toChunks(textLines(all(), file), file, 'line')
  else yield* toWholeChunk(await textOf(all(), file), file, said)
}

/** Whether a text's first line, or all of it, is a JSON object or list. */
export function looksLikeJson(text: string): boolean {
  const start = text.search(/\S/)
  if (start < 0 || !'[{'.includes(text[start]!)) return false
  // A list or object that is broken further on is still meant as JSON.
  return /^[[{]\s*(["[{\]}]|$)/.test(text.slice(start, start + 200))
}

/** Whether a first line is one of JSON lines, be it a broken one, and not (the beginning of) an object around rows. */
function isLine(line: string, more: boolean, named: boolean): boolean {
  try {
    parseJson(line)
    return more || named
  } catch (error) {
    // What is nested too deeply, or has a name twice, is whole.
    if (!(error instanceof SyntaxError)) return more || named
    return named && !/[{[,]\s*$/.test(line) && !isSequence(line)
  }
}

function isWhole(text: string): boolean {
  try {
    parseJson(text)
    return true
  } catch {
    return false
  }
}

/**
 * The first line that is not blank, and whether anything follows it; of a list only how it begins, unless it may be one of many.
 * What was read for it is put into `held`.
 */
async function firstLine(
  source: AsyncIterator<Uint8Array>,
  held: Uint8Array[],
  named: boolean,
): Promise<{ text: string; more: boolean }> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let text = ''
  for (;;) {
    const { done, value } = await source.next()
    if (!done) {
      held.push(value)
      text += decoder.decode(value, { stream: true })
      if (!named && /^\s*\[/.test(text)) return { text: text.trimStart(), more: true }
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
  parts: AsyncIterable<JsonPart> | Iterable<JsonPart>,
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
    return parseJson(text)
  } catch (error) {
    const place = `${kind === 'row' ? 'Row' : 'Line'} ${number} of ${file} (byte ${byte})`
    if (!(error instanceof SyntaxError)) notKept(place, error, text, { file, [kind]: number, byte })
    fail(
      'bad_data',
      `${place} is not JSON: ${jsonReason(error, text)}.`,
      hintFor(text, kind === 'row' ? 'Export the file again.' : 'Write one whole JSON object a line.'),
      { file, [kind]: number, byte },
    )
  }
}

/** JSON of which something would be lost, or that would exhaust the engine. */
function notKept(
  place: string,
  error: unknown,
  text: string,
  detail: Record<string, string | number>,
): never {
  fail(
    'bad_data',
    `${place} cannot be read: ${jsonReason(error, text)}.`,
    'Keep only the fields that are to be learnt from, each once.',
    detail,
  )
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

  add(given: unknown, kind: 'row' | 'line', number: number): void {
    const value = Array.isArray(given) && isConversation(given) ? { messages: given } : given
    if (!isRecord(value)) notRows(this.#file, number, value, kind)
    for (const [key, cell] of Object.entries(value)) {
      let values = this.#columns.get(key)
      if (!values) {
        this.#columns.set(key, (values = []))
        checkName(key, this.#file)
        this.#names.add(key)
      }
      if (typeof cell === 'string') checkCell(cell.length, this.#file, number, key)
      while (values.length < this.#filled) values.push(null)
      values.push(cell === '' ? null : cell)
    }
    this.#rows++
    this.#filled++
    checkWidth(this.#names, this.#rows, this.#file)
  }

  /** @param units how much text the last row was */
  isFull(units: number): boolean {
    this.#units += units
    const most = this.#rows === this.#filled ? FIRST_ROWS : CHUNK_ROWS
    const large = this.#units > CHUNK_UNITS || this.#filled * this.#columns.size > CHUNK_CELLS
    return this.#names.size > 0 && (this.#filled >= most || large)
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

async function* toWholeChunk(
  text: string,
  file: string,
  said: (finding: Finding) => void,
): AsyncIterable<Chunk> {
  if (text.trim() === '')
    fail('bad_data', `${file} is empty.`, 'Choose a file with a list of objects, or one object a line.', {
      file,
    })
  let whole: unknown
  try {
    whole = parseJson(text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) notKept(file, error, text, { file })
    if (isSequence(text)) return yield* toChunks(sequenceParts(text), file, 'row')
    const character = positionOf(error)
    fail(
      'bad_data',
      `${file} is not valid JSON: ${jsonReason(error, text)}.`,
      hintFor(text.slice(0, 10_000), 'It may have been cut off, or edited by hand; export it again.'),
      { file, ...(character === null ? {} : { character }) },
    )
  }
  if (!isRecord(whole)) notRows(file, 1, whole, 'row')
  const shape = shapeOf(whole, file)
  for (const finding of shape.findings) said(finding)
  if ('columns' in shape) yield wholeColumns(shape.columns, file)
  else {
    const objects = new JsonColumns(file)
    for (const [i, row] of shape.rows.entries()) {
      objects.add(row, 'row', i + 1)
      if (objects.isFull(0)) yield objects.take()
    }
    yield* objects.end()
  }
}

function wholeColumns(columns: ColumnLists, file: string): Chunk {
  const rows = columns[0]!.values.length
  checkWidth(columns, rows, file)
  for (const { name, values } of columns) {
    checkName(name, file)
    for (const [row, cell] of values.entries())
      if (typeof cell === 'string') checkCell(cell.length, file, row + 1, name)
  }
  return { rows, columns }
}

function notRows(file: string, number: number, found: unknown, kind: 'line' | 'row'): never {
  const what = Array.isArray(found) ? 'a list' : found === null ? 'null' : `a ${typeof found}`
  fail(
    'bad_data',
    `${kind === 'line' ? 'Line' : 'Row'} ${number} of ${file} is ${what}, not an object.`,
    Array.isArray(found)
      ? 'The names of the columns are not in it: each row must be an object such as {"prompt": "...", "response": "..."}. A table of lists can be saved as CSV.'
      : 'Each row must be an object such as {"prompt": "...", "response": "..."}.',
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
