import { createResource, Show } from 'solid-js'
import type { CheckpointInfo, RunInfo } from '../../protocol/studio.ts'
import { Segmented } from '../components/Segmented.tsx'
import { formatLoss } from '../messages/format.ts'
import { t } from '../messages/t.ts'
import { useApp } from '../state/app.tsx'

/** The checkpoints of a run that can be used, and the chosen one: the choice is the run's, wherever it is used. */
export function useCheckpoint(run: () => RunInfo) {
  const { runs } = useApp()
  // A run that goes on saves others, which its events tell first; so does one that has ended in between.
  const state = () => {
    const { id, step, status, unkept } = run()
    return `${id} ${step} ${status} ${unkept ? 'unkept' : ''} ${runs.view(id)?.saved().at(-1) ?? ''}`
  }
  const [read] = createResource(state, async () => {
    const { id } = run()
    return { id, kept: await runs.checkpoints(id) }
  })
  /** A resource keeps what it had of another run while it asks anew; of the same one it stays in view meanwhile. */
  const kept = () => (read.latest?.id === run().id ? read.latest.kept : null)
  const last = () => kept()?.find((checkpoint) => checkpoint.last) ?? null
  /** The best one, where it is not the newest, and the newest is stored as well. */
  const best = () =>
    run().unkept ? null : (kept()?.find((checkpoint) => checkpoint.best && !checkpoint.last) ?? null)
  const which = () => (best() ? runs.chosenOf(run().id, kept()!) : ('last' as const))
  /** Null where it is in memory only, or there is none yet. */
  const chosen = (): CheckpointInfo | null => (run().unkept ? null : which() === 'best' ? best() : last())
  /** Whether it is known which there are. */
  const known = () => kept() !== null
  return { kept, known, last, best, which, chosen }
}

/** Names a checkpoint of a run: the newest, or the one of the lowest validation loss. */
export const checkpointName = (which: 'last' | 'best', step: number): string =>
  t(which === 'best' ? 'export.best' : 'export.last', { step })

/** Newest or best, where they are not the same: what is downloaded and asked. */
export function CheckpointPicker(props: { run: RunInfo; of: ReturnType<typeof useCheckpoint> }) {
  const { runs } = useApp()
  const why = (best: CheckpointInfo) => {
    const last = props.of.last()
    const why = best.offered ?? last?.offered
    return last && why
      ? t(`export.offered.${why}`, {
          best: best.step,
          bestLoss: formatLoss(best.evalLoss ?? Number.NaN),
          last: last.evalStep ?? last.step,
          lastLoss: formatLoss(last.evalLoss ?? Number.NaN),
        })
      : null
  }
  return (
    <Show when={props.of.best()}>
      {(best) => (
        <div class="stack-s checkpoint-picker">
          <Segmented
            label={t('export.which')}
            options={[
              { value: 'last', label: checkpointName('last', props.of.last()?.step ?? props.run.step) },
              { value: 'best', label: checkpointName('best', best().step) },
            ]}
            value={props.of.which()}
            onChange={(which) => runs.choose(props.run.id, which)}
          />
          <Show when={why(best())}>{(text) => <p class="hint">{text()}</p>}</Show>
        </div>
      )}
    </Show>
  )
}
