import { For } from 'solid-js'
import type { ModelInfo, ModelUse } from '../../../protocol/studio.ts'
import { ConfirmDelete } from '../../components/ConfirmDelete.tsx'
import { formatBytes } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'

/** A model that may be deleted, and all that hangs on it. */
export interface Removing {
  model: ModelInfo
  use: ModelUse
  /** Another tab has chosen it. */
  elsewhere: boolean
}

/** As many are named; of more, how many there are. */
const NAMED = 5

/** Asks before a model is deleted, and says by name what will not work without it. */
export function RemoveModel(props: { of: Removing | null; onClose: () => void }) {
  const { models, shelf } = useApp()
  return (
    <ConfirmDelete
      title={t('model.removeTitle')}
      what={props.of}
      text={({ model, use }) => t('model.removeText', { name: model.name, size: formatBytes(use.frees) })}
      more={(removing) => <Consequences of={removing} />}
      onDelete={({ model }) => void models.remove(model.id).then(shelf.findStorage)}
      onClose={props.onClose}
    />
  )
}

function Consequences(props: { of: Removing }) {
  const { runs, packs } = useApp()
  const named = (state: ModelUse['runs'][number]['state']) =>
    named5(
      props.of.use.runs.flatMap((one) => {
        const run = one.state === state ? runs.byId(one.run) : null
        return run ? [runs.label(run)] : []
      }),
    )
  const lines = () => {
    const { use, model, elsewhere } = props.of
    const [going, cut, done] = [named('going'), named('interrupted'), named('done')]
    const queues = named5(use.queues)
    const lesson = packs.lesson()?.state === 'left' ? null : packs.lesson()
    // Of a pack, which has a hash for its id, and was opened by a version that did not note the model.
    const unsaid =
      lesson?.model === undefined && /^[0-9a-f]{64}$/.test(lesson?.id ?? '') && model.origin.kind === 'files'
    return [
      going && t('model.removeGoing', { names: going }),
      cut && t('model.removeCut', { names: cut }),
      queues && t('model.removeQueues', { names: queues }),
      done && t('model.removeDone', { names: done }),
      lesson?.model === model.hash && t('model.removeLesson', { name: lesson.title }),
      lesson && unsaid && t('model.removeLessonPerhaps', { name: lesson.title }),
      elsewhere && t('model.removeElsewhere'),
      use.shared > 0 && t('model.removeShared', { size: formatBytes(use.shared) }),
      t(model.origin.kind === 'files' ? 'model.removeOwn' : 'model.removeAgain'),
    ].filter((line) => line !== null && line !== false)
  }
  return (
    <ul class="stack-s">
      <For each={lines()}>{(line) => <li>{line}</li>}</For>
    </ul>
  )
}

function named5(names: readonly string[]): string | null {
  if (names.length === 0) return null
  const shown = names
    .slice(0, NAMED)
    .map((name) => t('model.removeName', { name }))
    .join(t('model.removeJoin'))
  const rest = names.length - NAMED
  return rest > 0 ? t('model.removeMore', { names: shown, count: rest }) : shown
}
