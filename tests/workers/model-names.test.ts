import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { type ByteSource, blobSource } from '../../src/files/bytes.ts'
import { type Database, openedOnce } from '../../src/storage/database.ts'
import { removeModel } from '../../src/storage/models.ts'
import { Library } from '../../src/workers/library.ts'
import { useDataRooms } from './support/data-rooms.ts'

const { base } = useDataRooms()
const PEBBLE = join(import.meta.dirname, '..', '..', 'public', 'models', 'pebble')

/** A model whose weights differ from another's in a bit. */
function model(change = 0): Map<string, ByteSource> {
  const names = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors']
  return new Map(
    names.map((name) => {
      const bytes = new Uint8Array(readFileSync(join(PEBBLE, name)))
      if (name === 'model.safetensors') bytes[bytes.length - 2]! ^= change
      return [name, blobSource(new Blob([bytes]))]
    }),
  )
}

const database = () => openedOnce()()
const library = () => new Library(openedOnce(), base())
const shelf = async () =>
  (await library().list())
    .filter(({ practice }) => !practice)
    .map(({ id, name }) => [id, name])
    .sort()

describe('models are told apart by what is in them', () => {
  test('another of the same name stands beside the first, which is as it was', async () => {
    const first = await library().add(model(1), 'gemma-3-270m')
    expect(first).toMatchObject({ id: 'gemma-3-270m', name: 'gemma-3-270m', known: false })
    const second = await library().add(model(2), 'gemma-3-270m')
    expect(second).toMatchObject({ name: 'gemma-3-270m (2)', known: false, asked: 'gemma-3-270m' })
    expect(second.hash).not.toBe(first.hash)
    expect((await library().open(first.id)).info.hash).toBe(first.hash)
    expect((await library().open(second.id)).info.hash).toBe(second.hash)
    // Case and punctuation tell nobody apart; what it is of does, where that is known.
    expect((await library().add(model(3), 'Gemma 3 270M')).name).toBe('Gemma 3 270M (3)')
    expect((await library().add(model(4), 'gemma-3-270m', {}, { apart: 'Moods' })).name).toBe(
      'gemma-3-270m (Moods)',
    )
    expect((await library().add(model(5), 'gemma-3-270m', {}, { apart: 'Moods' })).name).toBe(
      'gemma-3-270m (Moods, 2)',
    )
    expect(new Set((await shelf()).map(([id]) => id)).size).toBe(5)
  })

  test('names in other scripts are names, and the practice model keeps its own', async () => {
    await library().add(model(1), '我的模型')
    await library().add(model(2), '別的模型')
    await library().add(model(3), 'pebble')
    expect(await shelf()).toEqual([
      ['own-model', '我的模型'],
      ['own-model-2', '別的模型'],
      ['pebble-2', 'pebble (2)'],
    ])
  })

  test('the same bytes are the same model, under a new name too, and are neither stored nor given room again', async () => {
    const first = await library().add(model(1), 'mine')
    const chunks = async () => (await (await database()).getAllKeys('chunks')).map(String)
    const before = await chunks()
    // A browser that is full.
    vi.stubGlobal('navigator', { storage: { estimate: async () => ({ usage: 1e9, quota: 1e9 }) } })
    try {
      const again = await library().add(model(1), 'yours')
      expect(again).toMatchObject({ id: first.id, name: 'mine', known: true, asked: 'yours' })
    } finally {
      vi.unstubAllGlobals()
    }
    expect(await shelf()).toEqual([['mine', 'mine']])
    expect(await chunks()).toEqual(before)
    // From an address that it is known by from then on.
    const origin = { kind: 'hub', repo: 'a/b', commit: 'c'.repeat(40), endpoint: 'https://h.test' } as const
    const known = await library().add(model(1), 'a/b', {}, { origin })
    expect(known).toMatchObject({ id: first.id, name: 'mine', known: true, origin })
    await removeModel(await database(), first.id)
    expect(await library().add(model(1), 'yours')).toMatchObject({ name: 'yours', known: false })
  })

  test('two that are added at once under a name are two, and the same one twice is one', async () => {
    const [a, b] = await Promise.all([library().add(model(1), 'm'), library().add(model(2), 'm')])
    expect([a.name, b.name].sort()).toEqual(['m', 'm (2)'])
    const twice = await Promise.all([library().add(model(3), 'x'), library().add(model(3), 'y')])
    expect(new Set(twice.map(({ id }) => id)).size).toBe(1)
    expect(twice.filter(({ known }) => known)).toHaveLength(1)
  })
})

/** What a crash of the machine or a cleaning program leaves of a stored file. */
const DAMAGES: [what: string, damage: (database: Database, set: string) => Promise<unknown>][] = [
  ['has lost a part', (database, set) => database.delete('chunks', [set, 1])],
  [
    'holds another byte',
    async (database, set) => {
      const bytes = (await database.get('chunks', [set, 0]))!.slice()
      bytes[bytes.length >> 1]! ^= 1
      await database.put('chunks', bytes, [set, 0])
    },
  ],
]

const wholeBytes = async (id: string, name = 'model.safetensors') => {
  const file = (await library().open(id)).files.get(name)!
  return Buffer.from(await file.read(0, file.size))
}
const setOf = async (id: string) =>
  (await (await database()).get('models', id))!.files['model.safetensors']!.set

describe.each(DAMAGES)('a model that %s', (_, damage) => {
  test('is whole again when the same files are added, and so is another of the same weights', async () => {
    const first = await library().add(model(1), 'mine')
    const config = new TextEncoder().encode(
      readFileSync(join(PEBBLE, 'config.json'), 'utf8').replace('{', '{ '),
    )
    const beside = model(1).set('config.json', blobSource(new Blob([config])))
    const second = await library().add(beside, 'beside')
    expect(await setOf(second.id)).toBe(await setOf(first.id))
    const open = await library().open(first.id)
    await damage(await database(), await setOf(first.id))
    const again = await library().add(model(1), 'yours')
    expect(again).toMatchObject({ id: first.id, known: true, mended: true })
    const weights = model(1).get('model.safetensors')!
    const whole = Buffer.from(await weights.read(0, weights.size))
    for (const id of [first.id, second.id]) expect((await wholeBytes(id)).equals(whole)).toBe(true)
    expect(open).not.toBe(await library().open(first.id))
    // What was damaged is gone, and what is whole is not called mended.
    const sets = new Set((await (await database()).getAllKeys('chunks')).map(([set]) => set))
    expect(sets.size).toBe(5)
    expect((await (await database()).getAllKeys('writes')).length).toBe(0)
    expect(await library().add(model(1), 'yours')).toMatchObject({ known: true, mended: false })
  })
})

test('the practice model is stored anew where it has lost a part', async () => {
  const before = await wholeBytes('pebble')
  await (await database()).delete('chunks', [await setOf('pebble'), 1])
  expect((await wholeBytes('pebble')).equals(before)).toBe(true)
})

test('a copy of the practice model is the practice model, be that stored yet or not', async () => {
  const copy = () => {
    const all = model()
    const name = 'generation_config.json'
    return all.set(name, blobSource(new Blob([readFileSync(join(PEBBLE, name))])))
  }
  expect(await library().add(copy(), 'my-pebble')).toMatchObject({
    id: 'pebble',
    known: true,
    practice: true,
  })
  expect((await library().list()).map(({ id }) => id)).toEqual(['pebble'])
  expect(await library().add(copy(), 'my-pebble')).toMatchObject({ id: 'pebble', known: true, mended: false })
})
