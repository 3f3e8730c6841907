import { Damaged } from './damage.ts'

/**
 * LZ4 frames, as compressed Arrow buffers are: blocks that may refer to those before them. Check sums are not looked at.
 * Source: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 */
const MAGIC = 0x184d2204

export function isLz4Frame(bytes: Uint8Array): boolean {
  return bytes.length >= 7 && new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) === MAGIC
}

/** A block by itself, without a frame. @throws Error with the byte, where it is broken or holds another number of bytes */
export function decodeLz4Block(block: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size)
  const end = decodeBlock(block, out, 0, 0)
  if (end !== size) throw new Damaged(`LZ4 block of ${end} bytes in place of ${size}`)
  return out
}

/** @throws Error with the byte, where the frame is broken */
export function decodeLz4Frame(frame: Uint8Array, size: number): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  if (!isLz4Frame(frame)) throw new Damaged('no LZ4 frame')
  const flags = frame[4]!
  const [blockSums, contentSize, dictionary] = [flags & 16, flags & 8, flags & 1]
  let at = 7 + (contentSize ? 8 : 0) + (dictionary ? 4 : 0)
  const out = new Uint8Array(size)
  let end = 0
  for (;;) {
    if (at + 4 > frame.length) throw new Damaged(`LZ4 frame cut off at byte ${at}`)
    const word = view.getUint32(at, true)
    at += 4
    if (word === 0) break
    const length = word & 0x7fffffff
    if (at + length > frame.length) throw new Damaged(`LZ4 frame cut off at byte ${at}`)
    const block = frame.subarray(at, at + length)
    if (word & 0x80000000) {
      if (end + length > size) throw new Damaged(`LZ4 frame too long at byte ${at}`)
      out.set(block, end)
      end += length
    } else end = decodeBlock(block, out, end, at)
    at += length + (blockSums ? 4 : 0)
  }
  if (end !== size) throw new Damaged(`LZ4 frame of ${end} bytes in place of ${size}`)
  return out
}

/** @returns where the block's bytes end in `out` */
function decodeBlock(block: Uint8Array, out: Uint8Array, start: number, byte: number): number {
  let [at, end] = [0, start]
  const extended = (length: number) => {
    if (length < 15) return length
    for (;;) {
      const more = block[at++]
      if (more === undefined) throw new Damaged(`LZ4 block cut off at byte ${byte + at}`)
      length += more
      if (more < 255) return length
    }
  }
  while (at < block.length) {
    const token = block[at++]!
    const literals = extended(token >> 4)
    if (at + literals > block.length || end + literals > out.length)
      throw new Damaged(`LZ4 literals beyond the end at byte ${byte + at}`)
    out.set(block.subarray(at, at + literals), end)
    at += literals
    end += literals
    if (at >= block.length) break
    const distance = block[at]! | ((block[at + 1] ?? 0) << 8)
    at += 2
    const length = extended(token & 15) + 4
    if (distance === 0 || distance > end || end + length > out.length)
      throw new Damaged(`LZ4 copy out of range at byte ${byte + at}`)
    // Ranges may overlap: what is copied may be what was just written.
    for (let i = 0; i < length; i++, end++) out[end] = out[end - distance]!
  }
  return end
}
