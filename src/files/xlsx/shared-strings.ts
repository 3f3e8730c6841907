import { Damaged } from '../damage.ts'
import { parseXml } from './xml.ts'

/** The table of texts that cells of a workbook point into, read as far as it is asked for. */
export class SharedStrings {
  readonly #strings: string[] = []
  readonly #parsing: AsyncIterator<void> | null

  /** @param bytes null where the workbook has no such table */
  constructor(bytes: AsyncIterable<Uint8Array> | null) {
    this.#parsing = bytes && parseXml(bytes, collector(this.#strings))[Symbol.asyncIterator]()
  }

  /** Reads until there are so many. @throws Error where there are fewer */
  async need(count: number): Promise<void> {
    while (this.#strings.length < count) {
      const done = this.#parsing === null || (await this.#parsing.next()).done
      if (done && this.#strings.length < count)
        throw new Damaged(`text ${count - 1} of only ${this.#strings.length}`)
    }
  }

  /** Reads to the end, so that what it holds is checked against its check sum. */
  async finish(): Promise<void> {
    while (this.#parsing && !(await this.#parsing.next()).done);
  }

  at(index: number): string {
    return this.#strings[index]!
  }
}

/** A text may come in parts of different looks; how it is read aloud (`rPh`) stands beside it. */
function collector(strings: string[]) {
  let [text, within, aloud] = ['', false, false]
  return {
    open(name: string) {
      if (name === 'si') text = ''
      else if (name === 'rPh') aloud = true
      else if (name === 't') within = !aloud
    },
    close(name: string) {
      if (name === 'si') strings.push(unescaped(text))
      else if (name === 'rPh') aloud = false
      else if (name === 't') within = false
    },
    text(part: string) {
      if (within) text += part
    },
  }
}

/** Characters that XML has no place for are written `_x0008_` (ECMA-376 part 1, 22.9.2.19). */
export function unescaped(text: string): string {
  if (!text.includes('_x')) return text
  return text.replace(/_x([0-9A-Fa-f]{4})_/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  )
}
