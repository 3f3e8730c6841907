/**
 * One layer of Gemma, and its gradient. Source: Transformers `modeling_gemma3.py` (Gemma3DecoderLayer).
 */
import * as tf from '@tensorflow/tfjs-core'
import type { LayerConfig, LayerNorm, ModelConfig, Projection } from '../protocol/model.ts'
import { type AttentionShape, attentionGrad, type Masks, type Segment } from './attention.ts'
import { type LoraPair, type Projected, project, projectGrad } from './linear.ts'
import { geglu, gegluGrad, rmsNorm, rmsNormGrad, rotate, type Turn } from './pieces.ts'
import type { BaseWeights } from './weights.ts'

/** What a layer is run with. */
export interface LayerContext {
  config: ModelConfig
  weights: BaseWeights
  layer: number
  own: LayerConfig
  turn: Turn
  /** LoRA of a projection; null where there is none, or the adapter is off. */
  lora(projection: Projection): LoraPair | null
  /** Dropout's factors over a projection's input; null without dropout. */
  mask(projection: Projection, rows: number): tf.Tensor2D | null
}

/** Keys, normed and turned, and values, [rows, kvHeads * headDim]; or their gradients. */
export interface KeysValues {
  k: tf.Tensor2D
  v: tf.Tensor2D
}

/** What passed through a norm; where the layer has none, y is what went in, and r is null. */
interface Passed {
  y: tf.Tensor2D
  /** See `Normed`. */
  r: tf.Tensor2D | null
}

/** Keys and values of a layer's own, as their gradients need them. */
interface OwnKeys {
  key: Projected
  value: Projected
  keyNorm: tf.Tensor2D | null
  k: tf.Tensor2D
}

/** The forward pass as the gradient needs it. */
export interface SavedLayer {
  x: tf.Tensor2D
  normed: Passed
  query: Projected
  queryNorm: tf.Tensor2D | null
  q: tf.Tensor2D
  /** Null where the layer uses another's. */
  keys: OwnKeys | null
  attended: tf.Tensor2D
  output: Projected
  outputNorm: tf.Tensor2D | null
  x1: tf.Tensor2D
  normed1: Passed
  gate: Projected
  up: Projected
  sigmoid: tf.Tensor2D
  inner: tf.Tensor2D
  down: Projected
  downNorm: tf.Tensor2D | null
}

export function attentionShape({ config, own }: Pick<LayerContext, 'config' | 'own'>): AttentionShape {
  return {
    heads: config.numHeads,
    kvHeads: own.kvHeads,
    headDim: own.headDim,
    scale: config.queryScale,
    window: own.window,
    softCap: config.attentionSoftCap,
  }
}

/** Of x [rows, width], in pieces of the norm's width (a head's norm has many in a row); r is [pieces, 1]. */
function norm(x: tf.Tensor2D, { config, weights, layer }: LayerContext, which: LayerNorm): Passed {
  const scale = weights.norms[layer]![which]
  if (!scale) return { y: x, r: null }
  const width = scale.shape[0]
  const { y, r } = rmsNorm(tf.reshape(x, [x.size / width, width]), scale, config.rmsNormEps)
  return { y: tf.reshape(y, x.shape), r }
}

function normGrad(
  dy: tf.Tensor2D,
  x: tf.Tensor2D,
  r: tf.Tensor2D | null,
  { weights, layer }: LayerContext,
  which: LayerNorm,
): tf.Tensor2D {
  const scale = weights.norms[layer]![which]
  if (!scale || !r) return dy
  const flat: [number, number] = [r.shape[0], x.size / r.shape[0]]
  return tf.reshape(rmsNormGrad(tf.reshape(dy, flat), tf.reshape(x, flat), r, scale), x.shape)
}

/**
 * x [rows, hidden] to the layer's output. To be called inside a tidy.
 * @param given keys and values of the layer that this one takes them from; null where it has its own
 * @param attend is given q and k (both turned) and v
 */
export function layerForward(
  x: tf.Tensor2D,
  c: LayerContext,
  given: KeysValues | null,
  attend: (q: tf.Tensor2D, k: tf.Tensor2D, v: tf.Tensor2D) => tf.Tensor2D,
): { out: tf.Tensor2D; saved: SavedLayer } {
  const { config, weights, layer, own } = c
  const rows = x.shape[0]
  const run = (input: tf.Tensor2D, projection: Projection) => {
    const times = weights.times(layer, projection, 'forward')
    return project(input, times, c.lora(projection), c.mask(projection, rows))
  }
  const ownKeys = (input: tf.Tensor2D): OwnKeys => {
    const key = run(input, 'k_proj')
    const value = run(input, 'v_proj')
    const keyNormed = norm(key.y, c, 'key')
    return { key, value, keyNorm: keyNormed.r, k: rotate(keyNormed.y, own.kvHeads, c.turn) }
  }
  const normed = norm(x, c, 'input')
  const query = run(normed.y, 'q_proj')
  const queryNormed = norm(query.y, c, 'query')
  const q = rotate(queryNormed.y, config.numHeads, c.turn)
  const keys = given ? null : ownKeys(normed.y)
  const { k, v } = given ?? keysOf(keys!)
  const attended = attend(q, k, v)
  const output = run(attended, 'o_proj')
  const outputNormed = norm(output.y, c, 'post_attention')
  const x1 = tf.add<tf.Tensor2D>(x, outputNormed.y)
  const normed1 = norm(x1, c, 'pre_feedforward')
  const gate = run(normed1.y, 'gate_proj')
  const up = run(normed1.y, 'up_proj')
  const { y: inner, s: sigmoid } = geglu(gate.y, up.y)
  const down = run(inner, 'down_proj')
  const downNormed = norm(down.y, c, 'post_feedforward')
  const out = tf.add<tf.Tensor2D>(x1, downNormed.y)
  const saved: SavedLayer = {
    x,
    normed,
    query,
    queryNorm: queryNormed.r,
    q,
    keys,
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

const keysOf = ({ k, value }: OwnKeys): KeysValues => ({ k, v: value.y })

/** Keys and values that a layer made, for later ones to use; null where it has none of its own. */
export const keysMade = ({ keys }: SavedLayer): KeysValues | null => keys && keysOf(keys)

/** Gradients of one LoRA pair: dAᵀ [in, r], and dB [out, r], not yet scaled by alpha / r. */
export interface PairGrad {
  projection: Projection
  dat: tf.Tensor2D
  db: tf.Tensor2D
}

/** What a layer's gradient is computed with beside its forward pass. */
export interface BackwardContext {
  segments: readonly Segment[]
  masks: Masks
  /** Keys and values of the layer that this one takes them from; null where it has its own. */
  given: KeysValues | null
  /** Gradients of its own keys and values from later layers that use them; null where none do. */
  later: KeysValues | null
  /** Whether the gradient of the layer's input is asked for. */
  input: boolean
}

export interface LayerGrad {
  dx: tf.Tensor2D | null
  pairs: PairGrad[]
  /** Gradients of keys and values of another layer; null where the layer has its own. */
  given: KeysValues | null
}

/** Gradients of the layer's input, of its LoRA pairs, and of the keys and values that it was given. To be called inside a tidy. */
export function layerBackward(
  dout: tf.Tensor2D,
  s: SavedLayer,
  c: LayerContext,
  { segments, masks, given, later, input }: BackwardContext,
): LayerGrad {
  const { config, weights, layer, own } = c
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
    const { dx, dat, db } = projectGrad(dy, {
      x,
      u,
      times: wanted ? weights.times(layer, projection, 'backward') : null,
      lora: c.lora(projection),
      mask: c.mask(projection, rows),
      transposed,
    })
    if (dat && db) pairs.push({ projection, dat, db })
    return dx
  }
  const dDown = normGrad(dout, s.down.y, s.downNorm, c, 'post_feedforward')
  const dInner = back(dDown, s.inner, s.down, 'down_proj')!
  const dGated = gegluGrad(dInner, s.gate.y, s.up.y, s.sigmoid)
  const dNormed1 = tf.add<tf.Tensor2D>(
    back(dGated.gate, s.normed1.y, s.gate, 'gate_proj')!,
    back(dGated.up, s.normed1.y, s.up, 'up_proj')!,
  )
  const dx1 = tf.add<tf.Tensor2D>(dout, normGrad(dNormed1, s.x1, s.normed1.r, c, 'pre_feedforward'))
  const dOutput = normGrad(dx1, s.output.y, s.outputNorm, c, 'post_attention')
  const dAttended = back(dOutput, s.attended, s.output, 'o_proj')!
  const { k, v } = given ?? keysOf(s.keys!)
  const d = attentionGrad(dAttended, s.q, k, v, { shape: attentionShape(c), segments, masks })
  const dQuery = normGrad(rotate(d.q, config.numHeads, c.turn, true), s.query.y, s.queryNorm, c, 'query')
  const parts = [back(dQuery, s.normed.y, s.query, 'q_proj', input)]
  if (s.keys) {
    const { key, keyNorm, value } = s.keys
    const dk = later ? tf.add<tf.Tensor2D>(d.k, later.k) : d.k
    const dv = later ? tf.add<tf.Tensor2D>(d.v, later.v) : d.v
    const dKey = normGrad(rotate(dk, own.kvHeads, c.turn, true), key.y, keyNorm, c, 'key')
    parts.push(back(dKey, s.normed.y, key, 'k_proj', input), back(dv, s.normed.y, value, 'v_proj', input))
  }
  const passed = s.keys ? null : { k: d.k, v: d.v }
  if (!input) return { dx: null, pairs, given: passed }
  const dNormed = tf.addN<tf.Tensor2D>(parts as tf.Tensor2D[])
  const dx = tf.add<tf.Tensor2D>(dx1, normGrad(dNormed, s.x, s.normed.r, c, 'input'))
  return { dx, pairs, given: passed }
}
