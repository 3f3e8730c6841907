import { type Code, get, i32, set, v128 } from '../../lib/wasm/assembler.ts'

/** What kernels are put together of, whatever they compute. */

export const range = (n: number) => Array.from({ length: n }, (_, i) => i)
/** A pointer moved on by so many bytes. */
export const advance = (pointer: number, by: Code): Code => set(pointer, i32.add(get(pointer), by))
export const advanceBy = (pointer: number, bytes: number): Code => advance(pointer, i32.const(bytes))

type Four = readonly [number, number, number, number]

const MIXES: readonly Four[] = [
  [0, 4, 1, 5],
  [2, 6, 3, 7],
]
const PICKS: readonly Four[] = [
  [0, 1, 4, 5],
  [2, 3, 6, 7],
]

/**
 * Four vectors as the rows of a matrix, stored as its columns.
 * @param spare two vectors that may be written over
 * @param address of the columns
 * @param offset of column i from there, bytes
 */
export const storeTransposed = (
  [a, b, c, d]: Four,
  [low, high]: readonly [number, number],
  address: Code,
  offset: (column: number) => number,
): Code =>
  MIXES.map((mix, i) => [
    set(low, v128.shuffle(get(a), get(b), mix)),
    set(high, v128.shuffle(get(c), get(d), mix)),
    PICKS.map((pick, j) => v128.store(address, v128.shuffle(get(low), get(high), pick), offset(2 * i + j))),
  ])
