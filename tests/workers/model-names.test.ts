import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { type ByteSource, blobSource } from '../../src/files/bytes.ts'
import { openedOnce } from '../../src/storage/database.ts'
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
