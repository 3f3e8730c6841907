import { openDB } from 'idb'
import { layered } from '../../../src/storage/migrations/2.ts'
import { CONFIG_1, makeVersion1 } from './1.ts'

/** A database as version 2 kept it: version 1's stores, models layer by layer, runs with their data set. */
export async function makeVersion2(name: string): Promise<void> {
  await makeVersion1(name)
  const db = await openDB(name, 2)
  await db.put('models', { ...(await db.get('models', 'pebble')), config: layered(CONFIG_1) })
  await db.put('runs', { ...(await db.get('runs', 'r1')), dataset: 'd1' })
  await db.put('runs', { ...(await db.get('runs', 'r2')), dataset: '' })
  db.close()
}

/** Adds models that have files in common, each stored for itself. */
export async function addSharing2(name: string): Promise<void> {
  const db = await openDB(name, 2)
  const ref = (set: string, size: number) => ({ set, size, chunk: 8, hash: 'b'.repeat(64) })
  const sizes = { 'share-1': 5, 'share-2': 5, 'share-3': 5, 'share-long': 6 }
  for (const [set, size] of Object.entries(sizes)) await db.put('chunks', new Uint8Array(size), [set, 0])
  const model = { origin: 'files', created: 1, parameters: 1, practice: false, hash: 'n'.repeat(64) }
  const files = { 'a.safetensors': ref('share-1', 5), 'b.safetensors': ref('share-2', 5) }
  await db.put('models', { ...model, id: 'one', name: 'One', config: layered(CONFIG_1), files })
  const others = { 'a.safetensors': ref('share-3', 5), 'c.safetensors': ref('share-long', 6) }
  await db.put('models', { ...model, id: 'two', name: 'Two', config: layered(CONFIG_1), files: others })
  db.close()
}
