import type { Chunk } from '../../files/table-builder.ts'
import { fail } from '../../protocol/errors.ts'
import type { Reader } from './reader.ts'
import { tableDelimiter, textPieces } from './text-input.ts'

const FIRST_ROWS = 100
const CHUNK_UNITS = 8 << 20

/** Plain text, a row a line, paragraph or file, in one column `text`. Blank lines are left out. */
export const text: Reader = {
  format: 'text',
  isText: true,
  detects: (file) => /\.(txt|md|text|log)$/i.test(file.name) && tableDelimiter(file) === null,
  async *read(file, context) {
    const unit = context.options.text ?? 'line'
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
