import { fail } from '../protocol/errors.ts'
import type { RunsSpace } from '../protocol/studio.ts'
import { spaceTaken, sparesBeyond } from '../runs/retention.ts'
import type { Database } from '../storage/database.ts'
import { dropCheckpoints, putRunsLimit, readRunsLimit, runSpaces } from '../storage/space.ts'
import { heldRuns } from './run-locks.ts'

/** What runs take, and may take; by run. */
export async function spaceOf(database: Database): Promise<RunsSpace> {
  const spaces = await runSpaces(database, await heldRuns())
  return {
    used: spaceTaken(spaces),
    limit: await readRunsLimit(database),
    runs: spaces.map((one) => ({ run: one.id, bytes: spaceTaken([one]) })),
  }
}

/** @param bytes that runs may take from now on; null: any */
export async function limitRuns(database: Database, bytes: number | null): Promise<RunsSpace> {
  await putRunsLimit(database, bytes)
  await keepWithin(database)
  return spaceOf(database)
}

/**
 * Keeps runs within their limit: spare checkpoints of older ones go.
 * @param need bytes of a run that is to begin
 * @throws LapidaryError `quota_exceeded` where that is not enough for it
 */
export async function keepWithin(database: Database, need = 0): Promise<void> {
  const limit = await readRunsLimit(database)
  if (limit === null) return
  const spaces = await runSpaces(database, await heldRuns())
  for (const { run, steps } of sparesBeyond(spaces, limit, need)) await dropCheckpoints(database, run, steps)
  const used = spaceTaken(await runSpaces(database, new Set()))
  if (need > 0 && used + need > limit)
    fail(
      'quota_exceeded',
      `Runs take ${inMegabytes(used)} of the ${inMegabytes(limit)} that they may, and this one needs about ${inMegabytes(need)}.`,
      'Delete runs that you need no more, or allow more, in the list of runs.',
      { used, limit, need },
    )
}

const inMegabytes = (bytes: number): string => `${Number((bytes / 1e6).toPrecision(3))} MB`
