import type { PreparedInfo } from '../protocol/preparation.ts'
import type { RunConfig } from '../protocol/run-config.ts'
import type { RankMetric, TaskKind } from '../protocol/studio.ts'

type Config = { data: Pick<RunConfig['data'], 'task'> }
type Prepared = Pick<PreparedInfo, 'task'>

/** What a run is for: as its config says, else as its rows show; null where neither is known. */
export function taskKind({ data }: Config, { task }: Prepared): TaskKind | null {
  return data.task ?? task?.guess ?? null
}

/** What may be answered, the most frequent first; null where the task is not to choose one of a few. */
export function labelsOf(config: Config, prepared: Prepared): string[] | null {
  return taskKind(config, prepared) === 'labels' ? (prepared.task?.answers ?? null) : null
}

/** By what runs of a task are ranked where nobody says: labels by how many are chosen right, all else by the held-out loss. */
export function usualMetric(labels: readonly string[] | null): RankMetric {
  return labels === null ? 'eval_loss' : 'accuracy'
}

/** The one answer of all rows held out, where rows to learn from have others: of those nothing is shown. Null: there are several, or none. */
export function onlyHeldLabel({ labels = [] }: Pick<PreparedInfo, 'labels'>): string | null {
  const held = labels.filter(({ count }) => count.validation > 0)
  return held.length === 1 && labels.length > 1 ? held[0]!.label : null
}
