import { looksLikeJson, readJsonChunks } from '../../files/json.ts'
import type { Reader } from './reader.ts'
import { headText, textPieces } from './text-input.ts'

/** Lists of objects, JSON lines, columns; also under another name, as long as it looks like JSON. */
export const json: Reader = {
  format: 'json',
  isText: true,
  detects: (file) => looksLikeJson(headText(file)) || /\.(json|jsonl|ndjson)$/i.test(file.name),
  read: (file, context) => readJsonChunks(textPieces(file, context), file.name),
}
