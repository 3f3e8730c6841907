import { createResource, Show } from 'solid-js'
import type { CheckpointInfo, RunInfo } from '../../protocol/studio.ts'
import { Segmented } from '../components/Segmented.tsx'
import { t } from '../messages/t.ts'
import { useApp } from '../state/app.tsx'

/** The checkpoints of a run that can be used, and the chosen one: the choice is the run's, wherever it is used. */
export function useCheckpoint(run: () => RunInfo) {
  const { studio, runs } = useApp()
  // A run that goes on saves others; so does one that has ended in between.
  const state = () => `${run().id} ${run().step} ${run().status}`
  const [kept] = createResource(state, () => studio.runs.checkpoints(run().id).catch(() => []))
  const last = () => kept.latest?.find((checkpoint) => checkpoint.last) ?? null
  /** The best one, where it is not the newest, and the newest is stored as well. */
  const best = () =>
    run().unkept ? null : (kept.latest?.find((checkpoint) => checkpoint.best && !checkpoint.last) ?? null)
  const which = () => (best() && runs.usesBest(run().id) ? ('best' as const) : ('last' as const))
  /** Null where it is in memory only, or there is none yet. */
  const chosen = (): CheckpointInfo | null => (run().unkept ? null : which() === 'best' ? best() : last())
  return { last, best, which, chosen }
}

/** Names a checkpoint of a run: the newest, or the one of the lowest validation loss. */
export const checkpointName = (which: 'last' | 'best', step: number): string =>
  t(which === 'best' ? 'export.best' : 'export.last', { step })

/** Newest or best, where they are not the same: what is downloaded, asked and gone on with. */
export function CheckpointPicker(props: { run: RunInfo; of: ReturnType<typeof useCheckpoint> }) {
  const { runs } = useApp()
  return (
    <Show when={props.of.best()}>
      {(best) => (
        <Segmented
          label={t('export.which')}
          options={[
            { value: 'last', label: checkpointName('last', props.of.last()?.step ?? props.run.step) },
            { value: 'best', label: checkpointName('best', best().step) },
          ]}
          value={props.of.which()}
          onChange={(which) => runs.useBest(props.run.id, which === 'best')}
        />
      )}
    </Show>
  )
}
