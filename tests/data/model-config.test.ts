import { describe, expect, test } from 'vitest'
import { readModelConfig } from '../../src/model/config.ts'
import { adapterTensors } from '../../src/model/lora.ts'
import { parameterCount, tensorTable } from '../../src/model/tensors.ts'
import { normScale, resolveWeights } from '../../src/model/weights.ts'
import {
  LAYER_NORMS,
  type LayerConfig,
  type ModelConfig,
  type TensorInfo,
  type WeightSource,
} from '../../src/protocol/model.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { failure } from './helpers.ts'

/** Google's config.json of Gemma 3 270M (Transformers 4 form), abridged to what matters. */
const GEMMA_270M = {
  _sliding_window_pattern: 6,
  architectures: ['Gemma3ForCausalLM'],
  attention_bias: false,
  attention_dropout: 0.0,
  attn_logit_softcapping: null,
  bos_token_id: 2,
  eos_token_id: 1,
  final_logit_softcapping: null,
  head_dim: 256,
  hidden_activation: 'gelu_pytorch_tanh',
  hidden_size: 640,
  intermediate_size: 2048,
  max_position_embeddings: 32768,
  model_type: 'gemma3_text',
  num_attention_heads: 4,
  num_hidden_layers: 18,
  num_key_value_heads: 1,
  pad_token_id: 0,
  query_pre_attn_scalar: 256,
  rms_norm_eps: 1e-6,
  rope_local_base_freq: 10000.0,
  rope_scaling: null,
  rope_theta: 1000000.0,
  sliding_window: 512,
  torch_dtype: 'bfloat16',
  use_bidirectional_attention: false,
  vocab_size: 262144,
}

/** Google's config.json of Gemma 2 2B (Transformers 4 form), abridged. */
const GEMMA2_2B = {
  architectures: ['Gemma2ForCausalLM'],
  attn_logit_softcapping: 50.0,
  bos_token_id: 2,
  eos_token_id: [1, 107],
  final_logit_softcapping: 30.0,
  head_dim: 256,
  hidden_activation: 'gelu_pytorch_tanh',
  hidden_size: 2304,
  intermediate_size: 9216,
  max_position_embeddings: 8192,
  model_type: 'gemma2',
  num_attention_heads: 8,
  num_hidden_layers: 26,
  num_key_value_heads: 4,
  pad_token_id: 0,
  query_pre_attn_scalar: 256,
  rms_norm_eps: 1e-6,
  rope_theta: 10000.0,
  sliding_window: 4096,
  vocab_size: 256000,
}

test('Gemma 2 2B: every other layer is global, soft-caps, no norms of queries and keys', () => {
  const config = readModelConfig(GEMMA2_2B, { dtype: 'float32' })
  expect(parameterCount(config)).toBe(2_614_341_888)
  expect([config.attentionSoftCap, config.finalSoftCap, config.eosTokenIds]).toEqual([50, 30, [1, 107]])
  config.layers.forEach(({ window, rope, norms }, layer) => {
    expect(window).toBe(layer % 2 === 0 ? 4096 : null)
    expect(rope).toEqual({ theta: 10_000, factor: 1, rotated: 1 })
    expect(norms).not.toContain('query')
  })
  // Transformers 5 writes the one RoPE as it writes several; what is left out is a default, and null is none.
  const { rope_theta, attn_logit_softcapping, ...rest } = GEMMA2_2B
  const later = readModelConfig(
    { ...rest, rope_parameters: { rope_theta: 5000, rope_type: 'default' }, final_logit_softcapping: null },
    { dtype: 'float32' },
  )
  for (const { rope } of later.layers) expect(rope.theta).toBe(5000)
  expect([later.attentionSoftCap, later.finalSoftCap]).toEqual([50, null])
})

/** As Google's 4B has it: nearly everything is left to the defaults. */
const GEMMA_4B = {
  architectures: ['Gemma3ForConditionalGeneration'],
  eos_token_id: [1, 106],
  model_type: 'gemma3',
  text_config: {
    hidden_size: 2560,
    intermediate_size: 10240,
    model_type: 'gemma3_text',
    num_hidden_layers: 34,
    rope_scaling: { factor: 8.0, rope_type: 'linear' },
    sliding_window: 1024,
  },
  torch_dtype: 'bfloat16',
  vision_config: { hidden_size: 1152, model_type: 'siglip_vision_model' },
}

const config = readModelConfig(GEMMA_270M)
const shapesOf = (of: ModelConfig) =>
  new Map(tensorTable(of).map(({ name, shape }): [string, number[]] => [name, shape]))

describe('config.json', () => {
  test('of Gemma 3 270M', () => {
    expect(config).toMatchObject({
      vocabSize: 262144,
      hiddenSize: 640,
      numHeads: 4,
      normOffset: 1,
      queryScale: 1 / 16,
      attentionSoftCap: null,
      finalSoftCap: null,
      embeddingScale: 25.25,
      tiedHead: true,
      bosTokenId: 2,
      eosTokenIds: [1],
      padTokenId: 0,
    })
    expect(config.layers).toHaveLength(18)
    const sizes = {
      headDim: 256,
      kvHeads: 1,
      intermediateSize: 2048,
      norms: LAYER_NORMS,
      perLayerInput: null,
    }
    for (const [i, layer] of config.layers.entries())
      expect(layer).toEqual({
        ...sizes,
        keysFrom: i,
        window: [5, 11, 17].includes(i) ? null : 512,
        rope: { theta: [5, 11, 17].includes(i) ? 1_000_000 : 10_000, factor: 1, rotated: 1 },
      })
  })

  test('in the form of Transformers 5 says the same', () => {
    const { rope_local_base_freq, rope_scaling, rope_theta, _sliding_window_pattern, torch_dtype, ...rest } =
      GEMMA_270M
    const modern = {
      ...rest,
      dtype: 'bfloat16',
      layer_types: config.layers.map(({ window }) =>
        window === null ? 'full_attention' : 'sliding_attention',
      ),
      rope_parameters: {
        sliding_attention: { rope_type: 'default', rope_theta: 10000.0 },
        full_attention: { rope_type: 'default', rope_theta: 1000000.0 },
      },
    }
    expect(readModelConfig(modern)).toEqual(config)
  })

  test('of a multimodal Gemma 3 gives its text part, defaults filled in', () => {
    const big = readModelConfig(GEMMA_4B)
    expect(big).toMatchObject({ hiddenSize: 2560, numHeads: 8 })
    expect(big.layers[33]).toMatchObject({ kvHeads: 4, headDim: 256, intermediateSize: 10240 })
    expect(big).toMatchObject({ vocabSize: 262208, eosTokenIds: [1, 106], embeddingScale: 50.5 })
    expect([5, 0].map((i) => big.layers[i]!.rope)).toEqual([
      { theta: 1_000_000, factor: 8, rotated: 1 },
      { theta: 10_000, factor: 1, rotated: 1 },
    ])
    expect(big.layers.filter(({ window }) => window === null)).toHaveLength(5)
    // What is left out is known, and adapters are named as for the whole checkpoint.
    expect(big).toMatchObject({ leftOut: 'vision', languageModel: true })
    expect(config).not.toHaveProperty('leftOut')
  })

  test('values are read, not assumed', () => {
    const other = readModelConfig({
      ...GEMMA_270M,
      _sliding_window_pattern: 2,
      rope_theta: 500_000,
      rope_local_base_freq: 5000,
      query_pre_attn_scalar: 64,
      attn_logit_softcapping: 50,
      final_logit_softcapping: 30,
      tie_word_embeddings: false,
      sliding_window: 7,
      rms_norm_eps: 1e-5,
      torch_dtype: 'float32',
    })
    expect(other.layers.slice(0, 2).map(({ rope }) => rope.theta)).toEqual([5000, 500_000])
    expect(other.layers.slice(0, 3).map(({ window }) => window)).toEqual([7, null, 7])
    expect(other).toMatchObject({ queryScale: 1 / 8, attentionSoftCap: 50, finalSoftCap: 30 })
    expect(other).toMatchObject({
      tiedHead: false,
      rmsNormEps: 1e-5,
      embeddingScale: Math.fround(Math.sqrt(640)),
    })
  })

  test('proportional RoPE turns a share of the head', () => {
    const rope_parameters = {
      full_attention: { rope_type: 'proportional', partial_rotary_factor: 0.25, rope_theta: 500_000 },
      sliding_attention: { rope_type: 'default', rope_theta: 10_000 },
    }
    const { layers } = readModelConfig({ ...GEMMA_270M, rope_parameters })
    expect(layers[5]!.rope).toEqual({ theta: 500_000, factor: 1, rotated: 0.25 })
    expect(layers[0]!.rope).toEqual({ theta: 10_000, factor: 1, rotated: 1 })
  })

  test('end tokens of generation_config.json count too; the type can be chosen', () => {
    const options = { generationConfig: { eos_token_id: [1, 106] }, dtype: 'float32' } as const
    expect(readModelConfig(GEMMA_270M, options)).toMatchObject({
      eosTokenIds: [1, 106],
      embeddingScale: Math.fround(Math.sqrt(640)),
    })
    expect(readModelConfig(GEMMA_270M, { dtype: 'float16' }).embeddingScale).toBe(25.296875)
  })

  test.each([
    ['another architecture', { model_type: 'llama', architectures: ['LlamaForCausalLM'] }, 'model_type'],
    ['no architecture', { model_type: undefined }, 'model_type'],
    ['odd head width', { head_dim: 80 }, 'head_dim'],
    ['head too wide', { head_dim: 576 }, 'head_dim'],
    ['odd width', { hidden_size: 642 }, 'hidden_size'],
    ['two-way attention', { use_bidirectional_attention: true }, 'use_bidirectional_attention'],
    ['attention bias', { attention_bias: true }, 'attention_bias'],
    ['another activation', { hidden_activation: 'silu' }, 'hidden_activation'],
    ['another layer type', { layer_types: Array(18).fill('mamba') }, 'layer_types'],
    ['another RoPE', { rope_scaling: { rope_type: 'yarn', factor: 4 } }, 'full_attention.rope_type'],
    [
      'partial RoPE',
      { rope_parameters: { full_attention: { partial_rotary_factor: 0.25 } } },
      'full_attention',
    ],
  ])('%s is unsupported', async (_, change, field) => {
    const error = await failure(() => readModelConfig({ ...GEMMA_270M, ...change }), 'unsupported_model')
    expect(error.detail?.field).toContain(field)
    expect(error.hint).toContain('gemma3_text')
  })

  test.each([
    ['gemma', 'Gemma 1', 'norms after attention'],
    ['gemma3n', 'Gemma 3n', 'AltUp'],
    ['gemma3n_text', 'Gemma 3n', 'AltUp'],
    ['gemma4', 'Gemma 4', 'keys and values of earlier'],
    ['gemma4_text', 'Gemma 4', 'keys and values of earlier'],
    ['paligemma', 'PaliGemma', 'images'],
    ['vaultgemma', 'VaultGemma', 'norms after attention'],
    ['t5gemma', 'T5Gemma', 'encoder'],
    ['recurrent_gemma', 'RecurrentGemma', 'recurrent'],
    ['shieldgemma2', 'ShieldGemma 2', 'writes no text'],
  ])('a neighbour, %s, is refused by its name and for a reason', async (model_type, name, reason) => {
    const wrapped = { ...GEMMA_4B, model_type, text_config: { ...GEMMA_4B.text_config, model_type } }
    for (const json of [{ ...GEMMA_270M, model_type }, wrapped]) {
      const error = await failure(() => readModelConfig(json), 'unsupported_model')
      expect(error.message).toContain(`describes ${name}, which is not supported: `)
      expect(error.message).toContain(reason)
    }
  })

  test('EmbeddingGemma, whose model_type is that of Gemma 3, is refused by its name', async () => {
    const json = {
      ...GEMMA_270M,
      architectures: ['Gemma3TextModel'],
      num_hidden_layers: 24,
      use_bidirectional_attention: true,
    }
    const error = await failure(() => readModelConfig(json), 'unsupported_model')
    expect(error.message).toContain('EmbeddingGemma')
    expect(error.message).toContain('makes vectors')
  })

  test.each([
    ['hidden_size', undefined],
    ['hidden_size', '640'],
    ['num_hidden_layers', 0],
    ['num_hidden_layers', 1.5],
    ['num_key_value_heads', 3],
    ['vocab_size', -1],
    ['rms_norm_eps', 0],
    ['rope_theta', 'big'],
    ['layer_types', ['full_attention']],
    ['eos_token_id', 262144],
    ['bos_token_id', []],
    [
      'rope_parameters',
      { full_attention: { rope_type: 'proportional', partial_rotary_factor: 1.5, rope_theta: 1e6 } },
    ],
  ])('%s = %j is refused by name', async (field, value) => {
    const error = await failure(() => readModelConfig({ ...GEMMA_270M, [field]: value }), 'bad_model')
    expect(error.detail?.field).toContain(field)
  })

  test('what is not an object is refused', async () => {
    for (const json of [null, [], 'x', 3]) await failure(() => readModelConfig(json), 'bad_model')
  })
})

describe('weights', () => {
  const shapes = shapesOf(config)

  /** A source that holds these tensors as bf16 and answers reads with its own name. */
  function source(tensors: Iterable<[string, number[]]>, unreadable?: Map<string, string>): WeightSource {
    const infos = Array.from(tensors, ([name, shape]): [string, TensorInfo] => [
      name,
      { dtype: 'BF16', shape },
    ])
    return {
      tensors: new Map(infos),
      read: async (name: string) => new TextEncoder().encode(name),
      ...(unreadable ? { unreadable } : {}),
    }
  }

  test('of Gemma 3 270M', () => {
    expect(shapes.size).toBe(2 + 18 * 13)
    expect(parameterCount(config)).toBe(268_098_176)
    expect(shapes.get('model.layers.17.self_attn.o_proj.weight')).toEqual([640, 1024])
    expect(shapes.get('model.layers.0.mlp.down_proj.weight')).toEqual([640, 2048])
    expect(shapesOf({ ...config, tiedHead: false }).get('lm_head.weight')).toEqual([262144, 640])
  })

  test('follow the layer: its widths, and nothing that it does not have', () => {
    const own = { headDim: 128, kvHeads: 2, intermediateSize: 80 }
    const [a, b, c] = config.layers.slice(0, 3) as [LayerConfig, LayerConfig, LayerConfig]
    const layers: LayerConfig[] = [
      a,
      { ...b, ...own, norms: ['input', 'key'] },
      { ...c, ...own, keysFrom: 1, norms: ['key', 'query'] },
    ]
    const shapes = shapesOf({ ...config, layers })
    const of = (layer: number) =>
      Object.fromEntries(
        [...shapes].flatMap(([name, shape]) => {
          const [, index, rest] = /layers\.(\d+)\.(.*)\.weight/.exec(name) ?? []
          return Number(index) === layer ? [[rest, shape]] : []
        }),
      )
    expect(Object.keys(of(0))).toHaveLength(13)
    const matrices = {
      'self_attn.q_proj': [512, 640],
      'self_attn.o_proj': [640, 512],
      'mlp.gate_proj': [80, 640],
      'mlp.up_proj': [80, 640],
      'mlp.down_proj': [640, 80],
    }
    const keys = { 'self_attn.k_proj': [256, 640], 'self_attn.v_proj': [256, 640], 'self_attn.k_norm': [128] }
    expect(of(1)).toEqual({ ...matrices, ...keys, input_layernorm: [640] })
    expect(of(2)).toEqual({ ...matrices, 'self_attn.q_norm': [128] })
    const { lora } = parseRunConfig({ lora: { r: 2, target_modules: ['k_proj', 'up_proj'] } })
    const adapted = adapterTensors({ ...config, layers }, lora)
    expect(adapted.map(({ layer, projection, matrix, shape }) => [layer, projection, matrix, shape])).toEqual(
      [
        [0, 'k_proj', 'A', [2, 640]],
        [0, 'k_proj', 'B', [256, 2]],
        [0, 'up_proj', 'A', [2, 640]],
        [0, 'up_proj', 'B', [2048, 2]],
        [1, 'k_proj', 'A', [2, 640]],
        [1, 'k_proj', 'B', [256, 2]],
        [1, 'up_proj', 'A', [2, 640]],
        [1, 'up_proj', 'B', [80, 2]],
        [2, 'up_proj', 'A', [2, 640]],
        [2, 'up_proj', 'B', [80, 2]],
      ],
    )
  })

  test('norms are a scale in f32: what is stored, and what the model adds to it', () => {
    const values = Float32Array.of(0, -1, 0.1, 1e-9, 3e7)
    const folded = normScale(config.normOffset, values.slice())
    expect([...folded]).toEqual([...values].map((w) => Math.fround(1 + w)))
    expect(normScale(0, values.slice())).toEqual(values)
  })

  test.each(['model.', 'language_model.model.', 'model.language_model.', ''])(
    'are found under the prefix "%s"',
    async (prefix) => {
      const stored = Array.from(shapes, ([name, shape]): [string, number[]] => [
        name.replace(/^model\./, prefix),
        shape,
      ])
      stored.push(['vision_tower.embed', [3]], ['lm_head.weight', [262144, 640]])
      const weights = resolveWeights(config, source(stored))
      expect([...weights.tensors.keys()]).toEqual([...shapes.keys()])
      const bytes = await weights.read('model.norm.weight', 0, 1)
      expect(new TextDecoder().decode(bytes)).toBe(`${prefix}norm.weight`)
    },
  )

  test('a missing tensor, a wrong shape and a wrong type are named', async () => {
    const name = 'model.layers.3.self_attn.k_norm.weight'
    const without = [...shapes].filter(([tensor]) => tensor !== name)
    const missing = await failure(() => resolveWeights(config, source(without)), 'missing_tensor')
    expect(missing.detail?.tensor).toBe(name)
    const wrong = await failure(
      () => resolveWeights(config, source([...without, [name, [128]]])),
      'bad_model',
    )
    expect(wrong.detail).toMatchObject({ tensor: name, expected: '[256]', found: '[128]' })
    const typed = await failure(
      () => resolveWeights(config, source(without, new Map([[name, 'I8']]))),
      'bad_model',
    )
    expect(typed.message).toContain('I8')
    await failure(() => resolveWeights(config, source([])), 'missing_tensor')
  })
})
