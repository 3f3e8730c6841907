import type { GgufFile, GgufTensor } from '../files/gguf.ts'
import { READ_TYPES } from '../files/gguf-blocks.ts'
import { type Metadata, metadataOf } from '../files/gguf-metadata.ts'
import { ggufTensor } from '../files/gguf-tensor.ts'
import type { TensorToRead } from '../files/safetensors-source.ts'
import { fail } from '../protocol/errors.ts'
import { LEFT_OUT, MAX_LAYERS } from './config.ts'
import { neighbour } from './neighbours.ts'
import { SUPPORTED } from './refuse.ts'

/**
 * A Gemma in GGUF as a Hugging Face folder has it: config.json from the metadata, tensors under Transformers' names. What
 * GGUF does not say is as llama.cpp has it in its code (`src/llama-model.cpp`), and so is what names mean
 * (`gguf-py/gguf/tensor_mapping.py`).
 */

interface Family {
  /** `model_type` in config.json. */
  type: string
  architecture: string
  /** Every so many layers one is global. */
  pattern: number
  /** Layers of the size whose queries are scaled by the width of a head that its hidden size would give. */
  largest: number
  fields(meta: Metadata, prefix: string): Record<string, unknown>
}

const FAMILIES: Record<string, Family> = {
  gemma3: {
    type: 'gemma3_text',
    architecture: 'Gemma3ForCausalLM',
    pattern: 6,
    largest: 62,
    fields(meta, prefix) {
      const factor = ropeFactor(meta, prefix)
      return {
        rope_local_base_freq: meta.positive(`${prefix}.rope.freq_base_swa`, 10_000),
        rope_scaling: factor === 1 ? null : { factor, rope_type: 'linear' },
        rope_theta: meta.positive(`${prefix}.rope.freq_base`),
        attn_logit_softcapping: null,
        final_logit_softcapping: softCap(meta, `${prefix}.final_logit_softcapping`, null),
        use_bidirectional_attention: false,
      }
    },
  },
  gemma2: {
    type: 'gemma2',
    architecture: 'Gemma2ForCausalLM',
    pattern: 2,
    largest: 46,
    fields: (meta, prefix) => ({
      rope_theta: meta.positive(`${prefix}.rope.freq_base`, 10_000),
      attn_logit_softcapping: softCap(meta, `${prefix}.attn_logit_softcapping`, 50),
      final_logit_softcapping: softCap(meta, `${prefix}.final_logit_softcapping`, 30),
    }),
  },
}

/**
 * @param withVision a vision part lay beside the file, and is left out
 * @throws LapidaryError `unsupported_model` for another architecture, an adapter or a vision part; `bad_model` for metadata
 * that is missing or impossible, by key
 */
export function ggufConfig(file: GgufFile, withVision = false): Record<string, unknown> {
  const meta = metadataOf(file)
  const { family, prefix } = familyOf(file, meta)
  const layers = meta.count(`${prefix}.block_count`)
  if (layers > MAX_LAYERS) meta.wrong(`${prefix}.block_count`, layers, `${MAX_LAYERS} are the most`)
  const width = meta.count(`${prefix}.attention.key_length`)
  const valueWidth = meta.count(`${prefix}.attention.value_length`, width)
  if (valueWidth !== width)
    meta.wrong(`${prefix}.attention.value_length`, valueWidth, `it must be the key's, ${width}`)
  const words = meta.texts('tokenizer.ggml.tokens')
  const rows = file.tensors.get('token_embd.weight')?.shape[0] ?? words.length
  if (rows !== words.length)
    meta.wrong('tokenizer.ggml.tokens', words, `the model has ${rows} (token_embd.weight)`)
  const hidden = meta.count(`${prefix}.embedding_length`)
  const heads = meta.count(`${prefix}.attention.head_count`)
  const window = meta.count(`${prefix}.attention.sliding_window`, family.type === 'gemma2' ? 4096 : undefined)
  return {
    architectures: [family.architecture],
    attention_bias: false,
    attention_dropout: 0,
    bos_token_id: meta.id('tokenizer.ggml.bos_token_id'),
    eos_token_id: meta.id('tokenizer.ggml.eos_token_id'),
    head_dim: width,
    hidden_activation: 'gelu_pytorch_tanh',
    hidden_size: hidden,
    initializer_range: 0.02,
    intermediate_size: meta.count(`${prefix}.feed_forward_length`),
    layer_types: layerTypes(meta, `${prefix}.attention.sliding_window_pattern`, layers, family.pattern),
    max_position_embeddings: meta.count(`${prefix}.context_length`),
    model_type: family.type,
    num_attention_heads: heads,
    num_hidden_layers: layers,
    num_key_value_heads: meta.count(`${prefix}.attention.head_count_kv`),
    pad_token_id: meta.id('tokenizer.ggml.padding_token_id', 0),
    query_pre_attn_scalar: layers === family.largest ? hidden / heads : width,
    rms_norm_eps: shortestF32(meta.positive(`${prefix}.attention.layer_norm_rms_epsilon`)),
    ...family.fields(meta, prefix),
    sliding_window: window,
    tie_word_embeddings: !file.tensors.has('output.weight'),
    torch_dtype: 'bfloat16',
    use_cache: true,
    vocab_size: words.length,
    ...(withVision || [...file.tensors.keys()].some((name) => OF_IMAGES.test(name))
      ? { [LEFT_OUT]: true }
      : {}),
  }
}

function familyOf({ name }: GgufFile, meta: Metadata): { family: Family; prefix: string } {
  const prefix = meta.text('general.architecture')
  const kind = meta.text('general.type', 'model')
  const refuse = (what: string, hint: string, more: { adapter?: true } = {}) =>
    fail('unsupported_model', `${name} is ${what}.`, hint, { file: name, found: prefix, ...more })
  if (kind === 'adapter')
    refuse(
      'an adapter (general.type = adapter), not a model',
      'Choose the model that it was made for, then begin with this adapter (on the command line: --start-from).',
      { adapter: true },
    )
  if (kind === 'mmproj' || prefix === 'clip')
    refuse(
      'the vision part of a model (mmproj), not the model',
      'Add the other .gguf file beside it, which holds the text part.',
    )
  const family = Object.hasOwn(FAMILIES, prefix) ? FAMILIES[prefix] : undefined
  if (!family || kind !== 'model')
    return refuse(
      kind === 'model'
        ? (neighbour(prefix) ?? `of the architecture ${prefix}, which is not supported`)
        : `a ${kind}, not a model`,
      `Supported: ${SUPPORTED}.`,
    )
  return { family, prefix }
}

function layerTypes(meta: Metadata, key: string, layers: number, usual: number): string[] {
  const given = meta.countOrList(key) ?? usual
  if (typeof given !== 'number' && given.length !== layers)
    meta.wrong(key, [...given].map(String), `it must be as long as there are layers, ${layers}`)
  const local = (layer: number) =>
    typeof given === 'number' ? (layer + 1) % given !== 0 : given[layer] !== 0
  return Array.from({ length: layers }, (_, i) => (local(i) ? 'sliding_attention' : 'full_attention'))
}

function ropeFactor(meta: Metadata, prefix: string): number {
  const key = `${prefix}.rope.scaling.type`
  const kind = meta.text(key, 'linear')
  if (kind !== 'linear' && kind !== 'none') meta.wrong(key, kind, 'linear and none are known')
  return kind === 'none' ? 1 : meta.positive(`${prefix}.rope.scaling.factor`, 1)
}

/** 0 switches one off. */
function softCap(meta: Metadata, key: string, usual: number | null): number | null {
  return meta.amount(key, usual ?? 0) || null
}

/** Of a number that was stored as f32: the shortest decimal that gives the same f32. */
export function shortestF32(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === Math.fround(value)) return short
  }
  return value
}

/** Transformers' module of a block's tensor. */
const BLOCK: Record<string, string> = {
  attn_norm: 'input_layernorm',
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_output: 'self_attn.o_proj',
  attn_q_norm: 'self_attn.q_norm',
  attn_k_norm: 'self_attn.k_norm',
  post_attention_norm: 'post_attention_layernorm',
  ffn_norm: 'pre_feedforward_layernorm',
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
  post_ffw_norm: 'post_feedforward_layernorm',
}
const TOP: Record<string, string> = {
  token_embd: 'model.embed_tokens',
  output_norm: 'model.norm',
  output: 'lm_head',
}
/** Vision tower and projector, where a file has them beside the text part. */
const OF_IMAGES = /^(v|mm)\./

/**
 * A file's text part under Transformers' names, converted as it is read. Norms, which GGUF keeps as 1 + w, are w again:
 * 1 + w - 1 is exact in f32, and so is the 1 + w that an engine makes of it.
 * @throws LapidaryError `unsupported_model` for a tensor that no Gemma has, `unsupported_format` for a type that is not read
 */
export function ggufTensors(file: GgufFile): TensorToRead[] {
  const found: TensorToRead[] = []
  for (const [given, tensor] of file.tensors) {
    if (OF_IMAGES.test(given)) continue
    const name = tableName(given)
    if (name === null)
      return fail(
        'unsupported_model',
        `${tensor.file} holds a tensor ${given}, which a Gemma does not have.`,
        `Supported: ${SUPPORTED}.`,
        { file: tensor.file, tensor: given },
      )
    checkGgufType(given, tensor)
    found.push(ggufTensor(tensor, name, given.endsWith('norm.weight') ? -1 : 0))
  }
  return found
}

/** @throws LapidaryError `unsupported_format` for a type that is not read */
export function checkGgufType(tensor: string, { type, file }: GgufTensor): void {
  if (type.bytes > 0) return
  fail(
    'unsupported_format',
    `Tensor ${tensor} of ${file} is stored as ${type.name}, which is not read.`,
    `Take the model in one of these: ${READ_TYPES.join(', ')} (mixtures such as Q4_K_M and Q5_K_M too).`,
    { file, tensor, found: type.name },
  )
}

/** A tensor's name in the table of tensors; null where a Gemma has none of that name. */
export function tableName(given: string): string | null {
  const match = /^(?:blk\.(\d+)\.)?(\w+)\.weight$/.exec(given)
  if (!match) return null
  const [, layer, role] = match as unknown as [string, string | undefined, string]
  const names = layer === undefined ? TOP : BLOCK
  if (!Object.hasOwn(names, role)) return null
  return layer === undefined ? `${names[role]}.weight` : `model.layers.${layer}.${names[role]}.weight`
}

/** What GGUF calls a tensor of the table; see `tableName`. */
export function ggufName(name: string): string {
  const match = /^(?:model\.layers\.(\d+)\.)?(.+)\.weight$/.exec(name)!
  const [, layer, module] = match as unknown as [string, string | undefined, string]
  const role = Object.entries(layer === undefined ? TOP : BLOCK).find(([, own]) => own === module)![0]
  return `${layer === undefined ? '' : `blk.${layer}.`}${role}.weight`
}
