import { isBlocked } from '../../lib/storage.ts'
import { hostSize } from '../../model/stored.ts'
import type { WeightType } from '../../protocol/model.ts'
import { COLUMNS, ROWS } from './kernels.ts'
import type { ByteLayout } from './vectors.ts'

/** Rows that go through the head together: what is kept of them stays in the processor's cache. */
export const BLOCK = 256
/** Steps of an inner product that are packed at a time, so that a panel of either operand stays in the nearest cache. */
export const DEPTH = 384
/**
 * Parts of the vocabulary, each with sums of its own, which are put together at the end. Always as many, whoever computes them:
 * on any number of threads the same bits come out.
 */
const PARTS = 8

export const roundUp = (n: number, to: number): number => Math.ceil(n / to) * to

/** Begins and ends of `count` stretches of about equal size. */
export function stretches(length: number, count: number): [number, number][] {
  return Array.from({ length: count }, (_, i) => [
    Math.floor((i * length) / count),
    Math.floor(((i + 1) * length) / count),
  ])
}

/**
 * Floats from a row of a tile's logits to the next. Rows a power of two apart would share a few lines of the nearest cache between
 * them, and push one another out of it.
 */
export const logitsRow = (words: number): number => roundUp(words, COLUMNS) + 16

/** What each part has to itself: byte addresses from its own beginning. */
interface PartLayout {
  bytes: number
  /** z, then its exponentials; those packed; the sum of exp(l - top) W; a panel of a right operand. */
  z: number
  p: number
  dh: number
  panel: number
  /** f32 [block], f32 [block] and i32 [block]: see `HeadPass`. */
  top: number
  sum: number
  best: number
}

/** About what all parts take for themselves, in floats. */
export const partFloats = (hidden: number, words: number, rows: number): number =>
  PARTS * Math.min(BLOCK, rows) * (2 * logitsRow(words) + hidden)

/** Where everything lies in the head's memory, in bytes. Plain data: threads are sent it. */
export interface HeadLayout {
  vocab: number
  hidden: number
  type: ByteLayout
  /** Bytes of an element of the matrix. */
  size: number
  /** Where the scales of steps begin. */
  scales: number
  /** Words of a tile. */
  words: number
  /** Where the matrix lies. */
  matrix: number
  /** First word of each part, and the end. */
  parts: [number, number][]
  /** The hidden states of a block of rows, as they come and packed. */
  h: number
  packed: number
  firstPart: number
  part: PartLayout
  end: number
}

/** Places one behind the other, of so many floats each. */
export function places(from: number) {
  let end = roundUp(from, 64)
  const place = (floats: number): number => {
    const at = end
    end += roundUp(floats * 4, 64)
    return at
  }
  return { place, end: () => end }
}

/** Where a memory that the head shares with others has its matrix, and room for its own places. */
export interface HeadPlace {
  /** A multiple of 32. */
  matrix: number
  scales: number
  from: number
}

/**
 * @param rows most that are asked for at a time
 * @param place by default at the beginning of a memory of its own
 */
export function headLayout(
  vocab: number,
  hidden: number,
  type: WeightType,
  words: number,
  rows: number,
  place: HeadPlace = {
    matrix: 0,
    scales: isBlocked(type) ? vocab * hidden : 0,
    from: hostSize(type, vocab * hidden),
  },
): HeadLayout {
  const block = roundUp(Math.min(BLOCK, rows), ROWS)
  const steps = isBlocked(type)
  const size = steps ? 1 : type === 'F32' ? 4 : 2
  const tiles = Math.ceil(vocab / words)
  const parts = stretches(tiles, Math.min(PARTS, tiles)).map(([from, to]): [number, number] => [
    from * words,
    Math.min(vocab, to * words),
  ])
  const common = places(place.from)
  const [h, packed] = [common.place(block * hidden), common.place(block * hidden)]
  const own = places(0)
  const stride = logitsRow(words)
  const part = {
    z: own.place(block * stride),
    p: own.place(block * stride),
    // Products are made of whole panels.
    dh: own.place(block * roundUp(hidden, COLUMNS)),
    panel: own.place(COLUMNS * DEPTH),
    top: own.place(block),
    sum: own.place(block),
    best: own.place(block),
    bytes: own.end(),
  }
  const firstPart = common.end()
  const end = firstPart + parts.length * part.bytes
  const layout: ByteLayout = isBlocked(type) ? 'steps' : type
  const { matrix, scales } = place
  return { vocab, hidden, type: layout, size, matrix, scales, words, parts, h, packed, firstPart, part, end }
}
