/** Norms that a layer may have, in the order of its forward pass. */
export const LAYER_NORMS = [
  'input',
  'query',
  'key',
  'post_attention',
  'pre_feedforward',
  'post_feedforward',
] as const
export type LayerNorm = (typeof LAYER_NORMS)[number]

/** Rotary position embedding of a layer's queries and keys. */
export interface Rope {
  /** Base of the angles' geometric series. */
  theta: number
  /** Positions are divided by it (linear scaling; 1: none). */
  factor: number
  /** Share of the head's width that is turned, from the quickest angle on; 1: all. */
  rotated: number
}

/** One layer, as data. */
export interface LayerConfig {
  /** Sliding window in tokens (a row sees itself and window - 1 before it), or null for a global layer. */
  window: number | null
  rope: Rope
  headDim: number
  kvHeads: number
  intermediateSize: number
  /** Norms that the layer has. */
  norms: readonly LayerNorm[]
  /** Layer whose keys and values it attends to; its own index: its own. A layer that uses another's has no k and v of its own. */
  keysFrom: number
  /** Width of a per-layer input, or null. */
  perLayerInput: number | null
}

/** What `config.json` says of a Gemma, as data. `src/model/config.ts` reads it; nothing of it is ever a constant. */
export interface ModelConfig {
  vocabSize: number
  hiddenSize: number
  numHeads: number
  layers: LayerConfig[]
  /** Attention scores are multiplied by queryScale (query_pre_attn_scalar ** -0.5). */
  queryScale: number
  rmsNormEps: number
  /** What is added to a stored norm weight to give the norm's scale: 1 for Gemma 2 and 3. */
  normOffset: number
  attentionSoftCap: number | null
  finalSoftCap: number | null
  /** Embeddings are multiplied by this (sqrt(hidden), rounded to bf16 where Transformers does so). */
  embeddingScale: number
  tiedHead: boolean
  maxPositions: number
  bosTokenId: number
  eosTokenIds: number[]
  padTokenId: number
  /** The text part of a multimodal checkpoint, whose modules lie under `language_model` there: adapters name them so. */
  languageModel?: true
  /** What the checkpoint holds beside, and is not loaded. */
  leftOut?: 'vision'
}

/** Plain types under safetensors' names; blocks of 32 values of a row with a scale of their own under GGUF's. */
export type PlainType = 'BF16' | 'F16' | 'F32'
export type BlockedType = 'Q8_0' | 'Q4_0'
export type WeightType = PlainType | BlockedType

/** Bits that a frozen base is held in, where that is fewer than it came with; null: as it came. */
export type Quantization = 'int8' | 'int4' | null

/** Rounded blocks of a base as they are kept, one stretch behind the other in the order of a load. */
export interface RoundedTable {
  /** Of the rounding: another one's are no longer what a base is rounded to. */
  version: number
  /** Bytes [start, end) of a tensor's blocks lie from `at` on. */
  stretches: { name: string; start: number; end: number; at: number }[]
  /** What rounding has cost, by tensor: sums of squared errors, and of squares. */
  costs: Record<string, { type: BlockedType; error: number; square: number }>
}

/** How each tensor of a model is stored, by its name in the table of tensors; one that is not named: BF16. */
export type StoredTypes = ReadonlyMap<string, WeightType>

export interface TensorInfo {
  dtype: WeightType
  shape: number[]
}

/** Weights wherever they lie (files, IndexedDB, network), read a piece at a time. */
export interface WeightSource {
  tensors: ReadonlyMap<string, TensorInfo>
  /**
   * Bytes [start, end) of one tensor's own data, little-endian, row-major.
   * @param into memory that they may be put in, where a source has none of them yet: what is read next then takes their place
   */
  read(
    name: string,
    start: number,
    end: number,
    signal?: AbortSignal,
    into?: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array>
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
