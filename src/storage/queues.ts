import type { Queue } from '../protocol/studio.ts'
import { commit } from './blobs.ts'
import type { Database } from './database.ts'

/** Newest first. */
export async function listQueues(database: Database): Promise<Queue[]> {
  return (await database.getAll('queues')).sort((a, b) => b.created - a.created)
}

export async function putQueue(database: Database, queue: Queue): Promise<void> {
  await commit(database, ['queues'], [], async (tx) => {
    await tx.objectStore('queues').put(queue)
    return []
  })
}

/** Its runs are kept. */
export async function removeQueue(database: Database, id: string): Promise<void> {
  await commit(database, ['queues'], [], async (tx) => {
    await tx.objectStore('queues').delete(id)
    return []
  })
}
