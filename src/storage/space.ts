import type { RunSpace } from '../runs/retention.ts'
import { commit } from './blobs.ts'
import type { Database } from './database.ts'

/** Bytes that runs may take of this browser's storage; null: any. */
export async function readRunsLimit(database: Database): Promise<number | null> {
  return (await database.get('choices', 'runs_limit')) ?? null
}

export async function putRunsLimit(database: Database, bytes: number | null): Promise<void> {
  await commit(database, ['choices'], [], async (tx) => {
    await tx.objectStore('choices').put(bytes, 'runs_limit')
    return []
  })
}

/** What each run takes, by its checkpoints; logs and samples are small beside them. */
export async function runSpaces(database: Database, going: ReadonlySet<string>): Promise<RunSpace[]> {
  const [runs, stored] = await Promise.all([database.getAll('runs'), database.getAll('checkpoints')])
  return runs.map(({ id, created, config }) => {
    const own = stored.filter(({ run }) => run === id)
    // Whoever names a count of checkpoints wants that many.
    const asked = (config.training.save_total_limit ?? null) !== null
    const steps = [...new Set(own.map(({ step }) => step))]
    const checkpoints = steps.map((step) => {
      const same = own.filter((one) => one.step === step)
      const spare = !asked && same.every(({ slot }) => slot !== 'last' && slot !== 'best')
      return { step, bytes: same[0]!.tensors.size, spare }
    })
    return { id, created, going: going.has(id), checkpoints }
  })
}

/** Removes checkpoints of a run, where they are there still. */
export async function dropCheckpoints(
  database: Database,
  run: string,
  steps: readonly number[],
): Promise<void> {
  await commit(database, ['checkpoints'], [], async (tx) => {
    const store = tx.objectStore('checkpoints')
    const gone = (await store.getAll(IDBKeyRange.bound([run, ''], [run, '\uffff']))).filter(
      ({ step, slot }) => steps.includes(step) && slot !== 'last' && slot !== 'best',
    )
    for (const { slot } of gone) await store.delete([run, slot])
    return gone.map(({ tensors }) => tensors)
  })
}
