/** What `config.json` says of a Gemma, as data. `src/model/config.ts` reads it; nothing of it is ever a constant. */
export interface ModelConfig {
  /** `model_type` of config.json: gemma3_text, gemma2, ... */
  family: 'gemma3_text'
  vocabSize: number
  hiddenSize: number
  intermediateSize: number
  numLayers: number
  numHeads: number
  numKvHeads: number
  headDim: number
  /** Attention scores are multiplied by queryScale (query_pre_attn_scalar ** -0.5). */
  queryScale: number
  rmsNormEps: number
  /** Per layer: sliding-window size in tokens (a row sees itself and window-1 before it), or null for a global layer. */
  windows: (number | null)[]
  /** Per layer: RoPE base, and the linear factor its positions are divided by. */
  rope: { theta: number; factor: number }[]
  attentionSoftCap: number | null
  finalSoftCap: number | null
  /** Embeddings are multiplied by this (sqrt(hidden), rounded to bf16 where Transformers does so). */
  embeddingScale: number
  tiedHead: boolean
  maxPositions: number
  bosTokenId: number
  eosTokenIds: number[]
  padTokenId: number
}

export type WeightType = 'BF16' | 'F16' | 'F32'

export interface TensorInfo {
  dtype: WeightType
  shape: number[]
}

/** Weights wherever they lie (files, IndexedDB, network), read a piece at a time. */
export interface WeightSource {
  tensors: ReadonlyMap<string, TensorInfo>
  /** Bytes [start, end) of one tensor's own data, little-endian, row-major. */
  read(name: string, start: number, end: number, signal?: AbortSignal): Promise<Uint8Array>
}

/** A model as the engine needs it. */
export interface ModelSource {
  config: ModelConfig
  weights: WeightSource
}

/** Trainable projections of a Gemma layer, under Transformers' module names. */
export const PROJECTIONS = [
  'q_proj',
  'k_proj',
  'v_proj',
  'o_proj',
  'gate_proj',
  'up_proj',
  'down_proj',
] as const
export type Projection = (typeof PROJECTIONS)[number]
