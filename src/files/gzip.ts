import { Gunzip } from 'fflate'
import { concatBytes } from '../lib/concat.ts'
import { fail, LapidaryError } from '../protocol/errors.ts'
import type { ByteSource } from './bytes.ts'
import { crc32 } from './crc32.ts'

/** A member ends with the CRC-32 and the length modulo 2^32 of what it holds. */
const TRAILER = 8
const PIECE = 65_536
/** Bytes kept of those behind: a trailer and the longest header that is usual. */
const KEPT = 4096

/**
 * Inflates gzip, one member or several (RFC 1952), and holds each against its check sum, which fflate does not. Zeros behind the last
 * member, with which some writers fill up blocks, are no part of it.
 * @throws LapidaryError `bad_file` with the byte, where it is damaged or ends early
 */
export async function* gunzip(pieces: AsyncIterable<Uint8Array>, name: string): AsyncIterable<Uint8Array> {
  const member = new Members(name)
  // Held back: those at the end of the file may be padding, or part of a length.
  let zeros = 0
  for await (const bytes of cut(pieces)) {
    let end = bytes.length
    while (end > 0 && bytes[end - 1] === 0) end--
    if (end > 0) {
      for (; zeros > 0; zeros -= Math.min(zeros, PIECE))
        yield* member.push(new Uint8Array(Math.min(zeros, PIECE)))
      yield* member.push(bytes.subarray(0, end))
    }
    zeros += bytes.length - end
  }
  for (; zeros > 0 && !member.isWhole(); zeros--) yield* member.push(new Uint8Array(1))
  yield* member.end()
}

/** Bytes that the last member of a gzip file says it holds, modulo 2^32; of what lies behind, where there is padding. */
export async function saidLength(source: ByteSource, signal?: AbortSignal): Promise<number> {
  const last = await source.read(Math.max(0, source.size - 4), source.size, signal)
  return last.length < 4 ? 0 : new DataView(last.buffer, last.byteOffset).getUint32(0, true)
}

/** Members of a gzip file as they are inflated. */
class Members {
  readonly #name: string
  readonly #stream: Gunzip
  #inflated: Uint8Array[] = []
  #crc = 0
  #length = 0
  #read = 0
  /** The bytes last read: a member's end is noticed only when the next one's header is whole, by when the trailer may lie back. */
  #last = new Uint8Array(0)

  constructor(name: string) {
    this.#name = name
    this.#stream = new Gunzip((bytes) => {
      if (bytes.length === 0) return
      this.#crc = crc32(bytes, this.#crc)
      this.#length += bytes.length
      this.#inflated.push(bytes)
    })
    this.#stream.onmember = (end) => {
      if (!this.#isEnd(end)) damaged(name, end - TRAILER, 'its check sum does not fit what it holds')
      this.#crc = this.#length = 0
    }
  }

  push(bytes: Uint8Array): Uint8Array[] {
    const kept = this.#last.subarray(Math.max(0, this.#last.length - KEPT))
    this.#last =
      bytes.length >= KEPT ? bytes.slice() : (concatBytes([kept, bytes]) as Uint8Array<ArrayBuffer>)
    this.#read += bytes.length
    return this.#push(bytes, false)
  }

  end(): Uint8Array[] {
    const rest = this.#push(new Uint8Array(0), true)
    if (this.#read < 18) damaged(this.#name, this.#read, 'it ends early')
    if (!this.isWhole()) damaged(this.#name, this.#read - TRAILER, 'its check sum does not fit what it holds')
    return rest
  }

  /** Whether what was read ends with a member. */
  isWhole(): boolean {
    return this.#read >= 18 && this.#isEnd(this.#read)
  }

  #isEnd(end: number): boolean {
    const word = (offset: number) => {
      const at = offset - this.#read + this.#last.length
      return [0, 1, 2, 3].reduce((sum, i) => sum + this.#last[at + i]! * 2 ** (8 * i), 0)
    }
    return word(end - 8) === this.#crc && word(end - 4) === this.#length % 2 ** 32
  }

  #push(bytes: Uint8Array, final: boolean): Uint8Array[] {
    try {
      this.#stream.push(bytes, final)
    } catch (error) {
      if (error instanceof LapidaryError) throw error
      damaged(this.#name, this.#read, 'it ends early, or what is in it is no gzip')
    }
    return this.#inflated.splice(0)
  }
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
