import { For, Show } from 'solid-js'
import type { CheckpointInfo, RunInfo } from '../../../protocol/studio.ts'
import { Button } from '../../components/Button.tsx'
import { Fold } from '../../components/Fold.tsx'
import { formatBytes } from '../../messages/format.ts'
import { validationInWords } from '../../messages/measured.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import type { useCheckpoint } from '../CheckpointPicker.tsx'

/** What is kept of a run, step by step, and what was removed; from any that is kept a new run can begin. */
export function Checkpoints(props: { run: RunInfo; of: ReturnType<typeof useCheckpoint> }) {
  const { runs, opening } = useApp()
  const kept = () => props.of.kept() ?? []
  /** Saved once, and not there any more. */
  const removed = () => {
    const steps = new Set(kept().map(({ step }) => step))
    return (runs.view(props.run.id)?.saved() ?? []).filter((step) => !steps.has(step))
  }
  const limit = () => props.run.config.training.save_total_limit ?? null
  const facts = ({ step, last, best, evalLoss, evalStep, bytes }: CheckpointInfo) =>
    [
      last ? t('checkpoints.newest') : '',
      best ? t('checkpoints.best') : '',
      validationInWords(evalLoss, evalStep, step),
      formatBytes(bytes),
    ]
      .filter(Boolean)
      .join(' · ')
  const begin = (step: number) =>
    void opening.openConfig(
      { ...props.run.config, start: { from: 'run', run: props.run.id, checkpoint: step, hash: null } },
      runs.label(props.run),
    )
  return (
    <Show when={kept().length > 0}>
      <Fold
        summary={t('checkpoints.title', {
          count: kept().length,
          size: formatBytes(kept().reduce((sum, { bytes }) => sum + bytes, 0)),
        })}
      >
        <div class="stack">
          <ul class="stack-s">
            <For each={kept()}>
              {(one) => (
                <li class="row">
                  <span>
                    <b>{t('checkpoints.step', { step: one.step })}</b>{' '}
                    <span class="small quiet">{facts(one)}</span>
                  </span>
                  <span class="push">
                    <Button kind="quiet" onClick={() => begin(one.step)}>
                      {t('checkpoints.begin', { step: one.step })}
                    </Button>
                  </span>
                </li>
              )}
            </For>
          </ul>
          <Show when={removed().length > 0}>
            <p class="hint">
              {limit() === null
                ? t('checkpoints.removed', { count: removed().length, steps: inWords(removed()) })
                : t('checkpoints.removedBy', {
                    count: removed().length,
                    steps: inWords(removed()),
                    limit: limit()!,
                  })}
            </p>
          </Show>
        </div>
      </Fold>
    </Show>
  )
}

/** Steps that are named at most: the last ones. */
const NAMED = 8

const inWords = (steps: readonly number[]) =>
  `${steps.length > NAMED ? '… ' : ''}${steps.slice(-NAMED).join(', ')}`

/** Runs that began with what this one had learnt, and from where. */
export function BegunWith(props: { run: RunInfo }) {
  const { runs } = useApp()
  const begun = () =>
    runs.list().flatMap((run) => {
      const { start } = run.config
      return start.from === 'run' && start.run === props.run.id ? [{ run, of: start.checkpoint }] : []
    })
  return (
    <For each={begun()}>
      {({ run, of }) => (
        <p>
          {typeof of === 'number'
            ? t('checkpoints.begunAt', { name: runs.label(run), step: of })
            : t(of === 'best' ? 'checkpoints.begunBest' : 'checkpoints.begunLast', { name: runs.label(run) })}
        </p>
      )}
    </For>
  )
}
