import type { Dim } from '../gpu/kernel.ts'
import type { KeepPolicy, Tape, Tensor } from '../gpu/tape.ts'
import { attention } from '../kernels/attention.ts'
import { attentionDecode } from '../kernels/attention-decode.ts'
import { attentionTree } from '../kernels/attention-tree.ts'
import { embedding } from '../kernels/embedding.ts'
import { geglu } from '../kernels/geglu.ts'
import { cacheWrite } from '../kernels/kv-cache.ts'
import { linear } from '../kernels/linear.ts'
import { qkNormRope } from '../kernels/qk-norm-rope.ts'
import { rmsNorm } from '../kernels/rms-norm.ts'
import { sum } from '../kernels/sum.ts'
import { projectionSite } from '../model/lora.ts'
import { type RopeShape, ropeKey } from '../model/rope.ts'
import type { LayerConfig, LayerNorm, ModelConfig, Projection } from '../protocol/model.ts'
import { type LoraConfig, loraScaling } from '../protocol/run-config.ts'
import type { AdapterLayout } from './adapter.ts'
import type { DeviceWeights } from './weights.ts'

/** Everything a forward pass is written down over. */
export interface GemmaParts {
  config: ModelConfig
  lora: LoraConfig
  weights: DeviceWeights
  adapter: AdapterLayout
  /** RoPE tables by `ropeKey`. */
  rope: ReadonlyMap<string, RopeTable>
}

export interface RopeTable extends RopeShape {
  tensor: Tensor
  positions: number
}

/** A flat stream of tokens. */
export interface StreamInputs {
  rows: Dim
  /** u32 [rows] each. */
  tokens: Tensor
  positions: Tensor
}

/** How the rows of a stream see each other. */
export type AttentionMode =
  /** Segments of the stream itself. */
  | { kind: 'stream'; segmentStart: Tensor; cache?: KvCache }
  /** Rows of a cache that earlier rows have been written to. */
  | { kind: 'cache'; cache: KvCache & { sequenceOf: Tensor } }
  /** Rows of a cache with one sequence, each with those before it on its path through a tree. */
  | { kind: 'tree'; cache: KvCache & { slots: Tensor }; before: Tensor }

export interface KvCache {
  /** [sequences * positions, kvHeads * headDim] for each layer; a layer that uses another's keys has that one's. */
  layers: { k: Tensor; v: Tensor }[]
  /** u32 [rows]: sequence of each row of the stream; null: there is one. */
  sequenceOf: Tensor | null
  /** u32 [rows]: place of each row in its sequence's part; default: its position. */
  slots?: Tensor
  positions: number
  sequences: number
}

/** A forward pass over a stream. */
export interface ForwardPass {
  tape: Tape
  parts: GemmaParts
  stream: StreamInputs
  mode: AttentionMode
  /** Recomputation of each layer; only matters where a backward pass follows. */
  policy: (layer: number) => KeepPolicy
  dropout: boolean
}

/** Keys, normed and turned, and values, [rows, kvHeads * headDim]. */
interface KeysValues {
  k: Tensor
  v: Tensor
}

/** One layer of a pass. */
interface LayerPass extends ForwardPass {
  layer: number
  own: LayerConfig
  /** Of the layers so far; a layer that uses another's has that one's. */
  keys: KeysValues[]
}

/**
 * Gemma's layers over a stream: the residual stream after the last layer, [rows, hidden], before the final norm.
 * Source: Transformers `modeling_gemma3.py` (Gemma3DecoderLayer, Gemma3Attention, Gemma3MLP).
 */
export function gemmaLayers(pass: ForwardPass): Tensor {
  const { tape, stream } = pass
  const { config, weights } = pass.parts
  let x = embedding(tape, stream.tokens, weights.embedding, {
    rows: stream.rows,
    scale: config.embeddingScale,
  })
  tape.keep(x)
  const keys: KeysValues[] = []
  config.layers.forEach((own, layer) => {
    x = tape.keep(tape.scope(pass.policy(layer), () => gemmaLayer({ ...pass, layer, own, keys }, x)))
  })
  return x
}

function gemmaLayer(pass: LayerPass, x: Tensor): Tensor {
  const { tape, own } = pass
  const { rows } = pass.stream
  const h = norm(pass, 'input', x)
  const q = rotate(pass, 'query', project(pass, 'q_proj', h))
  const keys = keysOf(pass, h)
  const x1 = norm(pass, 'post_attention', project(pass, 'o_proj', attend(pass, q, keys)), x)

  const h2 = norm(pass, 'pre_feedforward', x1)
  const gate = project(pass, 'gate_proj', h2)
  const up = project(pass, 'up_proj', h2)
  const inner = geglu(tape, gate, up, { rows, width: own.intermediateSize })
  return norm(pass, 'post_feedforward', project(pass, 'down_proj', inner), x1)
}

/** x [rows, hidden] normed, where the layer has this norm, and added to `residual`. */
function norm({ tape, parts, stream, layer }: LayerPass, which: LayerNorm, x: Tensor, residual?: Tensor) {
  const { config, weights } = parts
  const shape = { rows: stream.rows, width: config.hiddenSize }
  const weight = weights.layers[layer]!.norms[which]
  if (weight)
    return rmsNorm(tape, x, weight, { ...shape, eps: config.rmsNormEps, ...(residual && { residual }) })
  return residual ? sum(tape, x, residual, shape) : x
}

function project({ tape, parts, stream, layer, dropout }: LayerPass, projection: Projection, x: Tensor) {
  const matrices = parts.adapter.pairs.get(projectionSite(layer, projection))
  const lora = matrices && {
    a: matrices.a.value,
    b: matrices.b.value,
    rank: parts.lora.r,
    scale: loraScaling(parts.lora),
    site: parts.adapter.sites.get(matrices.a.site)!,
    dropout: dropout && parts.lora.lora_dropout > 0,
  }
  const weight = parts.weights.layers[layer]!.projections[projection]!
  return linear(tape, x, weight, {
    rows: stream.rows,
    name: `${layer}.${projection}`,
    ...(lora ? { lora } : {}),
  })
}

/** Heads normed, where the layer has this norm, and turned. */
function rotate({ tape, parts, stream, layer, own }: LayerPass, which: 'query' | 'key', x: Tensor) {
  const { config, weights } = parts
  const table = parts.rope.get(ropeKey(own))!
  return qkNormRope(tape, x, weights.layers[layer]!.norms[which] ?? null, {
    rows: stream.rows,
    heads: which === 'query' ? config.numHeads : own.kvHeads,
    headDim: own.headDim,
    eps: config.rmsNormEps,
    positions: stream.positions,
    table: table.tensor,
    maxPositions: table.positions,
  })
}

/** Keys and values that a layer attends to, its own written into the cache. */
function keysOf(pass: LayerPass, h: Tensor): KeysValues {
  const { tape, stream, mode, layer, own, keys } = pass
  if (own.keysFrom !== layer) return (keys[layer] = keys[own.keysFrom]!)
  const k = rotate(pass, 'key', project(pass, 'k_proj', h))
  const v = project(pass, 'v_proj', h)
  if (mode.cache) {
    const { sequenceOf, positions, sequences, layers, slots = stream.positions } = mode.cache
    cacheWrite(tape, k, v, layers[layer]!.k, layers[layer]!.v, {
      rows: stream.rows,
      width: own.kvHeads * own.headDim,
      positions: slots,
      sequenceOf,
      maxPositions: positions,
      sequences,
    })
  }
  return (keys[layer] = { k, v })
}

function attend(
  { tape, parts, stream, mode, layer, own }: LayerPass,
  q: Tensor,
  { k, v }: KeysValues,
): Tensor {
  const { config } = parts
  const shape = {
    rows: stream.rows,
    heads: config.numHeads,
    kvHeads: own.kvHeads,
    headDim: own.headDim,
    scale: config.queryScale,
    window: own.window,
    softCap: config.attentionSoftCap,
    name: `${layer}.attention`,
  }
  if (mode.kind === 'stream') return attention(tape, q, k, v, { ...shape, segmentStart: mode.segmentStart })
  const cached = mode.cache.layers[layer]!
  if (mode.kind === 'tree')
    return attentionTree(tape, q, cached.k, cached.v, {
      ...shape,
      slots: mode.cache.slots,
      positions: stream.positions,
      before: mode.before,
      capacity: mode.cache.positions,
    })
  return attentionDecode(tape, q, cached.k, cached.v, {
    ...shape,
    positions: stream.positions,
    sequenceOf: mode.cache.sequenceOf,
    maxPositions: mode.cache.positions,
    sequences: mode.cache.sequences,
  })
}
