import { concatBytes } from '../lib/concat.ts'
import { fail } from '../protocol/errors.ts'
import { MAX_NESTING } from './json-parse.ts'

/** An element or line longer than this is a quote or bracket that went missing. */
const MAX_ELEMENT_BYTES = 64 << 20

const [QUOTE, BACKSLASH, COMMA] = [34, 92, 44]
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [91, 93, 123, 125]
const [LF, CR] = [10, 13]

/** Part of a JSON text, as yet unparsed. */
export interface JsonPart {
  text: string
  /** Element of the list or line of the file, 1-based. */
  number: number
  /** Where it begins in the UTF-8 text. */
  byte: number
}

/**
 * The elements of one JSON list, one after another, without parsing or holding the whole of it.
 * @param pieces UTF-8
 * @throws LapidaryError `bad_data` with row and byte, where the list is cut off or does not end with its bracket
 */
export async function* listElements(
  pieces: AsyncIterable<Uint8Array>,
  file: string,
): AsyncIterable<JsonPart> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let buffer: Uint8Array = new Uint8Array(0)
  let [offset, at, start, depth, number] = [0, 0, 0, 0, 1]
  let [begun, ended, inString] = [false, false, false]
  for await (const piece of pieces) {
    buffer = start < buffer.length ? concatBytes([buffer.subarray(start), piece]) : piece
    at -= start
    offset += start
    start = 0
    if (buffer.length > MAX_ELEMENT_BYTES) tooLong(file, 'row', number, offset)
    for (; at < buffer.length; at++) {
      const byte = buffer[at]!
      if (inString) {
        if (byte === BACKSLASH) at++
        else if (byte === QUOTE) inString = false
      } else if (!begun) {
        // Whoever calls has seen that a list begins here.
        if (byte === OPEN_LIST) {
          begun = true
          start = at + 1
        }
      } else if (ended) {
        if (byte > 32)
          fail(
            'bad_data',
            `${file} goes on after its list, at byte ${offset + at}.`,
            'Write one list a file.',
            {
              file,
              row: number,
              byte: offset + at,
            },
          )
        start = at + 1
      } else if (byte === QUOTE) inString = true
      else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
        if (++depth > MAX_NESTING) tooDeep(file, number, offset + at)
      } else if (depth > 0) {
        if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) depth--
      } else if (byte === COMMA || byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
        const text = decoder.decode(buffer.subarray(start, at))
        ended = byte === CLOSE_LIST
        if (byte === CLOSE_OBJECT) stray(file, number, offset + at)
        if (text.trim() !== '') yield { text, number, byte: offset + start }
        else if (!ended || number > 1) stray(file, number, offset + at)
        if (!ended) number++
        start = at + 1
      }
    }
  }
  if (!ended)
    fail(
      'bad_data',
      `${file} ends in the middle of row ${number}, at byte ${offset + buffer.length}.`,
      'It was cut off, or a quote or bracket is missing; export it again.',
      { file, row: number, byte: offset + buffer.length },
    )
}

/** Lines that are not blank, whatever their ends. */
export async function* textLines(pieces: AsyncIterable<Uint8Array>, file: string): AsyncIterable<JsonPart> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let rest: Uint8Array = new Uint8Array(0)
  let [offset, number] = [0, 1]
  // A \r at the end of a piece: the \n of the next one belongs to it.
  let halfEnd = false
  for await (const piece of pieces) {
    const buffer = rest.length > 0 ? concatBytes([rest, piece]) : piece
    if (buffer.length > MAX_ELEMENT_BYTES) tooLong(file, 'line', number, offset)
    let start = 0
    for (let at = rest.length; at < buffer.length; at++) {
      const byte = buffer[at]!
      const second = halfEnd && byte === LF
      halfEnd = byte === CR
      if (second) start = at + 1
      if (second || (byte !== LF && byte !== CR)) continue
      const text = decoder.decode(buffer.subarray(start, at))
      if (text.trim() !== '') yield { text, number, byte: offset + start }
      number++
      start = at + 1
    }
    rest = buffer.subarray(start)
    offset += start
  }
  const text = decoder.decode(rest)
  if (text.trim() !== '') yield { text, number, byte: offset }
}

function tooDeep(file: string, row: number, byte: number): never {
  fail(
    'bad_data',
    `Row ${row} of ${file} is nested more than ${MAX_NESTING} levels deep, at byte ${byte}.`,
    'A bracket may be missing before; else keep only the fields that are to be learnt from.',
    { file, row, byte },
  )
}

function stray(file: string, row: number, byte: number): never {
  fail(
    'bad_data',
    `Row ${row} of ${file} is not JSON: a comma or bracket too many at byte ${byte}.`,
    'Export the file again, or correct it there.',
    { file, row, byte },
  )
}

function tooLong(file: string, kind: 'row' | 'line', number: number, byte: number): never {
  fail(
    'bad_data',
    `${kind === 'row' ? 'Row' : 'Line'} ${number} of ${file} (byte ${byte}) has more than ${MAX_ELEMENT_BYTES >> 20} MB.`,
    'A quote or bracket may be missing there.',
    { file, [kind]: number, byte },
  )
}
