import { duplicateKey } from '../lib/json-keys.ts'
import { RepeatedName, TooDeep } from '../lib/json-reason.ts'

/** Levels of lists and objects in one value; a conversation takes three or four. Deeper ones would exhaust the engine's stack. */
export const MAX_NESTING = 500

/** A number outside quotes that a double may not hold: of sixteen digits or more, or with an exponent of three. */
const LONG_NUMBER = /\d{16}|\d[eE]\+?\d{3}/
const [QUOTE, BACKSLASH, COLON, SPACE] = [34, 92, 58, 32]
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [91, 93, 123, 125]

/**
 * `JSON.parse`, but that whole numbers beyond 2^53 come as bigint, to the digit, and other numbers that no double holds
 * as their text; that names given twice are refused; and that it ends at `MAX_NESTING` levels.
 * @throws SyntaxError, TooDeep, RepeatedName
 */
export function parseJson(text: string): unknown {
  const names = namesIn(text)
  const value = parseExactly(text)
  if (names !== countNames(value)) {
    const key = duplicateKey(text)
    if (key !== null) throw new RepeatedName(key)
  }
  return value
}

function parseExactly(text: string): unknown {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text)
  const { marked, mark, found } = markNumbers(text)
  if (found.length === 0) return JSON.parse(text)
  try {
    return restored(JSON.parse(marked), mark, found)
  } catch {
    // Says of the text as it is what is wrong with it, and where.
    return JSON.parse(text)
  }
}

/** Names of fields in all objects of a text. @throws TooDeep */
function namesIn(text: string): number {
  let [names, depth] = [0, 0]
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      at = endOfString(text, at)
      let next = at + 1
      while (text.charCodeAt(next) <= SPACE) next++
      if (text.charCodeAt(next) === COLON) names++
    } else if (code === OPEN_OBJECT || code === OPEN_LIST) {
      if (++depth > MAX_NESTING) throw new TooDeep(`it is nested more than ${MAX_NESTING} levels deep`)
    } else if (code === CLOSE_OBJECT || code === CLOSE_LIST) depth--
  }
  return names
}

function countNames(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let names = 0
  if (Array.isArray(value)) for (const part of value) names += countNames(part)
  else for (const part of Object.values(value)) names += 1 + countNames(part)
  return names
}

/** Where the quote is that ends the string which begins at `from`. */
export function endOfString(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1); ; at = text.indexOf('"', at + 1)) {
    if (at < 0) return text.length
    let slashes = at - 1
    while (text.charCodeAt(slashes) === BACKSLASH) slashes--
    if ((at - slashes) % 2 === 1) return at
  }
}

/** The text with each number that a double does not hold in quotes, behind a mark that is nowhere else in it. */
function markNumbers(text: string): { marked: string; mark: string; found: (bigint | string)[] } {
  const found: (bigint | string)[] = []
  let mark = '#number'
  while (text.includes(mark)) mark += '#'
  const number = /"|-?\d[\d.eE+-]*/g
  let [marked, end] = ['', 0]
  for (let match = number.exec(text); match; match = number.exec(text)) {
    if (match[0] === '"') {
      number.lastIndex = endOfString(text, match.index) + 1
      continue
    }
    const exact = exactOf(match[0])
    if (exact === null) continue
    marked += `${text.slice(end, match.index)}"${mark}${found.push(exact) - 1}"`
    end = match.index + match[0].length
  }
  return { marked: marked + text.slice(end), mark, found }
}

/** Null where the engine's own number is as good, or where it is none. */
function exactOf(number: string): bigint | string | null {
  if (/^-?(0|[1-9]\d*)$/.test(number)) {
    const value = Number(number)
    return Number.isSafeInteger(value) ? null : BigInt(number)
  }
  if (!/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(number)) return null
  const value = Number(number)
  const isLarge = !/e/i.test(number) && Math.abs(value) > Number.MAX_SAFE_INTEGER
  return isLarge || !Number.isFinite(value) ? number : null
}

function restored(value: unknown, mark: string, found: readonly (bigint | string)[]): unknown {
  if (typeof value === 'string')
    return value.startsWith(mark) ? found[Number(value.slice(mark.length))] : value
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = restored(value[i], mark, found)
    return value
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, restored(part, mark, found)]))
}
