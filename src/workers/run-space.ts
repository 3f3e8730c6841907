import { adapterTensors } from '../model/lora.ts'
import { fail } from '../protocol/errors.ts'
import type { ModelConfig } from '../protocol/model.ts'
import type { LoraConfig, RunConfig } from '../protocol/run-config.ts'
import type { RunsSpace } from '../protocol/studio.ts'
import { spaceTaken, sparesBeyond } from '../runs/retention.ts'
import type { Database } from '../storage/database.ts'
import { dropCheckpoints, readRunsLimit, runSpaces } from '../storage/space.ts'
import { heldRuns } from './run-locks.ts'

/** Bytes of a checkpoint: the adapter and both of its optimizer's moments, in float32. */
function checkpointSize(model: ModelConfig, lora: LoraConfig): number {
  return adapterTensors(model, lora).reduce((sum, { shape: [a, b] }) => sum + a * b * 4 * 3, 0)
}

/** What a run keeps when it has ended: its newest checkpoint and its best, or as many as its settings say. */
export function keptSize(
  model: ModelConfig,
  { lora, training }: Pick<RunConfig, 'lora' | 'training'>,
): number {
  return checkpointSize(model, lora) * Math.max(2, training.save_total_limit ?? 0)
}

/** What runs take, and may take; by run. */
export async function spaceOf(database: Database): Promise<RunsSpace> {
  const spaces = await runSpaces(database, await heldRuns())
  return {
    used: spaceTaken(spaces),
    limit: await readRunsLimit(database),
    runs: spaces.map((one) => ({ run: one.id, bytes: spaceTaken([one]) })),
  }
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
