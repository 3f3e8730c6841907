import { describe, expect, test } from 'vitest'
import { readAdapterConfig, writeAdapterConfig } from '../../src/model/adapter-config.ts'
import { readModelConfig } from '../../src/model/config.ts'
import {
  adapterParameterCount,
  adapterTensors,
  checkAdapter,
  initialAdapter,
  namedFor,
} from '../../src/model/lora.ts'
import type { WeightSource } from '../../src/protocol/model.ts'
import { type LoraConfig, parseRunConfig } from '../../src/protocol/run-config.ts'
import { failure } from './helpers.ts'

const config = readModelConfig({
  model_type: 'gemma3_text',
  vocab_size: 512,
  hidden_size: 128,
  intermediate_size: 384,
  num_hidden_layers: 3,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 64,
})
const lora = (fields: Partial<LoraConfig> = {}) => parseRunConfig({ lora: fields }).lora
const all = lora({ r: 4, target_modules: 'all-linear' })

describe('tensors', () => {
  test('names and shapes are those of PEFT', () => {
    const tensors = adapterTensors(config, all)
    expect(tensors.length).toBe(3 * 7 * 2)
    const shape = Object.fromEntries(tensors.map((tensor) => [tensor.name, tensor.shape]))
    const layer = 'base_model.model.model.layers.2'
    expect(shape[`${layer}.self_attn.q_proj.lora_A.weight`]).toEqual([4, 128])
    expect(shape[`${layer}.self_attn.q_proj.lora_B.weight`]).toEqual([256, 4])
    expect(shape[`${layer}.self_attn.k_proj.lora_B.weight`]).toEqual([128, 4])
    expect(shape[`${layer}.self_attn.o_proj.lora_A.weight`]).toEqual([4, 256])
    expect(shape[`${layer}.mlp.up_proj.lora_B.weight`]).toEqual([384, 4])
    expect(shape[`${layer}.mlp.down_proj.lora_A.weight`]).toEqual([4, 384])
    expect(new Set(tensors.map((tensor) => tensor.site)).size).toBe(21)
  })

  test('default targets and the count of trainable weights', () => {
    const tensors = adapterTensors(config, lora())
    expect(new Set(tensors.map((tensor) => tensor.projection))).toEqual(new Set(['q_proj', 'v_proj']))
    expect(adapterParameterCount(config, lora())).toBe(3 * 8 * (128 + 256 + 128 + 128))
  })

  test('initialisation: B zero, A uniform within 1/sqrt(in), by seed', () => {
    const state = initialAdapter(config, lora({ r: 64 }), 42)
    expect(initialAdapter(config, lora({ r: 64 }), 42)).toEqual(state)
    const name = 'base_model.model.model.layers.1.self_attn.v_proj'
    const a = state[`${name}.lora_A.weight`]!.data
    const b = state[`${name}.lora_B.weight`]!.data
    expect(b.every((x) => x === 0)).toBe(true)
    const bound = 1 / Math.sqrt(128)
    let [sum, squares, most] = [0, 0, 0]
    for (const x of a) {
      sum += x
      squares += x * x
      most = Math.max(most, Math.abs(x))
    }
    expect(most).toBeLessThanOrEqual(Math.fround(bound))
    expect(most).toBeGreaterThan(0.99 * bound)
    expect(Math.abs(sum / a.length)).toBeLessThan(0.03 * bound)
    expect(Math.abs(squares / a.length / (bound ** 2 / 3) - 1)).toBeLessThan(0.05)
    expect(initialAdapter(config, lora({ r: 64 }), 43)[`${name}.lora_A.weight`]!.data).not.toEqual(a)
    // A projection's numbers do not depend on which others carry an adapter.
    const wide = initialAdapter(config, lora({ r: 64, target_modules: 'all-linear' }), 42)
    expect(wide[`${name}.lora_A.weight`]!.data).toEqual(a)
  })

  test('a stored adapter must fit exactly', async () => {
    const source = (change: (tensors: Map<string, number[]>) => void): WeightSource => {
      const shapes = new Map(adapterTensors(config, all).map(({ name, shape }) => [name, [...shape]]))
      change(shapes)
      const tensors = new Map([...shapes].map(([name, shape]) => [name, { dtype: 'F32' as const, shape }]))
      return { tensors, read: async () => new Uint8Array() }
    }
    const name = adapterTensors(config, all)[5]!.name
    checkAdapter(
      config,
      all,
      source(() => {}),
    )
    const bad = (change: (tensors: Map<string, number[]>) => void) => () =>
      checkAdapter(config, all, source(change))
    expect(
      (
        await failure(
          bad((t) => t.delete(name)),
          'missing_tensor',
        )
      ).detail?.tensor,
    ).toBe(name)
    expect(
      (
        await failure(
          bad((t) => t.set(name, [8, 128])),
          'bad_state',
        )
      ).detail?.found,
    ).toBe('[8,128]')
    expect(
      (
        await failure(
          bad((t) => t.set('other', [1])),
          'bad_state',
        )
      ).detail?.tensor,
    ).toBe('other')
  })
})

test('an adapter of a multimodal checkpoint and one of its text part alone are the same, by other names', async () => {
  const whole = { ...config, languageModel: true as const }
  const names = (of: typeof config) => adapterTensors(of, all).map(({ name }) => name)
  expect(names(whole)[0]).toBe(
    'base_model.model.model.language_model.layers.0.self_attn.q_proj.lora_A.weight',
  )
  const earlier = names(config).map((name) =>
    name.replace('model.model.layers', 'model.language_model.model.layers'),
  )
  for (const stored of [names(config), names(whole), earlier]) {
    const source: WeightSource = {
      tensors: new Map(
        stored.map((name, i) => [name, { dtype: 'F32', shape: [...adapterTensors(config, all)[i]!.shape] }]),
      ),
      read: async (name) => new TextEncoder().encode(name),
    }
    for (const model of [config, whole]) {
      const named = namedFor(model, source)
      checkAdapter(model, all, named)
      const read = await named.read(names(model)[3]!, 0, 1)
      expect(new TextDecoder().decode(read)).toBe(stored[3])
    }
  }
})

describe('adapter_config.json', () => {
  test('of a multimodal base leaves its vision part out, and is read again', () => {
    const written = writeAdapterConfig(all, 'google/gemma-3-4b-it', true)
    expect(written.exclude_modules).toBe('.*vision_tower.*')
    expect(adapterTensors(config, readAdapterConfig(written).lora)).toEqual(adapterTensors(config, all))
  })

  test.each(['.*vision_tower.*|.*layers.0.*', ['q_proj'], '.*'])(
    'modules left out that are of the text part (%j) are refused',
    async (exclude_modules) => {
      const written = { ...writeAdapterConfig(all, null), exclude_modules }
      const error = await failure(() => readAdapterConfig(written), 'unsupported_format')
      expect(error.detail?.field).toBe('exclude_modules')
    },
  )

  test('comes back as it was written', () => {
    for (const one of [lora(), all, lora({ r: 16, lora_alpha: 3, lora_dropout: 0.1, use_rslora: true })]) {
      const written = JSON.parse(JSON.stringify(writeAdapterConfig(one, 'google/gemma-3-270m')))
      const { lora: read, baseModel } = readAdapterConfig(written)
      expect(adapterTensors(config, read)).toEqual(adapterTensors(config, one))
      expect({ ...read, target_modules: null }).toEqual({ ...one, target_modules: null })
      expect(baseModel).toBe('google/gemma-3-270m')
    }
  })

  test('keys are sorted, as PEFT saves them', () => {
    const keys = Object.keys(writeAdapterConfig(lora(), null))
    expect(keys).toEqual([...keys].sort())
    expect(keys.length).toBe(41)
  })

  test.each([
    ['peft_type', 'IA3'],
    ['use_dora', true],
    ['bias', 'all'],
    ['rank_pattern', { q_proj: 4 }],
    ['modules_to_save', ['lm_head']],
    ['target_modules', ['lm_head']],
    ['target_modules', '.*q_proj'],
    ['velora_config', { a: 1 }],
  ])('%s = %j is refused by name', async (field, value) => {
    const json = { ...writeAdapterConfig(lora(), null), [field]: value }
    const error = await failure(() => readAdapterConfig(json), 'unsupported_format')
    expect(error.detail?.field).toBe(field)
  })

  test('a value out of range is refused', async () => {
    const json = { ...writeAdapterConfig(lora(), null), r: 0 }
    expect((await failure(() => readAdapterConfig(json), 'bad_config')).message).toContain('lora.r')
  })
})
