import { Gunzip } from 'fflate'
import { fail, LapidaryError } from '../protocol/errors.ts'
import { crc32 } from './crc32.ts'

/** A member ends with the CRC-32 and the length modulo 2^32 of what it holds. */
const TRAILER = 8
const PIECE = 65_536

/**
 * Inflates gzip, one member or several (RFC 1952), and holds each against its check sum, which fflate does not.
 * @throws LapidaryError `bad_file` with the byte, where it is damaged or ends early
 */
export async function* gunzip(pieces: AsyncIterable<Uint8Array>, name: string): AsyncIterable<Uint8Array> {
  let inflated: Uint8Array[] = []
  let [crc, length, read] = [0, 0, 0]
  // A member's end is noticed only when the next one's header is whole, by when the trailer may lie a piece back.
  let [before, piece] = [new Uint8Array(0), new Uint8Array(0)]
  const byteAt = (offset: number) => {
    const at = offset - read + piece.length
    return at >= 0 ? piece[at]! : before[before.length + at]!
  }
  const check = (end: number) => {
    const word = (offset: number) =>
      [0, 1, 2, 3].reduce((sum, i) => sum + byteAt(offset + i) * 2 ** (8 * i), 0)
    if (word(end - 8) === crc && word(end - 4) === length % 2 ** 32) [crc, length] = [0, 0]
    else damaged(name, end - TRAILER, 'its check sum does not fit what it holds')
  }
  const stream = new Gunzip((bytes) => {
    if (bytes.length === 0) return
    crc = crc32(bytes, crc)
    length += bytes.length
    inflated.push(bytes)
  })
  stream.onmember = check
  const push = (bytes: Uint8Array, final: boolean) => {
    try {
      stream.push(bytes, final)
    } catch (error) {
      if (error instanceof LapidaryError) throw error
      damaged(name, read, error instanceof Error ? error.message : String(error))
    }
  }
  for await (const bytes of cut(pieces)) {
    before = piece as Uint8Array<ArrayBuffer>
    piece = bytes as Uint8Array<ArrayBuffer>
    read += bytes.length
    push(bytes, false)
    yield* inflated
    inflated = []
  }
  push(new Uint8Array(0), true)
  yield* inflated
  if (read < 18) damaged(name, read, 'it ends early')
  check(read)
}

/** A piece that inflates a hundredfold should still be small. */
async function* cut(pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  for await (const bytes of pieces)
    for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE)
}

function damaged(file: string, byte: number, reason: string): never {
  fail(
    'bad_file',
    `${file} is a damaged gzip archive: ${reason} (near byte ${byte}).`,
    'It was probably cut off or changed while being copied; fetch it again.',
    { file, byte, reason },
  )
}
