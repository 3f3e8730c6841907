/**
 * One layer of Gemma 3, and its gradient. Source: Transformers `modeling_gemma3.py` (Gemma3DecoderLayer).
 */
import * as tf from '@tensorflow/tfjs-core'
import type { ModelConfig, Projection } from '../protocol/model.ts'
import { type AttentionShape, attentionGrad, type Masks, type Segment } from './attention.ts'
import { type LoraPair, type Projected, project, projectGrad } from './linear.ts'
import { geglu, gegluGrad, type Normed, rmsNorm, rmsNormGrad, rotate, type Turn } from './pieces.ts'
import type { BaseWeights } from './weights.ts'

/** What a layer is run with. */
export interface LayerContext {
  config: ModelConfig
  weights: BaseWeights
  layer: number
  turn: Turn
  /** LoRA of a projection; null where there is none, or the adapter is off. */
  lora(projection: Projection): LoraPair | null
  /** Dropout's factors over a projection's input; null without dropout. */
  mask(projection: Projection, rows: number): tf.Tensor2D | null
}

/** The forward pass as the gradient needs it. */
export interface SavedLayer {
  x: tf.Tensor2D
  normed: Normed
  query: Projected
  key: Projected
  value: Projected
  queryNorm: tf.Tensor2D
  keyNorm: tf.Tensor2D
  q: tf.Tensor2D
  k: tf.Tensor2D
  attended: tf.Tensor2D
  output: Projected
  outputNorm: tf.Tensor2D
  x1: tf.Tensor2D
  normed1: Normed
  gate: Projected
  up: Projected
  sigmoid: tf.Tensor2D
  inner: tf.Tensor2D
  down: Projected
  downNorm: tf.Tensor2D
}

export function attentionShape(config: ModelConfig, layer: number): AttentionShape {
  return {
    heads: config.numHeads,
    kvHeads: config.numKvHeads,
    headDim: config.headDim,
    scale: config.queryScale,
    window: config.windows[layer]!,
    softCap: config.attentionSoftCap,
  }
}

/** Per-head norm of [rows, heads * headDim]; r is [rows * heads, 1]. */
function headNorm(x: tf.Tensor2D, scale: tf.Tensor1D, headDim: number, eps: number): Normed {
  const [rows, width] = x.shape
  const { y, r } = rmsNorm(tf.reshape(x, [(rows * width) / headDim, headDim]), scale, eps)
  return { y: tf.reshape(y, [rows, width]), r }
}

function headNormGrad(dy: tf.Tensor2D, x: tf.Tensor2D, r: tf.Tensor2D, scale: tf.Tensor1D): tf.Tensor2D {
  const flat: [number, number] = [r.shape[0], x.size / r.shape[0]]
  const dx = rmsNormGrad(tf.reshape(dy, flat), tf.reshape(x, flat), r, scale)
  return tf.reshape(dx, x.shape)
}

/** x [rows, hidden] to the layer's output; `attend` is given q, k (both turned) and v. To be called inside a tidy. */
export function layerForward(
  x: tf.Tensor2D,
  c: LayerContext,
  attend: (q: tf.Tensor2D, k: tf.Tensor2D, v: tf.Tensor2D) => tf.Tensor2D,
): { out: tf.Tensor2D; saved: SavedLayer } {
  const { config, weights, layer } = c
  const { rmsNormEps: eps, headDim } = config
  const norms = weights.norms[layer]!
  const rows = x.shape[0]
  const run = (input: tf.Tensor2D, projection: Projection) => {
    const wt = weights.matrix(layer, projection, 'wt')
    return project(input, wt, c.lora(projection), c.mask(projection, rows))
  }
  const normed = rmsNorm(x, norms.input, eps)
  const query = run(normed.y, 'q_proj')
  const key = run(normed.y, 'k_proj')
  const value = run(normed.y, 'v_proj')
  const queryNormed = headNorm(query.y, norms.query, headDim, eps)
  const keyNormed = headNorm(key.y, norms.key, headDim, eps)
  const q = rotate(queryNormed.y, config.numHeads, c.turn)
  const k = rotate(keyNormed.y, config.numKvHeads, c.turn)
  const attended = attend(q, k, value.y)
  const output = run(attended, 'o_proj')
  const outputNormed = rmsNorm(output.y, norms.afterAttention, eps)
  const x1 = tf.add<tf.Tensor2D>(x, outputNormed.y)
  const normed1 = rmsNorm(x1, norms.beforeMlp, eps)
  const gate = run(normed1.y, 'gate_proj')
  const up = run(normed1.y, 'up_proj')
  const { y: inner, s: sigmoid } = geglu(gate.y, up.y)
  const down = run(inner, 'down_proj')
  const downNormed = rmsNorm(down.y, norms.afterMlp, eps)
  const out = tf.add<tf.Tensor2D>(x1, downNormed.y)
  const saved: SavedLayer = {
    x,
    normed,
    query,
    key,
    value,
    queryNorm: queryNormed.r,
    keyNorm: keyNormed.r,
    q,
    k,
    attended,
    output,
    outputNorm: outputNormed.r,
    x1,
    normed1,
    gate,
    up,
    sigmoid,
    inner,
    down,
    downNorm: downNormed.r,
  }
  return { out, saved }
}

/** Gradients of one LoRA pair: dAᵀ [in, r], and dB [out, r], not yet scaled by alpha / r. */
export interface PairGrad {
  projection: Projection
  dat: tf.Tensor2D
  db: tf.Tensor2D
}

/** Gradients of the layer's input (where `input` asks for it) and of its LoRA pairs. To be called inside a tidy. */
export function layerBackward(
  dout: tf.Tensor2D,
  s: SavedLayer,
  c: LayerContext,
  segments: readonly Segment[],
  masks: Masks,
  input: boolean,
): { dx: tf.Tensor2D | null; pairs: PairGrad[] } {
  const { config, weights, layer } = c
  const norms = weights.norms[layer]!
  const rows = dout.shape[0]
  const pairs: PairGrad[] = []
  const turned = new Map<tf.Tensor2D, tf.Tensor2D>()
  const transposed = (x: tf.Tensor2D): tf.Tensor2D => {
    const xt = turned.get(x) ?? tf.transpose(x)
    turned.set(x, xt)
    return xt
  }
  const back = (
    dy: tf.Tensor2D,
    x: tf.Tensor2D,
    { u }: Projected,
    projection: Projection,
    wanted = true,
  ): tf.Tensor2D | null => {
    const w = wanted ? weights.matrix(layer, projection, 'w') : null
    const mask = c.mask(projection, rows)
    const { dx, dat, db } = projectGrad(dy, x, u, w, c.lora(projection), mask, transposed)
    if (dat && db) pairs.push({ projection, dat, db })
    return dx
  }
  const dDown = rmsNormGrad(dout, s.down.y, s.downNorm, norms.afterMlp)
  const dInner = back(dDown, s.inner, s.down, 'down_proj')!
  const dGated = gegluGrad(dInner, s.gate.y, s.up.y, s.sigmoid)
  const dNormed1 = tf.add<tf.Tensor2D>(
    back(dGated.gate, s.normed1.y, s.gate, 'gate_proj')!,
    back(dGated.up, s.normed1.y, s.up, 'up_proj')!,
  )
  const dx1 = tf.add<tf.Tensor2D>(dout, rmsNormGrad(dNormed1, s.x1, s.normed1.r, norms.beforeMlp))
  const dOutput = rmsNormGrad(dx1, s.output.y, s.outputNorm, norms.afterAttention)
  const dAttended = back(dOutput, s.attended, s.output, 'o_proj')!
  const shape = attentionShape(config, layer)
  const d = attentionGrad(dAttended, s.q, s.k, s.value.y, shape, segments, masks)
  const dQuery = headNormGrad(rotate(d.q, config.numHeads, c.turn, true), s.query.y, s.queryNorm, norms.query)
  const dKey = headNormGrad(rotate(d.k, config.numKvHeads, c.turn, true), s.key.y, s.keyNorm, norms.key)
  const parts = [
    back(dQuery, s.normed.y, s.query, 'q_proj', input),
    back(dKey, s.normed.y, s.key, 'k_proj', input),
    back(d.v, s.normed.y, s.value, 'v_proj', input),
  ]
  if (!input) return { dx: null, pairs }
  const dNormed = tf.addN<tf.Tensor2D>(parts as tf.Tensor2D[])
  return { dx: tf.add<tf.Tensor2D>(dx1, rmsNormGrad(dNormed, s.x, s.normed.r, norms.input)), pairs }
}
