import type { KeptKind, KeptRoom } from '../protocol/rooms/kept.ts'
import { type BlobRef, type Database, setsOfModel } from '../storage/database.ts'
import { downloadedBytes } from '../storage/downloads.ts'
import { hearKept } from './kept-news.ts'

/** Says what is kept, for who is about to have it removed. */
export function keptRoom({ database }: { database: () => Promise<Database> }): KeptRoom {
  return {
    async follow(onNews, { signal } = {}) {
      hearKept(onNews, signal)
    },

    async things() {
      const db = await database()
      // Values that are named twice are there once.
      const counted = new Set<string>()
      const sizeOf = (refs: readonly BlobRef[]) =>
        refs.reduce((sum, { set, size }) => {
          if (counted.has(set)) return sum
          counted.add(set)
          return sum + size
        }, 0)
      const kind = (count: number, refs: readonly BlobRef[]): KeptKind => ({ count, bytes: sizeOf(refs) })
      const models = await db.getAll('models')
      const datasets = await db.getAll('datasets')
      const tokens = await db.getAll('tokens')
      const checkpoints = await db.getAll('checkpoints')
      const downloads = await db.getAll('downloads')
      const arrived = await Promise.all(downloads.map((download) => downloadedBytes(db, download)))
      return {
        data: kind(datasets.length, [
          ...datasets.map(({ rows }) => rows),
          ...tokens.map(({ table }) => table),
        ]),
        models: kind(
          models.length,
          models.flatMap((model) => setsOfModel(model)),
        ),
        downloads: { count: downloads.length, bytes: arrived.reduce((sum, bytes) => sum + bytes, 0) },
        runs: kind(
          await db.count('runs'),
          checkpoints.map(({ tensors }) => tensors),
        ),
        tokens: await db.count('hubs'),
      }
    },
  }
}
