import { concatBytes } from '../lib/concat.ts'
import { fail } from '../protocol/errors.ts'

/** What a text is told to be by its first bytes. */
export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be'

/** What decoding a text brought up. */
export interface TextFacts {
  /** A label that `TextDecoder` knows. */
  encoding: string
  /** Set where a person chose it: what it has no characters for is counted, and nothing is read in another encoding. */
  chosen?: boolean
  /** Bytes that are no text of the encoding; each became U+FFFD. */
  damaged: number
  /** Where the first of them is; -1 where there are none, or that is not known. */
  firstDamaged: number
}

/** Thrown while a text is read as UTF-8 when it turns out not to be: read it again as Windows-1252. */
export class NotUtf8 extends Error {}

/** By its mark, or by the zeros that text has in UTF-16, in every second byte alone; else taken as UTF-8. */
export function encodingOf(head: Uint8Array): Encoding {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le'
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be'
  const zeros = [0, 0]
  const looked = Math.min(head.length, 4096)
  for (let i = 0; i < looked; i++) if (head[i] === 0) zeros[i % 2]!++
  if (zeros[1]! > looked / 8 && zeros[0]! < zeros[1]! / 8) return 'utf-16le'
  if (zeros[0]! > looked / 8 && zeros[1]! < zeros[0]! / 8) return 'utf-16be'
  if (zeros[0] === 0 && zeros[1]! > looked / 64 && isText(head, looked, 'utf-16le')) return 'utf-16le'
  if (zeros[1] === 0 && zeros[0]! > looked / 64 && isText(head, looked, 'utf-16be')) return 'utf-16be'
  return 'utf-8'
}

/** Whether bytes are all but wholly letters, figures, signs and blanks: of other alphabets only line ends and blanks have zeros. */
function isText(head: Uint8Array, looked: number, encoding: Encoding): boolean {
  try {
    const decoder = new TextDecoder(encoding, { fatal: true })
    const letters = [...decoder.decode(head.subarray(0, looked - (looked % 2)), { stream: true })]
    const fitting = letters.filter((letter) => /[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}\t\r\n]/u.test(letter)).length
    return letters.length > 8 && fitting > 0.995 * letters.length
  } catch {
    return false
  }
}

/**
 * Text of any encoding as UTF-8, in pieces that end between characters, without a byte-order mark.
 * A text that is UTF-8 but for a few bytes is read with U+FFFD in their place, counted in `facts`.
 * @throws NotUtf8 where more bytes are no UTF-8 than characters are
 * @throws LapidaryError `unsupported_format` for what is no text, `bad_file` for broken UTF-16, with the byte
 */
export async function* utf8Pieces(
  pieces: AsyncIterable<Uint8Array>,
  name: string,
  facts: TextFacts,
): AsyncIterable<Uint8Array> {
  const utf8 = facts.encoding === 'utf-8' && !facts.chosen
  let first = true
  let at = 0
  for await (const text of utf8 ? checked(pieces, facts) : recoded(pieces, name, facts)) {
    const zero = text.indexOf(0)
    if (zero >= 0) binary(name, at + zero)
    at += text.length
    const marked = first && text[0] === 0xef && text[1] === 0xbb && text[2] === 0xbf
    first = false
    yield marked ? text.subarray(3) : text
  }
}

async function* checked(pieces: AsyncIterable<Uint8Array>, facts: TextFacts): AsyncIterable<Uint8Array> {
  let rest: Uint8Array = new Uint8Array(0)
  let [at, characters] = [0, 0]
  const check = (bytes: Uint8Array): Uint8Array => {
    const { wide, invalid, first } = scanUtf8(bytes)
    characters += wide
    if (invalid > 0) {
      if (facts.damaged === 0) facts.firstDamaged = at + first
      facts.damaged += invalid
    }
    at += bytes.length
    if (facts.damaged > characters) throw new NotUtf8()
    return invalid === 0 ? bytes : encoder.encode(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes))
  }
  for await (const piece of pieces) {
    const bytes = rest.length === 0 ? piece : concatBytes([rest, piece])
    const whole = wholeCharacters(bytes)
    rest = bytes.slice(whole)
    if (whole > 0) yield check(bytes.subarray(0, whole))
  }
  if (rest.length > 0) yield check(rest)
}

async function* recoded(
  pieces: AsyncIterable<Uint8Array>,
  name: string,
  facts: TextFacts,
): AsyncIterable<Uint8Array> {
  const { encoding, chosen } = facts
  const decoder = new TextDecoder(encoding, { fatal: !chosen && encoding !== 'windows-1252' })
  let at = 0
  const decode = (bytes: Uint8Array | null) => {
    try {
      const text = bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode()
      if (chosen) facts.damaged += text.split('\ufffd').length - 1
      return encoder.encode(text)
    } catch {
      return fail(
        'bad_file',
        `${name} is not proper ${encoding.toUpperCase()} text between byte ${at} and ${at + (bytes?.length ?? 0)}.`,
        'It was probably cut off or damaged; save it again, as UTF-8.',
        { file: name, byte: at, encoding },
      )
    }
  }
  for await (const bytes of pieces) {
    yield decode(bytes)
    at += bytes.length
  }
  yield decode(null)
}

const encoder = new TextEncoder()

/** How many bytes lie before a character that the end cuts off. */
function wholeCharacters(bytes: Uint8Array): number {
  const end = bytes.length
  for (let back = 1; back <= 3 && back <= end; back++) {
    const byte = bytes[end - back]!
    if (byte < 0x80) return end
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? end - back : end
  }
  return end
}

/** Characters of more than one byte, and bytes that belong to none (Unicode 16, table 3-7). */
export function scanUtf8(bytes: Uint8Array): { wide: number; invalid: number; first: number } {
  let [wide, invalid, first] = [0, 0, -1]
  const end = bytes.length
  for (let i = 0; i < end; i++) {
    const lead = bytes[i]!
    if (lead < 0x80) continue
    const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2
    const next = bytes[i + 1] ?? 0
    let good = lead >= 0xc2 && lead <= 0xf4 && i + length <= end && next >> 6 === 2
    if (lead === 0xe0) good &&= next >= 0xa0
    else if (lead === 0xed) good &&= next < 0xa0
    else if (lead === 0xf0) good &&= next >= 0x90
    else if (lead === 0xf4) good &&= next < 0x90
    for (let j = 2; good && j < length; j++) good = bytes[i + j]! >> 6 === 2
    if (good) {
      wide++
      i += length - 1
    } else {
      if (invalid === 0) first = i
      invalid++
    }
  }
  return { wide, invalid, first }
}

function binary(file: string, byte: number): never {
  fail(
    'unsupported_format',
    `${file} is not a text file: it has a zero at byte ${byte}.`,
    'If it is a table, save it as CSV, JSON lines, Parquet or an Excel workbook.',
    { file, byte },
  )
}
