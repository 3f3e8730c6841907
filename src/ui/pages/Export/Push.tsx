import { type Component, createSignal, Show } from 'solid-js'
import { Dynamic } from 'solid-js/web'
import { type Failure, toFailure } from '../../../protocol/errors.ts'
import type { RepositoryKind } from '../../../protocol/rooms/push.ts'
import type { ExportedFile } from '../../../protocol/studio.ts'
import { Button } from '../../components/Button.tsx'
import { FailureNotice } from '../../components/Notice.tsx'
import { t } from '../../messages/t.ts'
import { Away } from '../Away.tsx'
import type { PushDialogProps } from './PushDialog.tsx'

/**
 * The button that opens the dialog of a push, which is loaded with it.
 * @param take makes the files as they are sent; rejects where that was stopped
 * @param title what the commit says
 */
export function Push(props: {
  take: () => Promise<ExportedFile[]>
  /** Questions that its card shows; null: it has none that could. */
  shown: readonly string[] | null
  title: string
  /** What the Hub makes of it. */
  kind: RepositoryKind
  disabled: boolean
}) {
  const [sent, setSent] = createSignal<Pick<PushDialogProps, 'files' | 'title' | 'shown' | 'kind'> | null>(
    null,
  )
  const [taking, setTaking] = createSignal(false)
  const [failure, setFailure] = createSignal<Failure | null>(null)
  let dialog: Component<PushDialogProps> | null = null

  async function open(): Promise<void> {
    const { title, shown, kind } = props
    setFailure(null)
    setTaking(true)
    try {
      dialog = (await import('./PushDialog.tsx')).PushDialog
      setSent({ files: await props.take(), title, shown, kind })
    } catch (error) {
      const problem = toFailure(error)
      if (problem.code !== 'cancelled') setFailure(problem)
    } finally {
      setTaking(false)
    }
  }

  return (
    <>
      <Show when={failure()}>{(problem) => <FailureNotice failure={problem()} />}</Show>
      <Away>
        <Button class="start" disabled={props.disabled || taking()} onClick={() => void open()}>
          {t('push.open')}
        </Button>
      </Away>
      <Show when={sent()} keyed>
        {({ files, title, shown, kind }) => (
          <Dynamic
            component={dialog!}
            files={files}
            title={title}
            shown={shown}
            kind={kind}
            onClose={() => setSent(null)}
          />
        )}
      </Show>
    </>
  )
}
