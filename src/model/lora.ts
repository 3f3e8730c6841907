import { uniform } from '../lib/threefry.ts'
import type { EngineState } from '../protocol/engine.ts'
import { fail } from '../protocol/errors.ts'
import { type ModelConfig, PROJECTIONS, type Projection, type WeightSource } from '../protocol/model.ts'
import { type LoraConfig, targetModules } from '../protocol/run-config.ts'
import { moduleOf, projectionsOf } from './tensors.ts'

/** LoRA on Gemma's projections: y = x Wᵀ + scaling · (x Aᵀ) Bᵀ, A [r, in], B [out, r], under PEFT's names. */

export interface AdapterTensor {
  /** PEFT's parameter name as saved, e.g. base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight. */
  name: string
  layer: number
  projection: Projection
  matrix: 'A' | 'B'
  /** A: [r, in]; B: [out, r]. */
  shape: [number, number]
  /** Threefry site of this projection (both matrices, and its dropout). */
  site: number
}

/** Threefry site of a projection. */
export function projectionSite(layer: number, projection: Projection): number {
  return layer * PROJECTIONS.length + PROJECTIONS.indexOf(projection)
}

/** Every tensor of an adapter: by layer, then in the order of PROJECTIONS, A before B; none of a matrix that a layer lacks. */
export function adapterTensors(config: ModelConfig, lora: LoraConfig): AdapterTensor[] {
  const targets = targetModules(lora)
  return projectionsOf(config)
    .filter(({ role }) => targets.includes(role))
    .flatMap((tensor) => {
      const { layer, role: projection } = tensor
      const [out, width] = tensor.shape
      const site = projectionSite(layer, projection)
      const matrix = (which: 'A' | 'B', shape: [number, number]): AdapterTensor => ({
        name: `${prefixOf(config)}${moduleOf(tensor).slice('model.'.length)}.lora_${which}.weight`,
        layer,
        projection,
        matrix: which,
        shape,
        site,
      })
      return [matrix('A', [lora.r, width]), matrix('B', [out, lora.r])]
    })
}

/**
 * Where PEFT finds the layers: Transformers loads a multimodal checkpoint as `Gemma3ForConditionalGeneration`. Under any
 * other name it would leave an adapter out without an error.
 */
export const PEFT_PREFIX = 'base_model.model.model.'
const MULTIMODAL = 'base_model.model.model.language_model.'
/** As Transformers before 4.52 had them. */
const EARLIER = 'base_model.model.language_model.model.'

const prefixOf = ({ languageModel }: ModelConfig) => (languageModel ? MULTIMODAL : PEFT_PREFIX)

/** Whether adapter tensors are named for a multimodal checkpoint. */
export const isOfMultimodal = (names: Iterable<string>): boolean =>
  [...names].some((name) => name.startsWith(MULTIMODAL))

/** An adapter tensor's name for a base of this kind. */
export function namedOf(multimodal: boolean, name: string): string {
  const from = [MULTIMODAL, EARLIER, PEFT_PREFIX].find((prefix) => name.startsWith(`${prefix}layers.`))
  return from === undefined ? name : (multimodal ? MULTIMODAL : PEFT_PREFIX) + name.slice(from.length)
}

/**
 * An adapter under the names that it has for this model: the text part of a multimodal checkpoint is the same model as one that
 * stands alone.
 */
export function namedFor(config: ModelConfig, source: WeightSource): WeightSource {
  const stored = new Map<string, string>()
  for (const name of source.tensors.keys()) stored.set(namedOf(config.languageModel === true, name), name)
  return {
    tensors: new Map([...stored].map(([name, from]) => [name, source.tensors.get(from)!])),
    read: (name, start, end, signal) => source.read(stored.get(name)!, start, end, signal),
  }
}

/** Trainable weights. */
export function adapterParameterCount(config: ModelConfig, lora: LoraConfig): number {
  return adapterTensors(config, lora).reduce((sum, { shape }) => sum + shape[0] * shape[1], 0)
}

/**
 * PEFT's initialisation (`init_lora_weights=True`): B zero; A by `kaiming_uniform_(a=sqrt(5))`, which is uniform in
 * [-1/sqrt(in), 1/sqrt(in)). Element i of A is (2 u - 1) / sqrt(in) with u = uniform(seed, 0, site, i), in f32.
 */
export function initialAdapter(config: ModelConfig, lora: LoraConfig, seed: number): EngineState['lora'] {
  const state: EngineState['lora'] = {}
  for (const { name, matrix, shape, site } of adapterTensors(config, lora)) {
    const data = new Float32Array(shape[0] * shape[1])
    const bound = Math.fround(1 / Math.sqrt(shape[1]))
    if (matrix === 'A')
      for (let i = 0; i < data.length; i++) data[i] = (2 * uniform(seed, 0, site, i) - 1) * bound
    state[name] = { shape, data }
  }
  return state
}

/** The state that training begins with: PEFT's initial adapter, both moments zero. */
export function initialState(config: ModelConfig, lora: LoraConfig, seed: number): EngineState {
  const adapter = initialAdapter(config, lora, seed)
  const zeros = () =>
    Object.fromEntries(
      Object.entries(adapter).map(([name, { shape, data }]) => [
        name,
        { shape, data: new Float32Array(data.length) },
      ]),
    )
  return { lora: adapter, adamM: zeros(), adamV: zeros() }
}

/**
 * Checks that stored adapter tensors are exactly those of this model and LoRA config.
 * @throws LapidaryError `missing_tensor`, or `bad_state` for a wrong shape or a tensor too many, naming the tensor.
 */
export function checkAdapter(config: ModelConfig, lora: LoraConfig, source: WeightSource): void {
  const hint = 'Use the adapter with the base model and the adapter_config.json that it was trained with.'
  const left = new Set(source.tensors.keys())
  for (const { name, shape } of adapterTensors(config, lora)) {
    const found = source.tensors.get(name)?.shape
    if (!found) fail('missing_tensor', `The adapter holds no tensor ${name}.`, hint, { tensor: name })
    if (found.length !== 2 || found[0] !== shape[0] || found[1] !== shape[1])
      fail('bad_state', `Adapter tensor ${name} has shape [${found}], not [${shape}].`, hint, {
        tensor: name,
        expected: `[${shape}]`,
        found: `[${found}]`,
      })
    left.delete(name)
  }
  for (const name of left)
    fail('bad_state', `The adapter holds a tensor that this model has no place for: ${name}.`, hint, {
      tensor: name,
    })
}
