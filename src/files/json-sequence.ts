import { endOfString } from './json-parse.ts'
import type { JsonPart } from './json-split.ts'

const [QUOTE, COMMA, SPACE] = [34, 44, 32]
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [91, 93, 123, 125]

/** Whether one object of a text is followed by another, or by a comma, as where the brackets of a list were left out. */
export function isSequence(text: string): boolean {
  const start = skipped(text, 0)
  if (text.charCodeAt(start) !== OPEN_OBJECT) return false
  const end = endOfObject(text, start)
  const next = end === null ? text.length : skipped(text, end)
  return text.charCodeAt(next) === OPEN_OBJECT || text.charCodeAt(next) === COMMA
}

/** Objects one after another, with nothing between them, blanks, lines or one comma; what is none is the last part. */
export function* sequenceParts(text: string): Iterable<JsonPart> {
  const encoder = new TextEncoder()
  let [end, number, byte] = [0, 1, 0]
  for (;;) {
    let start = skipped(text, end)
    if (number > 1 && text.charCodeAt(start) === COMMA) start = skipped(text, start + 1)
    if (start >= text.length) return
    byte += encoder.encode(text.slice(end, start)).length
    end = (text.charCodeAt(start) === OPEN_OBJECT ? endOfObject(text, start) : null) ?? text.length
    const part = text.slice(start, end)
    yield { text: part, number: number++, byte }
    byte += encoder.encode(part).length
  }
}

function skipped(text: string, from: number): number {
  let at = from
  while (at < text.length && text.charCodeAt(at) <= SPACE) at++
  return at
}

/** Behind the bracket that closes the object which begins at `start`; null where none does. */
function endOfObject(text: string, start: number): number | null {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = endOfString(text, at)
    else if (code === OPEN_OBJECT || code === OPEN_LIST) depth++
    else if ((code === CLOSE_OBJECT || code === CLOSE_LIST) && --depth === 0) return at + 1
  }
  return null
}
