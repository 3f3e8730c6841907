import { free } from '../lib/free.ts'
import type { ModelTensor } from '../model/tensors.ts'
import { isProjection, tensorTable } from '../model/tensors.ts'
import { giveBack, lent } from '../protocol/exported.ts'
import type { LayerConfig, LayerNorm, ModelConfig, Projection, WeightSource } from '../protocol/model.ts'
import type { Hdf5Tensor } from './h5.ts'
import { encodedTensor } from './merged-weights.ts'
import type { JsonObject } from './model-files.ts'

/** A Gemma as KerasHub 0.32 has it (`keras_hub/src/models/gemma3`, `models/gemma`; `utils/transformers/convert_gemma3.py`). */

interface Family {
  /** Of Python: `keras_hub.models.NAME`, and where it lies. */
  name: string
  module: string
  /** What Keras calls a layer of it in a file of weights. */
  block: string
  /** Norms of a layer. */
  norms: number
  isLocal(layer: number): boolean
  theta: { local: number; global: number }
  /** What is asked for `intermediate_dim`, by the width of one of the two matrices. */
  widths: number
  own(config: ModelConfig): JsonObject
}

const GEMMA3: Family = {
  name: 'Gemma3Backbone',
  module: 'keras_hub.src.models.gemma3.gemma3_backbone',
  block: 'gemma3_decoder_block',
  norms: 6,
  isLocal: (layer) => layer % 6 < 5,
  theta: { local: 10_000, global: 1_000_000 },
  widths: 1,
  own: ({ layers }) => ({
    image_size: null,
    vision_encoder: null,
    use_query_key_norm: true,
    use_bidirectional_attention: false,
    local_rope_scaling_factor: (layers.find(isLocal) ?? layers[0]!).rope.factor,
    global_rope_scaling_factor: layers.find((layer) => !isLocal(layer))?.rope.factor ?? 1,
  }),
}

const GEMMA2: Family = {
  name: 'GemmaBackbone',
  module: 'keras_hub.src.models.gemma.gemma_backbone',
  block: 'gemma_decoder_block',
  norms: 4,
  isLocal: (layer) => layer % 2 === 0,
  theta: { local: 10_000, global: 10_000 },
  widths: 2,
  own: () => ({}),
}

const isLocal = ({ window }: LayerConfig) => window !== null

/** The arguments of its backbone as KerasHub's `config.json`; null where its backbones compute something else. */
export function kerasConfig(config: ModelConfig): JsonObject | null {
  const { layers, hiddenSize, numHeads, queryScale } = config
  const first = layers[0]!
  const family = familyOf(config)
  const local = layers.filter(isLocal)
  const same = (['headDim', 'kvHeads', 'intermediateSize'] as const).every((field) =>
    layers.every((layer) => layer[field] === first[field]),
  )
  const scaledBy = (width: number) => Math.abs(queryScale * Math.sqrt(width) - 1) < 1e-6
  const byHead = scaledBy(first.headDim)
  const known =
    same &&
    config.tiedHead &&
    config.normOffset === 1 &&
    (byHead || scaledBy(Math.floor(hiddenSize / numHeads))) &&
    new Set(local.map(({ window }) => window)).size <= 1 &&
    layers.every(
      (layer, i) =>
        layer.keysFrom === i &&
        layer.perLayerInput === null &&
        layer.norms.length === family.norms &&
        layer.rope.rotated === 1 &&
        // Where none is local, that is said by an argument.
        isLocal(layer) === (local.length > 0 && family.isLocal(i)) &&
        layer.rope.theta === family.theta[isLocal(layer) ? 'local' : 'global'] &&
        layer.rope.factor ===
          (family === GEMMA2 ? 1 : layers.find((of) => isLocal(of) === isLocal(layer))!.rope.factor),
    )
  if (!known) return null
  return {
    module: family.module,
    class_name: family.name,
    config: {
      name: family.name.replace(/(?<=[a-z\d])(?=[A-Z])/g, '_').toLowerCase(),
      trainable: true,
      dtype: {
        module: 'keras',
        class_name: 'DTypePolicy',
        config: { name: 'float32' },
        registered_name: null,
      },
      vocabulary_size: config.vocabSize,
      num_layers: layers.length,
      num_query_heads: numHeads,
      num_key_value_heads: first.kvHeads,
      hidden_dim: hiddenSize,
      intermediate_dim: family.widths * first.intermediateSize,
      head_dim: first.headDim,
      query_head_dim_normalize: byHead,
      use_post_ffw_norm: true,
      use_post_attention_norm: true,
      attention_logit_soft_cap: config.attentionSoftCap,
      final_logit_soft_cap: config.finalSoftCap,
      use_sliding_window_attention: local.length > 0,
      sliding_window_size: local[0]?.window ?? 4096,
      layer_norm_epsilon: config.rmsNormEps,
      dropout: 0,
      ...family.own(config),
    },
    registered_name: `keras_hub>${family.name}`,
  }
}

const familyOf = ({ layers }: ModelConfig) => (layers[0]!.norms.includes('query') ? GEMMA3 : GEMMA2)

/** Keras' place of a tensor within its block. */
const WITHIN: Record<LayerNorm | Projection, string> = {
  input: 'pre_attention_norm',
  post_attention: 'post_attention_norm',
  pre_feedforward: 'pre_ffw_norm',
  post_feedforward: 'post_ffw_norm',
  query: 'attention/query_norm',
  key: 'attention/key_norm',
  q_proj: 'attention/query_dense',
  k_proj: 'attention/key_dense',
  v_proj: 'attention/value_dense',
  o_proj: 'attention/output_dense',
  gate_proj: 'gating_ffw',
  up_proj: 'gating_ffw_2',
  down_proj: 'ffw_linear',
}

/** A merged model's tensors as `load_weights` of its backbone finds them in a `.weights.h5`. */
export function kerasTensors(
  config: ModelConfig,
  merged: WeightSource,
  signal: AbortSignal | undefined,
): Hdf5Tensor[] {
  const { block } = familyOf(config)
  return tensorTable(config).map((tensor) => {
    const plain = () => encodedTensor(merged, tensor.name, 'F32', { signal })
    const name = `layers/${placeOf(tensor, block)}/vars/0`
    if (!isProjection(tensor)) return { name, dtype: 'F32', shape: tensor.shape, pieces: plain }
    const { headDim } = config.layers[tensor.layer]!
    const [out, width] = tensor.shape
    const heads = { q_proj: out, k_proj: out, v_proj: out, o_proj: width } as Partial<
      Record<Projection, number>
    >
    const count = (heads[tensor.role] ?? 0) / headDim
    // Keys, queries and values: [heads, hidden, head]; the output: [heads, head, hidden]; the others: [in, out].
    const parts = count === 0 || tensor.role === 'o_proj' ? 1 : count
    const shape =
      count === 0 ? [width, out] : tensor.role === 'o_proj' ? [count, headDim, out] : [count, width, headDim]
    return { name, dtype: 'F32', shape, pieces: () => transposed(plain(), out / parts, width) }
  })
}

function placeOf({ role, layer }: ModelTensor, block: string): string {
  if (role === 'embedding') return 'reversible_embedding'
  if (role === 'final_norm') return 'rms_normalization'
  if (role === 'head') throw new RangeError('a head of its own has no place')
  return `${block}${layer === 0 ? '' : `_${layer}`}/${WITHIN[role]}`
}

/** Rows of f32 as columns, every `rows` of them by themselves; so much is in memory at a time. */
async function* transposed(
  pieces: AsyncIterable<Uint8Array<ArrayBuffer>>,
  rows: number,
  width: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let out = new Float32Array(rows * width)
  let at = 0
  for await (const piece of pieces) {
    for (const value of new Float32Array(piece.buffer)) {
      const row = Math.floor(at / width)
      out[(at - row * width) * rows + row] = value
      if (++at < out.length) continue
      const made = out
      yield lent(new Uint8Array(made.buffer), () => free(made))
      out = new Float32Array(rows * width)
      at = 0
    }
    giveBack(piece)
  }
}
