import { fail } from '../protocol/errors.ts'

export interface DecodedText {
  text: string
  /** Where bytes were not valid UTF-8, `windows-1252` is an assumption. */
  encoding: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252'
}

/** First bytes of formats that people drop in by mistake. */
const BINARY: [number[], string][] = [
  [[0x50, 0x41, 0x52, 0x31], 'a Parquet file'],
  [[0x41, 0x52, 0x52, 0x4f, 0x57, 0x31], 'an Arrow file'],
  [[0x50, 0x4b, 0x03, 0x04], 'a ZIP archive (an Excel workbook is one, too)'],
  [[0xd0, 0xcf, 0x11, 0xe0], 'an old Excel or Word file'],
  [[0x1f, 0x8b], 'a gzip archive'],
  [[0x25, 0x50, 0x44, 0x46], 'a PDF'],
  [[0x53, 0x51, 0x4c, 0x69, 0x74, 0x65], 'an SQLite database'],
]

/**
 * Bytes of a text file as text, without its byte-order mark and with `\n` line ends. UTF-16 without a mark is told by its
 * zero bytes.
 * @throws LapidaryError `unsupported_format` for what is no text.
 */
export function decodeText(bytes: Uint8Array, name: string): DecodedText {
  for (const [magic, what] of BINARY)
    if (magic.every((byte, i) => bytes[i] === byte))
      fail(
        'unsupported_format',
        `${name} is ${what}, not a text file.`,
        'Save the data as CSV, JSON or JSON lines (UTF-8).',
        { file: name, found: what },
      )
  const encoding = detectEncoding(bytes)
  const text = new TextDecoder(encoding).decode(bytes)
  const zero = text.indexOf('\0')
  if (zero >= 0)
    fail(
      'unsupported_format',
      `${name} is not a text file: it has a zero at character ${zero}.`,
      'Save the data as CSV, JSON or JSON lines (UTF-8).',
      { file: name, character: zero },
    )
  return { text: text.replace(/\r\n?/g, '\n'), encoding }
}

function detectEncoding(bytes: Uint8Array): DecodedText['encoding'] {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  const zeros = [0, 0]
  const looked = Math.min(bytes.length, 4096)
  for (let i = 0; i < looked; i++) if (bytes[i] === 0) zeros[i % 2]!++
  // Latin text in UTF-16 has a zero in every second byte, always on the same side.
  if (zeros[1]! > looked / 8 && zeros[0]! < zeros[1]! / 8) return 'utf-16le'
  if (zeros[0]! > looked / 8 && zeros[1]! < zeros[0]! / 8) return 'utf-16be'
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return 'utf-8'
  } catch {
    return 'windows-1252'
  }
}
