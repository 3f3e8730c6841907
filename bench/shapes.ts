import { readModelConfig } from '../src/model/config.ts'
import { GEMMAS } from '../src/model/gemmas.ts'
import type { LayerConfig, ModelConfig, Projection } from '../src/protocol/model.ts'

const [gemma270m, , gemma1b, gemma2of2b, gemma4b] = GEMMAS

/** Gemma 3 270M's, as far as sizes go (huggingface.co/google/gemma-3-270m). */
export const GEMMA_270M: ModelConfig = readModelConfig(gemma270m!.config)

/** huggingface.co/google/gemma-3-1b-pt */
export const GEMMA_1B: ModelConfig = readModelConfig(gemma1b!.config)

/** huggingface.co/google/gemma-2-2b: soft-caps, and no norms of queries and keys. */
export const GEMMA_2_2B: ModelConfig = readModelConfig(gemma2of2b!.config)

/** huggingface.co/google/gemma-3-4b-pt, its text part. */
export const GEMMA_4B: ModelConfig = readModelConfig(gemma4b!.config)

/** The sizes of public/models/pebble; a test holds the two together. */
export const PEBBLE: ModelConfig = readModelConfig({
  model_type: 'gemma3_text',
  vocab_size: 2048,
  hidden_size: 128,
  intermediate_size: 320,
  num_hidden_layers: 6,
  num_attention_heads: 4,
  num_key_value_heads: 1,
  head_dim: 64,
  query_pre_attn_scalar: 64,
  sliding_window: 128,
  sliding_window_pattern: 3,
  max_position_embeddings: 1024,
  rms_norm_eps: 1e-6,
  rope_theta: 1_000_000,
  rope_local_base_freq: 10_000,
  dtype: 'bfloat16',
})

type LayerSizes = Pick<LayerConfig, 'headDim' | 'kvHeads' | 'intermediateSize'>

/** Sizes that all layers share, for benches that write one layer down. @throws Error where they differ */
export function sharedSizes({ layers }: ModelConfig): LayerSizes {
  const { headDim, kvHeads, intermediateSize } = layers[0]!
  const differs = (own: LayerConfig) =>
    own.headDim !== headDim || own.kvHeads !== kvHeads || own.intermediateSize !== intermediateSize
  if (layers.some(differs)) throw new Error('only models whose layers are all of one size are measured')
  return { headDim, kvHeads, intermediateSize }
}

export interface MatmulShape {
  name: string
  /** W is [out, in]. */
  out: number
  in: number
  /** Projections of a layer with this shape. */
  projections: Projection[]
}

/** The different matmuls of a layer. */
export function matmulShapes(c: ModelConfig): MatmulShape[] {
  const { headDim, kvHeads, intermediateSize } = sharedSizes(c)
  const [query, key] = [c.numHeads * headDim, kvHeads * headDim]
  return [
    { name: 'q', out: query, in: c.hiddenSize, projections: ['q_proj'] },
    { name: 'k, v', out: key, in: c.hiddenSize, projections: ['k_proj', 'v_proj'] },
    { name: 'o', out: c.hiddenSize, in: query, projections: ['o_proj'] },
    { name: 'gate, up', out: intermediateSize, in: c.hiddenSize, projections: ['gate_proj', 'up_proj'] },
    { name: 'down', out: c.hiddenSize, in: intermediateSize, projections: ['down_proj'] },
  ]
}

/** Pairs (t, s) that causal attention with a window looks at, over one segment of `tokens`. */
export function attentionPairs(tokens: number, window: number | null): number {
  const w = Math.min(window ?? tokens, tokens)
  return (w * (w + 1)) / 2 + (tokens - w) * w
}
