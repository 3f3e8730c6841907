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

/** cos and sin of a stream's positions, [rows, 1, headDim / 2] each. */
export interface Turn {
  cosine: tf.Tensor3D
  sine: tf.Tensor3D
}

/**
 * Rotary position embedding of x [rows, heads * headDim]; `back` turns the other way, which is its gradient.
 * Source: Su et al. 2021 (arXiv 2104.09864); Transformers `apply_rotary_pos_emb`.
 */
export function rotate(x: tf.Tensor2D, heads: number, { cosine, sine }: Turn, back = false): tf.Tensor2D {
  const [rows, width] = x.shape
  const half = width / heads / 2
  const split = tf.reshape(x, [rows, heads, 2 * half]) as tf.Tensor3D
  const first = tf.slice3d(split, [0, 0, 0], [rows, heads, half])
  const second = tf.slice3d(split, [0, 0, half], [rows, heads, half])
  const [a, b] = [tf.mul<tf.Tensor2D>(first, cosine), tf.mul<tf.Tensor2D>(second, sine)]
  const [c, d] = [tf.mul<tf.Tensor2D>(second, cosine), tf.mul<tf.Tensor2D>(first, sine)]
  const turned = back
    ? [tf.add<tf.Tensor2D>(a, b), tf.sub<tf.Tensor2D>(c, d)]
    : [tf.sub<tf.Tensor2D>(a, b), tf.add<tf.Tensor2D>(c, d)]
  return tf.reshape(tf.concat(turned, 2), [rows, width])
}

const SLOPE = Math.sqrt(2 / Math.PI)
const CUBIC = 0.044715
/** f32 tanh is 1 beyond this; some drivers overflow. */
const TANH_END = 15

export interface Gated {
  y: tf.Tensor2D
  /** tanh(sqrt(2/pi) (g + 0.044715 g^3)), kept for the gradient. */
  t: tf.Tensor2D
}

/** GeGLU with the tanh approximation: y = gelu(gate) up. Source: Shazeer 2020 (arXiv 2002.05202). */
export function geglu(gate: tf.Tensor2D, up: tf.Tensor2D): Gated {
  const inner = tf.mul<tf.Tensor2D>(
    gate,
    tf.add<tf.Tensor2D>(tf.mul<tf.Tensor2D>(tf.mul<tf.Tensor2D>(gate, gate), SLOPE * CUBIC), SLOPE),
  )
  const t = tf.tanh(tf.clipByValue(inner, -TANH_END, TANH_END)) as tf.Tensor2D
  return {
    y: tf.mul<tf.Tensor2D>(
      tf.mul<tf.Tensor2D>(tf.mul<tf.Tensor2D>(gate, 0.5), tf.add<tf.Tensor2D>(t, 1)),
      up,
    ),
    t,
  }
}

export function gegluGrad(
  dy: tf.Tensor2D,
  gate: tf.Tensor2D,
  up: tf.Tensor2D,
  t: tf.Tensor2D,
): { gate: tf.Tensor2D; up: tf.Tensor2D } {
  const half = tf.mul<tf.Tensor2D>(tf.add<tf.Tensor2D>(t, 1), 0.5)
  const slope = tf.add<tf.Tensor2D>(
    tf.mul<tf.Tensor2D>(tf.mul<tf.Tensor2D>(gate, gate), 3 * SLOPE * CUBIC),
    SLOPE,
  )
  const bend = tf.mul<tf.Tensor2D>(
    tf.mul<tf.Tensor2D>(tf.mul<tf.Tensor2D>(gate, 0.5), tf.sub<tf.Tensor2D>(1, tf.mul<tf.Tensor2D>(t, t))),
    slope,
  )
  return {
    gate: tf.mul<tf.Tensor2D>(tf.mul<tf.Tensor2D>(dy, up), tf.add<tf.Tensor2D>(half, bend)),
    up: tf.mul<tf.Tensor2D>(dy, tf.mul<tf.Tensor2D>(gate, half)),
  }
}
