import { createMemo, Show } from 'solid-js'
import type { QueueInfo } from '../../../../protocol/studio.ts'
import { inOrder, rank } from '../../../../runs/ranking.ts'
import { rankingCsv } from '../../../../runs/ranking-csv.ts'
import { Button } from '../../../components/Button.tsx'
import { Fold } from '../../../components/Fold.tsx'
import { FailureNotice } from '../../../components/Notice.tsx'
import { Section } from '../../../components/Page.tsx'
import { Progress } from '../../../components/Progress.tsx'
import { formatDuration, formatShare, formatTime } from '../../../messages/format.ts'
import { t } from '../../../messages/t.ts'
import { useApp } from '../../../state/app.tsx'
import { fileName, save } from '../../../state/save.ts'
import type { TuningState } from '../../../state/tuning.ts'
import { RunFacts } from '../../RunFacts.tsx'
import { MoreData } from './MoreData.tsx'
import { Ranks, trialName } from './Ranks.tsx'
import { Trials } from './Trials.tsx'

/** A queue: how far it is, what came of it so far, and its runs. */
export function QueueCard(props: { info: QueueInfo; tuning: TuningState; onRemove: () => void }) {
  const { training, runs, tuning, models } = useApp()
  const queue = () => props.info.queue
  const base = () => queue().base.config
  const modelName = () => models.byId(base().model.id)?.name ?? base().model.id
  const here = () => props.tuning.going() === queue().id
  const elsewhere = () => props.info.held && !here()
  const waiting = () => props.tuning.waiting(props.info).length
  const done = () => queue().trials.filter((one) => props.tuning.stateOf(props.info, one) === 'done').length
  const ranked = createMemo(() =>
    inOrder(queue().kind, rank(props.tuning.scoredOf(queue().id), queue().metric)),
  )
  const state = () => {
    if (here()) return t('tune.state.going')
    if (elsewhere()) return t('tune.state.elsewhere')
    return t(waiting() > 0 ? 'tune.state.paused' : 'tune.state.done')
  }
  const facts = () => {
    const left = here() || waiting() > 0 ? props.tuning.secondsLeft(props.info) : null
    return [
      state(),
      t('tune.progress', { done: done(), count: queue().trials.length }),
      !left ? '' : t('tune.left', { time: formatDuration(left) }),
      formatTime(queue().created),
    ]
      .filter(Boolean)
      .join(' · ')
  }
  const now = () => {
    const trial = props.tuning.trial()
    if (!trial) return ''
    const step = training.latest()
    return step
      ? t('tune.now', { name: trialName(trial), step: step.step, count: step.max_steps })
      : t('tune.nowBegins', { name: trialName(trial) })
  }
  /** Of all runs, the one under way as far as it is. */
  const share = () => {
    const step = props.tuning.trial() ? training.latest() : null
    const part = step && training.busy() ? step.step / step.max_steps : 0
    return Math.min(1, (done() + part) / Math.max(1, queue().trials.length))
  }
  const csv = () =>
    save(
      new Blob([rankingCsv(queue(), ranked(), runs.list())], { type: 'text/csv' }),
      `${fileName(queue().name)}.csv`,
    )
  return (
    <Section title={queue().name} lede={facts()}>
      <Show when={queue().failure}>{(failure) => <FailureNotice failure={failure()} />}</Show>
      <Show when={here()}>
        <Progress
          label={
            props.tuning.judging() === null
              ? now()
              : t('tune.judging', { share: formatShare(props.tuning.judging()!) })
          }
          share={share()}
        />
      </Show>
      <div class="row">
        <Show when={here()}>
          <Button icon="stop" disabled={props.tuning.stopping()} onClick={() => void props.tuning.stop()}>
            {t('tune.stop')}
          </Button>
          <Show when={training.busy()}>
            <Button kind="quiet" onClick={() => tuning.show(false)}>
              {t('tune.watch')}
            </Button>
          </Show>
        </Show>
        <Show when={!here() && waiting() > 0}>
          <Button
            icon="play"
            disabled={elsewhere() || training.busy() || props.tuning.going() !== null}
            onClick={() => void props.tuning.goOn(queue().id)}
          >
            {t('tune.goOn')}
          </Button>
        </Show>
        <Show when={done() > 0}>
          <Button kind="quiet" onClick={csv}>
            {t('tune.csv')}
          </Button>
        </Show>
        <Show when={!here()}>
          <Button kind="quiet" icon="trash" disabled={elsewhere()} onClick={props.onRemove}>
            {t('tune.remove')}
          </Button>
        </Show>
      </div>
      <Show when={queue().kind === 'learning_curve'}>
        <MoreData queue={queue()} ranked={ranked()} />
      </Show>
      <Show when={ranked().some(({ mean }) => mean !== null)}>
        <Ranks queue={queue()} ranked={ranked()} />
      </Show>
      <Show
        when={here() || waiting() > 0}
        fallback={
          <Fold summary={t('tune.trials')}>
            <Trials info={props.info} tuning={props.tuning} />
          </Fold>
        }
      >
        <Trials info={props.info} tuning={props.tuning} />
      </Show>
      <Fold summary={t('tune.base.of', { data: base().data.name, model: modelName() })}>
        <RunFacts config={base()} />
      </Fold>
    </Section>
  )
}
