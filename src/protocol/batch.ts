import type { Origin } from './tokens.ts'

/** Label of a row that is not supervised, as in PyTorch's `ignore_index`. */
export const IGNORE = -100

/**
 * A flat stream of T tokens: packed examples one after the other, no B x T padding. Attention never crosses a segment.
 */
export interface Batch {
  /** [T] token ids. */
  tokens: Uint32Array
  /** [T] position inside the token's own segment; restarts at 0 with each segment. */
  positions: Uint32Array
  /** [T] index in this stream of the first token of the segment that the token belongs to. */
  segmentStart: Uint32Array
  /** [T] the *next* token's id where it is supervised, else IGNORE (already shifted: row t predicts `labels[t]`). */
  labels: Int32Array
  /** [N] rows t, ascending, with `labels[t] !== IGNORE`. */
  supervisedRows: Uint32Array
}

/** A tokenised example. `supervised[i]` says whether token i is itself to be learnt (predicted from its left). */
export interface Example {
  tokens: Uint32Array
  supervised: Uint8Array
  /** Row of the data set it came from. */
  row: number
  /** How it came to be; left out: it is of the data itself. */
  origin?: Origin
}

/** A batch as JSON has it. */
export type BatchJson = Record<keyof Batch, number[]>

export function batchOf(json: BatchJson): Batch {
  return {
    tokens: Uint32Array.from(json.tokens),
    positions: Uint32Array.from(json.positions),
    segmentStart: Uint32Array.from(json.segmentStart),
    labels: Int32Array.from(json.labels),
    supervisedRows: Uint32Array.from(json.supervisedRows),
  }
}
