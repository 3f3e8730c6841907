import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { deleteDB } from 'idb'
import { expect, test } from 'vitest'
import { blobSource } from '../../src/files/bytes.ts'
import { openedOnce } from '../../src/storage/database.ts'
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
