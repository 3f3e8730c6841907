import type { LayerConfig, ModelConfig } from '../protocol/model.ts'
import { impossible, unsupported } from './refuse.ts'

/**
 * Whether the engines can run a model's layers. Asked where config.json is read, and again by every plan: a config may have
 * been written by hand.
 * @throws LapidaryError `unsupported_model` for what they do not compute, `bad_model` for layers that contradict each other,
 * naming the layer and the field
 */
export function checkLayers(config: ModelConfig): void {
  const { layers, numHeads } = config
  layers.forEach((own, layer) => {
    const { headDim, kvHeads, intermediateSize, perLayerInput } = own
    const where = `in layer ${layer}`
    if (headDim % 64 !== 0 || headDim > 512)
      unsupported(
        `head_dim is ${headDim} ${where}; heads must be a multiple of 64 wide, up to 512`,
        'head_dim',
        headDim,
      )
    // What a kernel loads at once.
    if (intermediateSize % 4 !== 0)
      unsupported(
        `intermediate_size is ${intermediateSize} ${where}; it must be a multiple of 4`,
        'intermediate_size',
        intermediateSize,
      )
    if (numHeads % kvHeads !== 0)
      impossible('num_key_value_heads', kvHeads, `num_attention_heads (${numHeads}) must be a multiple of it`)
    if (perLayerInput !== null)
      unsupported(
        `hidden_size_per_layer_input is ${perLayerInput} ${where}; layers with an input of their own are not known`,
        'hidden_size_per_layer_input',
        perLayerInput,
      )
    checkKeys(own, layers[own.keysFrom], layer)
  })
}

function checkKeys(own: LayerConfig, from: LayerConfig | undefined, layer: number): void {
  const field = `layers[${layer}].keysFrom`
  if (!from || own.keysFrom > layer || from.keysFrom !== own.keysFrom)
    impossible(field, own.keysFrom, 'it must be the layer itself, or an earlier one that has keys of its own')
  if (from.headDim !== own.headDim || from.kvHeads !== own.kvHeads)
    impossible(field, own.keysFrom, 'that layer has heads of another width, or another number of them')
}

/** Layers whose keys and values later ones use. */
export function sharedKeys({ layers }: ModelConfig): ReadonlySet<number> {
  return new Set(layers.flatMap(({ keysFrom }, layer) => (keysFrom === layer ? [] : [keysFrom])))
}
