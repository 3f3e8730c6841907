import { openDB } from 'idb'
import { makeVersion3 } from './3.ts'

/** A database as version 4 kept it: stores for evaluations and the rows that they judged. */
export async function makeVersion4(name: string): Promise<void> {
  await makeVersion3(name)
  const db = await openDB(name, 4, {
    upgrade(database) {
      database.createObjectStore('evaluations', { keyPath: ['run', 'id'] })
      database.createObjectStore('judged')
    },
  })
  db.close()
}
