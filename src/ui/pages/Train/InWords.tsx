import { createMemo, Show } from 'solid-js'
import type { PreparedInfo } from '../../../protocol/studio.ts'
import { taskKind } from '../../../runs/task.ts'
import { LinkButton } from '../../components/Button.tsx'
import { formatDuration, formatNumber } from '../../messages/format.ts'
import { gap } from '../../messages/sentences.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { byEpochs } from '../../state/draft.ts'
import { hrefOf } from '../../state/route.ts'
import { TaskMenu } from './TaskMenu.tsx'
import { whyNot } from './task-words.ts'

const rowsSaid = ({ estimate, examples }: PreparedInfo) => {
  if (examples.validation === 0) return 'task.rowsAlone'
  return estimate ? 'task.rowsAbout' : 'task.rows'
}

/** Stands where the menu goes within the sentence. */
const WHAT = '\u0000'

/** What the run that is being set up will do, in one sentence: guessed from its data, and changed by the menu in it. */
export function InWords() {
  const { data, models, draft, settings, training } = useApp()
  const task = createMemo(() => {
    const prepared = data.prepared()
    if (!prepared?.task || !data.mapped()) return null
    const kind = taskKind({ data: draft.data() }, prepared)
    return kind && { kind, outlook: prepared.task, prepared }
  })
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
  const rows = ({ prepared }: { prepared: PreparedInfo }) =>
    t(rowsSaid(prepared), { count: prepared.examples.train, held: prepared.examples.validation })
  const around = () =>
    t('task.sentence', { model: models.chosen()!.name, what: WHAT, length: length()! }).split(WHAT)
  return (
    <Show when={models.chosen() && length() ? task() : null}>
      {(now) => (
        <div>
          <p class="in-words">
            {around()[0]}
            {/* No line begins with the mark behind it. */}
            <span class="with-mark">
              <TaskMenu
                kind={now().kind}
                outlook={now().outlook}
                onChange={(kind) => data.setTask(kind === now().outlook.guess ? null : kind)}
              />
              {around()[1]!.slice(0, 1)}
            </span>
            {around()[1]!.slice(1)}
            {gap(around()[1]!)}
            <span class="quiet">{rows(now())}</span>
            {gap(rows(now()))}
            <LinkButton kind="quiet" href={hrefOf('data')}>
              {t('task.change')}
            </LinkButton>
          </p>
          <Show when={whyNot(now().kind, now().outlook)}>
            {(why) => <p class="field-error">{t('task.impossible', { why: why() })}</p>}
          </Show>
        </div>
      )}
    </Show>
  )
}
