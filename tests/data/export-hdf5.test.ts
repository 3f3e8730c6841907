import { describe, expect, test } from 'vitest'
import h5 from '../../src/export/formats/h5.ts'
import h5Merged from '../../src/export/formats/h5-merged.ts'
import { kerasConfig } from '../../src/export/keras-hub.ts'
import { mergedWeights } from '../../src/export/merged-weights.ts'
import { readTensor } from '../../src/files/weights.ts'
import { readAdapterConfig } from '../../src/model/adapter-config.ts'
import { goldenSource, written } from '../support/export-source.ts'
import { readHdf5 } from '../support/hdf5.ts'

/** What KerasHub's backbones compute: all but the last of six layers are local; queries by the width of a head. */
const KNOWN = {
  'gemma3-tiny': { layer_types: Array(3).fill('sliding_attention') },
  'gemma2-tiny': { query_pre_attn_scalar: 64 },
}

test('the adapter as HDF5 is the adapter, with its config', async () => {
  const { golden, source } = await goldenSource('gemma3-tiny')
  const { datasets, attributes } = await readHdf5(
    (await written(await h5.files(source, {}))).get('adapter.h5')!,
  )
  expect(Object.keys(datasets).sort()).toEqual(Object.keys(golden.state.lora).sort())
  for (const [name, { shape, data }] of Object.entries(golden.state.lora))
    expect([datasets[name]!.shape, datasets[name]!.data]).toEqual([shape, data])
  const { lora } = readAdapterConfig(JSON.parse(attributes['']!.adapter_config as string))
  expect([lora.r, lora.lora_alpha]).toEqual([golden.lora.r, golden.lora.lora_alpha])
})

describe.each(Object.keys(KNOWN) as (keyof typeof KNOWN)[])('merged, %s', (fixture) => {
  test('every matrix lies as KerasHub asks for it', async () => {
    const { source } = await goldenSource(fixture, KNOWN[fixture])
    const base = await source.model()
    const files = await written(await h5Merged.files(source, {}))
    const { datasets } = await readHdf5(files.get('model.weights.h5')!)
    const merged = mergedWeights(base.config, await base.weights(), source.config.lora, await source.lora())
    const block = `layers/${fixture === 'gemma3-tiny' ? 'gemma3' : 'gemma'}_decoder_block`
    const { numHeads, hiddenSize, layers } = base.config
    const { headDim, kvHeads } = layers[1]!
    const at = async (place: string, name: string) => {
      const { data } = await readTensor(merged, name)
      return [datasets[`${place}/vars/0`]!, data] as const
    }
    for (const [role, heads] of [
      ['query', numHeads],
      ['key', kvHeads],
      ['value', kvHeads],
    ] as const) {
      const [{ shape, data }, want] = await at(
        `${block}_1/attention/${role}_dense`,
        `model.layers.1.self_attn.${role[0]}_proj.weight`,
      )
      expect(shape).toEqual([heads, hiddenSize, headDim])
      const found = (n: number, d: number, h: number) => data[(n * hiddenSize + d) * headDim + h]
      for (let n = 0; n < heads; n++)
        for (let d = 0; d < hiddenSize; d++)
          for (let h = 0; h < headDim; h++)
            if (found(n, d, h) !== want[(n * headDim + h) * hiddenSize + d])
              expect([role, n, d, h]).toBe('the same')
    }
    const transposed = async (place: string, name: string, shape: number[], out: number) => {
      const [found, want] = await at(place, name)
      expect(found.shape).toEqual(shape)
      const width = want.length / out
      expect(found.data).toEqual(found.data.map((_, i) => want[(i % out) * width + Math.floor(i / out)]!))
    }
    await transposed(
      `${block}/attention/output_dense`,
      'model.layers.0.self_attn.o_proj.weight',
      [numHeads, headDim, hiddenSize],
      hiddenSize,
    )
    await transposed(`${block}_2/gating_ffw`, 'model.layers.2.mlp.gate_proj.weight', [hiddenSize, 160], 160)
    await transposed(`${block}_2/gating_ffw_2`, 'model.layers.2.mlp.up_proj.weight', [hiddenSize, 160], 160)
    await transposed(
      `${block}_2/ffw_linear`,
      'model.layers.2.mlp.down_proj.weight',
      [160, hiddenSize],
      hiddenSize,
    )
    for (const [place, name] of [
      ['layers/reversible_embedding', 'model.embed_tokens.weight'],
      ['layers/rms_normalization', 'model.norm.weight'],
      [`${block}_1/pre_ffw_norm`, 'model.layers.1.pre_feedforward_layernorm.weight'],
    ] as const) {
      const [found, want] = await at(place, name)
      expect(found.data).toEqual(want)
    }
    expect(Object.keys(datasets)).toHaveLength(merged.tensors.size)
  })

  test('where KerasHub would compute something else, tensors have their own names', async () => {
    const { source } = await goldenSource(fixture, {
      layer_types: ['full_attention', 'sliding_attention', 'full_attention'],
    })
    const base = await source.model()
    expect(kerasConfig(base.config)).toBe(null)
    const files = await written(await h5Merged.files(source, {}))
    expect(files.has('config.json')).toBe(false)
    const { datasets, attributes } = await readHdf5(files.get('model.h5')!)
    expect(attributes['']).toMatchObject({ layout: 'state dict' })
    const merged = mergedWeights(base.config, await base.weights(), source.config.lora, await source.lora())
    expect(Object.keys(datasets).sort()).toEqual([...merged.tensors.keys()].sort())
    for (const [name, { data }] of Object.entries(datasets))
      expect(data).toEqual((await readTensor(merged, name)).data)
  })
})

test.each([
  ['a head of its own', { tie_word_embeddings: false }],
  ['queries scaled otherwise', { query_pre_attn_scalar: 48 }],
  [
    'turned more slowly',
    {
      rope_parameters: {
        full_attention: { rope_theta: 5e5, rope_type: 'default' },
        sliding_attention: { rope_theta: 2e4, rope_type: 'default' },
      },
    },
  ],
])('%s is none of its models', async (_, changed) => {
  const { source } = await goldenSource('gemma3-tiny', { ...KNOWN['gemma3-tiny'], ...changed })
  expect(kerasConfig((await source.model()).config)).toBe(null)
})
