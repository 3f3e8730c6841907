import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { deleteDB } from 'idb'
import { expect, test, vi } from 'vitest'
import { blobSource } from '../../src/files/bytes.ts'
import { chunksOf, openDatabase, openedOnce } from '../../src/storage/database.ts'
import { removeModel } from '../../src/storage/models.ts'
import { Library, type OpenModel } from '../../src/workers/library.ts'
import { useDataRooms } from './support/data-rooms.ts'

const { base } = useDataRooms()
const PEBBLE = join(import.meta.dirname, '..', '..', 'public', 'models', 'pebble')

async function configOf({ files }: OpenModel): Promise<string> {
  const config = files.get('config.json')!
  return new TextDecoder().decode(await config.read(0, config.size))
}

test('a model that was open before its storage was deleted is read from where it is stored since', async () => {
  const library = new Library(openedOnce(), base())
  const before = await library.open('pebble')
  await deleteDB('lapidary')
  const after = await library.open('pebble')
  expect(after.info.hash).toBe(before.info.hash)
  expect(await configOf(after)).toContain('"model_type"')
  expect(await library.open('pebble')).toBe(after)
})

test('a model that another worker has removed and added again is read from where it is stored since', async () => {
  const database = openedOnce()
  const names = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors']
  const files = new Map(names.map((name) => [name, blobSource(new Blob([readFileSync(join(PEBBLE, name))]))]))
  const adding = () => new Library(openedOnce(), base()).add(files, 'Mine')
  const library = new Library(database, base())
  const { id } = await adding()
  const before = await library.open(id)
  await removeModel(await database(), id)
  await adding()
  const after = await library.open(id)
  expect(after.info.hash).toBe(before.info.hash)
  expect(await configOf(after)).toContain('"model_type"')
})

test('the tokenizer of a stored model is opened from what is kept of it, and goes with the model', async () => {
  const database = openedOnce()
  const db = await database()
  const files = new Map(
    ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'].map((name) => {
      const parts: BlobPart[] = [readFileSync(join(PEBBLE, name))]
      // As large as those of which it is kept.
      if (name === 'tokenizer.json') parts.push(' '.repeat(4 << 20))
      return [name, blobSource(new Blob(parts))]
    }),
  )
  const { id } = await new Library(database, base()).add(files, 'Large')
  const opened = async () => {
    const model = await new Library(database, base()).open(id)
    const read = vi.spyOn(model.files.get('tokenizer.json')!, 'read')
    const { tokenizer } = await model.chat()
    return { ids: [...tokenizer.encode('Where is the ball?')], reads: read.mock.calls.length }
  }
  const kept = async () => (await db.get('models', id))!.tokenizer!
  const { table, of } = await kept()
  expect(of).toBe((await db.get('models', id))!.files['tokenizer.json']!.hash)
  const first = await opened()
  expect(first.reads).toBe(0)
  expect(first.ids.length).toBeGreaterThan(3)
  // As an older studio leaves it, which knows of no such chunks.
  await db.delete('chunks', chunksOf(table.set))
  const again = await opened()
  expect(again.reads).toBeGreaterThan(0)
  expect(again.ids).toEqual(first.ids)
  expect((await kept()).table.set).not.toBe(table.set)
  expect(await opened()).toEqual({ ids: first.ids, reads: 0 })
  // What is kept survives the next opening of the database, and no removal.
  ;(await openDatabase()).close()
  expect(await opened()).toEqual({ ids: first.ids, reads: 0 })
  const { set } = (await kept()).table
  await removeModel(db, id)
  expect(await db.count('chunks', chunksOf(set))).toBe(0)
})
