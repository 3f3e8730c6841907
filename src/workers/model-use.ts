import type { ModelUse } from '../protocol/studio.ts'
import { waiting } from '../runs/queue.ts'
import { runInfo } from '../runs/record.ts'
import { type BlobRef, type Database, setsOfModel } from '../storage/database.ts'
import { setsOf, unneededTables } from '../storage/models.ts'
import { baseAmong } from './run-base.ts'
import { heldRuns } from './run-locks.ts'

/** What is made with a model, and what deleting it would free. Null where it is not stored. */
export async function useOfModel(database: Database, id: string): Promise<ModelUse | null> {
  const [models, downloads, records, queues, tables] = await Promise.all([
    database.getAll('models'),
    database.getAll('downloads'),
    database.getAll('runs'),
    database.getAll('queues'),
    database.getAll('tokens'),
  ])
  const model = models.find((one) => one.id === id)
  if (!model) return null
  const others = new Set([
    ...models.filter((one) => one !== model).flatMap((one) => setsOfModel(one).map(({ set }) => set)),
    ...downloads.flatMap((download) => setsOf(download).map(({ set }) => set)),
  ])
  const own = new Map(setsOfModel(model).map((ref) => [ref.set, ref]))
  const sizeOf = (refs: readonly BlobRef[]) => refs.reduce((sum, { size }) => sum + size, 0)
  const freed = [...own.values()].filter(({ set }) => !others.has(set))
  const shared = sizeOf([...own.values()]) - sizeOf(freed)
  const held = await heldRuns()
  const ofModel = records.filter((record) => {
    const base = baseAmong(models, record)
    return base.lacks === null && base.id === id
  })
  const runs = ofModel
    .sort((a, b) => b.created - a.created)
    .map(({ id: run, status }): ModelUse['runs'][number] => ({
      run,
      state: held.has(run) ? 'going' : status === 'done' ? 'done' : 'interrupted',
    }))
  const infos = records.map(runInfo)
  const waits = queues.filter(({ base, ...queue }) => {
    const { hash } = base.config.model
    return (
      (hash === null ? base.model === id : hash === model.hash) &&
      waiting({ ...queue, base }, infos).length > 0
    )
  })
  return {
    frees: sizeOf(freed) + sizeOf(unneededTables(model, tables, records).map(({ table }) => table)),
    shared,
    runs,
    queues: waits.map(({ name }) => name),
  }
}
