import type { Migration } from './migration.ts'

/** The first version: chunks of large values, and the records that name them. */
export const first: Migration = async (database) => {
  database.createObjectStore('chunks')
  database.createObjectStore('writes')
  for (const store of ['models', 'datasets', 'tokens', 'runs'])
    database.createObjectStore(store, { keyPath: 'id' })
  database.createObjectStore('events')
  database.createObjectStore('checkpoints', { keyPath: ['run', 'slot'] })
  database.createObjectStore('devices', { keyPath: 'device' })
}
