import { type ByteSource, bufferSource } from '../../src/files/bytes.ts'
import { type GgufMeta, ggufHeader, ggufPadded } from '../../src/files/gguf-writer.ts'
import { openWeights, readTensor } from '../../src/files/weights.ts'
import { f32ToBf16, f32ToF16 } from '../../src/lib/bf16.ts'
import { concatBytes } from '../../src/lib/concat.ts'
import { readModelConfig } from '../../src/model/config.ts'
import { resolveWeights } from '../../src/model/weights.ts'
import type { ModelSource } from '../../src/protocol/model.ts'
import { modelFolderOf } from '../../src/workers/model-files.ts'
import { repositoryFile, repositoryJson } from './files.ts'

/** Whole files of GGUF for tests. */

export type Meta = GgufMeta

export interface TensorOfGguf {
  name: string
  /** Rows first. */
  shape: number[]
  type: number | string
  data: Uint8Array
}

export interface GgufParts {
  metadata: Record<string, Meta>
  tensors: TensorOfGguf[]
  version?: number
}

export function writeGguf({ metadata, tensors, version = 3 }: GgufParts): Uint8Array<ArrayBuffer> {
  const entries = tensors.map(({ data, ...entry }) => ({ ...entry, bytes: data.length }))
  const data = tensors.flatMap((tensor) => [
    tensor.data,
    new Uint8Array(ggufPadded(tensor.data.length) - tensor.data.length),
  ])
  return new Uint8Array(concatBytes([ggufHeader(metadata, entries, version), ...data]))
}

const ROLES: [module: RegExp, name: string][] = [
  [/^model\.embed_tokens$/, 'token_embd'],
  [/^model\.norm$/, 'output_norm'],
  [/input_layernorm$/, 'attn_norm'],
  [/q_proj$/, 'attn_q'],
  [/k_proj$/, 'attn_k'],
  [/v_proj$/, 'attn_v'],
  [/o_proj$/, 'attn_output'],
  [/q_norm$/, 'attn_q_norm'],
  [/k_norm$/, 'attn_k_norm'],
  [/post_attention_layernorm$/, 'post_attention_norm'],
  [/pre_feedforward_layernorm$/, 'ffn_norm'],
  [/gate_proj$/, 'ffn_gate'],
  [/up_proj$/, 'ffn_up'],
  [/down_proj$/, 'ffn_down'],
  [/post_feedforward_layernorm$/, 'post_ffw_norm'],
]

function nameOf(name: string): string {
  const module = name.replace(/\.weight$/, '')
  const layer = /^model\.layers\.(\d+)\./.exec(module)?.[1]
  const role = ROLES.find(([pattern]) => pattern.test(module))![1]
  return `${layer === undefined ? '' : `blk.${layer}.`}${role}.weight`
}

/**
 * A Hugging Face folder of a Gemma 3 as llama.cpp converts it: norms as 1 + w in F32, matrices in `type`; with a tokenizer by its
 * scores, which must be the merges' ranks, or by its merges.
 */
export async function ggufOf(
  files: ReadonlyMap<string, ByteSource>,
  type: 'F32' | 'F16' | 'BF16',
  tokenizer: Record<string, Meta>,
): Promise<GgufParts> {
  const config = JSON.parse(new TextDecoder().decode(await read(files, 'config.json')))
  const weights = await openWeights(files)
  const tensors: TensorOfGguf[] = []
  for (const name of weights.tensors.keys()) {
    const { shape, data } = await readTensor(weights, name)
    const isNorm = shape.length === 1
    const values = isNorm ? data.map((w) => w + 1) : data
    const written = isNorm || type === 'F32' ? values : type === 'F16' ? f32ToF16(values) : f32ToBf16(values)
    tensors.push({
      name: nameOf(name),
      shape,
      type: isNorm ? 'F32' : type,
      data: new Uint8Array(written.buffer as ArrayBuffer),
    })
  }
  const nested = config.rope_parameters ?? {
    full_attention: { rope_theta: config.rope_theta },
    sliding_attention: { rope_theta: config.rope_local_base_freq },
  }
  const rope = (kind: string) => nested[kind]
  const scaling = rope('full_attention').factor
  return {
    metadata: {
      'general.architecture': ['text', 'gemma3'],
      'gemma3.context_length': ['u32', config.max_position_embeddings],
      'gemma3.embedding_length': ['u32', config.hidden_size],
      'gemma3.block_count': ['u32', config.num_hidden_layers],
      'gemma3.feed_forward_length': ['u32', config.intermediate_size],
      'gemma3.attention.head_count': ['u32', config.num_attention_heads],
      'gemma3.attention.head_count_kv': ['u32', config.num_key_value_heads],
      'gemma3.attention.key_length': ['u32', config.head_dim],
      'gemma3.attention.value_length': ['u32', config.head_dim],
      'gemma3.attention.layer_norm_rms_epsilon': ['f32', config.rms_norm_eps],
      'gemma3.attention.sliding_window': ['u32', config.sliding_window],
      'gemma3.attention.sliding_window_pattern': [
        'bool[]',
        config.layer_types.map((kind: string) => kind === 'sliding_attention'),
      ],
      'gemma3.rope.freq_base': ['f32', rope('full_attention').rope_theta],
      'gemma3.rope.freq_base_swa': ['f32', rope('sliding_attention').rope_theta],
      ...(scaling === undefined
        ? {}
        : {
            'gemma3.rope.scaling.type': ['text', 'linear'] as Meta,
            'gemma3.rope.scaling.factor': ['f32', scaling] as Meta,
          }),
      'tokenizer.ggml.bos_token_id': ['u32', config.bos_token_id],
      'tokenizer.ggml.eos_token_id': ['u32', [config.eos_token_id].flat()[0]],
      'tokenizer.ggml.padding_token_id': ['u32', config.pad_token_id],
      ...tokenizer,
    },
    tensors,
  }
}

async function read(files: ReadonlyMap<string, ByteSource>, name: string): Promise<Uint8Array> {
  const source = files.get(name)!
  return source.read(0, source.size)
}

interface TokenizerJson {
  added_tokens: { id: number; content: string; special: boolean }[]
  model: { vocab: Record<string, number>; merges: (string | [string, string])[] }
}

/** A tokenizer.json's words as GGUF has them, with its merges. */
export function mergesOf(json: TokenizerJson): Record<string, Meta> {
  const { vocab, merges } = json.model
  const added = new Map(json.added_tokens.map((token) => [token.id, token]))
  const words = Object.keys(vocab).sort((a, b) => vocab[a]! - vocab[b]!)
  const kind = (word: string, id: number) => {
    const token = added.get(id)
    if (token) return token.special ? 3 : 4
    return /^<0x[0-9A-F]{2}>$/.test(word) ? 6 : 1
  }
  return {
    'tokenizer.ggml.model': ['text', 'llama'],
    'tokenizer.ggml.tokens': ['text[]', words],
    'tokenizer.ggml.token_type': ['i32[]', words.map(kind)],
    'tokenizer.ggml.merges': [
      'text[]',
      merges.map((merge) => (Array.isArray(merge) ? merge.join(' ') : merge)),
    ],
    'tokenizer.ggml.unknown_token_id': ['u32', vocab['<unk>']!],
  }
}

/** Pebble's files, and Pebble as a GGUF that keeps every weight as it is. */
export async function pebbleGguf(): Promise<{ folder: Map<string, ByteSource>; gguf: GgufParts }> {
  const names = ['config.json', 'tokenizer.json', 'model.safetensors']
  const folder = new Map<string, ByteSource>()
  for (const name of names)
    folder.set(name, bufferSource(await repositoryFile(`public/models/pebble/${name}`)))
  const tokenizer = JSON.parse(
    new TextDecoder().decode(await read(folder, 'tokenizer.json')),
  ) as TokenizerJson
  const { chat_template } = await repositoryJson<{ chat_template: string }>(
    'public/models/pebble/tokenizer_config.json',
  )
  const gguf = await ggufOf(folder, 'BF16', {
    ...mergesOf(tokenizer),
    'tokenizer.chat_template': ['text', chat_template],
  })
  return { folder, gguf }
}

/** A model of tests/golden through a GGUF that keeps every number as it is: f32, and norms as f32 gives 1 + w. */
export async function goldenGguf(fixture: string, vocabSize: number): Promise<ModelSource> {
  const folder = new Map<string, ByteSource>()
  for (const name of ['config.json', 'model.safetensors'])
    folder.set(name, bufferSource(await repositoryFile(`tests/golden/${fixture}/${name}`)))
  const bytes = Array.from({ length: 256 }, (_, i) => `<0x${i.toString(16).toUpperCase().padStart(2, '0')}>`)
  const known = ['<pad>', '<eos>', '<bos>', '<unk>', '▁', ...bytes]
  const words = Array.from({ length: vocabSize }, (_, id) => known[id] ?? `word${id}`)
  const gguf = await ggufOf(folder, 'F32', {
    'tokenizer.ggml.tokens': ['text[]', words],
    'tokenizer.ggml.token_type': ['i32[]', words.map((_, id) => (id < 4 ? 3 : 1))],
    'tokenizer.ggml.scores': ['f32[]', words.map(() => 0)],
  })
  const files = await modelFolderOf(new Map([['golden.gguf', bufferSource(writeGguf(gguf))]]))
  const config = readModelConfig(JSON.parse(new TextDecoder().decode(await read(files, 'config.json'))), {
    dtype: 'float32',
  })
  return { config, weights: resolveWeights(config, await openWeights(files)) }
}
