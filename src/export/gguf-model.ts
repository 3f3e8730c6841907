import type { GgufMeta } from '../files/gguf-writer.ts'
import { fail } from '../protocol/errors.ts'
import type { LayerConfig, ModelConfig } from '../protocol/model.ts'

/** A model's config as GGUF has it for llama.cpp (`convert_hf_to_gguf.py`, Gemma2Model and Gemma3Model). */

/** Layers of the size whose queries llama.cpp scales by the width of a head that its hidden size would give. */
const LARGEST = { gemma2: 46, gemma3: 62 }

export type GgufArchitecture = keyof typeof LARGEST

/** Gemma 3 norms queries and keys. */
export const ggufArchitecture = ({ layers }: Pick<ModelConfig, 'layers'>): GgufArchitecture =>
  layers[0]!.norms.includes('query') ? 'gemma3' : 'gemma2'

/** @throws LapidaryError `unsupported_format` for what llama.cpp would compute otherwise */
export function ggufModelMeta(config: ModelConfig): Record<string, GgufMeta> {
  const name = ggufArchitecture(config)
  const { layers, hiddenSize, numHeads } = config
  const first = layers[0]!
  const refuse = (what: string): never =>
    fail('unsupported_format', `llama.cpp knows no ${name} ${what}.`, 'Export the merged folder.', {
      found: what,
    })
  for (const field of ['headDim', 'kvHeads', 'intermediateSize'] as const)
    if (layers.some((layer) => layer[field] !== first[field])) refuse(`whose layers differ in ${field}`)
  const usual = layers.length === LARGEST[name] ? hiddenSize / numHeads : first.headDim
  if (Math.abs(config.queryScale * Math.sqrt(usual) - 1) > 1e-6)
    refuse(`whose queries are scaled by ${config.queryScale}`)
  if (config.normOffset !== 1) refuse(`whose norms are not 1 + w`)
  if (name === 'gemma3' && config.attentionSoftCap !== null) refuse('with capped attention scores')
  const local = layers.find(({ window }) => window !== null)
  const global = layers.find(({ window }) => window === null)
  const of = (key: string) => `${name}.${key}`
  const optional = (key: string, value: number | null | undefined): Record<string, GgufMeta> =>
    value === null || value === undefined ? {} : { [of(key)]: ['f32', value] }
  const rope = (global ?? local)!.rope
  return {
    [of('context_length')]: ['u32', config.maxPositions],
    [of('embedding_length')]: ['u32', hiddenSize],
    [of('block_count')]: ['u32', layers.length],
    [of('feed_forward_length')]: ['u32', first.intermediateSize],
    [of('attention.head_count')]: ['u32', numHeads],
    [of('attention.head_count_kv')]: ['u32', first.kvHeads],
    [of('attention.key_length')]: ['u32', first.headDim],
    [of('attention.value_length')]: ['u32', first.headDim],
    [of('attention.layer_norm_rms_epsilon')]: ['f32', config.rmsNormEps],
    ...(local?.window == null
      ? {}
      : {
          [of('attention.sliding_window')]: ['u32', local.window],
          [of('attention.sliding_window_pattern')]: patternOf(layers),
        }),
    ...optional('attn_logit_softcapping', config.attentionSoftCap),
    ...optional('final_logit_softcapping', config.finalSoftCap),
    [of('rope.freq_base')]: ['f32', rope.theta],
    ...(name === 'gemma3' ? optional('rope.freq_base_swa', local?.rope.theta) : {}),
    ...(rope.factor === 1
      ? {}
      : { [of('rope.scaling.type')]: ['text', 'linear'], [of('rope.scaling.factor')]: ['f32', rope.factor] }),
  }
}

/** Every so many layers one is global; where it is not so, each layer by itself. */
function patternOf(layers: readonly LayerConfig[]): GgufMeta {
  const period = layers.findIndex(({ window }) => window === null) + 1
  const regular =
    period > 0 && layers.every(({ window }, i) => (window === null) === ((i + 1) % period === 0))
  return regular ? ['u32', period] : ['bool[]', layers.map(({ window }) => window !== null)]
}
