import type { Migration } from './migration.ts'

/** Queues of runs, and what a person has chosen of this browser's storage. */
export const queues: Migration = async (database) => {
  database.createObjectStore('queues', { keyPath: 'id' })
  database.createObjectStore('choices')
}
