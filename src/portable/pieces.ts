/**
 * Gemma's pieces between its matrices in TensorFlow.js operations, each with its gradient written out: autodiff would keep
 * every intermediate and multiply by transposed operands, which the WASM backend does at a tenth of its speed. Shapes are
 * [rows, width]; every function expects to be called inside `tf.tidy`.
 */
import * as tf from '@tensorflow/tfjs-core'

export interface Normed {
  y: tf.Tensor2D
  /** 1 / sqrt(mean x^2 + eps), [rows, 1]. */
  r: tf.Tensor2D
}

/**
 * RMSNorm: y = x r scale, scale = 1 + w [width].
 * Source: Zhang and Sennrich 2019 (arXiv 1910.07467); Transformers `Gemma3RMSNorm`.
 */
export function rmsNorm(x: tf.Tensor2D, scale: tf.Tensor1D, eps: number): Normed {
  const r = tf.rsqrt(tf.add<tf.Tensor2D>(tf.mean(tf.mul<tf.Tensor2D>(x, x), 1, true), eps)) as tf.Tensor2D
  return { y: tf.mul<tf.Tensor2D>(tf.mul<tf.Tensor2D>(x, r), scale), r }
}

/** dx = r (g - x r^2 mean_j(g_j x_j)), g = dy scale. */
export function rmsNormGrad(
  dy: tf.Tensor2D,
  x: tf.Tensor2D,
  r: tf.Tensor2D,
  scale: tf.Tensor1D,
): tf.Tensor2D {
  const g = tf.mul<tf.Tensor2D>(dy, scale)
  const shift = tf.mul<tf.Tensor2D>(tf.mean(tf.mul<tf.Tensor2D>(g, x), 1, true), tf.mul<tf.Tensor2D>(r, r))
  return tf.mul<tf.Tensor2D>(tf.sub<tf.Tensor2D>(g, tf.mul<tf.Tensor2D>(x, shift)), r)
}

/** Of a stream's positions: cos and sin, [rows, 1, headDim] each, both halves alike. */
export interface Turn {
  cosine: tf.Tensor3D
  sine: tf.Tensor3D
  /** R [headDim, headDim] with (x1, x2) R = (-x2, x1): the WASM backend multiplies quicker than it cuts and joins. */
  quarter: tf.Tensor2D
}

/**
 * Rotary position embedding of x [rows, heads * headDim]: x cos + (x R) sin; `back` turns the other way, which is its
 * gradient: R transposed is -R.
 * Source: Su et al. 2021 (arXiv 2104.09864); Transformers `apply_rotary_pos_emb`.
 */
export function rotate(x: tf.Tensor2D, heads: number, turn: Turn, back = false): tf.Tensor2D {
  const [rows, width] = x.shape
  const dim = width / heads
  const split: [number, number, number] = [rows, heads, dim]
  const quarter = (y: tf.Tensor): tf.Tensor =>
    tf.matMul(tf.reshape(y, [rows * heads, dim]) as tf.Tensor2D, turn.quarter)
  const whole = tf.reshape(x, split)
  const straight = tf.mul(whole, turn.cosine)
  const turned = back
    ? tf.sub(straight, tf.reshape(quarter(tf.mul(whole, turn.sine)), split))
    : tf.add(straight, tf.mul(tf.reshape(quarter(x), split), turn.sine))
  return tf.reshape(turned, [rows, width])
}

/** R of `Turn`. */
export function quarterTurn(dim: number): tf.Tensor2D {
  const values = new Float32Array(dim * dim)
  const half = dim / 2
  for (let i = 0; i < half; i++) {
    values[(half + i) * dim + i] = -1
    values[i * dim + half + i] = 1
  }
  return tf.tensor2d(values, [dim, dim])
}

const SLOPE = Math.sqrt(2 / Math.PI)
const CUBIC = 0.044715

export interface Gated {
  y: tf.Tensor2D
  /** sigmoid(2 sqrt(2/pi) (g + 0.044715 g^3)), kept for the gradient. */
  s: tf.Tensor2D
}

/**
 * GeGLU with the tanh approximation: y = gelu(gate) up, gelu(g) = g/2 (1 + tanh z) = g sigmoid(2 z). The WASM backend has a
 * vectorised sigmoid; its tanh takes 17 times as long. Source: Shazeer 2020 (arXiv 2002.05202).
 */
export function geglu(gate: tf.Tensor2D, up: tf.Tensor2D): Gated {
  const twice = tf.mul<tf.Tensor2D>(
    gate,
    tf.add<tf.Tensor2D>(tf.mul<tf.Tensor2D>(tf.mul<tf.Tensor2D>(gate, gate), 2 * SLOPE * CUBIC), 2 * SLOPE),
  )
  const s = tf.sigmoid(twice) as tf.Tensor2D
  return { y: tf.mul<tf.Tensor2D>(tf.mul<tf.Tensor2D>(gate, s), up), s }
}

/** gelu'(g) = s + g s (1 - s) 2 z'. */
export function gegluGrad(
  dy: tf.Tensor2D,
  gate: tf.Tensor2D,
  up: tf.Tensor2D,
  s: tf.Tensor2D,
): { gate: tf.Tensor2D; up: tf.Tensor2D } {
  const slope = tf.add<tf.Tensor2D>(
    tf.mul<tf.Tensor2D>(tf.mul<tf.Tensor2D>(gate, gate), 6 * SLOPE * CUBIC),
    2 * SLOPE,
  )
  const gelu = tf.mul<tf.Tensor2D>(gate, s)
  const bend = tf.mul<tf.Tensor2D>(tf.mul<tf.Tensor2D>(gelu, tf.sub<tf.Tensor2D>(1, s)), slope)
  return {
    gate: tf.mul<tf.Tensor2D>(tf.mul<tf.Tensor2D>(dy, up), tf.add<tf.Tensor2D>(s, bend)),
    up: tf.mul<tf.Tensor2D>(dy, gelu),
  }
}
