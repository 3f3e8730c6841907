import { looksLikeJson, readJsonChunks } from '../../files/json.ts'
import type { Reader } from './reader.ts'
import { headText, tableDelimiter, textPieces } from './text-input.ts'

/** Lists of objects, JSON lines, columns; also under another name, as long as it looks like JSON. */
export const json: Reader = {
  format: 'json',
  isText: true,
  detects(file) {
    const head = headText(file)
    if (looksLikeJson(head)) return true
    // What bears the name and is neither JSON nor a regular table is broken JSON.
    return /\.(json|jsonl|ndjson)$/i.test(file.name) && tableDelimiter(file, head) === null
  },
  read: (file, context) => readJsonChunks(textPieces(file, context), file.name, context.finding),
}
