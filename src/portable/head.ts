/**
 * Head and cross-entropy over supervised rows, in tiles of words: an online log-sum-exp, and with it the online-rescaled sum
 * of p W, so that logits are never stored and each tile is multiplied twice, not three times. With a soft-cap c:
 *
 *   z = h Wᵀ,  l = c tanh(z / c)  (without: l = z),  log p(label) = l[label] - log sum exp(l)
 *   dh = scale (sum_w softmax(l)_w l'_w W_w - l'_label W_label),  l' = 1 - tanh^2  (without: 1)
 *
 * A tile's exponentials come from `softmax`, which the WASM backend has vectorised (its `exp` takes six times as long): the
 * largest share is exp(0) over the tile's sum, which gives the sum back.
 *
 * h [rows, hidden] after the final norm. Source: Wijmans et al. 2024 (arXiv 2411.09009), with the head frozen.
 */
import * as tf from '@tensorflow/tfjs-core'
import type { ModelConfig } from '../protocol/model.ts'
import type { SimdHead } from './simd/simd-head.ts'
import { free, tidy } from './tidy.ts'
import type { BaseWeights } from './weights.ts'

export interface HeadResult {
  /** [rows]. */
  logProbability: tf.Tensor1D
  /** i32 [rows]: the lowest word with the largest logit. */
  best: tf.Tensor1D
  /** Gradient of -sum log p, unscaled; null where it was not asked for. */
  dh: tf.Tensor2D | null
}

/** Runs by itself: every tensor but those returned is gone afterwards. `pause` is called between tiles. */
export async function head(
  h: tf.Tensor2D,
  labels: Int32Array,
  weights: BaseWeights,
  softCap: number | null,
  gradient: boolean,
  pause: () => Promise<void>,
): Promise<HeadResult> {
  const pass = weights.simd
    ? simdPass(h, weights.simd, gradient, pause)
    : tiledPass(h, weights, softCap, gradient, pause)
  const state = await pass
  try {
    return tidy(() => {
      const own = weights.headRows(labels)
      const { l, slope } = capped(tf.sum(tf.mul<tf.Tensor2D>(h, own), 1, true), softCap)
      const logProbability = tf.reshape(
        tf.sub<tf.Tensor2D>(l, tf.add<tf.Tensor2D>(state.top, tf.log(state.sum))),
        [h.shape[0]],
      ) as tf.Tensor1D
      const dh =
        state.dh &&
        tf.sub<tf.Tensor2D>(
          tf.div<tf.Tensor2D>(state.dh, state.sum),
          slope ? tf.mul<tf.Tensor2D>(own, slope) : own,
        )
      return { logProbability, best: tf.reshape(state.best, [h.shape[0]]) as tf.Tensor1D, dh }
    })
  } finally {
    free(state)
  }
}

/** log sum exp(l) over all words, of each row of h [rows, hidden]. `pause` is called between tiles. */
export async function logSums(
  h: Float32Array,
  weights: BaseWeights,
  { hiddenSize, finalSoftCap }: ModelConfig,
  pause: () => Promise<void>,
): Promise<Float64Array> {
  if (weights.simd) {
    const { top, sum } = await weights.simd.pass(h, false, pause)
    return Float64Array.from(top, (highest, row) => highest + Math.log(sum[row]!))
  }
  const rows = tf.tensor2d(h.slice(), [h.length / hiddenSize, hiddenSize])
  try {
    const state = await tiledPass(rows, weights, finalSoftCap, false, pause)
    const [top, sum] = await Promise.all([state.top.data(), state.sum.data()])
    free(state)
    return Float64Array.from(top, (highest, row) => highest + Math.log(sum[row]!))
  } finally {
    rows.dispose()
  }
}

/** What a pass over all words gives: of exp(l - top), the sum and, with l' and W, the gradient. */
interface Pass {
  /** [rows, 1], as `sum` and `best`. */
  top: tf.Tensor2D
  sum: tf.Tensor2D
  best: tf.Tensor2D
  dh: tf.Tensor2D | null
}

async function simdPass(
  h: tf.Tensor2D,
  simd: SimdHead,
  gradient: boolean,
  pause: () => Promise<void>,
): Promise<Pass> {
  const rows = h.shape[0]
  const { top, sum, best, dh } = await simd.pass((await h.data()) as Float32Array, gradient, pause)
  return {
    top: tf.tensor2d(top, [rows, 1]),
    sum: tf.tensor2d(sum, [rows, 1]),
    best: tf.tensor2d(best, [rows, 1], 'int32'),
    dh: dh && tf.tensor2d(dh, h.shape),
  }
}

async function tiledPass(
  h: tf.Tensor2D,
  weights: BaseWeights,
  softCap: number | null,
  gradient: boolean,
  pause: () => Promise<void>,
): Promise<Pass> {
  const rows = h.shape[0]
  const ht = tf.transpose(h)
  let state = tidy(
    (): Pass => ({
      top: tf.fill([rows, 1], -1e30) as tf.Tensor2D,
      sum: tf.zeros([rows, 1]) as tf.Tensor2D,
      best: tf.zeros([rows, 1], 'int32') as tf.Tensor2D,
      dh: gradient ? (tf.zeros(h.shape) as tf.Tensor2D) : null,
    }),
  )
  try {
    let first = 0
    for (let index = 0; index < weights.tiles; index++) {
      const next = tidy(() => {
        const tile = weights.tile(index)
        const { l, slope } = capped(tf.transpose(tf.matMul(tile, ht)), softCap)
        const highest = tf.max(l, 1, true) as tf.Tensor2D
        const place = tf.add<tf.Tensor2D>(tf.reshape(tf.argMax(l, 1), [rows, 1]), tf.scalar(first, 'int32'))
        const best = tf.where(tf.greater(highest, state.top), place, state.best) as tf.Tensor2D
        const top = tf.maximum<tf.Tensor2D>(state.top, highest)
        const p = tf.softmax(l)
        // The sums of exp(l - top): so far, and of this tile.
        const before = tf.exp(tf.sub<tf.Tensor2D>(state.top, top)) as tf.Tensor2D
        const own = tf.div<tf.Tensor2D>(tf.exp(tf.sub<tf.Tensor2D>(highest, top)), tf.max(p, 1, true))
        const sum = tf.add<tf.Tensor2D>(tf.mul<tf.Tensor2D>(state.sum, before), own)
        const dh =
          state.dh &&
          tf.add<tf.Tensor2D>(
            tf.mul<tf.Tensor2D>(state.dh, before),
            tf.mul<tf.Tensor2D>(tf.matMul(slope ? tf.mul<tf.Tensor2D>(p, slope) : p, tile), own),
          )
        first += tile.shape[0]
        return { top, sum, best, dh }
      })
      free(state)
      state = next
      await pause()
    }
    return state
  } catch (error) {
    free(state)
    throw error
  } finally {
    ht.dispose()
  }
}

/** Logits of every row, [rows, vocab], on the host. */
export async function allLogits(
  h: tf.Tensor2D,
  weights: BaseWeights,
  vocab: number,
  softCap: number | null,
  pause: () => Promise<void>,
): Promise<Float32Array> {
  const rows = h.shape[0]
  const out = new Float32Array(rows * vocab)
  const ht = tf.transpose(h)
  try {
    let first = 0
    for (let index = 0; index < weights.tiles; index++) {
      const l = tidy(() => capped(tf.transpose(tf.matMul(weights.tile(index), ht)), softCap).l)
      const words = l.shape[1]
      const values = await l.data()
      l.dispose()
      for (let row = 0; row < rows; row++)
        out.set(values.subarray(row * words, (row + 1) * words) as Float32Array, row * vocab + first)
      first += words
      await pause()
    }
    return out
  } finally {
    ht.dispose()
  }
}

export function capped(
  z: tf.Tensor2D | tf.Tensor,
  cap: number | null,
): { l: tf.Tensor2D; slope: tf.Tensor2D | null } {
  if (cap === null) return { l: z as tf.Tensor2D, slope: null }
  const t = tf.tanh(tf.div<tf.Tensor2D>(z, cap)) as tf.Tensor2D
  return { l: tf.mul<tf.Tensor2D>(t, cap), slope: tf.sub<tf.Tensor2D>(1, tf.mul<tf.Tensor2D>(t, t)) }
}
