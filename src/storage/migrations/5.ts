import type { Migration } from './migration.ts'

/** Queues of runs. */
export const queues: Migration = async (database) => {
  database.createObjectStore('queues', { keyPath: 'id' })
}
