/**
 * Threefry-2x32 with 20 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): the one source
 * of random numbers, the same on host and device. Numbers are a pure function of where they are used:
 *
 *     key = (seed, step)      counter = (site, index)      bits = first word of the output
 *     uniform in [0, 1)  =  (bits >>> 8) * 2^-24           exact in f32
 *
 * `step` is the optimizer step (1-based) in training, 0 for initialisation, the epoch for shuffles. `site` tells uses
 * within a step apart, see SITE; `index` is the element.
 */

/** Sites that are not a layer's projection (those are `layer * 7 + index in PROJECTIONS`). */
export const SITE = {
  /** Order of training examples; step is the epoch. */
  shuffle: 0xffff0000,
  /** Which rows are held out. */
  split: 0xffff0001,
  /** Sampling while generating; step is the position. */
  sample: 0xffff0002,
  /** Which rows a preprocessing step takes; step is the step's place in the list. */
  sampleRows: 0xffff0003,
  /** Which rows stand for all of them in an estimate. */
  estimate: 0xffff0004,
  /** Which rows are made more of, and how; step is the row's place among the training rows. */
  augment: 0xffff0005,
  /** Which examples a model is shown to write more of their kind. */
  synthesis: 0xffff0006,
  /** Which rows a resample of a figure is of; step is the resample. */
  bootstrap: 0xffff0007,
  /** In which order training rows are taken where a share of them is. */
  trainShare: 0xffff0008,
} as const

/** Both output words, into `out[at]` and `out[at + 1]`. All arguments are taken as unsigned 32-bit. */
export function threefry2x32Into(
  out: Uint32Array,
  at: number,
  k0: number,
  k1: number,
  c0: number,
  c1: number,
): void {
  k0 |= 0
  k1 |= 0
  const k2 = k0 ^ k1 ^ 0x1bd11bda
  let x0 = (c0 + k0) | 0
  let x1 = (c1 + k1) | 0
  // Five groups of four rounds, unrolled: rotations 13 15 26 6 and 17 29 16 24 in turn, a key injection after each.
  x0 = (x0 + x1) | 0
  x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0
  x0 = (x0 + x1) | 0
  x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0
  x0 = (x0 + x1) | 0
  x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0
  x0 = (x0 + x1) | 0
  x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0
  x0 = (x0 + k1) | 0
  x1 = (x1 + k2 + 1) | 0
  x0 = (x0 + x1) | 0
  x1 = ((x1 << 17) | (x1 >>> 15)) ^ x0
  x0 = (x0 + x1) | 0
  x1 = ((x1 << 29) | (x1 >>> 3)) ^ x0
  x0 = (x0 + x1) | 0
  x1 = ((x1 << 16) | (x1 >>> 16)) ^ x0
  x0 = (x0 + x1) | 0
  x1 = ((x1 << 24) | (x1 >>> 8)) ^ x0
  x0 = (x0 + k2) | 0
  x1 = (x1 + k0 + 2) | 0
  x0 = (x0 + x1) | 0
  x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0
  x0 = (x0 + x1) | 0
  x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0
  x0 = (x0 + x1) | 0
  x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0
  x0 = (x0 + x1) | 0
  x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0
  x0 = (x0 + k0) | 0
  x1 = (x1 + k1 + 3) | 0
  x0 = (x0 + x1) | 0
  x1 = ((x1 << 17) | (x1 >>> 15)) ^ x0
  x0 = (x0 + x1) | 0
  x1 = ((x1 << 29) | (x1 >>> 3)) ^ x0
  x0 = (x0 + x1) | 0
  x1 = ((x1 << 16) | (x1 >>> 16)) ^ x0
  x0 = (x0 + x1) | 0
  x1 = ((x1 << 24) | (x1 >>> 8)) ^ x0
  x0 = (x0 + k1) | 0
  x1 = (x1 + k2 + 4) | 0
  x0 = (x0 + x1) | 0
  x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0
  x0 = (x0 + x1) | 0
  x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0
  x0 = (x0 + x1) | 0
  x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0
  x0 = (x0 + x1) | 0
  x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0
  out[at] = x0 + k2
  out[at + 1] = x1 + k0 + 5
}

const pair = new Uint32Array(2)

export function threefry2x32(k0: number, k1: number, c0: number, c1: number): [number, number] {
  threefry2x32Into(pair, 0, k0, k1, c0, c1)
  return [pair[0]!, pair[1]!]
}

/** 32 random bits. */
export function randomBits(seed: number, step: number, site: number, index: number): number {
  threefry2x32Into(pair, 0, seed, step, site, index)
  return pair[0]!
}

/** A multiple of 2^-24 in [0, 1), exact in f32. */
export function uniform(seed: number, step: number, site: number, index: number): number {
  threefry2x32Into(pair, 0, seed, step, site, index)
  return (pair[0]! >>> 8) * 2 ** -24
}

/**
 * A permutation of 0..n-1: Fisher-Yates from the end. Each draw below m takes the next index of the site until its bits
 * are below the largest multiple of m, then bits mod m: every permutation is equally likely, given random bits.
 */
export function shuffle(n: number, seed: number, epoch: number, site: number = SITE.shuffle): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i)
  let index = 0
  for (let last = n - 1; last > 0; last--) {
    const m = last + 1
    const limit = 2 ** 32 - (2 ** 32 % m)
    let bits = randomBits(seed, epoch, site, index++)
    while (bits >= limit) bits = randomBits(seed, epoch, site, index++)
    const j = bits % m
    const kept = order[last]!
    order[last] = order[j]!
    order[j] = kept
  }
  return order
}
