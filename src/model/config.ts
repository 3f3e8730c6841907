import { roundToBf16, roundToF16 } from '../lib/bf16.ts'
import { grouped } from '../lib/counted.ts'
import { fail } from '../protocol/errors.ts'
import {
  LAYER_NORMS,
  type LayerConfig,
  type LayerNorm,
  type ModelConfig,
  type Rope,
} from '../protocol/model.ts'
import { checkLayers } from './layers.ts'
import { neighbour } from './neighbours.ts'
import { impossible, SUPPORTED, unsupported } from './refuse.ts'

/**
 * Reads `config.json` of a Gemma 2 or 3: Transformers 5's form (`rope_parameters` per layer type, `layer_types`) and the
 * earlier ones (`rope_theta`, `rope_local_base_freq`, `rope_scaling`, `sliding_window_pattern`).
 */

/** What config.json of a family leaves unsaid. */
interface Family {
  /** Transformers leaves a field out of config.json where it has its default; these are its own (5.23). */
  defaults: Json
  norms: readonly LayerNorm[]
  /** Field of the base of local layers' RoPE. */
  localTheta: string
  /** Whether local layers' RoPE is scaled like that of global ones. */
  localScaled: boolean
}

/** `Gemma3TextConfig`'s. */
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

/** `Gemma2Config`'s. */
const GEMMA2_DEFAULTS = {
  ...GEMMA3_DEFAULTS,
  vocab_size: 256_000,
  hidden_size: 2304,
  intermediate_size: 9216,
  num_hidden_layers: 26,
  max_position_embeddings: 8192,
  sliding_window_pattern: 2,
  rope_theta: 10_000,
  attn_logit_softcapping: 50,
  final_logit_softcapping: 30,
}

const FAMILIES: Record<string, Family> = {
  gemma3_text: {
    defaults: GEMMA3_DEFAULTS,
    norms: LAYER_NORMS,
    localTheta: 'rope_local_base_freq',
    localScaled: false,
  },
  gemma2: {
    defaults: GEMMA2_DEFAULTS,
    norms: LAYER_NORMS.filter((norm) => norm !== 'query' && norm !== 'key'),
    localTheta: 'rope_theta',
    localScaled: true,
  },
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
  const [text, family] = textConfig(json)
  const multimodal = text !== json
  const field = reader(text, json, family)
  refuseVariants(text)
  const hiddenSize = field.count('hidden_size')
  // Of the head's tiles.
  if (hiddenSize % 32 !== 0)
    unsupported(`hidden_size is ${hiddenSize}; it must be a multiple of 32`, 'hidden_size', hiddenSize)
  const vocabSize = field.count('vocab_size')
  const dtype = options.dtype ?? text.dtype ?? text.torch_dtype ?? json.dtype ?? json.torch_dtype
  const config: ModelConfig = {
    vocabSize,
    hiddenSize,
    numHeads: field.count('num_attention_heads'),
    layers: readLayers(text, field),
    queryScale: field.positive('query_pre_attn_scalar') ** -0.5,
    rmsNormEps: field.positive('rms_norm_eps'),
    normOffset: 1,
    attentionSoftCap: field.optionalPositive('attn_logit_softcapping'),
    finalSoftCap: field.optionalPositive('final_logit_softcapping'),
    embeddingScale: embeddingScale(hiddenSize, dtype),
    tiedHead: text.tie_word_embeddings !== false && json.tie_word_embeddings !== false,
    maxPositions: field.count('max_position_embeddings'),
    bosTokenId: field.tokens('bos_token_id', vocabSize)[0]!,
    eosTokenIds: endTokens(field.tokens('eos_token_id', vocabSize), options.generationConfig, vocabSize),
    padTokenId: field.tokens('pad_token_id', vocabSize)[0]!,
    ...(multimodal ? { languageModel: true } : {}),
    ...(multimodal || json[LEFT_OUT] === true ? { leftOut: 'vision' } : {}),
  }
  checkLayers(config)
  return config
}

type Json = Record<string, unknown>

/** Field that a folder made of a GGUF has where a vision part lay beside its text part. */
export const LEFT_OUT = 'vision_left_out'

/** Ten times those of any Gemma. */
export const MAX_LAYERS = 1000
/** Characters of a value in an error. */
const MAX_SHOWN = 80

type LayerType = 'sliding_attention' | 'full_attention'

/** The part of config.json that describes the language model, and its family. */
function textConfig(json: Json): [Json, Family] {
  const type = json.model_type
  if (typeof type === 'string' && Object.hasOwn(FAMILIES, type)) return [json, FAMILIES[type]!]
  if (type === 'gemma3' && isRecord(json.text_config)) {
    const inner = json.text_config.model_type
    if (inner === undefined || inner === 'gemma3_text') return [json.text_config, FAMILIES.gemma3_text!]
    return fail(...unknownArchitecture(`gemma3 around ${plain(inner)}`))
  }
  const known = neighbour(type)
  if (known !== null) return fail(...unknownArchitecture(known, ''))
  const named = Array.isArray(json.architectures)
    ? ` (${json.architectures.slice(0, 4).map(plain).join(', ')})`
    : ''
  return fail(...unknownArchitecture(`${type === undefined ? 'no model_type' : plain(type)}${named}`))
}

function unknownArchitecture(
  found: string,
  reason = ', which is not supported',
  field = 'model_type',
): Parameters<typeof fail> {
  return [
    'unsupported_model',
    `config.json describes ${found}${reason}.`,
    `Supported: ${SUPPORTED}.`,
    { field, found },
  ]
}

/** Fields that would change what is computed in ways that the engines do not have. */
function refuseVariants(text: Json): void {
  const activation = text.hidden_activation ?? GEMMA3_DEFAULTS.hidden_activation
  if (activation !== GEMMA3_DEFAULTS.hidden_activation)
    unsupported(
      `hidden_activation is ${plain(activation)}; only gelu_pytorch_tanh is known`,
      'hidden_activation',
      plain(activation),
    )
  // EmbeddingGemma's config differs from a small Gemma 3's in this alone.
  if (text.use_bidirectional_attention)
    fail(...unknownArchitecture(neighbour('embedding')!, '', 'use_bidirectional_attention'))
  for (const name of ['attention_bias', 'attention_dropout'])
    if (text[name]) unsupported(`${name} is ${shown(text[name])}; it must be off`, name, shown(text[name]))
}

/** Layers of these families differ by their type alone. */
function readLayers(text: Json, field: Field): LayerConfig[] {
  const types = readLayerTypes(text, field.count('num_hidden_layers', MAX_LAYERS), field)
  const ropes = readRope(text, field)
  const windows: Record<LayerType, number | null> = {
    sliding_attention: types.includes('sliding_attention') ? field.count('sliding_window') : null,
    full_attention: null,
  }
  const sizes = {
    headDim: field.count('head_dim'),
    kvHeads: field.count('num_key_value_heads'),
    intermediateSize: field.count('intermediate_size'),
  }
  return types.map((type, layer) => ({
    window: windows[type],
    rope: { ...ropes[type] },
    ...sizes,
    norms: field.family.norms,
    keysFrom: layer,
    perLayerInput: null,
  }))
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
    return impossible('layer_types', shown(listed), `it must list ${numLayers} layers`)
  const other = listed.find((type) => type !== 'sliding_attention' && type !== 'full_attention')
  if (other !== undefined) unsupported(`layer_types names ${shown(other)}`, 'layer_types', shown(other))
  return listed as LayerType[]
}

/** RoPE by layer type. Source: Transformers `modeling_rope_utils.py`. */
function readRope(text: Json, field: Field): Record<LayerType, Rope> {
  const { localTheta, localScaled } = field.family
  const nested = isRecord(text.rope_parameters) ? text.rope_parameters : {}
  const part = (type: LayerType, theta: string, scaling: unknown): Rope => {
    // A family with one RoPE for all layers has its parameters there themselves.
    const given = isRecord(nested[type]) ? nested[type] : localScaled ? nested : {}
    const parameters: Json = { ...given, ...(isRecord(scaling) ? scaling : {}) }
    const name = `rope_parameters.${type}`
    const kind = parameters.rope_type ?? parameters.type ?? 'default'
    if (kind !== 'default' && kind !== 'linear' && kind !== 'proportional')
      unsupported(
        `${name}.rope_type is ${plain(kind)}; default, linear and proportional are known`,
        `${name}.rope_type`,
        plain(kind),
      )
    return {
      theta:
        parameters.rope_theta === undefined
          ? field.positive(theta)
          : positive(parameters.rope_theta, `${name}.rope_theta`),
      factor:
        kind === 'linear' || (kind === 'proportional' && isGiven(parameters.factor))
          ? positive(parameters.factor, `${name}.factor`)
          : 1,
      rotated: rotatedShare(parameters.partial_rotary_factor, kind, name),
    }
  }
  return {
    full_attention: part('full_attention', 'rope_theta', text.rope_scaling),
    sliding_attention: part('sliding_attention', localTheta, localScaled ? text.rope_scaling : null),
  }
}

/** Transformers' default and linear RoPE of Gemma do not read the share: what they would compute is not what it says. */
function rotatedShare(share: unknown, kind: string, name: string): number {
  if (!isGiven(share) || share === 1) return 1
  const field = `${name}.partial_rotary_factor`
  if (kind !== 'proportional')
    unsupported(`${field} is ${plain(share)}; with rope_type ${kind} only 1 is known`, field, plain(share))
  const known = positive(share, field)
  return known < 1 ? known : impossible(field, known, 'it must be at most 1')
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
  const more = reader(generation, {}, FAMILIES.gemma3_text!).tokens('eos_token_id', vocabSize)
  return [...new Set([...own, ...more])]
}

type Field = ReturnType<typeof reader>

/** Fields of the text config, then of the file around it, then Transformers' default. */
function reader(text: Json, around: Json, family: Family) {
  const get = (name: string): unknown => {
    const own = text[name] ?? around[name]
    return own ?? family.defaults[name]
  }
  return {
    count(name: string, most = 0xffffffff): number {
      const value = get(name)
      if (value === undefined)
        return fail(
          'bad_model',
          `config.json has no ${name}.`,
          'Use the config.json that came with the model.',
          { field: name },
        )
      if (!Number.isSafeInteger(value) || (value as number) < 1)
        return impossible(name, shown(value), 'it must be a whole number above 0')
      if ((value as number) > most)
        return impossible(name, shown(value), `it may be ${grouped(most)} at most`)
      return value as number
    },
    positive: (name: string): number => positive(get(name), name),
    optionalPositive(name: string): number | null {
      // null is said, not left out: Transformers has none then, whatever its default.
      const value = text[name] === null ? null : get(name)
      return value === undefined || value === null ? null : positive(value, name)
    },
    tokens(name: string, vocabSize: number): number[] {
      const value = get(name)
      const ids = Array.isArray(value) ? value : [value]
      const fits = ids.every((id) => Number.isSafeInteger(id) && id >= 0 && id < vocabSize)
      if (ids.length === 0 || !fits)
        impossible(name, shown(value), `token ids must be whole numbers below ${vocabSize}`)
      return ids as number[]
    },
    family,
  }
}

function positive(value: unknown, name: string): number {
  if (typeof value !== 'number' || !(value > 0) || !Number.isFinite(value))
    return impossible(name, shown(value), 'it must be a number above 0')
  return value
}

/** A value for people to find in the file; it may be a list of a million, or nested past the end of the stack. */
function shown(value: unknown): string {
  let text: string
  try {
    text = JSON.stringify(value) ?? 'missing'
  } catch {
    text = Array.isArray(value) ? '[...]' : '{...}'
  }
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text
}

/** The same of a word, without quotes. */
const plain = (value: unknown) => (typeof value === 'string' ? value.slice(0, MAX_SHOWN) : shown(value))

const isGiven = (value: unknown) => value !== undefined && value !== null

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
