import { createMemo, Show } from 'solid-js'
import { taskOf } from '../../../runs/task.ts'
import { LinkButton } from '../../components/Button.tsx'
import { formatDuration, formatNumber } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { byEpochs } from '../../state/draft.ts'
import { hrefOf } from '../../state/route.ts'

/** What the run that is being set up will do, in one sentence, guessed from data and model. */
export function InWords() {
  const { data, models, draft, settings, training } = useApp()
  const task = createMemo(() => {
    const prepared = data.prepared()
    if (!prepared || !data.mapped()) return null
    const asked = training.questions().filter(({ reference, tools }) => reference || tools)
    return { of: taskOf(prepared.labels, asked, draft.data().text !== null), prepared }
  })
  const what = () => {
    const now = task()!.of
    return now.kind === 'labels' ? t('task.labels', { count: now.count }) : t(`task.${now.kind}`)
  }
  /** How long by its steps or epochs, and by the clock where that was measured here. */
  const length = () => {
    const { max_steps, num_train_epochs } = settings.training
    const size = byEpochs(settings.training) ? num_train_epochs : max_steps
    if (!Number.isFinite(size)) return null
    const said = byEpochs(settings.training)
      ? size === 1
        ? t('task.epoch')
        : t('task.epochs', { epochs: formatNumber(size) })
      : t('task.steps', { count: size })
    const seconds = training.forecast()?.duration?.seconds
    return seconds === undefined ? said : t('task.about', { length: said, time: formatDuration(seconds) })
  }
  return (
    <Show when={models.chosen() && task() && length()}>
      <p class="in-words">
        {t('task.sentence', {
          model: models.chosen()!.name,
          what: what(),
          length: length()!,
        })}{' '}
        <span class="quiet">
          {t(task()!.prepared.estimate ? 'task.rowsAbout' : 'task.rows', {
            count: task()!.prepared.examples.train,
            held: task()!.prepared.examples.validation,
          })}
        </span>{' '}
        <LinkButton kind="quiet" href={hrefOf('data')}>
          {t('task.change')}
        </LinkButton>
      </p>
    </Show>
  )
}
