import { createSignal, For, Show } from 'solid-js'
import type { QueueInfo } from '../../../../protocol/studio.ts'
import { Button } from '../../../components/Button.tsx'
import { ConfirmDelete } from '../../../components/ConfirmDelete.tsx'
import { FailureNotice } from '../../../components/Notice.tsx'
import { PageHead } from '../../../components/Page.tsx'
import { t } from '../../../messages/t.ts'
import { useApp } from '../../../state/app.tsx'
import type { TuningState } from '../../../state/tuning.ts'
import { LockedPart } from '../../LockedPart.tsx'
import { QueueCard } from './QueueCard.tsx'
import { QueueForm } from './QueueForm.tsx'

/** Queues of runs: one is set up, those that there are go on, and what came of them. */
export function TuningPage() {
  const { tuning } = useApp()
  return (
    <>
      <PageHead
        title={t('tune.title')}
        lede={t('tune.lede')}
        action={
          <Button icon="left" onClick={() => tuning.show(false)}>
            {t('tune.back')}
          </Button>
        }
      />
      <Show when={tuning.state()}>{(state) => <Queues tuning={state()} />}</Show>
    </>
  )
}

function Queues(props: { tuning: TuningState }) {
  const [removing, setRemoving] = createSignal<QueueInfo['queue'] | null>(null)
  return (
    <div class="stack-l">
      <Show when={props.tuning.failure()}>
        {(failure) => <FailureNotice failure={failure()} onDismiss={props.tuning.dismiss} />}
      </Show>
      <Show when={props.tuning.going() === null}>
        <LockedPart lock="train">
          <QueueForm tuning={props.tuning} />
        </LockedPart>
      </Show>
      {/* A card stays what it is while its queue is told anew. */}
      <For each={props.tuning.queues().map(({ queue }) => queue.id)}>
        {(id) => (
          <Show when={props.tuning.queues().find(({ queue }) => queue.id === id)}>
            {(info) => (
              <QueueCard info={info()} tuning={props.tuning} onRemove={() => setRemoving(info().queue)} />
            )}
          </Show>
        )}
      </For>
      <ConfirmDelete
        title={t('tune.removeTitle')}
        what={removing()}
        text={({ name }) => t('tune.removeText', { name })}
        onDelete={({ id }) => void props.tuning.remove(id)}
        onClose={() => setRemoving(null)}
      />
    </div>
  )
}
