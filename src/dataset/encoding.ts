/**
 * UTF-8 that was decoded as Latin-1 or Windows-1252, `cafÃ©` for `café`. Each character is turned back into the byte it was made
 * of, and the bytes are read as what they are. Source: WHATWG Encoding, windows-1252.
 */

const UTF8 = new TextDecoder('utf-8', { fatal: true })
/** Some texts have been through it more than once. */
const MOST_TIMES = 3

/** What Windows-1252 has for the bytes 0x80 to 0x9f; not asked of a TextDecoder, since Node's took it for Latin-1. */
const HIGH = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ'
const HIGH_BYTES = new Map([...HIGH].map((letter, i) => [letter.charCodeAt(0), 0x80 + i]))

/** A first byte of several, and another of them: what a wrongly decoded text has at the least. */
const SIGN = new RegExp(`[\u00c2-\u00f4][\u0080-\u00bf${HIGH}]`)
const WORD = new RegExp(`[^ \n\t]*${SIGN.source}[^ \n\t]*`)

/** What no text is meant to hold, so that it was none. */
const NO_TEXT = /[\u0080-\u009f]|\p{Cn}|\p{Co}/u
/**
 * What tells a decoded text from two odd characters that happen to make another (`É»`, `Ø±`): Western letters and signs,
 * anything of three bytes or four, or two letters of another alphabet in a row.
 */
const TELLING = /[\u00a0-\u017f]|[\u0180-\u07ff]{2}|[\u0800-\u{10ffff}]/u

/**
 * The text as it was meant: where the whole of it can be turned back, the whole; else each line of which that is true.
 * Anything else stays as it is.
 */
export function repairEncoding(text: string): string {
  if (!SIGN.test(text)) return text
  const whole = meant(text)
  if (whole !== null || !text.includes('\n')) return whole ?? text
  return text
    .split('\n')
    .map((line) => (SIGN.test(line) ? (meant(line) ?? line) : line))
    .join('\n')
}

/** The first word of a text that was decoded wrongly, as it is and as it was meant; null where there is none. */
export function wronglyDecoded(text: string): { found: string; meant: string } | null {
  if (!SIGN.test(text) || repairEncoding(text) === text) return null
  for (const line of text.split('\n')) {
    const word = WORD.exec(line)?.[0]
    const right = word === undefined ? null : meant(word)
    if (word !== undefined && right !== null) return { found: word, meant: right }
  }
  return { found: text, meant: repairEncoding(text) }
}

function meant(text: string): string | null {
  let [result, current] = [null as string | null, text]
  for (let time = 0; time < MOST_TIMES; time++) {
    const next = SIGN.test(current) ? decodedAgain(current) : null
    if (next === null || !TELLING.test(next.replace(/[\u0080-\u009f]/g, '\u00a0'))) break
    current = next
    if (!NO_TEXT.test(current)) result = current
  }
  return result
}

function decodedAgain(text: string): string | null {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    const byte = code < 0x100 ? code : HIGH_BYTES.get(code)
    if (byte === undefined) return null
    bytes[i] = byte
  }
  try {
    return UTF8.decode(bytes)
  } catch {
    return null
  }
}
