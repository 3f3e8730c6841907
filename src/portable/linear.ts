/**
 * A frozen projection with an optional LoRA beside it (Hu et al. 2021, arXiv 2106.09685; PEFT's `lora.Linear`):
 *
 *   u = drop(x) Aᵀ,  y = x Wᵀ + s u Bᵀ;   g = s dy B,  dx = dy W + drop'(g A),  dAᵀ = drop(x)ᵀ g,  dB = s dyᵀ u
 *
 * x [rows, in], y [rows, out], W [out, in], A [r, in], B [out, r]. Right operands lie as they are multiplied: the WASM backend
 * multiplies by a transposed one at a tenth of its speed. Nor are they large where they are new each time: it packs a right
 * operand first, for longer than a product with few columns takes.
 */
import * as tf from '@tensorflow/tfjs-core'

/** A LoRA pair as the backend holds it; B is scaled by alpha / r (or alpha / sqrt(r)) already. */
export interface LoraPair {
  a: tf.Tensor2D
  at: tf.Tensor2D
  b: tf.Tensor2D
  bt: tf.Tensor2D
}

export interface Projected {
  y: tf.Tensor2D
  /** [rows, r]; null without an adapter. */
  u: tf.Tensor2D | null
}

/** A product with frozen weights: x Wᵀ, or dy W. */
export type Times = (x: tf.Tensor2D) => tf.Tensor2D

/** @param mask factors of inverted dropout over x, or null */
export function project(
  x: tf.Tensor2D,
  times: Times,
  lora: LoraPair | null,
  mask: tf.Tensor2D | null,
): Projected {
  const y = times(x)
  if (!lora) return { y, u: null }
  const u = tf.matMul<tf.Tensor2D>(mask ? tf.mul<tf.Tensor2D>(x, mask) : x, lora.at)
  return { y: tf.add<tf.Tensor2D>(y, tf.matMul<tf.Tensor2D>(u, lora.bt)), u }
}

export interface ProjectGrad {
  dx: tf.Tensor2D | null
  /** dAᵀ, [in, r]; null without an adapter. */
  dat: tf.Tensor2D | null
  /** dB / s, [out, r]. */
  db: tf.Tensor2D | null
}

/** What a projection's gradient is computed with: its input x, u of its forward pass, and see `project`. */
export interface ProjectGradContext {
  x: tf.Tensor2D
  u: tf.Tensor2D | null
  /** Null where no gradient of x is wanted. */
  times: Times | null
  lora: LoraPair | null
  mask: tf.Tensor2D | null
  /** Transposes x, or knows its transpose already: several projections have the same input. */
  transposed(x: tf.Tensor2D): tf.Tensor2D
}

export function projectGrad(
  dy: tf.Tensor2D,
  { x, u, times, lora, mask, transposed }: ProjectGradContext,
): ProjectGrad {
  const plain = times?.(dy) ?? null
  if (!lora || !u) return { dx: plain, dat: null, db: null }
  const g = tf.matMul<tf.Tensor2D>(dy, lora.b)
  const xt = mask ? tf.transpose(tf.mul<tf.Tensor2D>(x, mask)) : transposed(x)
  const dat = tf.matMul<tf.Tensor2D>(xt, g)
  const db = tf.matMul<tf.Tensor2D>(tf.transpose(dy), u)
  if (!plain) return { dx: null, dat, db }
  const low = tf.matMul<tf.Tensor2D>(g, lora.a)
  return { dx: tf.add<tf.Tensor2D>(plain, mask ? tf.mul<tf.Tensor2D>(low, mask) : low), dat, db }
}
