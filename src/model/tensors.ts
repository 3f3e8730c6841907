import {
  LAYER_NORMS,
  type LayerConfig,
  type LayerNorm,
  type ModelConfig,
  PROJECTIONS,
  type Projection,
} from '../protocol/model.ts'

/**
 * The one table of a model's tensors. What files must hold, what LoRA may touch, how many parameters there are, what lies
 * where on a device and what it takes are questions asked of it; a tensor that a layer does not have is not in it.
 */

interface Named {
  /** Under which Transformers' `Gemma3ForCausalLM` saves it. */
  name: string
}

export interface NormTensor extends Named {
  role: LayerNorm
  layer: number
  shape: [number]
}

/** [out, in], row-major: y = x Wᵀ. */
export interface ProjectionTensor extends Named {
  role: Projection
  layer: number
  shape: [number, number]
}

export type MatrixTensor =
  | ProjectionTensor
  | (Named & { role: 'embedding' | 'head'; layer: null; shape: [number, number] })
export type VectorTensor = NormTensor | (Named & { role: 'final_norm'; layer: null; shape: [number] })
export type ModelTensor = MatrixTensor | VectorTensor

/** Module of each role within its layer. */
const MODULE: Record<LayerNorm | Projection, string> = {
  input: 'input_layernorm',
  q_proj: 'self_attn.q_proj',
  k_proj: 'self_attn.k_proj',
  v_proj: 'self_attn.v_proj',
  query: 'self_attn.q_norm',
  key: 'self_attn.k_norm',
  o_proj: 'self_attn.o_proj',
  post_attention: 'post_attention_layernorm',
  pre_feedforward: 'pre_feedforward_layernorm',
  gate_proj: 'mlp.gate_proj',
  up_proj: 'mlp.up_proj',
  down_proj: 'mlp.down_proj',
  post_feedforward: 'post_feedforward_layernorm',
}
const ROLES = Object.keys(MODULE) as (LayerNorm | Projection)[]

/** In the order of the forward pass. */
export function tensorTable(config: ModelConfig): ModelTensor[] {
  const { hiddenSize, vocabSize } = config
  const table: ModelTensor[] = [
    { role: 'embedding', layer: null, name: 'model.embed_tokens.weight', shape: [vocabSize, hiddenSize] },
  ]
  config.layers.forEach((own, layer) => {
    for (const role of ROLES) {
      if (!hasRole(own, layer, role)) continue
      const name = `model.layers.${layer}.${MODULE[role]}.weight`
      if (isProjectionRole(role)) table.push({ role, layer, name, shape: projectionShape(config, own, role) })
      else table.push({ role, layer, name, shape: [isHeadNorm(role) ? own.headDim : hiddenSize] })
    }
  })
  table.push({ role: 'final_norm', layer: null, name: 'model.norm.weight', shape: [hiddenSize] })
  if (!config.tiedHead)
    table.push({ role: 'head', layer: null, name: 'lm_head.weight', shape: [vocabSize, hiddenSize] })
  return table
}

export const isProjection = (tensor: ModelTensor): tensor is ProjectionTensor => isProjectionRole(tensor.role)

export const isLayerNorm = (tensor: ModelTensor): tensor is NormTensor =>
  (LAYER_NORMS as readonly string[]).includes(tensor.role)

/** The matrices of all layers. */
export function projectionsOf(config: ModelConfig): ProjectionTensor[] {
  return tensorTable(config).filter(isProjection)
}

/** Name of a tensor's module, as adapters use it, e.g. model.layers.0.mlp.up_proj. */
export const moduleOf = ({ name }: ModelTensor): string => name.slice(0, -'.weight'.length)

export const elementsOf = ({ shape }: Pick<ModelTensor, 'shape'>): number => shape[0] * (shape[1] ?? 1)

/** Weights of the base model, a tied embedding counted once. */
export function parameterCount(config: ModelConfig): number {
  return tensorTable(config).reduce((sum, tensor) => sum + elementsOf(tensor), 0)
}

const isProjectionRole = (role: string): role is Projection =>
  (PROJECTIONS as readonly string[]).includes(role)

const isHeadNorm = (norm: LayerNorm) => norm === 'query' || norm === 'key'

function hasRole(own: LayerConfig, layer: number, role: LayerNorm | Projection): boolean {
  // Keys and values of another layer come normed and turned.
  if (role === 'k_proj' || role === 'v_proj') return own.keysFrom === layer
  if (isProjectionRole(role)) return true
  return own.norms.includes(role) && (role !== 'key' || own.keysFrom === layer)
}

function projectionShape(
  { hiddenSize, numHeads }: ModelConfig,
  { headDim, kvHeads, intermediateSize }: LayerConfig,
  role: Projection,
): [number, number] {
  switch (role) {
    case 'q_proj':
      return [numHeads * headDim, hiddenSize]
    case 'k_proj':
    case 'v_proj':
      return [kvHeads * headDim, hiddenSize]
    case 'o_proj':
      return [hiddenSize, numHeads * headDim]
    case 'gate_proj':
    case 'up_proj':
      return [intermediateSize, hiddenSize]
    case 'down_proj':
      return [hiddenSize, intermediateSize]
  }
}
