import { csvDelimiter } from '../../files/csv-dialect.ts'
import { encodingOf, type TextFacts, utf8Pieces } from '../../files/utf8.ts'
import { type DataFile, HEAD_BYTES, type ReadContext } from './reader.ts'

/**
 * A text file as UTF-8 pieces, whatever its encoding; what is odd about it becomes a finding once all is read.
 * @throws NotUtf8, which `open.ts` answers by reading the file again as Windows-1252
 */
export async function* textPieces(file: DataFile, context: ReadContext): AsyncIterable<Uint8Array> {
  const encoding = context.notUtf8 ? 'windows-1252' : encodingOf(file.head)
  const facts: TextFacts = { encoding, damaged: 0, firstDamaged: -1 }
  yield* utf8Pieces(file.stream(context.signal), file.name, facts)
  if (encoding === 'windows-1252')
    context.finding({
      severity: 'warning',
      message: 'The file is not UTF-8; it was read as Windows-1252.',
      hint: 'If letters with accents look wrong in the preview, save the file as UTF-8.',
    })
  if (facts.damaged > 0)
    context.finding({
      severity: 'warning',
      message:
        facts.damaged === 1
          ? `${file.name} has a byte that is not UTF-8, at byte ${facts.firstDamaged}.`
          : `${file.name} has ${facts.damaged} bytes that are not UTF-8, the first at byte ${facts.firstDamaged}.`,
      hint: 'Each was read as "\ufffd". The file may have been damaged; save it again as UTF-8.',
    })
}

/** The text a file begins with, without a mark. */
export function headText(file: DataFile): string {
  return new TextDecoder(encodingOf(file.head)).decode(file.head)
}

/** The delimiter under which a file's beginning is a regular table, null where none is. */
export function tableDelimiter(file: DataFile, head = headText(file)): string | null {
  return csvDelimiter(new TextEncoder().encode(head), file.head.length < HEAD_BYTES)
}
