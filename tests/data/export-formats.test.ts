import { describe, expect, test } from 'vitest'
import { baseGgufType } from '../../src/export/base-gguf.ts'
import { checkedLine } from '../../src/export/checked.ts'
import { loraGguf, mergedGguf } from '../../src/export/gguf.ts'
import { mergedFolder } from '../../src/export/merged-folder.ts'
import { mlxAdapter } from '../../src/export/mlx.ts'
import { exporter, exportFormats } from '../../src/export/registry.ts'
import { type ByteSource, bufferSource, readJson, readText } from '../../src/files/bytes.ts'
import { openGguf } from '../../src/files/gguf.ts'
import { openWeights, readTensor } from '../../src/files/weights.ts'
import { bf16ToF32, f32ToBf16 } from '../../src/lib/bf16.ts'
import { free } from '../../src/lib/free.ts'
import { Sha256 } from '../../src/lib/hash.ts'
import { quantise } from '../../src/model/quantise.ts'
import { resolveWeights, widen } from '../../src/model/weights.ts'
import { createPortableEngine } from '../../src/portable/portable-engine.ts'
import { type BatchJson, batchOf } from '../../src/protocol/batch.ts'
import type { ModelSource } from '../../src/protocol/model.ts'
import { loraScaling } from '../../src/protocol/run-config.ts'
import { readConfig } from '../../src/workers/library.ts'
import { modelFolderOf } from '../../src/workers/model-files.ts'
import { goldenSource, written } from '../support/export-source.ts'
import { type Golden, relativeL2 } from '../support/golden.ts'
import { goldenRequest } from '../support/golden-engine.ts'
import { failure } from './helpers.ts'

const FAMILIES = ['gemma3-tiny', 'gemma2-tiny']

/** A model that was exported, as the studio opens it. */
async function opened(files: ReadonlyMap<string, ByteSource>) {
  const folder = await modelFolderOf(files)
  const config = await readConfig(folder)
  return { config, folder, weights: resolveWeights(config, await openWeights(folder)) }
}

/** Logits of a model without an adapter. */
async function answering(model: ModelSource, golden: Golden) {
  const engine = await createPortableEngine({ backends: ['cpu'] })
  await engine.load(model, goldenRequest(golden, 'nothing'), { seed: 1 })
  return (batch: BatchJson) => engine.logits(batchOf(batch), { adapter: 'off' })
}

describe.each(FAMILIES)('%s', (fixture) => {
  test('merged in f32 and opened again, it answers as base and adapter do', async () => {
    const { golden, source } = await goldenSource(fixture)
    const { config, weights } = await opened(await written(await mergedFolder(source, 'F32', {})))
    const { eosTokenIds } = config
    expect(config).toEqual({ ...golden.model.config, eosTokenIds })
    const logits = await answering({ config, weights }, golden)
    for (const { batch, tensors } of golden.cases.logits) {
      const got = await logits(batch)
      expect(relativeL2(got, await golden.tensor(tensors.on))).toBeLessThan(1e-5)
      // What was learnt is there: without it they are others.
      expect(relativeL2(got, await golden.tensor(tensors.off))).toBeGreaterThan(1e-2)
    }
  })

  test('merged as a GGUF in f32 and opened again, it answers as the merged folder does', async () => {
    const { golden, source } = await goldenSource(fixture, { query_pre_attn_scalar: 64 })
    const folder = await opened(await written(await mergedFolder(source, 'F32', {})))
    const gguf = await opened(await written(await mergedGguf(source, 'F32', {})))
    expect(gguf.config).toEqual({ ...folder.config, eosTokenIds: gguf.config.eosTokenIds })
    expect(new Set(gguf.config.eosTokenIds)).toEqual(new Set(folder.config.eosTokenIds))
    const [want, got] = [await answering(folder, golden), await answering(gguf, golden)]
    for (const { batch } of golden.cases.logits)
      expect(relativeL2(await got(batch), await want(batch))).toBeLessThan(1e-6)
  })

  test('every type of a merged GGUF holds what the merged folder in f32 holds, rounded', async () => {
    const { source } = await goldenSource(fixture, { query_pre_attn_scalar: 64 })
    const exact = (await opened(await written(await mergedFolder(source, 'F32', {})))).weights
    for (const type of ['BF16', 'F16', 'Q8_0', 'Q4_0'] as const) {
      const files = await written(await mergedGguf(source, type, {}))
      const { weights } = await opened(files)
      const gguf = await openGguf(files.get('model.gguf')!, 'model.gguf')
      const types = new Set([...gguf.tensors.values()].map((tensor) => tensor.type.name))
      expect([...types].sort()).toEqual(
        [...new Set(['F32', type === 'Q4_0' ? 'Q8_0' : type, ...(type === 'Q8_0' ? [] : [type])])]
          .concat(hasOddRows(exact) && type.startsWith('Q') ? ['BF16'] : [])
          .sort(),
      )
      for (const name of exact.tensors.keys()) {
        const [got, want] = [await readTensor(weights, name), await readTensor(exact, name)]
        expect(got.shape).toEqual(want.shape)
        // Norms go through 1 + w.
        if (want.shape.length === 1)
          expect(
            relativeL2(
              got.data.map((w) => 1 + w),
              want.data.map((w) => 1 + w),
            ),
          ).toBe(0)
        else expect(relativeL2(got.data, want.data)).toBeLessThan(BOUND[type])
      }
    }
  })

  test('a merged folder in bf16 and f16 is the one in f32, rounded to nearest', async () => {
    const { source } = await goldenSource(fixture)
    const exact = (await opened(await written(await mergedFolder(source, 'F32', {})))).weights
    const { folder, weights } = await opened(await written(await mergedFolder(source, 'BF16', {})))
    expect(await readJson(folder.get('config.json')!, 'config.json')).toMatchObject({
      dtype: 'bfloat16',
      torch_dtype: 'bfloat16',
    })
    for (const name of exact.tensors.keys()) {
      const [got, want] = [await readTensor(weights, name), await readTensor(exact, name)]
      expect([...got.data]).toEqual([...bf16ToF32(f32ToBf16(want.data as Float32Array<ArrayBuffer>))])
    }
    const half = (await opened(await written(await mergedFolder(source, 'F16', {})))).weights
    expect([...half.tensors.values()].every(({ dtype }) => dtype === 'F16')).toBe(true)
  })
})

const BOUND = { BF16: 4e-3, F16: 5e-4, Q8_0: 1e-2, Q4_0: 0.12 }

const hasOddRows = ({ tensors }: { tensors: ReadonlyMap<string, { shape: number[] }> }) =>
  [...tensors.values()].some(({ shape }) => shape.length === 2 && shape[1]! % 64 !== 0)

test('a merged model ends its answers at the end of a turn, says its terms, and holds the template that it was trained with', async () => {
  const { source } = await goldenSource('gemma3-tiny')
  const trained = { ...source, template: '{{ bos_token }}<start_of_turn>mine' }
  const files = await written(await mergedFolder(trained, 'BF16', {}))
  const turn = 5
  const generation = (await readJson(files.get('generation_config.json')!, 'g')) as { eos_token_id: number[] }
  expect(generation.eos_token_id).toContain(turn)
  expect(await readText(files.get('chat_template.jinja')!, 't')).toBe(trained.template)
  expect(await readJson(files.get('tokenizer_config.json')!, 'c')).not.toHaveProperty('chat_template')
  expect(await readText(files.get('NOTICE')!, 'n')).toContain('ai.google.dev/gemma/terms')
  const gguf = await openGguf((await written(await mergedGguf(trained, 'BF16', {}))).get('model.gguf')!, 'm')
  expect(gguf.metadata.get('tokenizer.chat_template')).toBe(trained.template)
  expect(gguf.metadata.get('tokenizer.ggml.eot_token_id')).toBe(turn)
})

test('a word behind the last row of a model, as Gemma 3 without eyes has one for images, is left out of its GGUF', async () => {
  const { source } = await goldenSource('gemma3-tiny')
  const words = async (from: typeof source) => {
    const gguf = await openGguf((await written(await mergedGguf(from, 'BF16', {}))).get('model.gguf')!, 'm')
    return gguf.metadata.get('tokenizer.ggml.tokens') as string[]
  }
  const base = await source.model()
  const json = (await readJson(base.files.get('tokenizer.json')!, 't')) as { added_tokens?: object[] }
  const image = { id: base.config.vocabSize, content: '<image_soft_token>', special: true }
  const text = JSON.stringify({ ...json, added_tokens: [...(json.added_tokens ?? []), image] })
  const files = new Map(base.files).set('tokenizer.json', bufferSource(new TextEncoder().encode(text)))
  expect(await words({ ...source, model: async () => ({ ...base, files }) })).toEqual(await words(source))
})

test('config.json has reals where Transformers asks for them', async () => {
  const { source } = await goldenSource('gemma2-tiny', { final_logit_softcapping: 30 })
  const files = await written(await mergedFolder(source, 'F32', {}))
  const config = await readText(files.get('config.json')!, 'c')
  expect(config).toContain('"final_logit_softcapping": 30.0,')
  expect(config).toContain('"attn_logit_softcapping": 4.0,')
  expect(config).toMatch(/"rope_theta": 10000\.0,?\n/)
  expect(config).toMatch(/"head_dim": 64,/)
})

test('weights that are more than one file are several, with an index, and open as the same model', async () => {
  const { source } = await goldenSource('gemma3-tiny')
  const most = 200_000
  const whole = await opened(await written(await mergedFolder(source, 'F32', {})))
  const files = await written(await mergedFolder(source, 'F32', {}, most))
  const shards = [...files.keys()].filter((name) => name.endsWith('.safetensors'))
  expect(shards.length).toBeGreaterThan(3)
  expect(shards[0]).toBe(`model-00001-of-${String(shards.length).padStart(5, '0')}.safetensors`)
  const { weights } = await opened(files)
  for (const name of whole.weights.tensors.keys())
    expect((await readTensor(weights, name)).data).toEqual((await readTensor(whole.weights, name)).data)
})

test('a value that f16 does not have is refused by name, and so is one that is no number', async () => {
  const { source, golden } = await goldenSource('gemma3-tiny')
  const name = Object.keys(golden.state.lora).find((key) => key.endsWith('lora_B.weight'))!
  const spoilt = (value: number) => {
    const { shape, data } = golden.state.lora[name]!
    const lora = { ...golden.state.lora, [name]: { shape, data: data.map((x) => x * value) } }
    return { ...source, lora: async () => lora }
  }
  const writing = (value: number) => async () => written(await mergedFolder(spoilt(value), 'F16', {}))
  await failure(writing(1e9), 'unsupported_format')
  await failure(writing(Number.NaN), 'bad_file')
})

test('of a base that came in blocks or was held in fewer bits, the merged model is that base’s, and says so', async () => {
  const { source } = await goldenSource('gemma3-tiny')
  const base = await source.model()
  const plain = await base.weights()
  const name = 'model.layers.0.mlp.up_proj.weight'
  const values = await readTensor(plain, name)
  const blocks = new Uint8Array((values.data.length / 32) * 34)
  quantise('Q8_0', values.data, blocks)
  const held = {
    ...source,
    config: { ...source.config, model: { ...source.config.model, quantization: 'int8' as const } },
    lora: async () =>
      Object.fromEntries(
        Object.entries(await source.lora()).map(([key, { shape, data }]) => [
          key,
          { shape, data: new Float32Array(data.length) },
        ]),
      ),
    model: async () => ({
      ...base,
      weights: async () => ({
        tensors: new Map([...plain.tensors, [name, { dtype: 'Q8_0' as const, shape: values.shape }]]),
        read: (of: string, start: number, end: number) =>
          of === name ? Promise.resolve(blocks.slice(start, end)) : plain.read(of, start, end),
      }),
    }),
  }
  const files = await written(await mergedFolder(held, 'F32', {}))
  expect(await readText(files.get('README.md')!, 'README.md')).toContain('held in 8 bits')
  const { weights } = await opened(files)
  expect([...(await readTensor(weights, name)).data]).toEqual([...widen(blocks, 'Q8_0')])
})

test('what llama.cpp would compute otherwise is refused as a GGUF', async () => {
  const { source } = await goldenSource('gemma3-tiny', { query_pre_attn_scalar: 48 })
  await failure(async () => mergedGguf(source, 'BF16', {}), 'unsupported_format')
})

test('the adapter as a GGUF says what it is for and how it is scaled', async () => {
  const { source, golden } = await goldenSource('gemma3-tiny')
  const files = await written(await loraGguf(source, {}))
  const gguf = await openGguf(files.get('adapter.gguf')!, 'adapter.gguf')
  const { r } = golden.lora
  expect(gguf.metadata.get('general.type')).toBe('adapter')
  expect(gguf.metadata.get('general.architecture')).toBe('gemma3')
  expect(Number(gguf.metadata.get('adapter.lora.alpha')) / r).toBeCloseTo(loraScaling(golden.lora), 6)
  expect(gguf.tensors.size).toBe(Object.keys(golden.state.lora).length)
  const a = gguf.tensors.get('blk.0.attn_q.weight.lora_a')!
  const want = golden.state.lora['base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight']!
  expect(a.shape).toEqual(want.shape)
  const bytes = await a.source.read(a.start, a.end)
  expect([...new Float32Array(bytes.slice().buffer)]).toEqual([...want.data])
  expect(await readText(files.get('Modelfile')!, 'Modelfile')).toContain('ADAPTER ./adapter.gguf')
})

test('a base that is nowhere else to be had lies beside its adapter as the GGUF that it acts on', async () => {
  const { source } = await goldenSource('gemma3-tiny')
  const files = await written(await loraGguf(source, {}))
  const base = await openGguf(files.get('base.gguf')!, 'base.gguf')
  const still = Object.entries(await source.lora()).map(([name, tensor]) => {
    const data = name.includes('lora_B') ? tensor.data.map(() => 0) : tensor.data
    return [name, { ...tensor, data }] as const
  })
  const unchanged = await mergedGguf({ ...source, lora: async () => Object.fromEntries(still) }, 'F32', {})
  const whole = await openGguf((await written(unchanged)).get('model.gguf')!, 'model.gguf')
  expect([...base.tensors.keys()]).toEqual([...whole.tensors.keys()])
  for (const [name, { source: of, start, end, type }] of base.tensors) {
    const wide = whole.tensors.get(name)!
    expect(type, name).toBe(wide.type)
    expect(await of.read(start, end), name).toEqual(await wide.source.read(wide.start, wide.end))
  }
  expect(await readText(files.get('Modelfile')!, 'Modelfile')).not.toContain('put beside')
  const base8 = { ...source.config, model: { ...source.config.model, quantization: 'int8' as const } }
  const model = await source.model()
  const asGiven = { ...model, weights: async () => ({ ...(await model.weights()), tensors: blocks }) }
  const blocks = new Map([['w', { dtype: 'Q8_0' as const, shape: [32, 32] }]])
  expect(await baseGgufType({ ...source, config: base8 }, model)).toBe('Q8_0')
  expect(await baseGgufType(source, asGiven)).toBe(null)
  expect(await baseGgufType({ ...source, baseModel: 'ann/tiny' }, model)).toBe(null)
})

test('a README says the line that checks its export, with the base where it is to be named', () => {
  const hub = { at: 'google/gemma-3-270m', kind: 'hub' } as const
  const beside = { at: 'base', kind: 'beside' } as const
  const line = (format: string, base: typeof hub | typeof beside) =>
    /`(python [^`]+)`.*`pip install ([^`]+)`/.exec(checkedLine(format, base, 'My model'))!.slice(1)
  expect(line('peft', beside)).toEqual(['python check.py', 'torch transformers peft'])
  expect(line('merged', beside)).toEqual(['python check.py', 'torch transformers'])
  expect(line('gguf', hub)).toEqual(['python check.py', 'xllamacpp'])
  expect(line('gguf-lora', hub)).toEqual(['python check.py base.gguf', 'xllamacpp'])
  expect(line('mlx', hub)[0]).toBe('python check.py')
  expect(line('h5-keras', hub)).toEqual(['python check.py', 'torch h5py keras keras-hub'])
  for (const format of ['pt', 'pt-merged', 'h5', 'h5-merged'])
    expect(line(format, hub)[0]).toBe('python check.py google/gemma-3-270m')
  for (const format of ['pt', 'pt-merged', 'h5', 'h5-merged', 'mlx'])
    expect(line(format, beside)[0]).toBe("python check.py 'path/to/My model'")
})

test('the adapter for MLX has its matrices the other way round', async () => {
  const { source, golden } = await goldenSource('gemma3-tiny')
  const files = await written(await mlxAdapter(source))
  const config = (await readJson(files.get('adapter_config.json')!, 'c')) as {
    model: string
    lora_parameters: { rank: number; scale: number; keys: string[] }
  }
  const { rank, scale, keys } = config.lora_parameters
  expect([rank, scale]).toEqual([golden.lora.r, loraScaling(golden.lora)])
  expect(keys).toContain('self_attn.q_proj')
  // No folder that lies beside another format.
  expect(config.model).toBe(`path/to/${source.baseModel}`)
  expect([...files.keys()].filter((path) => path.includes('/'))).toEqual([])
  const weights = await openWeights(new Map([['a.safetensors', files.get('adapters.safetensors')!]]))
  const { shape, data } = await readTensor(weights, 'model.layers.0.self_attn.q_proj.lora_a')
  const want = golden.state.lora['base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight']!
  expect(shape).toEqual([...want.shape].reverse())
  expect(data[1 * shape[1]! + 0]).toBe(want.data[0 * want.shape[1]! + 1])
})

test('pieces of a file are their reader’s, in every format: where they are given back, the next reading gives the same', async () => {
  const { source } = await goldenSource('gemma3-tiny', { query_pre_attn_scalar: 64 })
  // Of one that lies beside its adapter, too.
  const formats = (await exportFormats()).map(({ id }) => id).filter((id) => id !== 'checkpoint')
  expect(formats.length).toBeGreaterThan(15)
  for (const id of formats)
    for (const file of await (await exporter(id)).files(source, {})) {
      const read = async () => {
        const hash = new Sha256()
        let bytes = 0
        for await (const piece of file.chunks()) {
          hash.update(piece)
          bytes += piece.byteLength
          free(piece)
        }
        expect(bytes, `${id}: ${file.path}`).toBe(file.size)
        return hash.hex()
      }
      expect(await read(), `${id}: ${file.path}`).toBe(await read())
    }
})
