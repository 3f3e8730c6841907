import type { Dim } from '../gpu/kernel.ts'
import type { KeepPolicy, Tape, Tensor } from '../gpu/tape.ts'
import { attention } from '../kernels/attention.ts'
import { attentionDecode } from '../kernels/attention-decode.ts'
import { embedding } from '../kernels/embedding.ts'
import { geglu } from '../kernels/geglu.ts'
import { cacheWrite } from '../kernels/kv-cache.ts'
import { linear } from '../kernels/linear.ts'
import { qkNormRope } from '../kernels/qk-norm-rope.ts'
import { rmsNorm } from '../kernels/rms-norm.ts'
import type { ModelConfig, Projection } from '../protocol/model.ts'
import { type LoraConfig, loraScaling } from '../protocol/run-config.ts'
import { type AdapterLayout, loraOf } from './adapter.ts'
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

export interface RopeTable {
  tensor: Tensor
  theta: number
  factor: number
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
  | { kind: 'cache'; cache: KvCache }

export interface KvCache {
  /** [sequences * positions, kvHeads * headDim] for each layer. */
  layers: { k: Tensor; v: Tensor }[]
  /** u32 [rows]: sequence of each row of the stream. */
  sequenceOf: Tensor
  positions: number
  sequences: number
}

export const ropeKey = (rope: { theta: number; factor: number }) => `${rope.theta}/${rope.factor}`

export interface ForwardOptions {
  /** Recomputation of each layer; only matters where a backward pass follows. */
  policy: (layer: number) => KeepPolicy
  dropout: boolean
}

/**
 * Gemma 3's layers over a stream: the residual stream after the last layer, [rows, hidden], before the final norm.
 * Source: Transformers `modeling_gemma3.py` (Gemma3DecoderLayer, Gemma3Attention, Gemma3MLP).
 */
export function gemmaLayers(
  tape: Tape,
  parts: GemmaParts,
  stream: StreamInputs,
  mode: AttentionMode,
  options: ForwardOptions,
): Tensor {
  const { config, weights } = parts
  let x = embedding(tape, stream.tokens, weights.embedding, {
    rows: stream.rows,
    scale: config.embeddingScale,
  })
  tape.keep(x)
  for (let layer = 0; layer < config.numLayers; layer++)
    x = tape.keep(
      tape.scope(options.policy(layer), () => gemmaLayer(tape, parts, stream, mode, options, layer, x)),
    )
  return x
}

function gemmaLayer(
  tape: Tape,
  parts: GemmaParts,
  stream: StreamInputs,
  mode: AttentionMode,
  options: ForwardOptions,
  layer: number,
  x: Tensor,
): Tensor {
  const { config, weights } = parts
  const { rows } = stream
  const { norms, projections } = weights.layers[layer]!
  const width = config.hiddenSize
  const norm = (input: Tensor, weight: Tensor, residual?: Tensor) =>
    rmsNorm(tape, input, weight, { rows, width, eps: config.rmsNormEps, ...(residual ? { residual } : {}) })
  const project = (input: Tensor, projection: Projection) => {
    const matrices = loraOf(parts.adapter, layer, projection)
    const lora = matrices && {
      a: matrices.a.value,
      b: matrices.b.value,
      rank: parts.lora.r,
      scale: loraScaling(parts.lora),
      site: parts.adapter.sites.get(matrices.a.site)!,
      dropout: options.dropout && parts.lora.lora_dropout > 0,
    }
    return linear(tape, input, projections[projection], {
      rows,
      name: `${layer}.${projection}`,
      ...(lora ? { lora } : {}),
    })
  }

  const rope = parts.rope.get(ropeKey(config.rope[layer]!))!
  const rotate = (input: Tensor, heads: number, weight: Tensor) =>
    qkNormRope(tape, input, weight, {
      rows,
      heads,
      headDim: config.headDim,
      eps: config.rmsNormEps,
      positions: stream.positions,
      table: rope.tensor,
      maxPositions: rope.positions,
    })
  const h = norm(x, norms.input_layernorm)
  const q = rotate(project(h, 'q_proj'), config.numHeads, norms['self_attn.q_norm'])
  const k = rotate(project(h, 'k_proj'), config.numKvHeads, norms['self_attn.k_norm'])
  const v = project(h, 'v_proj')
  const attended = attend(tape, config, stream, mode, layer, q, k, v)
  const x1 = norm(project(attended, 'o_proj'), norms.post_attention_layernorm, x)

  const h2 = norm(x1, norms.pre_feedforward_layernorm)
  const gate = project(h2, 'gate_proj')
  const up = project(h2, 'up_proj')
  const inner = geglu(tape, gate, up, { rows, width: config.intermediateSize })
  return norm(project(inner, 'down_proj'), norms.post_feedforward_layernorm, x1)
}

function attend(
  tape: Tape,
  config: ModelConfig,
  stream: StreamInputs,
  mode: AttentionMode,
  layer: number,
  q: Tensor,
  k: Tensor,
  v: Tensor,
): Tensor {
  const shape = {
    rows: stream.rows,
    heads: config.numHeads,
    kvHeads: config.numKvHeads,
    headDim: config.headDim,
    scale: config.queryScale,
    window: config.windows[layer]!,
    softCap: config.attentionSoftCap,
    name: `${layer}.attention`,
  }
  const { cache } = mode
  const own = cache?.layers[layer]
  if (cache && own)
    cacheWrite(tape, k, v, own.k, own.v, {
      rows: stream.rows,
      width: config.numKvHeads * config.headDim,
      positions: stream.positions,
      sequenceOf: cache.sequenceOf,
      maxPositions: cache.positions,
      sequences: cache.sequences,
    })
  if (mode.kind === 'stream') return attention(tape, q, k, v, { ...shape, segmentStart: mode.segmentStart })
  return attentionDecode(tape, q, own!.k, own!.v, {
    ...shape,
    positions: stream.positions,
    sequenceOf: mode.cache.sequenceOf,
    maxPositions: mode.cache.positions,
    sequences: mode.cache.sequences,
  })
}
