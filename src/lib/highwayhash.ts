/**
 * HighwayHash-64 (Alakuijala, Cox and Wassenberg 2016, arXiv:1612.06257; the portable version of the reference
 * implementation). 64-bit lanes are pairs of 32-bit words, low word first.
 */

/** v0, v1, mul0 and mul1, four lanes of two words each. */
const V0 = 0
const V1 = 8
const MUL0 = 16
const MUL1 = 24

// The fractional digits of pi.
const INIT0 = [0xfe4cce2f, 0xdbe6d5d5, 0x299f31d0, 0xa4093822, 0x03707344, 0x13198a2e, 0x85a308d3, 0x243f6a88]
const INIT1 = [0xcb0ef593, 0x3bd39e10, 0xb5f18a8c, 0xc0acf169, 0x34e90c6c, 0xbe5466cf, 0x38d01377, 0x452821e6]

// Files hold many short records: room for one hash at a time is made once.
const STATE = new Int32Array(32)
const PACKET = new Int32Array(8)
const PADDED = new Uint8Array(32)

/**
 * @param key four 64-bit words, low and high word in turn
 * @returns the hash as [low, high] unsigned words
 */
export function highwayHash64(key: readonly number[], bytes: Uint8Array): [number, number] {
  const [state, packet] = [STATE, PACKET]
  for (let i = 0; i < 8; i++) {
    state[V0 + i] = INIT0[i]! ^ key[i]!
    // The key's lanes with their halves swapped.
    state[V1 + i] = INIT1[i]! ^ key[i ^ 1]!
    state[MUL0 + i] = INIT0[i]!
    state[MUL1 + i] = INIT1[i]!
  }
  const whole = bytes.length & ~31
  for (let at = 0; at < whole; at += 32) {
    load(packet, bytes, at)
    update(state, packet)
  }
  if (whole < bytes.length) {
    remainder(state, bytes.subarray(whole), packet)
    update(state, packet)
  }
  for (let round = 0; round < 4; round++) {
    // v0 with its lanes rotated by two and their halves swapped.
    for (let lane = 0; lane < 4; lane++) {
      packet[2 * lane] = state[V0 + 2 * (lane ^ 2) + 1]!
      packet[2 * lane + 1] = state[V0 + 2 * (lane ^ 2)]!
    }
    update(state, packet)
  }
  let [low, high] = [0, 0]
  for (const part of [V0, V1, MUL0, MUL1]) {
    const sum = low + (state[part]! >>> 0)
    low = sum >>> 0
    high = (high + state[part + 1]! + (sum > 0xffffffff ? 1 : 0)) >>> 0
  }
  return [low, high]
}

/** The last 1 to 31 bytes as a packet that tells their number too. */
function remainder(state: Int32Array, rest: Uint8Array, packet: Int32Array): void {
  const size = rest.length
  for (let lane = 0; lane < 4; lane++) add(state, V0 + 2 * lane, size, size)
  for (let i = V1; i < V1 + 8; i++) state[i] = (state[i]! << size) | (state[i]! >>> (32 - size))
  const padded = PADDED.fill(0)
  const [whole, left] = [size & ~3, size & 3]
  padded.set(rest.subarray(0, whole))
  if (size & 16) padded.set(rest.subarray(size - 4), 28)
  else if (left > 0) {
    padded[16] = rest[whole]!
    padded[17] = rest[whole + (left >> 1)]!
    padded[18] = rest[whole + left - 1]!
  }
  load(packet, padded, 0)
}

function load(packet: Int32Array, bytes: Uint8Array, from: number): void {
  for (let i = 0, at = from; i < 8; i++, at += 4)
    packet[i] = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}

function update(s: Int32Array, packet: Int32Array): void {
  for (let lane = 0; lane < 8; lane += 2) {
    const v0 = V0 + lane
    const v1 = V1 + lane
    const mul0 = MUL0 + lane
    const mul1 = MUL1 + lane
    add(s, v1, packet[lane]!, packet[lane + 1]!)
    add(s, v1, s[mul0]!, s[mul0 + 1]!)
    xorProduct(s, mul0, s[v1]!, s[v0 + 1]!)
    add(s, v0, s[mul1]!, s[mul1 + 1]!)
    xorProduct(s, mul1, s[v0]!, s[v1 + 1]!)
  }
  zipperMerge(s, V1, V0)
  zipperMerge(s, V1 + 4, V0 + 4)
  zipperMerge(s, V0, V1)
  zipperMerge(s, V0 + 4, V1 + 4)
}

/** s[at] += (high, low), 64 bits. */
function add(s: Int32Array, at: number, low: number, high: number): void {
  const before = s[at]! >>> 0
  const sum = (before + low) >>> 0
  s[at] = sum
  s[at + 1] = s[at + 1]! + high + (sum < before ? 1 : 0)
}

/** s[at] ^= a * b, of two unsigned words. */
function xorProduct(s: Int32Array, at: number, a: number, b: number): void {
  const aLow = a & 0xffff
  const aHigh = a >>> 16
  const bLow = b & 0xffff
  const bHigh = b >>> 16
  const low = aLow * bLow
  const middle = aHigh * bLow + (low >>> 16)
  const cross = aLow * bHigh + (middle & 0xffff)
  s[at] = s[at]! ^ Math.imul(a, b)
  s[at + 1] = s[at + 1]! ^ (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(cross / 65536))
}

/** Bytes of two lanes, shuffled so that the well-mixed middle ones reach all others, added to two lanes. */
function zipperMerge(s: Int32Array, from: number, to: number): void {
  const a = s[from]!
  const b = s[from + 1]!
  const c = s[from + 2]!
  const d = s[from + 3]!
  // Bytes of lane 0 are a (0 to 3) and b (4 to 7), those of lane 1 c and d.
  const low0 = (a >>> 24) | ((d & 0xff) << 8) | (a & 0xff0000) | ((b & 0xff00) << 16)
  const high0 = ((d >>> 16) & 0xff) | (a & 0xff00) | ((d >>> 24) << 16) | (a << 24)
  const low1 = (c >>> 24) | ((b & 0xff) << 8) | (c & 0xff0000) | ((d & 0xff00) << 16)
  const high1 = ((c >>> 8) & 0xff) | (((b >>> 16) & 0xff) << 8) | ((c & 0xff) << 16) | (b & 0xff000000)
  add(s, to, low0, high0)
  add(s, to + 2, low1, high1)
}
