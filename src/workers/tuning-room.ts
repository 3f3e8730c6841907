import type { TuningRoom } from '../protocol/studio.ts'
import { listQueues, putQueue, removeQueue } from '../storage/queues.ts'
import { tellKept } from './kept-news.ts'
import { heldRuns, holdRun } from './run-locks.ts'
import type { TrainParts } from './train-parts.ts'

/** Queues are held as runs are, by a name that no run has. */
const lockOf = (queue: string) => `queue ${queue}`

export function tuningRoom({ database }: Pick<TrainParts, 'database'>): TuningRoom {
  /** Those that this tab goes on with. */
  const mine = new Map<string, () => Promise<void>>()
  return {
    async list() {
      const held = await heldRuns()
      return (await listQueues(await database())).map((queue) => ({
        queue,
        held: mine.has(queue.id) || held.has(lockOf(queue.id)),
      }))
    },
    async put(queue) {
      await putQueue(await database(), queue)
      tellKept('queues')
    },
    async remove(queue) {
      await removeQueue(await database(), queue)
      tellKept('queues')
    },
    async take(queue) {
      if (mine.has(queue)) return true
      const release = await holdRun(lockOf(queue))
      if (release) mine.set(queue, release)
      return release !== null
    },
    async release(queue) {
      const release = mine.get(queue)
      mine.delete(queue)
      await release?.()
    },
  }
}
