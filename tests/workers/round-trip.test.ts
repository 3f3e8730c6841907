import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openAdapterPath } from '../../cli/adapter-path.ts'
import { loraGguf } from '../../src/export/gguf.ts'
import { peftFiles } from '../../src/export/peft.ts'
import type { ExportSource } from '../../src/export/source.ts'
import { bf16ToF32, f32ToBf16 } from '../../src/files/bf16.ts'
import { ggufHeader, ggufPadded } from '../../src/files/gguf-writer.ts'
import { readAdapterConfig } from '../../src/model/adapter-config.ts'
import { checkAdapter, namedFor } from '../../src/model/lora.ts'
import type { StateTensor } from '../../src/protocol/engine.ts'
import { loraScaling, parseRunConfig } from '../../src/protocol/run-config.ts'
import { adapterHash, openAdapter, readAdapter } from '../../src/workers/adapter-files.ts'
import { failure } from '../data/helpers.ts'
import { goldenSource, written } from '../support/export-source.ts'

/** Opened as `--start-from` opens it. */
async function begun(names: Record<string, Uint8Array>, path = '.') {
  const folder = mkdtempSync(join(tmpdir(), 'lapidary-adapter-'))
  try {
    for (const [name, bytes] of Object.entries(names)) writeFileSync(join(folder, name), bytes)
    const opened = await openAdapterPath(join(folder, path))
    return {
      lora: await readAdapter(await openAdapter(opened)),
      opened,
      settings: readAdapterConfig(opened.config).lora,
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function adapterGguf(source: ExportSource) {
  const file = (await written(await loraGguf(source, {}))).get('adapter.gguf')!
  return new Uint8Array(await file.read(0, file.size))
}

/** Settings whose scaling is no short number. */
const rsLora = (source: ExportSource): ExportSource => {
  const lora = { ...source.config.lora, use_rslora: true, lora_alpha: 3 }
  return { ...source, config: parseRunConfig({ lora }) }
}

describe.each(['gemma3-tiny', 'gemma2-tiny'])('an adapter of %s that the studio wrote', (fixture) => {
  test('in PEFT’s layout begins a run with the same tensors', async () => {
    const { golden, source } = await goldenSource(fixture)
    const files = await peftFiles({ ...source, lora: golden.state.lora, events: [] })
    const bytes = Object.fromEntries(
      await Promise.all(
        files.map(async ({ path, blob }) => [path, new Uint8Array(await blob.arrayBuffer())] as const),
      ),
    )
    const { lora, settings } = await begun(bytes)
    expect(adapterHash(lora)).toBe(adapterHash(golden.state.lora))
    expect(settings).toEqual({ ...golden.lora, target_modules: settings.target_modules })
  })

  test('as GGUF begins a run with the same tensors, and the same scaling', async () => {
    const { golden, source } = await goldenSource(fixture)
    for (const given of [source, rsLora(source)]) {
      const { lora, opened, settings } = await begun({ 'adapter.gguf': await adapterGguf(given) })
      expect(adapterHash(lora)).toBe(adapterHash(golden.state.lora))
      expect(settings.r).toBe(given.config.lora.r)
      expect(loraScaling(settings)).toBeCloseTo(loraScaling(given.config.lora), 6)
      checkAdapter(golden.model.config, settings, namedFor(golden.model.config, await openAdapter(opened)))
      expect(opened.config).toMatchObject({ base_model_name_or_path: fixture })
    }
  })
})

/** A LoRA GGUF as llama.cpp's converter writes it of one layer's q_proj, in bf16. */
function small(
  changed: Record<string, readonly ['text', string] | readonly ['f32', number]> = {},
  name = 'blk.0.attn_q.weight',
) {
  const values = {
    a: Float32Array.from({ length: 8 }, (_, i) => i / 3),
    b: Float32Array.from({ length: 6 }, (_, i) => -i / 7),
  }
  const tensors = [
    { name: `${name}.lora_a`, shape: [2, 4], type: 'BF16', bytes: 16 },
    { name: `${name}.lora_b`, shape: [3, 2], type: 'BF16', bytes: 12 },
  ]
  const header = ggufHeader(
    {
      'general.architecture': ['text', 'gemma3'],
      'general.type': ['text', 'adapter'],
      'adapter.type': ['text', 'lora'],
      'adapter.lora.alpha': ['f32', 0],
      ...changed,
    },
    tensors,
  )
  const data = [f32ToBf16(values.a), f32ToBf16(values.b)].map((words) => {
    const bytes = new Uint8Array(ggufPadded(words.byteLength))
    bytes.set(new Uint8Array(words.buffer))
    return bytes
  })
  return { bytes: new Uint8Array(Buffer.concat([header, ...data])), values }
}

test('one in bf16 is read as rounded; an alpha of 0 scales by 1', async () => {
  const { bytes, values } = small()
  const { lora, settings } = await begun({ 'x.gguf': bytes }, 'x.gguf')
  const name = 'base_model.model.model.layers.0.self_attn.q_proj'
  const want: Record<string, StateTensor> = {
    [`${name}.lora_A.weight`]: { shape: [2, 4], data: bf16ToF32(f32ToBf16(values.a)) },
    [`${name}.lora_B.weight`]: { shape: [3, 2], data: bf16ToF32(f32ToBf16(values.b)) },
  }
  expect(lora).toEqual(want)
  expect([settings.r, loraScaling(settings), settings.target_modules]).toEqual([2, 1, ['q_proj']])
})

test.each<[string, Parameters<typeof small>, string]>([
  ['a model', [{ 'general.type': ['text', 'model'] }], 'is a model'],
  ['another kind', [{ 'adapter.type': ['text', 'control_vector'] }], 'control_vector'],
  ['another architecture', [{ 'general.architecture': ['text', 'llama'] }], 'llama'],
  ['the words’ own matrix', [{}, 'token_embd.weight'], 'token_embd.weight'],
  ['a tensor of nothing', [{}, 'blk.0.attn_qkv.weight'], 'attn_qkv'],
])('%s is refused by name', async (_, given, word) => {
  const { message, hint } = await failure(
    () => begun({ 'x.gguf': small(...given).bytes }),
    'unsupported_format',
  )
  expect(message).toContain(word)
  expect(message).toContain('x.gguf')
  expect(hint).not.toBe('')
})

test('two files, none, and one that is not there are told', async () => {
  const { bytes } = small()
  await failure(() => begun({ 'x.gguf': bytes, 'y.gguf': bytes }), 'bad_model')
  expect((await failure(() => begun({}), 'missing_file')).message).toContain('adapter_config.json')
  expect((await failure(() => begun({}, 'z.gguf'), 'missing_file')).message).toContain('There is no file')
})
