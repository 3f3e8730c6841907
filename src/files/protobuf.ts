/**
 * Protocol buffers' wire format (protobuf.dev/programming-guides/encoding), as far as data files need it: a cursor over
 * one message. Throws `RangeError` where the bytes are none; callers know which record it was and say so.
 */
export class ProtoReader {
  readonly bytes: Uint8Array
  at: number
  readonly end: number
  /** Field number and wire type of the field that `next` came to. */
  field = 0
  wire = 0

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes
    this.at = start
    this.end = end
  }

  /** Goes to the next field; false at the end. */
  next(): boolean {
    if (this.at === this.end) return false
    const tag = this.varint()
    this.field = Math.floor(tag / 8)
    this.wire = tag % 8
    if (this.field === 0) throw new RangeError(`field number 0 at byte ${this.at}`)
    return true
  }

  /** An unsigned number below 2^53. */
  varint(): number {
    let [value, scale] = [0, 1]
    for (let i = 0; i < 10; i++) {
      if (this.at >= this.end) throw new RangeError(`a number is cut off at byte ${this.at}`)
      const byte = this.bytes[this.at++]!
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) throw new RangeError(`a number is too large at byte ${this.at}`)
        return value
      }
      scale *= 128
    }
    throw new RangeError(`a number has no end at byte ${this.at}`)
  }

  /** A signed 64-bit number: exact, a bigint beyond 2^53. */
  int64(): number | bigint {
    let [low, high] = [0, 0]
    for (let i = 0; i < 10; i++) {
      if (this.at >= this.end) throw new RangeError(`a number is cut off at byte ${this.at}`)
      const byte = this.bytes[this.at++]!
      const part = byte & 0x7f
      if (i < 4) low |= part << (7 * i)
      else if (i === 4) {
        low |= part << 28
        high |= part >>> 4
      } else high |= part << (7 * i - 32)
      if (byte >= 0x80) continue
      const value = high * 2 ** 32 + (low >>> 0)
      return Number.isSafeInteger(value) ? value : (BigInt(high) << 32n) | BigInt(low >>> 0)
    }
    throw new RangeError(`a number has no end at byte ${this.at}`)
  }

  /** Where the bytes of a length-delimited field lie: [start, end). Moves behind them. */
  span(): [number, number] {
    if (this.wire !== 2) throw new RangeError(`field ${this.field} is of wire type ${this.wire}, not 2`)
    const size = this.varint()
    const start = this.at
    if (size > this.end - start) throw new RangeError(`field ${this.field} is cut off at byte ${this.end}`)
    this.at = start + size
    return [start, this.at]
  }

  /** Reader of an embedded message. */
  message(): ProtoReader {
    const [start, end] = this.span()
    return new ProtoReader(this.bytes, start, end)
  }

  skip(): void {
    if (this.wire === 0) {
      this.int64()
      return
    }
    if (this.wire === 2) {
      this.span()
      return
    }
    const size = this.wire === 1 ? 8 : this.wire === 5 ? 4 : -1
    if (size < 0 || size > this.end - this.at)
      throw new RangeError(`field ${this.field} cannot be skipped at byte ${this.at}`)
    this.at += size
  }
}

/** Fields of a message that are unsigned numbers, by field number. */
export function numberFields(bytes: Uint8Array): Map<number, number> {
  const reader = new ProtoReader(bytes)
  const fields = new Map<number, number>()
  while (reader.next()) {
    if (reader.wire === 0) fields.set(reader.field, reader.varint())
    else reader.skip()
  }
  return fields
}
