import { roundToBf16, roundToF16 } from '../files/bf16.ts'
import { fail } from '../protocol/errors.ts'
import type { ModelConfig } from '../protocol/model.ts'

/**
 * Reads `config.json` of a Gemma: Transformers 5's form (`rope_parameters` per layer type, `layer_types`) and the
 * earlier ones (`rope_theta`, `rope_local_base_freq`, `rope_scaling`, `sliding_window_pattern`).
 */

const SUPPORTED = 'gemma3_text (Gemma 3 270M, 1B, FunctionGemma) and the text part of gemma3 (4B and larger)'

/** Transformers leaves a field out of config.json where it has its default; these are `Gemma3TextConfig`'s (5.23). */
const GEMMA3_DEFAULTS = {
  vocab_size: 262_208,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  head_dim: 256,
  query_pre_attn_scalar: 256,
  rms_norm_eps: 1e-6,
  max_position_embeddings: 131_072,
  sliding_window: 4096,
  sliding_window_pattern: 6,
  rope_theta: 1_000_000,
  rope_local_base_freq: 10_000,
  hidden_activation: 'gelu_pytorch_tanh',
  bos_token_id: 2,
  eos_token_id: 1,
  pad_token_id: 0,
}

export interface ConfigOptions {
  /** `generation_config.json`, whose end tokens count too (Gemma lists `<end_of_turn>` only there). */
  generationConfig?: unknown
  /**
   * Type in which Transformers would hold the embedding, which rounds `embeddingScale`; default: what `dtype` (or
   * `torch_dtype`) of config.json says, else float32.
   */
  dtype?: 'bfloat16' | 'float16' | 'float32'
}

/**
 * @param json parsed config.json
 * @throws LapidaryError `unsupported_model` for another architecture or a variant that would compute something else;
 * `bad_model` for a missing or impossible value, naming the field.
 */
export function readModelConfig(json: unknown, options: ConfigOptions = {}): ModelConfig {
  if (!isRecord(json))
    fail('bad_model', 'config.json is not a JSON object.', 'Use the config.json that came with the model.')
  const text = textConfig(json)
  const field = reader(text, json)
  refuseVariants(text)
  const hiddenSize = field.count('hidden_size')
  const numLayers = field.count('num_hidden_layers')
  const numHeads = field.count('num_attention_heads')
  const numKvHeads = field.count('num_key_value_heads')
  const headDim = field.count('head_dim')
  const vocabSize = field.count('vocab_size')
  if (headDim % 64 !== 0 || headDim > 512)
    unsupported(`head_dim is ${headDim}; heads must be a multiple of 64 wide, up to 512`, 'head_dim', headDim)
  if (numHeads % numKvHeads !== 0)
    impossible(
      'num_key_value_heads',
      numKvHeads,
      `num_attention_heads (${numHeads}) must be a multiple of it`,
    )
  const intermediateSize = field.count('intermediate_size')
  // Of the head's tiles, and of what a kernel loads at once.
  for (const [name, size, unit] of [
    ['hidden_size', hiddenSize, 32],
    ['intermediate_size', intermediateSize, 4],
  ] as const)
    if (size % unit !== 0) unsupported(`${name} is ${size}; it must be a multiple of ${unit}`, name, size)
  const layerTypes = readLayerTypes(text, numLayers, field)
  const ropes = readRope(text, field)
  const window = layerTypes.includes('sliding_attention') ? field.count('sliding_window') : 0
  const dtype = options.dtype ?? text.dtype ?? text.torch_dtype ?? json.dtype ?? json.torch_dtype
  return {
    family: 'gemma3_text',
    vocabSize,
    hiddenSize,
    intermediateSize,
    numLayers,
    numHeads,
    numKvHeads,
    headDim,
    queryScale: field.positive('query_pre_attn_scalar') ** -0.5,
    rmsNormEps: field.positive('rms_norm_eps'),
    windows: layerTypes.map((type) => (type === 'sliding_attention' ? window : null)),
    rope: layerTypes.map((type) => ({ ...ropes[type] })),
    attentionSoftCap: field.optionalPositive('attn_logit_softcapping'),
    finalSoftCap: field.optionalPositive('final_logit_softcapping'),
    embeddingScale: embeddingScale(hiddenSize, dtype),
    tiedHead: text.tie_word_embeddings !== false && json.tie_word_embeddings !== false,
    maxPositions: field.count('max_position_embeddings'),
    bosTokenId: field.tokens('bos_token_id', vocabSize)[0]!,
    eosTokenIds: endTokens(field.tokens('eos_token_id', vocabSize), options.generationConfig, vocabSize),
    padTokenId: field.tokens('pad_token_id', vocabSize)[0]!,
  }
}

type Json = Record<string, unknown>
type LayerType = 'sliding_attention' | 'full_attention'

/** The part of config.json that describes the language model. */
function textConfig(json: Json): Json {
  const type = json.model_type
  if (type === 'gemma3_text') return json
  if (type === 'gemma3' && isRecord(json.text_config)) {
    const inner = json.text_config.model_type
    if (inner === undefined || inner === 'gemma3_text') return json.text_config
    return fail(...unknownArchitecture(`gemma3 around ${String(inner)}`))
  }
  const named = Array.isArray(json.architectures) ? ` (${json.architectures.join(', ')})` : ''
  return fail(...unknownArchitecture(`${type === undefined ? 'no model_type' : String(type)}${named}`))
}

function unknownArchitecture(found: string): Parameters<typeof fail> {
  return [
    'unsupported_model',
    `config.json describes ${found}, which is not supported.`,
    `Supported: ${SUPPORTED}.`,
    { field: 'model_type', found },
  ]
}

/** Fields that would change what is computed in ways that the engines do not have. */
function refuseVariants(text: Json): void {
  const activation = text.hidden_activation ?? GEMMA3_DEFAULTS.hidden_activation
  if (activation !== GEMMA3_DEFAULTS.hidden_activation)
    unsupported(
      `hidden_activation is ${String(activation)}; only gelu_pytorch_tanh is known`,
      'hidden_activation',
      String(activation),
    )
  for (const name of ['use_bidirectional_attention', 'attention_bias', 'attention_dropout'])
    if (text[name])
      unsupported(`${name} is ${JSON.stringify(text[name])}; it must be off`, name, String(text[name]))
}

function readLayerTypes(text: Json, numLayers: number, field: Field): LayerType[] {
  const listed = text.layer_types
  if (listed === undefined || listed === null) {
    const pattern =
      text._sliding_window_pattern === undefined
        ? field.count('sliding_window_pattern')
        : field.count('_sliding_window_pattern')
    return Array.from({ length: numLayers }, (_, i) =>
      (i + 1) % pattern ? 'sliding_attention' : 'full_attention',
    )
  }
  if (!Array.isArray(listed) || listed.length !== numLayers)
    return impossible('layer_types', JSON.stringify(listed), `it must list ${numLayers} layers`)
  const other = listed.find((type) => type !== 'sliding_attention' && type !== 'full_attention')
  if (other !== undefined)
    unsupported(`layer_types names ${JSON.stringify(other)}`, 'layer_types', String(other))
  return listed as LayerType[]
}

/** RoPE by layer type. */
function readRope(text: Json, field: Field): Record<LayerType, { theta: number; factor: number }> {
  const nested = isRecord(text.rope_parameters) ? text.rope_parameters : {}
  const part = (type: LayerType, theta: string, scaling: unknown) => {
    const given = isRecord(nested[type]) ? nested[type] : {}
    const parameters: Json = { ...given, ...(isRecord(scaling) ? scaling : {}) }
    const name = `rope_parameters.${type}`
    const kind = parameters.rope_type ?? parameters.type ?? 'default'
    if (kind !== 'default' && kind !== 'linear')
      unsupported(
        `${name}.rope_type is ${String(kind)}; default and linear are known`,
        `${name}.rope_type`,
        String(kind),
      )
    const rotated = parameters.partial_rotary_factor
    if (rotated !== undefined && rotated !== null && rotated !== 1)
      unsupported(
        `${name}.partial_rotary_factor is ${String(rotated)}; only 1 is known`,
        name,
        String(rotated),
      )
    return {
      theta:
        parameters.rope_theta === undefined
          ? field.positive(theta)
          : positive(parameters.rope_theta, `${name}.rope_theta`),
      factor: kind === 'linear' ? positive(parameters.factor, `${name}.factor`) : 1,
    }
  }
  return {
    full_attention: part('full_attention', 'rope_theta', text.rope_scaling),
    sliding_attention: part('sliding_attention', 'rope_local_base_freq', null),
  }
}

/**
 * Transformers multiplies by sqrt(hidden) cast to the embedding's type, which for bf16 is a visible rounding
 * (25.298 becomes 25.25 at width 640).
 */
export function embeddingScale(hiddenSize: number, dtype: unknown): number {
  const exact = Math.fround(Math.sqrt(hiddenSize))
  if (dtype === 'bfloat16') return roundToBf16(exact)
  if (dtype === 'float16') return roundToF16(exact)
  return exact
}

function endTokens(own: number[], generation: unknown, vocabSize: number): number[] {
  if (!isRecord(generation) || generation.eos_token_id === undefined) return own
  const more = reader(generation, {}).tokens('eos_token_id', vocabSize)
  return [...new Set([...own, ...more])]
}

type Field = ReturnType<typeof reader>

/** Fields of the text config, then of the file around it, then Transformers' default. */
function reader(text: Json, around: Json) {
  const get = (name: string): unknown => {
    const own = text[name] ?? around[name]
    return own ?? (GEMMA3_DEFAULTS as Json)[name]
  }
  return {
    count(name: string): number {
      const value = get(name)
      if (value === undefined)
        return fail(
          'bad_model',
          `config.json has no ${name}.`,
          'Use the config.json that came with the model.',
          { field: name },
        )
      if (!Number.isSafeInteger(value) || (value as number) < 1 || (value as number) > 0xffffffff)
        return impossible(name, JSON.stringify(value), 'it must be a whole number above 0')
      return value as number
    },
    positive: (name: string): number => positive(get(name), name),
    optionalPositive(name: string): number | null {
      const value = get(name)
      return value === undefined || value === null ? null : positive(value, name)
    },
    tokens(name: string, vocabSize: number): number[] {
      const value = get(name)
      const ids = Array.isArray(value) ? value : [value]
      const fits = ids.every((id) => Number.isSafeInteger(id) && id >= 0 && id < vocabSize)
      if (ids.length === 0 || !fits)
        impossible(name, JSON.stringify(value), `token ids must be whole numbers below ${vocabSize}`)
      return ids as number[]
    },
  }
}

function positive(value: unknown, name: string): number {
  if (typeof value !== 'number' || !(value > 0) || !Number.isFinite(value))
    return impossible(name, JSON.stringify(value) ?? 'missing', 'it must be a number above 0')
  return value
}

function impossible(field: string, found: string | number, rule: string): never {
  fail(
    'bad_model',
    `${field} in config.json is ${found}; ${rule}.`,
    'Use the config.json that came with the model.',
    { field, found },
  )
}

function unsupported(what: string, field: string, found: string | number): never {
  fail('unsupported_model', `This Gemma cannot be run: ${what}.`, `Supported: ${SUPPORTED}.`, {
    field,
    found,
  })
}

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
