import { type Component, createSignal, Show } from 'solid-js'
import { Dynamic } from 'solid-js/web'
import { type Failure, toFailure } from '../../../protocol/errors.ts'
import type { ExportedFile } from '../../../protocol/studio.ts'
import { Button } from '../../components/Button.tsx'
import { FailureNotice } from '../../components/Notice.tsx'
import { t } from '../../messages/t.ts'
import type { PushDialogProps } from './PushDialog.tsx'

/**
 * The button that opens the dialog of a push, which is loaded with it.
 * @param files null while there are none
 * @param title what the commit says
 */
export function Push(props: { files: ExportedFile[] | null; title: string }) {
  const [sent, setSent] = createSignal<{ files: ExportedFile[]; title: string } | null>(null)
  const [failure, setFailure] = createSignal<Failure | null>(null)
  let dialog: Component<PushDialogProps> | null = null

  async function open(files: ExportedFile[]): Promise<void> {
    const asked = { files: [...files], title: props.title }
    setFailure(null)
    try {
      dialog = (await import('./PushDialog.tsx')).PushDialog
      setSent(asked)
    } catch (error) {
      setFailure(toFailure(error))
    }
  }

  return (
    <>
      <Show when={failure()}>{(problem) => <FailureNotice failure={problem()} />}</Show>
      <Button class="start" disabled={!props.files} onClick={() => props.files && void open(props.files)}>
        {t('push.open')}
      </Button>
      <Show when={sent()} keyed>
        {({ files, title }) => (
          <Dynamic component={dialog!} files={files} title={title} onClose={() => setSent(null)} />
        )}
      </Show>
    </>
  )
}
