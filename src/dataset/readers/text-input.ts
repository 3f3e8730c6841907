import { csvDelimiter } from '../../files/csv-dialect.ts'
import { likelyEncodings } from '../../files/likely-encoding.ts'
import { encodingOf, type TextFacts, utf8Pieces } from '../../files/utf8.ts'
import { concatBytes } from '../../lib/concat.ts'
import { counted } from '../../lib/counted.ts'
import type { Finding } from '../../protocol/preparation.ts'
import { type DataFile, HEAD_BYTES, type ReadContext } from './reader.ts'

/**
 * A text file as UTF-8 pieces, whatever its encoding; what is odd about it becomes a finding once all is read.
 * @throws NotUtf8, which `open.ts` answers by reading the file again as Windows-1252
 */
export async function* textPieces(file: DataFile, context: ReadContext): AsyncIterable<Uint8Array> {
  const chosen = context.options.encoding
  const encoding = chosen ?? (context.notUtf8 ? 'windows-1252' : encodingOf(file.head))
  const facts: TextFacts = { encoding, chosen: chosen !== undefined, damaged: 0, firstDamaged: -1 }
  const sample = new HighSample()
  if (!chosen && ISO_2022_JP.test(new TextDecoder('latin1').decode(file.head.subarray(0, 4096))))
    context.finding(escaped())
  const bytes =
    context.notUtf8 && !chosen ? sample.of(file.stream(context.signal)) : file.stream(context.signal)
  yield* utf8Pieces(bytes, file.name, facts)
  if (context.notUtf8 && !chosen) context.finding(notUtf8(likelyEncodings(sample.bytes())))
  if (facts.damaged > 0) context.finding(notDecoded(file.name, facts))
}

/** Its way of saying that two bytes make a character, which no other text has. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is one
const ISO_2022_JP = /\x1b\$[@B][!-~]+\x1b\([BJ]/

function escaped(): Finding {
  return {
    severity: 'warning',
    message: 'The file was read as UTF-8, and looks like iso-2022-jp: its letters are written as escapes.',
    hint: 'If letters look wrong in the preview, choose its encoding: iso-2022-jp, or save the file as UTF-8.',
    kind: 'encoding',
    fix: { kind: 'reading', label: 'Read it as iso-2022-jp', reading: { encoding: 'iso-2022-jp' } },
  }
}

function notUtf8(likely: readonly string[]): Finding {
  return {
    severity: 'warning',
    message: `The file is not UTF-8; it was read as Windows-1252.${likely.length > 0 ? ` Its letters look more like ${likely.join(' or ')}.` : ''}`,
    hint: `If letters look wrong in the preview, choose its encoding${likely.length > 0 ? `: ${likely[0]}` : ''}, or save the file as UTF-8.`,
    kind: 'encoding',
    ...(likely[0] === undefined
      ? {}
      : { fix: { kind: 'reading', label: `Read it as ${likely[0]}`, reading: { encoding: likely[0] } } }),
  }
}

function notDecoded(file: string, { encoding, chosen, damaged, firstDamaged }: TextFacts): Finding {
  if (chosen)
    return {
      severity: 'warning',
      message: `${file} has ${counted(damaged, 'place', 'places')} that ${damaged === 1 ? 'is' : 'are'} no ${encoding}.`,
      hint: 'Each was read as "\ufffd". Choose another encoding if letters look wrong in the preview.',
      kind: 'encoding',
      count: damaged,
    }
  return {
    severity: 'warning',
    message:
      damaged === 1
        ? `${file} has a byte that is not UTF-8, at byte ${firstDamaged}.`
        : `${file} has ${damaged} bytes that are not UTF-8, the first at byte ${firstDamaged}.`,
    hint: 'Each was read as "\ufffd". The file may have been damaged; save it again as UTF-8.',
  }
}

const SAMPLE_BYTES = 65_536

/** The pieces of a text that have anything beyond ASCII, as they pass by, until there are enough to tell the encoding. */
class HighSample {
  readonly #kept: Uint8Array[] = []
  #size = 0

  async *of(pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    for await (const piece of pieces) {
      if (this.#size < SAMPLE_BYTES) this.#keep(piece)
      yield piece
    }
  }

  /** From a line's beginning on, so that no character is cut in two. */
  #keep(piece: Uint8Array): void {
    const first = piece.findIndex((byte) => byte >= 0x80)
    if (first < 0) return
    const from = piece.lastIndexOf(10, first) + 1
    const part = piece.slice(from, from + SAMPLE_BYTES)
    this.#kept.push(part)
    this.#size += part.length
  }

  bytes(): Uint8Array {
    return concatBytes(this.#kept)
  }
}

/** The text a file begins with, without a mark. */
export function headText(file: DataFile): string {
  return new TextDecoder(encodingOf(file.head)).decode(file.head)
}

/** The delimiter under which a file's beginning is a regular table, null where none is. */
export function tableDelimiter(file: DataFile, head = headText(file)): string | null {
  return csvDelimiter(new TextEncoder().encode(head), file.head.length < HEAD_BYTES)
}
