/** CRC-32 as gzip and ZIP use it (reflected polynomial 0xedb88320), four bytes a step. */

const TABLES = makeTables()

/** @param crc what the bytes before gave; 0 at the beginning */
export function crc32(bytes: Uint8Array, crc = 0): number {
  const [t0, t1, t2, t3] = TABLES
  let state = ~crc
  let i = 0
  for (const end = bytes.length - 3; i < end; i += 4) {
    state ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)
    state =
      t3[state & 255]! ^ t2[(state >>> 8) & 255]! ^ t1[(state >>> 16) & 255]! ^ t0[(state >>> 24) & 255]!
  }
  for (; i < bytes.length; i++) state = (state >>> 8) ^ t0[(state ^ bytes[i]!) & 255]!
  return ~state >>> 0
}

function makeTables(): [Int32Array, Int32Array, Int32Array, Int32Array] {
  const tables = Array.from({ length: 4 }, () => new Int32Array(256))
  for (let byte = 0; byte < 256; byte++) {
    let state = byte
    for (let bit = 0; bit < 8; bit++) state = (state >>> 1) ^ (state & 1 ? 0xedb88320 : 0)
    tables[0]![byte] = state
  }
  for (let byte = 0; byte < 256; byte++)
    for (let i = 1; i < 4; i++) {
      const before = tables[i - 1]![byte]!
      tables[i]![byte] = (before >>> 8) ^ tables[0]![before & 255]!
    }
  return tables as [Int32Array, Int32Array, Int32Array, Int32Array]
}
