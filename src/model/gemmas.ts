/**
 * The Gemma family as the shelf offers it, smallest first. Each is its config.json, as far as sizes go; weights, downloads and memory are
 * worked out from it. Repositories: the copy that needs no account first, then the maker's own.
 */
export interface Gemma {
  name: string
  /** What it is for: conversation, or calls of functions. */
  made: 'chat' | 'functions'
  repos: { repo: string; gated: boolean }[]
  /** The config.json. */
  config: Record<string, unknown>
  /** Bytes of what comes beside the weights: tokenizer.json, tokenizer_config.json and such. */
  besides: number
  /** Weights of the repository that are not of its text part, and are not used. */
  unused: number
}

/** What the config.json of all of Gemma 3 have in common. */
const GEMMA_3 = {
  model_type: 'gemma3_text',
  vocab_size: 262_144,
  num_attention_heads: 4,
  num_key_value_heads: 1,
  head_dim: 256,
  query_pre_attn_scalar: 256,
  sliding_window: 512,
  sliding_window_pattern: 6,
  max_position_embeddings: 32_768,
  rms_norm_eps: 1e-6,
  rope_theta: 1_000_000,
  rope_local_base_freq: 10_000,
  dtype: 'bfloat16',
}
const GEMMA_3_270M = { ...GEMMA_3, hidden_size: 640, intermediate_size: 2048, num_hidden_layers: 18 }

/** tokenizer.json and tokenizer_config.json of Gemma 3's tokenizer (huggingface.co/google/gemma-3-270m-it/tree/main). */
const GEMMA_3_BESIDES = 34_560_000

export const GEMMAS: readonly Gemma[] = [
  {
    name: 'Gemma 3 270M',
    made: 'chat',
    repos: copies('gemma-3-270m-it'),
    config: GEMMA_3_270M,
    besides: GEMMA_3_BESIDES,
    unused: 0,
  },
  {
    name: 'FunctionGemma 270M',
    made: 'functions',
    repos: copies('functiongemma-270m-it'),
    config: GEMMA_3_270M,
    besides: GEMMA_3_BESIDES,
    unused: 0,
  },
  {
    name: 'Gemma 3 1B',
    made: 'chat',
    repos: copies('gemma-3-1b-it'),
    config: { ...GEMMA_3, hidden_size: 1152, intermediate_size: 6912, num_hidden_layers: 26 },
    besides: GEMMA_3_BESIDES,
    unused: 0,
  },
  {
    name: 'Gemma 2 2B',
    made: 'chat',
    repos: copies('gemma-2-2b-it'),
    config: {
      model_type: 'gemma2',
      vocab_size: 256_000,
      hidden_size: 2304,
      intermediate_size: 9216,
      num_hidden_layers: 26,
      num_attention_heads: 8,
      num_key_value_heads: 4,
      head_dim: 256,
      query_pre_attn_scalar: 256,
      attn_logit_softcapping: 50,
      final_logit_softcapping: 30,
      sliding_window: 4096,
      max_position_embeddings: 8192,
      rms_norm_eps: 1e-6,
      rope_theta: 10_000,
      dtype: 'bfloat16',
    },
    besides: 17_570_000,
    unused: 0,
  },
  {
    name: 'Gemma 3 4B',
    made: 'chat',
    repos: copies('gemma-3-4b-it'),
    config: {
      ...GEMMA_3,
      vocab_size: 262_208,
      hidden_size: 2560,
      intermediate_size: 10_240,
      num_hidden_layers: 34,
      num_attention_heads: 8,
      num_key_value_heads: 4,
      sliding_window: 1024,
      max_position_embeddings: 131_072,
      rope_scaling: { factor: 8, rope_type: 'linear' },
    },
    besides: GEMMA_3_BESIDES,
    // What sees images: SigLIP of 27 layers at width 1152, and its projector.
    unused: 419_816_304,
  },
]

/** All of them are under the same terms. */
export const GEMMA_TERMS = {
  id: 'gemma',
  name: 'Gemma Terms of Use',
  link: 'https://ai.google.dev/gemma/terms',
} as const

function copies(name: string): Gemma['repos'] {
  return [
    { repo: `unsloth/${name}`, gated: false },
    { repo: `google/${name}`, gated: true },
  ]
}
