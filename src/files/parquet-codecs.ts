import type { Compressors } from 'hyparquet'
import { compressors as given } from 'hyparquet-compressors'
import { Unsupported } from './damage.ts'
import type { Room } from './limits.ts'
import { decodeLz4Block, decodeLz4Frame, isLz4Frame } from './lz4.ts'
import { unpackZstd } from './zstd.ts'

/**
 * What unpacks the pages of Parquet files. LZ4 is our own, which notices where it is asked for more than there is; LZO has no
 * reader in any browser.
 */
const compressors: Compressors = {
  ...given,
  LZ4: unpackLz4,
  LZ4_RAW: decodeLz4Block,
  ZSTD: unpackZstd,
  LZO: () => {
    throw new Unsupported('pages packed with LZO')
  },
}

/** The same, of which none takes more memory than there is room for. */
export function compressorsWithin(room: Room): Compressors {
  return Object.fromEntries(
    Object.entries(compressors).map(([codec, unpack]) => [
      codec,
      (input: Uint8Array, size: number) => {
        room.need(size)
        return unpack(input, size)
      },
    ]),
  )
}

/**
 * The codec LZ4 was never specified: Hadoop's blocks between their lengths, frames, or plain blocks.
 * Source: https://github.com/apache/parquet-format/blob/master/Compression.md
 */
function unpackLz4(input: Uint8Array, size: number): Uint8Array {
  if (isLz4Frame(input)) return decodeLz4Frame(input, size)
  return unpackHadoop(input, size) ?? decodeLz4Block(input, size)
}

/** Null where the lengths before the blocks, big-endian, do not fit. */
function unpackHadoop(input: Uint8Array, size: number): Uint8Array | null {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength)
  const out = new Uint8Array(size)
  let [at, end] = [0, 0]
  try {
    while (at + 8 <= input.length) {
      const [unpacked, packed] = [view.getUint32(at), view.getUint32(at + 4)]
      at += 8
      if (at + packed > input.length || end + unpacked > size) return null
      out.set(decodeLz4Block(input.subarray(at, at + packed), unpacked), end)
      at += packed
      end += unpacked
    }
  } catch {
    return null
  }
  return at === input.length && end === size ? out : null
}
