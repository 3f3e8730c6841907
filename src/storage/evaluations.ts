import type { EvaluationInfo, JudgedRow } from '../protocol/studio.ts'
import { commit } from './blobs.ts'
import type { Database } from './database.ts'

/** Everything of a run's evaluations, or of one of them. */
export function partsOf(run: string, ...id: string[]): IDBKeyRange {
  return IDBKeyRange.bound([run, ...id], [run, ...id, []])
}

/** Evaluations of a run, newest first. */
export async function listEvaluations(database: Database, run: string): Promise<EvaluationInfo[]> {
  return (await database.getAll('evaluations', partsOf(run))).sort((a, b) => b.created - a.created)
}

/** Finished evaluations of the same rows in the same way, of whichever run, newest first. */
export async function evaluationsOf(database: Database, rowsKey: string): Promise<EvaluationInfo[]> {
  const all = await database.getAll('evaluations')
  return all
    .filter((info) => info.rowsKey === rowsKey && info.judged === info.total)
    .sort((a, b) => b.created - a.created)
}

/** In the order in which they were judged. */
export async function readJudged(database: Database, run: string, id: string): Promise<JudgedRow[]> {
  return (await database.getAll('judged', partsOf(run, id))).flat()
}

/**
 * Stores rows behind those that are there, and what is known of their evaluation with them. Where the run has been removed meanwhile
 * nothing is stored.
 * @returns whether the run is there
 */
export async function addJudged(
  database: Database,
  info: EvaluationInfo,
  rows: JudgedRow[],
): Promise<boolean> {
  let there = false
  await commit(database, ['runs', 'evaluations', 'judged'], [], async (tx) => {
    there = (await tx.objectStore('runs').getKey(info.run)) !== undefined
    if (!there) return []
    await tx.objectStore('evaluations').put(info)
    if (rows.length > 0)
      await tx.objectStore('judged').put(rows, [info.run, info.id, info.judged - rows.length])
    return []
  })
  return there
}

export async function removeEvaluation(database: Database, run: string, id: string): Promise<void> {
  await commit(database, ['evaluations', 'judged'], [], async (tx) => {
    await tx.objectStore('evaluations').delete([run, id])
    await tx.objectStore('judged').delete(partsOf(run, id))
    return []
  })
}
