import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { deleteDB, openDB } from 'idb'
import { beforeEach, describe, expect, test } from 'vitest'
import { readBlob } from '../../src/storage/blobs.ts'
import { openDatabase, openedOnce } from '../../src/storage/database.ts'
import { layered } from '../../src/storage/migrations/2.ts'
import { migrate, VERSION } from '../../src/storage/migrations/index.ts'
import { putRun, readEvents } from '../../src/storage/runs.ts'
import { CONFIG_1, DATASET_1, EVENTS_1, makeVersion1, RUN_1 } from './versions/1.ts'
import { addSharing2, makeVersion2 } from './versions/2.ts'
import { makeVersion3 } from './versions/3.ts'
import { makeVersion4 } from './versions/4.ts'

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory()
})

/** By version: how it was made. Each later version of the database adds its own. */
const OLDER: ((name: string) => Promise<void>)[] = [makeVersion1, makeVersion2, makeVersion3, makeVersion4]

const LAYER = {
  headDim: 64,
  kvHeads: 1,
  intermediateSize: 512,
  norms: ['input', 'query', 'key', 'post_attention', 'pre_feedforward', 'post_feedforward'],
  perLayerInput: null,
}

describe('what an older version stored', () => {
  test('has a database of every version to be tried on', () => {
    expect(OLDER.length).toBe(VERSION - 1)
  })

  test.each(OLDER.map((make, i) => [i + 1, make] as const))('opens from version %d', async (_, make) => {
    await make('old')
    const database = await openDatabase({ name: 'old' })
    expect(database.version).toBe(VERSION)
    const { config, ...model } = (await database.get('models', 'pebble'))!
    expect(model).toMatchObject({ name: 'Pebble', parameters: 1_498_880, practice: true })
    expect(model).toMatchObject({ origin: { kind: 'bundled' }, licence: null, template: null })
    const { family: _f, headDim: _h, numKvHeads: _k, intermediateSize: _i, ...rest } = CONFIG_1
    const { numLayers: _n, windows: _w, rope: _r, ...whole } = rest
    expect(config).toEqual({
      ...whole,
      normOffset: 1,
      layers: [
        { ...LAYER, window: 64, rope: { theta: 10_000, factor: 1, rotated: 1 }, keysFrom: 0 },
        { ...LAYER, window: 64, rope: { theta: 10_000, factor: 1, rotated: 1 }, keysFrom: 1 },
        { ...LAYER, window: null, rope: { theta: 1_000_000, factor: 8, rotated: 1 }, keysFrom: 2 },
      ],
    })
    expect(await database.get('runs', 'r1')).toEqual({ ...RUN_1, dataset: 'd1' })
    expect(await database.get('runs', 'r2')).toEqual({ ...RUN_1, id: 'r2', tokens: 'gone', dataset: '' })
    expect(await readEvents(database, 'r1')).toEqual(EVENTS_1)
    expect((await database.get('datasets', 'd1'))!.info).toEqual(DATASET_1)
    expect(await database.get('devices', 'toy adapter')).toMatchObject({ choices: { matmul: 'naive' } })
    const last = (await database.get('checkpoints', ['r1', 'last']))!
    const text = async (ref: Parameters<typeof readBlob>[1]) =>
      new TextDecoder().decode(await readBlob(database, ref, 'it'))
    expect(await text(last.tensors)).toBe('tensors')
    expect(await text(model.files['config.json']!)).toBe('model')
    expect(await text((await database.get('datasets', 'd1'))!.rows)).toBe('rows')
    expect(await text((await database.get('tokens', 't1'))!.table)).toBe('table')
    database.close()
  })

  test('is what a new database has, store by store', async () => {
    await makeVersion1('old')
    const [old, fresh] = [await openDatabase({ name: 'old' }), await openDatabase({ name: 'fresh' })]
    expect([...old.objectStoreNames]).toEqual([...fresh.objectStoreNames])
    old.close()
    fresh.close()
  })

  test('a file that two models have, or one under two names, is stored once from then on', async () => {
    await makeVersion2('old')
    await addSharing2('old')
    const database = await openDatabase({ name: 'old' })
    const [one, two] = [(await database.get('models', 'one'))!, (await database.get('models', 'two'))!]
    expect(one.origin).toEqual({ kind: 'files' })
    const set = one.files['a.safetensors']!.set
    expect(one.files['b.safetensors']!.set).toBe(set)
    expect(two.files['a.safetensors']!.set).toBe(set)
    // The same hash of another length is no such file.
    expect(two.files['c.safetensors']!.set).not.toBe(set)
    const sets = (await database.getAllKeys('chunks')).map(([set]) => set)
    expect(sets.filter((name) => name.startsWith('share')).sort()).toEqual([set, 'share-long'].sort())
    for (const ref of [one.files['b.safetensors']!, two.files['c.safetensors']!])
      expect((await readBlob(database, ref, 'it')).byteLength).toBe(ref.size)
    database.close()
  })

  test('a config that is layered already stays as it is', () => {
    const once = layered(CONFIG_1)
    expect(layered(once)).toBe(once)
  })

  test('stays as it was where it cannot be brought over', async () => {
    await makeVersion1('old')
    const raw = await openDB('old', 1)
    await raw.put('models', { id: 'broken', config: null })
    raw.close()
    await expect(openDatabase({ name: 'old' })).rejects.toThrow()
    const again = await openDB('old')
    expect(again.version).toBe(1)
    expect((await again.get('models', 'pebble')).config).toEqual(CONFIG_1)
    again.close()
  })
})

describe('two versions of the studio in one browser', () => {
  test('a newer database is told in words, and left alone', async () => {
    const newer = await openDB('lapidary', VERSION + 1, {
      upgrade: (db, from, _, change) => migrate(db, change, from),
    })
    newer.close()
    await expect(openDatabase()).rejects.toMatchObject({
      code: 'storage_newer',
      message: expect.stringContaining('newer version'),
      hint: expect.stringContaining('Reload'),
    })
  })

  test('an older one that does not let go is told in words; once it has, all is well', async () => {
    const asleep = await openDB('lapidary', 1)
    await expect(openDatabase({ patience: 20 })).rejects.toMatchObject({
      code: 'bad_state',
      message: expect.stringContaining('another tab'),
    })
    asleep.close()
    await new Promise((resolve) => setTimeout(resolve, 20))
    // Nothing keeps the database open behind the failure's back.
    await deleteDB('lapidary', { blocked: () => expect.fail('it is still open') })
    const database = await openDatabase()
    expect(database.version).toBe(VERSION)
    database.close()
  })

  test('this one lets go of the database for a newer one, and says so from then on', async () => {
    const database = openedOnce()
    const first = await database()
    const record = { ...RUN_1, dataset: '' } as unknown as Parameters<typeof putRun>[1]
    await putRun(first, record)
    const newer = await openDB('lapidary', VERSION + 1)
    await expect(putRun(first, record)).rejects.toMatchObject({
      code: 'storage_newer',
      message: expect.stringContaining('newer version'),
    })
    await expect(database()).rejects.toMatchObject({
      code: 'storage_newer',
      hint: expect.stringContaining('Reload'),
    })
    newer.close()
  })
})
