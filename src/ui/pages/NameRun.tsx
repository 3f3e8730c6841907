import { createSignal, Show } from 'solid-js'
import type { RunInfo } from '../../protocol/studio.ts'
import { Button } from '../components/Button.tsx'
import { Dialog } from '../components/Dialog.tsx'
import { TextField } from '../components/Field.tsx'
import { t } from '../messages/t.ts'
import { useApp } from '../state/app.tsx'

/** A run's name and a note on it. `run` is null while none is to be named. */
export function NameRun(props: { run: RunInfo | null; onClose: () => void }) {
  return (
    <Dialog
      title={t('runs.rename')}
      open={props.run !== null}
      onOpenChange={(open) => !open && props.onClose()}
    >
      <Show when={props.run} keyed>
        {(run) => <Form run={run} onClose={props.onClose} />}
      </Show>
    </Dialog>
  )
}

function Form(props: { run: RunInfo; onClose: () => void }) {
  const { runs } = useApp()
  const [name, setName] = createSignal(props.run.name)
  const [note, setNote] = createSignal(props.run.note ?? '')
  async function save(event: Event): Promise<void> {
    event.preventDefault()
    const { id } = props.run
    props.onClose()
    await runs.update(id, { name: name(), note: note() })
  }
  return (
    <form class="stack" onSubmit={(event) => void save(event)}>
      <TextField label={t('runs.name')} value={name()} onChange={setName} />
      <TextField label={t('runs.note')} value={note()} onChange={setNote} rows={3} />
      <div class="row">
        <Button kind="primary" type="submit" disabled={name().trim() === ''}>
          {t('action.save')}
        </Button>
        <Button onClick={() => props.onClose()}>{t('action.cancel')}</Button>
      </div>
    </form>
  )
}
