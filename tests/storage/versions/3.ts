import { openDB } from 'idb'
import { makeVersion2 } from './2.ts'

/** A database as version 3 kept it: stores for downloads and hubs, and models that say where they are from. */
export async function makeVersion3(name: string): Promise<void> {
  await makeVersion2(name)
  const db = await openDB(name, 3, {
    upgrade(database) {
      database.createObjectStore('downloads', { keyPath: 'id' })
      database.createObjectStore('hubs', { keyPath: 'endpoint' })
    },
  })
  const model = await db.get('models', 'pebble')
  await db.put('models', { ...model, origin: { kind: 'bundled' }, licence: null, template: null })
  db.close()
}
