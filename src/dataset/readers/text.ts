import type { Chunk } from '../../files/table-builder.ts'
import { fail } from '../../protocol/errors.ts'
import type { Finding } from '../../protocol/studio.ts'
import type { Reader } from './reader.ts'
import { headText, tableDelimiter, textPieces } from './text-input.ts'

const FIRST_ROWS = 100
const CHUNK_UNITS = 8 << 20

/**
 * Plain text, a row a line, paragraph or file, in one column `text`; by default a paragraph where lines are wrapped, else a line.
 * Blank lines are left out.
 */
export const text: Reader = {
  format: 'text',
  isText: true,
  detects: (file) => /\.(txt|md|text|log)$/i.test(file.name) && tableDelimiter(file) === null,
  async *read(file, context) {
    const { text: said = null } = context.options
    const wrapped = said === null && isWrapped(headText(file))
    if (wrapped) context.finding(WRAPPED)
    const unit = said ?? (wrapped ? 'paragraph' : 'line')
    let rows = 0
    let held: string[] = []
    let size = 0
    const chunk = (): Chunk => {
      const values = held
      rows += held.length
      held = []
      size = 0
      return { rows: values.length, columns: [{ name: 'text', values }] }
    }
    for await (const row of rowsOf(lines(textPieces(file, context)), unit)) {
      held.push(row)
      size += row.length
      if (size > CHUNK_UNITS || (rows === 0 && held.length === FIRST_ROWS)) yield chunk()
    }
    if (held.length > 0) yield chunk()
    if (rows === 0)
      fail('bad_data', `${file.name} is empty.`, 'Choose a file with rows.', { file: file.name })
  },
}

const WRAPPED: Finding = {
  severity: 'note',
  message: 'The lines of this text are wrapped: each paragraph became a row.',
  hint: 'To have a row for each line instead, read it again with that chosen under "How files are read".',
}

/** Paragraphs whose lines were broken at some width, as in books: fewer say little. */
const LEAST_WRAPPED = 20
/** Characters a line may be short of the longest and still have been broken for room. */
const RAGGED = 20

/** Whether lines end where a column ended, and sentences elsewhere; between blank lines. */
function isWrapped(text: string): boolean {
  const lines = text.split(/\r\n|\n|\r/).slice(0, 2000)
  // The last line of a paragraph ends anywhere; what was cut off at the end of the text is no line.
  const within = lines.slice(0, -2).filter((line, i) => line.trim() !== '' && lines[i + 1]!.trim() !== '')
  if (within.length < LEAST_WRAPPED || !lines.some((line) => line.trim() === '')) return false
  const lengths = within.map((line) => line.trimEnd().length).sort((a, b) => a - b)
  const width = lengths[Math.floor(lengths.length * 0.95)]!
  if (width < 40 || width > 120) return false
  const full = lengths.filter((length) => length >= width - RAGGED && length <= width + 2)
  const broken = within.filter((line) => !/[.!?:;…"”»)\]]$/.test(line.trimEnd()))
  return full.length >= 0.8 * within.length && broken.length >= 0.6 * within.length
}

async function* rowsOf(
  all: AsyncIterable<string>,
  unit: 'line' | 'paragraph' | 'file',
): AsyncIterable<string> {
  let held: string[] = []
  for await (const line of all) {
    const blank = line.trim() === ''
    if (unit === 'line') {
      if (!blank) yield line
    } else if (unit === 'file' || !blank) held.push(line)
    else if (held.length > 0) {
      yield held.join('\n')
      held = []
    }
  }
  const rest = held.join('\n')
  if (rest.trim() !== '') yield rest
}

/** Lines without their ends, whatever these are: \n, \r\n or \r. */
async function* lines(pieces: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let rest = ''
  for await (const piece of pieces) {
    const found = (rest + decoder.decode(piece)).split(/\r\n|\n|\r(?!$)/)
    rest = found.pop()!
    yield* found
  }
  yield rest.replace(/\r$/, '')
}
