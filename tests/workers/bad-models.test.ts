import 'fake-indexeddb/auto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { IDBFactory } from 'fake-indexeddb'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { checkModelPath, servedModel } from '../../cli/model-path.ts'
import { serve } from '../../cli/server.ts'
import { peftFiles } from '../../src/export/peft.ts'
import { bufferSource } from '../../src/files/bytes.ts'
import { initialAdapter } from '../../src/model/lora.ts'
import type { ErrorCode } from '../../src/protocol/errors.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { openDatabase } from '../../src/storage/database.ts'
import { Library } from '../../src/workers/library.ts'
import { startingFrom } from '../../src/workers/start-from.ts'
import { failure } from '../data/helpers.ts'
import { type GgufParts, pebbleGguf, writeGguf } from '../support/gguf.ts'

type Files = Record<string, Uint8Array<ArrayBuffer>>

const PEBBLE = join(import.meta.dirname, '..', '..', 'public', 'models', 'pebble')
const NAMES = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors']
let pebble: Files
let gguf: GgufParts
let folder: string
beforeAll(async () => {
  gguf = (await pebbleGguf()).gguf
  const read = (name: string) => new Uint8Array(readFileSync(join(PEBBLE, name)))
  pebble = Object.fromEntries(NAMES.map((name) => [name, read(name)]))
  folder = mkdtempSync(join(tmpdir(), 'bad-models-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))
beforeEach(() => {
  globalThis.indexedDB = new IDBFactory()
})

const text = (value: string) => new TextEncoder().encode(value)
const withConfig = (change: (json: Record<string, unknown>) => object): Files => ({
  ...pebble,
  'config.json': text(JSON.stringify(change(JSON.parse(new TextDecoder().decode(pebble['config.json']))))),
})
const without = (...names: string[]): Files =>
  Object.fromEntries(Object.entries(pebble).filter(([name]) => !names.includes(name)))
const INDEX = 'model.safetensors.index.json'
const SHARD = 'model-00001-of-00002.safetensors'
const sharded = (index: string): Files => ({
  ...without('model.safetensors'),
  [SHARD]: pebble['model.safetensors']!,
  [INDEX]: text(index),
})
/** A header that is said to be as long as 64-bit numbers go. */
const longHeader = () => {
  const bytes = pebble['model.safetensors']!.slice()
  new DataView(bytes.buffer).setBigUint64(0, BigInt(bytes.length) * 2n, true)
  return { ...pebble, 'model.safetensors': bytes }
}
/** A header whose last tensor lies beyond the file. */
const cutOff = () => ({ ...pebble, 'model.safetensors': pebble['model.safetensors']!.slice(0, -1000) })
const asGguf = (parts: GgufParts): Files => ({ 'pebble.gguf': writeGguf(parts) })
const scoreless = () => {
  const { 'tokenizer.ggml.scores': _, 'tokenizer.ggml.merges': __, ...metadata } = gguf.metadata
  return asGguf({ ...gguf, metadata })
}
const manyTensors = () => {
  const bytes = writeGguf(gguf)
  new DataView(bytes.buffer).setBigUint64(8, 10n ** 9n, true)
  return { 'pebble.gguf': bytes }
}

const CASES: [what: string, files: () => Files, code: ErrorCode, words: string][] = [
  [
    'not a Gemma',
    () => withConfig((json) => ({ ...json, model_type: 'llama', architectures: ['LlamaForCausalLM'] })),
    'unsupported_model',
    'llama (LlamaForCausalLM), which is not supported',
  ],
  [
    'a neighbour',
    () => withConfig((json) => ({ ...json, model_type: 'gemma3n_text' })),
    'unsupported_model',
    'Gemma 3n',
  ],
  [
    'EmbeddingGemma',
    () => withConfig((json) => ({ ...json, use_bidirectional_attention: true })),
    'unsupported_model',
    'EmbeddingGemma',
  ],
  ['an index that is no JSON', () => sharded('{"weight_map": {'), 'bad_file', INDEX],
  ['an index without a map', () => sharded('{"metadata": {}}'), 'bad_file', INDEX],
  [
    'a shard that is missing',
    () =>
      sharded(
        JSON.stringify({
          weight_map: {
            'model.embed_tokens.weight': SHARD,
            'model.norm.weight': 'model-00002-of-00002.safetensors',
          },
        }),
      ),
    'missing_file',
    'model-00002-of-00002.safetensors',
  ],
  [
    'weights of PyTorch',
    () => ({ ...without('model.safetensors'), 'pytorch_model.bin': text('PK') }),
    'unsupported_format',
    'pytorch_model.bin holds weights in a format that is not read',
  ],
  [
    'a file for phones',
    () => ({ 'gemma.task': text('PK') }),
    'unsupported_format',
    'gemma.task holds weights',
  ],
  [
    'a clone without Git LFS',
    () => ({
      ...pebble,
      'model.safetensors': text(
        `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 9\n`,
      ),
    }),
    'bad_file',
    'a pointer to it that Git LFS has left',
  ],
  ['a header longer than its file', longHeader, 'bad_file', 'model.safetensors'],
  ['a header that claims more than the file has', cutOff, 'bad_file', 'model.safetensors'],
  [
    'a GGUF with blocks of an unknown type',
    () =>
      asGguf({
        ...gguf,
        tensors: gguf.tensors.map((tensor, i) => (i === 3 ? { ...tensor, type: 'IQ4_XS' } : tensor)),
      }),
    'unsupported_format',
    'IQ4_XS',
  ],
  [
    'a GGUF with blocks of a type that nobody knows',
    () =>
      asGguf({
        ...gguf,
        tensors: gguf.tensors.map((tensor, i) => (i === 3 ? { ...tensor, type: 199 } : tensor)),
      }),
    'unsupported_format',
    '199',
  ],
  ['a GGUF with neither scores nor merges', scoreless, 'bad_model', 'neither scores nor merges'],
  ['a GGUF that claims a billion tensors', manyTensors, 'bad_file', '1000000000 tensors'],
]

test.each(CASES)(
  '%s: told by name by the room and by the command line, and the store as it was',
  async (what, make, code, words) => {
    const files = make()
    const database = await openDatabase()
    const stores = async () =>
      Promise.all([...database.objectStoreNames].map(async (name) => [name, await database.getAllKeys(name)]))
    const library = new Library(async () => database, 'http://nowhere.test/')
    const good = await library.add(
      new Map(Object.entries(pebble).map(([name, bytes]) => [name, bufferSource(bytes)])),
      'good',
    )
    const before = await stores()
    const given = new Map(Object.entries(files).map(([name, bytes]) => [name, bufferSource(bytes)]))
    const inRoom = await failure(() => library.add(given, 'bad'), code)
    expect(inRoom.message).toContain(words)
    expect(inRoom.hint.length).toBeGreaterThan(10)
    expect(await stores()).toEqual(before)
    expect((await (await library.open(good.id)).weights()).tensors.size).toBeGreaterThan(0)

    const path = join(folder, what.replaceAll(/\W/g, '-'))
    mkdirSync(path)
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(path, name), bytes)
    const byCommand = await failure(async () => {
      checkModelPath(path)
      const { files: lying, manifest } = await servedModel(path)
      const server = await serve({
        root: folder,
        files: new Map([...lying].map(([name, file]) => [`/model/${name}`, file])),
        texts: new Map([['/model/manifest.json', manifest]]),
      })
      try {
        const model = await library.open(`${server.url}model/`)
        await model.weights()
        await model.chat()
      } finally {
        await server.close()
      }
    }, code)
    expect([byCommand.message, byCommand.hint]).toEqual([inRoom.message, inRoom.hint])
    expect(await stores()).toEqual(before)
  },
)

test('an adapter of another base is refused by the tensor that does not fit', async () => {
  const database = await openDatabase()
  const library = new Library(async () => database, 'http://nowhere.test/')
  const { id } = await library.add(
    new Map(Object.entries(pebble).map(([name, bytes]) => [name, bufferSource(bytes)])),
    'good',
  )
  const model = await library.open(id)
  const start = { from: 'adapter', name: 'there', hash: null }
  const config = parseRunConfig({ lora: { r: 4, target_modules: 'all-linear' }, start })
  const own = model.info.config
  const adapterFor = async (base: typeof own) => {
    const lora = initialAdapter(base, config.lora, 1)
    const parts = await peftFiles({ lora, config, baseModel: 'other', step: 1, events: [] })
    const part = (name: string) => parts.find(({ path }) => path === name)!.blob
    return {
      config: JSON.parse(await part('adapter_config.json').text()),
      tensors: part('adapter_model.safetensors'),
    }
  }
  expect((await startingFrom(database, config, model, await adapterFor(own))).state).not.toBeNull()
  const wider = {
    ...own,
    layers: own.layers.map((layer) => ({ ...layer, intermediateSize: 4 * layer.intermediateSize })),
  }
  const cases: [typeof own, ErrorCode, string][] = [
    [{ ...own, layers: own.layers.slice(0, -1) }, 'missing_tensor', `layers.${own.layers.length - 1}.`],
    [{ ...own, layers: [...own.layers, own.layers[0]!] }, 'bad_state', `layers.${own.layers.length}.`],
    [wider, 'bad_state', 'mlp.gate_proj.lora_B.weight has shape'],
  ]
  for (const [base, code, words] of cases) {
    const { message, hint } = await failure(
      async () => startingFrom(database, config, model, await adapterFor(base)),
      code,
    )
    expect(message).toContain(words)
    expect(hint).toMatch(/model|base/)
  }
})
