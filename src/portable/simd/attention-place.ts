import { places, roundUp } from './layout.ts'

/** Queries of a block. */
export const QUERIES = 64

/** Where attention has its segments, and each thread what it computes with, `bytes` from one thread's to the next. */
export interface AttentionPlace {
  /** First row and length, each. */
  segments: number
  mostSegments: number
  /** Most keys that a block sees. */
  keys: number
  first: number
  bytes: number
  /** From a thread's first address. */
  left: number
  p: number
  dp: number
  t: number
  out: number
}

export function attentionPlace(
  maxTokens: number,
  headDim: number,
  capped: boolean,
  threads: number,
  place: (floats: number) => number,
): AttentionPlace {
  const keys = roundUp(maxTokens, 8)
  const own = places(0)
  const scores = QUERIES * keys
  const part = {
    left: own.place(QUERIES * Math.max(keys, headDim)),
    p: own.place(scores),
    dp: own.place(scores),
    t: capped ? own.place(scores) : 0,
    out: own.place(QUERIES * headDim),
  }
  const bytes = own.end()
  return {
    segments: place(2 * maxTokens),
    mostSegments: maxTokens,
    keys,
    first: place((bytes * threads) / 4),
    bytes,
    ...part,
  }
}
