import type { Migration } from './migration.ts'

/** Evaluations of runs, and the rows that each has judged. */
export const evaluations: Migration = async (database) => {
  database.createObjectStore('evaluations', { keyPath: ['run', 'id'] })
  database.createObjectStore('judged')
}
