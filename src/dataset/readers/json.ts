import { looksLikeJson, readJsonChunks } from '../../files/json.ts'
import type { Reader } from './reader.ts'
import { headText, tableDelimiter, textPieces } from './text-input.ts'

/** A dictionary as Python prints it, alone, in a list or one a line. */
const PRINTED_BY_PYTHON = /^\s*(\[\s*)?\{\s*'(\\.|[^'\\\n])*'\s*:/

/** Lists of objects, JSON lines, columns; also under another name, as long as it looks like JSON. */
export const json: Reader = {
  format: 'json',
  isText: true,
  detects(file) {
    const head = headText(file)
    // A regular table of commas, too, but no CSV: it is refused in words of its own.
    if (looksLikeJson(head) || PRINTED_BY_PYTHON.test(head)) return true
    // What bears the name and is neither JSON nor a regular table is broken JSON.
    return /\.(json|jsonl|ndjson)$/i.test(file.name) && tableDelimiter(file, head) === null
  },
  read: (file, context) => readJsonChunks(textPieces(file, context), file.name, context.finding),
}
