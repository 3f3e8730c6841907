import { Show } from 'solid-js'
import type { QueueInfo, Trial } from '../../../../protocol/studio.ts'
import { scoreBy } from '../../../../runs/ranking.ts'
import { Button, IconButton } from '../../../components/Button.tsx'
import { Table, type TableColumn } from '../../../components/Table.tsx'
import { saidWhole } from '../../../messages/said.ts'
import { t } from '../../../messages/t.ts'
import { useApp } from '../../../state/app.tsx'
import type { TuningState } from '../../../state/tuning.ts'
import { formatScore, trialName } from './Ranks.tsx'

/** The runs of a queue in the order in which they go, each with what can be done with it. */
export function Trials(props: { info: QueueInfo; tuning: TuningState }) {
  const { runs, training, tuning, shown, opening } = useApp()
  const queue = () => props.info.queue
  const state = (trial: Trial) => props.tuning.stateOf(props.info, trial)
  const score = (trial: Trial) => {
    const found = props.tuning.scoredOf(queue().id).find((one) => one.trial.key === trial.key)
    const value = found ? scoreBy(queue().metric, found) : null
    return value === null ? '–' : formatScore(queue().metric, value)
  }
  const movable = () => queue().trials.filter((trial) => state(trial) === 'waiting')
  const place = (trial: Trial) => movable().findIndex(({ key }) => key === trial.key)
  const elsewhere = () => props.info.held && props.tuning.going() !== queue().id
  async function show(trial: Trial): Promise<void> {
    const run = props.tuning.runOf(props.info, trial)
    if (!run) return
    tuning.show(false)
    if (training.busy()) return
    runs.show(run.id)
    await runs.load(run.id)
  }
  function use(trial: Trial): void {
    const run = props.tuning.runOf(props.info, trial)
    if (!run) return
    tuning.show(false)
    void opening.openConfig(run.config, runs.label(run))
  }
  const columns = (): TableColumn<Trial>[] => [
    { id: 'name', head: t('tune.trial'), cell: trialName },
    {
      id: 'state',
      head: t('tune.trialState'),
      cell: (trial) => (
        <>
          {t(`tune.trialIs.${state(trial)}`)}
          <Show when={props.tuning.runOf(props.info, trial)?.failure ?? trial.failure}>
            {(failure) => <p class="small field-error">{saidWhole(failure())}</p>}
          </Show>
        </>
      ),
    },
    { id: 'score', head: t('tune.score'), cell: score, number: true },
    {
      id: 'do',
      head: <span class="visually-hidden">{t('tune.do')}</span>,
      cell: (trial) => (
        <div class="row">
          <Show when={state(trial) === 'waiting' && !elsewhere()}>
            <IconButton
              icon="up"
              label={t('tune.up', { name: trialName(trial) })}
              disabled={place(trial) <= 0}
              onClick={() => void props.tuning.move(queue().id, trial.key, -1)}
            />
            <IconButton
              icon="down"
              label={t('tune.down', { name: trialName(trial) })}
              disabled={place(trial) >= movable().length - 1}
              onClick={() => void props.tuning.move(queue().id, trial.key, 1)}
            />
            <IconButton
              icon="close"
              label={t('tune.drop', { name: trialName(trial) })}
              onClick={() => void props.tuning.drop(queue().id, trial.key)}
            />
          </Show>
          <Show when={state(trial) === 'failed' && !elsewhere()}>
            <IconButton
              icon="undo"
              label={t('tune.again', { name: trialName(trial) })}
              onClick={() => void props.tuning.again(queue().id, trial.key)}
            />
          </Show>
          <Show when={props.tuning.runOf(props.info, trial)}>
            <Button
              kind="quiet"
              aria-label={t('tune.showRun', { name: trialName(trial) })}
              disabled={training.busy() && state(trial) !== 'running'}
              onClick={() => void show(trial)}
            >
              {t('tune.show')}
            </Button>
            <Show when={!shown.anyLocked && state(trial) === 'done'}>
              <Button kind="quiet" disabled={training.busy()} onClick={() => use(trial)}>
                {t('tune.use')}
              </Button>
            </Show>
          </Show>
        </div>
      ),
    },
  ]
  return <Table label={t('tune.trials')} columns={columns()} rows={queue().trials} dense stacks />
}
