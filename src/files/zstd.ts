import { decompressZstd } from 'hyparquet-compressors'
import { Damaged, Unsupported } from './damage.ts'

/** Largest block of the format. */
const BLOCK = 128 << 10
/** What frames that do not say their size may come to beyond what was promised, at worst. */
const SLACK = 64 << 20

/**
 * Unpacks Zstandard, where it says beforehand what comes of it: a block of four bytes can stand for 128 KiB of one letter, and
 * fzstd would put together gigabytes before anyone counts them.
 * Source: RFC 8878, section 3.1.1
 * @param size bytes that must come of it
 * @throws Damaged where frames promise another size
 */
export function unpackZstd(input: Uint8Array, size: number): Uint8Array {
  const { said, most } = sizeOf(input)
  if (said !== null ? said !== size : most > size + SLACK)
    throw said !== null
      ? new Damaged(`Zstandard of ${said} bytes in place of ${size}`)
      : new Unsupported('Zstandard of many small blocks that does not say its size')
  return decompressZstd(input)
}

/** What frames say that they hold, null where one does not; and what they can hold at most. */
function sizeOf(input: Uint8Array): { said: number | null; most: number } {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength)
  let [said, most]: [number | null, number] = [0, 0]
  let at = 0
  // What is cut off or no frame is left to whoever unpacks it.
  const has = (bytes: number) => at + bytes <= input.length
  while (has(4)) {
    const magic = view.getUint32(at, true)
    if ((magic & 0xfffffff0) >>> 0 === 0x184d2a50) {
      if (!has(8)) break
      at += 8 + view.getUint32(at + 4, true)
      continue
    }
    if (magic !== 0xfd2fb528 || !has(5)) break
    const descriptor = input[at + 4]!
    const single = (descriptor & 32) !== 0
    const sizeBytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6]!
    at += 5 + (single ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!
    if (!has(sizeBytes)) break
    if (sizeBytes === 0) said = null
    else if (said !== null) said += contentSize(view, at, sizeBytes)
    at += sizeBytes
    for (let last = false; !last && has(3); ) {
      const header = input[at]! | (input[at + 1]! << 8) | (input[at + 2]! << 16)
      last = (header & 1) === 1
      const [kind, length] = [(header >> 1) & 3, header >> 3]
      most += kind === 2 ? BLOCK : length
      at += 3 + (kind === 1 ? 1 : length)
    }
    if (descriptor & 4) at += 4
  }
  return { said, most }
}

function contentSize(view: DataView, at: number, bytes: number): number {
  if (bytes === 1) return view.getUint8(at)
  if (bytes === 2) return view.getUint16(at, true) + 256
  if (bytes === 4) return view.getUint32(at, true)
  return Number(view.getBigUint64(at, true))
}
