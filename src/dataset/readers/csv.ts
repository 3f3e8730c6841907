import { readCsv } from '../../files/csv.ts'
import type { Reader } from './reader.ts'
import { textPieces } from './text-input.ts'

/** Takes any text, so it is asked last. */
export const csv: Reader = {
  format: 'csv',
  isText: true,
  detects: () => true,
  read: (file, context) =>
    readCsv(textPieces(file, context), file.name, context.options, (finding) => context.finding(finding)),
}
