import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { type ByteSource, bufferSource, readJson } from '../../src/files/bytes.ts'
import { type Database, openDatabase } from '../../src/storage/database.ts'
import { Library } from '../../src/workers/library.ts'
import { failure, utf8 } from '../data/helpers.ts'
import { repositoryFile, repositoryJson } from '../support/files.ts'
import { pebbleGguf, writeGguf } from '../support/gguf.ts'

let whole: Uint8Array<ArrayBuffer>
let database: Database
let library: Library
beforeAll(async () => {
  whole = writeGguf((await pebbleGguf()).gguf)
})
beforeEach(async () => {
  globalThis.indexedDB = new IDBFactory()
  database = await openDatabase()
  library = new Library(async () => database, 'http://nowhere.test/')
})

const of = (bytes: Uint8Array<ArrayBuffer>, name = 'pebble.gguf') =>
  new Map<string, ByteSource>([[name, bufferSource(bytes)]])

test('a GGUF is stored as the folder it stands for, and opened from there', async () => {
  const added = await library.add(of(whole), 'From GGUF')
  expect(added).toMatchObject({ id: 'from-gguf', name: 'From GGUF', practice: false })
  const again = new Library(async () => database, 'http://nowhere.test/')
  const { files, info } = await again.open('from-gguf')
  expect(info).toEqual(added)
  expect([...files.keys()].sort()).toEqual([
    'chat_template.jinja',
    'config.json',
    'generation_config.json',
    'model.safetensors',
    'tokenizer.json',
    'tokenizer_config.json',
  ])
  expect(await readJson(files.get('tokenizer.json')!, 'x')).toEqual(
    await repositoryJson('public/models/pebble/tokenizer.json'),
  )
  // Pebble's weights are bf16 but for the norms, which a GGUF has in f32.
  const original = (await repositoryFile('public/models/pebble/model.safetensors')).length
  expect(files.get('model.safetensors')!.size).toBeGreaterThan(original)
  expect(files.get('model.safetensors')!.size).toBeLessThan(original + 20_000)
})

test('one that is refused leaves the store as it was, a model of its name included', async () => {
  const kept = await library.add(of(whole), 'kept')
  const before = await database.getAllKeys('chunks')
  const broken = [
    [of(whole.slice(0, whole.length - 1)), 'bad_file'],
    [of(whole.slice(0, 1000)), 'bad_file'],
    [of(whole, 'pebble-00001-of-00002.gguf'), 'missing_file'],
    [of(utf8('GGUF, it says, but it is a letter')), 'unsupported_format'],
  ] as const
  for (const [files, code] of broken) await failure(() => library.add(files, 'kept'), code)
  expect((await library.open('kept')).info).toEqual(kept)
  expect(await database.getAllKeys('chunks')).toEqual(before)
  expect(await database.getAllKeys('writes')).toEqual([])
})

test('damage in the middle of the weights is found while they are stored, and nothing is kept', async () => {
  const { gguf } = await pebbleGguf()
  const tensors = gguf.tensors.map((tensor, i) =>
    // A block of Q8_0 whose scale is infinite, behind blocks that are right.
    i === gguf.tensors.length - 2
      ? { ...tensor, type: 'Q8_0', data: brokenBlocks(tensor.shape.reduce((a, b) => a * b, 1)) }
      : tensor,
  )
  const { message } = await failure(
    () => library.add(of(writeGguf({ ...gguf, tensors })), 'broken'),
    'bad_file',
  )
  expect(message).toContain('not finite')
  expect(await database.getAllKeys('models')).toEqual([])
  expect(await database.getAllKeys('chunks')).toEqual([])
  expect(await database.getAllKeys('writes')).toEqual([])
})

function brokenBlocks(values: number): Uint8Array {
  const blocks = new Uint8Array((values / 32) * 34)
  blocks.set([0x00, 0x7c], blocks.length - 34)
  blocks.fill(1, blocks.length - 32)
  return blocks
}
