/** For text of one column: equals no byte. */
export const NO_DELIMITER = -1

const QUOTE = 34
const LF = 10
const CR = 13
const SPACE = 32
const TAB = 9

/** Kinds of fields, by what copying them takes. */
const PLAIN = 0
const ESCAPED = 1

/**
 * Finds the fields of one CSV record after another in UTF-8 bytes. A field may be quoted (`""` inside stands for a quote);
 * a quote inside an unquoted field is a character like any other. Delimiters, quotes and line ends are single bytes below
 * 128, so no character of UTF-8 can be mistaken for one.
 */
export class CsvScanner {
  /** Fields of the record found last. */
  count = 0
  /** Line breaks in it, its own end included. */
  lines = 0
  /** Whether a quoted field goes on behind its closing quote, or is never closed. */
  broken = false
  readonly #delimiter: number
  readonly #quotes: boolean
  readonly #skipSpace: boolean
  #starts = new Int32Array(64)
  #ends = new Int32Array(64)
  #kinds = new Uint8Array(64)

  /** @param way `quotes`: whether they enclose fields; `skipSpace`: whether blanks behind a delimiter belong to no field */
  constructor(
    delimiter: number,
    way: { quotes: boolean; skipSpace: boolean } = { quotes: true, skipSpace: false },
  ) {
    this.#delimiter = delimiter
    this.#quotes = way.quotes
    this.#skipSpace = way.skipSpace
  }

  /**
   * Finds the record at `from`.
   * @param final whether the text ends with `bytes`
   * @returns where the next record begins; -1 where this one does not end in `bytes`
   */
  record(bytes: Uint8Array, from: number, final: boolean): number {
    const delimiter = this.#delimiter
    const size = bytes.length
    let at = from
    this.count = 0
    this.lines = 1
    this.broken = false
    for (;;) {
      if (this.#skipSpace) while (bytes[at] === SPACE) at++
      if (this.#quotes && at < size && bytes[at] === QUOTE) at = this.#quoted(bytes, at, final)
      else {
        const start = at
        while (at < size) {
          const byte = bytes[at]!
          if (byte === delimiter || byte === LF || byte === CR) break
          at++
        }
        this.#add(start, at, PLAIN)
      }
      if (at < 0) return -1
      if (this.broken) return size
      if (at >= size) return final ? size : -1
      const byte = bytes[at]!
      if (byte === delimiter) {
        at++
        continue
      }
      if (byte === LF) return at + 1
      // A carriage return at the end of a piece may be half of a line end.
      if (at + 1 >= size) return final ? size : -1
      return bytes[at + 1] === LF ? at + 2 : at + 1
    }
  }

  /** @returns where the delimiter or line end behind the field is; -1 where the field does not end in `bytes` */
  #quoted(bytes: Uint8Array, from: number, final: boolean): number {
    const size = bytes.length
    let at = from + 1
    let kind = PLAIN
    for (;;) {
      while (at < size) {
        const byte = bytes[at]!
        if (byte === QUOTE) break
        if (byte === LF) this.lines++
        else if (byte === CR) {
          kind = ESCAPED
          if (bytes[at + 1] !== LF) this.lines++
        }
        at++
      }
      if (at + 1 >= size && !final) return -1
      if (at >= size) {
        this.broken = true
        return size
      }
      if (bytes[at + 1] !== QUOTE) break
      kind = ESCAPED
      at += 2
    }
    this.#add(from + 1, at, kind)
    at++
    while (at < size && (bytes[at] === SPACE || (bytes[at] === TAB && this.#delimiter !== TAB))) at++
    if (at >= size) return final ? size : -1
    const byte = bytes[at]!
    if (byte !== this.#delimiter && byte !== LF && byte !== CR) this.broken = true
    return at
  }

  #add(start: number, end: number, kind: number): void {
    if (this.count === this.#starts.length) {
      this.#starts = doubled(this.#starts)
      this.#ends = doubled(this.#ends)
      const kinds = new Uint8Array(2 * this.#kinds.length)
      kinds.set(this.#kinds)
      this.#kinds = kinds
    }
    this.#starts[this.count] = start
    this.#ends[this.count] = end
    this.#kinds[this.count++] = kind
  }

  /** Whether all fields are empty or white space. */
  isBlank(bytes: Uint8Array): boolean {
    for (let i = 0; i < this.count; i++) if (!this.#isBlankField(bytes, i)) return false
    return true
  }

  #isBlankField(bytes: Uint8Array, field: number): boolean {
    for (let at = this.#starts[field]!; at < this.#ends[field]!; at++) if (!isSpace(bytes[at]!)) return false
    return true
  }

  /** Forgets blank fields at the end, but for the first `keep`. */
  dropTrailing(bytes: Uint8Array, keep: number): void {
    while (this.count > keep && this.#isBlankField(bytes, this.count - 1)) this.count--
  }

  /** Bytes that `copy` writes at most. */
  length(field: number): number {
    return this.#ends[field]! - this.#starts[field]!
  }

  field(bytes: Uint8Array, field: number): Uint8Array {
    const out = new Uint8Array(this.length(field))
    return out.subarray(0, this.copy(bytes, field, out, 0))
  }

  /** Writes a field's text to `out` at `to`. @returns where it ends there */
  copy(bytes: Uint8Array, field: number, out: Uint8Array, to: number): number {
    const [start, end] = [this.#starts[field]!, this.#ends[field]!]
    if (this.#kinds[field] === PLAIN) {
      // Calls into the engine cost more than a short loop.
      if (end - start > 48) out.set(bytes.subarray(start, end), to)
      else for (let i = start; i < end; i++) out[to + i - start] = bytes[i]!
      return to + end - start
    }
    for (let i = start; i < end; i++) {
      const byte = bytes[i]!
      if (byte === CR) {
        out[to++] = LF
        if (bytes[i + 1] === LF) i++
      } else {
        out[to++] = byte
        if (byte === QUOTE) i++
      }
    }
    return to
  }
}

function isSpace(byte: number): boolean {
  return byte === SPACE || (byte >= TAB && byte <= CR)
}

function doubled(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * array.length)
  larger.set(array)
  return larger
}
