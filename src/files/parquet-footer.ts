/** Field types of Thrift's compact protocol. Source: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md */
const [TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT] = [
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
]

/** `row_groups`, `columns`, `meta_data`, `statistics` (parquet.thrift): the fields on the way to a column chunk's statistics. */
const TO_STATISTICS = [4, 1, 3, 12]
/** Statistics have the fields 1 to 8; by so many more they are none that anyone knows. */
const AWAY = 7

/**
 * A footer whose statistics are not seen: their fields are given numbers that no reader knows. Nothing here needs them, and hyparquet
 * converts them all while it reads the footer, so that one of an odd length would keep a whole file from being read.
 */
export function withoutStatistics(footer: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const bytes = footer.slice()
  try {
    new Walk(bytes).struct(TO_STATISTICS)
  } catch {
    // A footer that is broken is for its reader to refuse.
  }
  return bytes
}

class Walk {
  #at = 0
  #depth = 0
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** @param path fields on the way from here; empty where this is what is looked for; null elsewhere */
  struct(path: readonly number[] | null): void {
    if (++this.#depth > 64) throw new RangeError('a footer of too many levels')
    let moved = path?.length !== 0
    for (let id = 0; ; ) {
      const start = this.#at
      const head = this.#byte()
      if (head === 0) break
      id = head >> 4 ? id + (head >> 4) : this.#zigzag()
      if (!moved) this.#move(start, id)
      moved = true
      this.#value(head & 15, path?.[0] === id ? path.slice(1) : null)
    }
    this.#depth--
  }

  /** Numbers are counted from field to field, so moving the first moves all. */
  #move(start: number, id: number): void {
    const head = this.#bytes[start]!
    if (head >> 4) this.#bytes[start] = head + (AWAY << 4)
    else if (id < 32) this.#bytes[start + 1] = 2 * (id + AWAY)
  }

  #value(type: number, path: readonly number[] | null): void {
    if (type === TRUE || type === FALSE) return
    if (type === BYTE) this.#at++
    else if (type === I16 || type === I32 || type === I64) this.#varint()
    else if (type === DOUBLE) this.#at += 8
    else if (type === BINARY) {
      const length = this.#varint()
      this.#at += length
    } else if (type === STRUCT) this.struct(path)
    else if (type === LIST || type === SET) {
      const head = this.#byte()
      const count = head >> 4 === 15 ? this.#varint() : head >> 4
      // Truth values take a byte in lists.
      const item = (head & 15) <= FALSE! ? BYTE! : head & 15
      for (let i = 0; i < count; i++) this.#value(item, path)
    } else if (type === MAP) {
      const count = this.#varint()
      const types = count > 0 ? this.#byte() : 0
      for (let i = 0; i < count; i++) for (const item of [types >> 4, types & 15]) this.#value(item, null)
    } else throw new RangeError(`type ${type}`)
  }

  #byte(): number {
    if (this.#at >= this.#bytes.length) throw new RangeError('the end')
    return this.#bytes[this.#at++]!
  }

  #varint(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.#byte()
      value += (byte & 127) * 2 ** shift
      if (byte < 128) return value
    }
  }

  #zigzag(): number {
    const value = this.#varint()
    return value % 2 ? -(value + 1) / 2 : value / 2
  }
}
