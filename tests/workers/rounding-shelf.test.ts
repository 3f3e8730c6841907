import 'fake-indexeddb/auto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { IDBFactory } from 'fake-indexeddb'
import { beforeEach, expect, test, vi } from 'vitest'
import { blobSource } from '../../src/files/bytes.ts'
import type { WeightSource } from '../../src/protocol/model.ts'
import { chunksOf, type Database, openDatabase } from '../../src/storage/database.ts'
import { modelFiles, removeModel } from '../../src/storage/models.ts'
import { infoOf, Library, OpenModel } from '../../src/workers/library.ts'
import { roundingShelf } from '../../src/workers/rounding-shelf.ts'

const PEBBLE = join(import.meta.dirname, '..', '..', 'public', 'models', 'pebble')

let database: Database
beforeEach(async () => {
  globalThis.indexedDB = new IDBFactory()
  database = await openDatabase()
})

function folder() {
  const names = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors']
  return new Map(
    names.map((name) => {
      return [name, blobSource(new Blob([readFileSync(join(PEBBLE, name))]))]
    }),
  )
}

const add = () => new Library(async () => database, 'https://studio.test/').add(folder(), 'Own')
const stored = async () => (await database.get('models', 'own'))!
const kept = async () => (await stored()).rounded?.int4 ?? null
const chunks = async (set: string) => database.count('chunks', chunksOf(set))

/** As a visit opens it, however small it is. */
async function visit() {
  const model = await stored()
  const shelves = { tokenizer: null, rounding: roundingShelf(database, model.id, model.hash, 0) }
  const opened = new OpenModel(infoOf(model), modelFiles(database, model), shelves)
  return { opened, file: vi.spyOn(opened.files.get('model.safetensors')!, 'read') }
}

/** All of a source, each tensor in pieces of whole blocks of both kinds. */
async function readAll(weights: WeightSource, piece = 34 * 18 * 32, share = 1) {
  const whole = new Map<string, string>()
  const names = [...weights.tensors.keys()]
  for (const name of names.slice(0, Math.ceil(names.length * share))) {
    const { dtype, shape } = weights.tensors.get(name)!
    const values = shape.reduce((product, size) => product * size, 1)
    const bytes = { F32: 4, BF16: 2, F16: 2, Q8_0: 34 / 32, Q4_0: 18 / 32 }[dtype] * values
    const parts: Uint8Array[] = []
    for (let at = 0; at < bytes; at += piece)
      parts.push((await weights.read(name, at, Math.min(bytes, at + piece))).slice())
    whole.set(name, Buffer.concat(parts).toString('base64'))
  }
  return whole
}

async function load(options: { piece?: number; share?: number } = {}) {
  const { opened, file } = await visit()
  let found = new Map<string, string>()
  await opened.loadWith('int4', async (weights) => {
    file.mockClear()
    found = await readAll(weights, options.piece, options.share)
  })
  return { found, reads: file.mock.calls.length, weights: await opened.quantised('int4') }
}

test('a base that was rounded once is read as its blocks: the same bytes, and the same said of what they cost', async () => {
  const info = await add()
  const first = await load()
  expect(first.weights.fromKept).toBe(false)
  await vi.waitFor(async () => expect(await kept()).not.toBeNull())
  // In other pieces than those that were written.
  const second = await load({ piece: 34 * 18 * 10 })
  expect(second.weights.fromKept).toBe(true)
  expect(second.found).toEqual(first.found)
  expect(second.weights.errors()).toEqual(first.weights.errors())
  const matrices = second.weights.rounded.size
  expect(matrices).toBeGreaterThan(20)
  expect(second.reads).toBe(second.weights.tensors.size - matrices)
  // They are counted, outlive the next opening, and go with the model.
  const { blocks } = (await kept())!
  expect(infoOf(await stored()).bytes).toBe(info.bytes + blocks.size)
  ;(await openDatabase()).close()
  expect(await chunks(blocks.set)).toBeGreaterThan(0)
  await removeModel(database, 'own')
  expect(await chunks(blocks.set)).toBe(0)
})

test('a load that ends early, or leaves something out, keeps nothing', async () => {
  await add()
  const before = await database.count('chunks')
  await load({ share: 0.5 })
  const { opened } = await visit()
  const failing = opened.loadWith('int4', async (weights) => {
    await readAll(weights, undefined, 0.5)
    throw new Error('stopped')
  })
  await expect(failing).rejects.toThrow('stopped')
  await vi.waitFor(async () => expect(await database.count('chunks')).toBe(before))
  expect(await database.count('writes')).toBe(0)
  expect(await kept()).toBeNull()
})

test('blocks of another rounding, or of another model under the same name, are not read', async () => {
  await add()
  const { found } = await load()
  await vi.waitFor(async () => expect(await kept()).not.toBeNull())
  const model = await stored()
  const old = model.rounded!.int4!
  await database.put('models', {
    ...model,
    rounded: { int4: { ...old, table: { ...old.table, version: 0 } } },
  })
  const again = await load()
  expect([again.weights.fromKept, again.found]).toEqual([false, found])
  await vi.waitFor(async () => expect((await kept())!.blocks.set).not.toBe(old.blocks.set))
  expect(await chunks(old.blocks.set)).toBe(0)
  // Of another hash, as if an older studio had put another model there and left the rest as it was.
  await database.put('models', { ...(await stored()), hash: 'other' })
  expect((await load()).weights.fromKept).toBe(false)
  await vi.waitFor(async () => expect((await kept())!.of).toBe('other'))
  const { set } = (await kept())!.blocks
  await removeModel(database, 'own')
  expect(await chunks(set)).toBe(0)
})

test('blocks that were cleared away are rounded again in the middle of a load, and kept at the next', async () => {
  await add()
  const { found } = await load()
  await vi.waitFor(async () => expect(await kept()).not.toBeNull())
  const { set } = (await kept())!.blocks
  await database.delete('chunks', chunksOf(set))
  expect((await load()).found).toEqual(found)
  await vi.waitFor(async () => expect(await kept()).toBeNull())
  await load()
  await vi.waitFor(async () => expect(await kept()).not.toBeNull())
  expect((await load()).weights.fromKept).toBe(true)
})

test('blocks that another tab has put in the place of those that are read stay', async () => {
  await add()
  await load()
  await vi.waitFor(async () => expect(await kept()).not.toBeNull())
  const model = await stored()
  const { table, blocks } = model.rounded!.int4!
  const reading = (await roundingShelf(database, model.id, model.hash, 0).read('int4'))!
  await database.put('models', { ...model, rounded: { int4: { of: '', table, blocks } } })
  await load()
  await vi.waitFor(async () => expect((await kept())!.blocks.set).not.toBe(blocks.set))
  const { set } = (await kept())!.blocks
  const { name, start, end } = table.stretches[0]!
  expect(await reading.read(name, start, end)).toBeNull()
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect((await kept())?.blocks.set).toBe(set)
  expect((await load()).weights.fromKept).toBe(true)
})

test('where there is no room to spare nothing is kept', async () => {
  await add()
  const estimate = vi.fn(async () => ({ quota: 3e6, usage: 0 }))
  vi.stubGlobal('navigator', { storage: { estimate } })
  const { opened } = await visit()
  const handed: WeightSource[] = []
  const look = async (weights: WeightSource) => void handed.push(weights)
  await opened.loadWith('int4', look)
  expect(handed[0]).toBe(await opened.quantised('int4'))
  estimate.mockResolvedValue({ quota: 3e9, usage: 0 })
  await opened.loadWith('int4', look)
  expect(handed[1]).not.toBe(handed[0])
  vi.unstubAllGlobals()
})
