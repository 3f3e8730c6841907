import { createSignal, Show } from 'solid-js'
import { isSealed } from '../../protocol/sealed.ts'
import { Button } from '../components/Button.tsx'
import { Dialog } from '../components/Dialog.tsx'
import { Notice } from '../components/Notice.tsx'
import { t } from '../messages/t.ts'
import { useApp } from '../state/app.tsx'
import { isKept, turnSealed } from '../state/sealed.ts'

/** What sealed mode is, a statement about it to be quoted, and its switch. */
export function SealDialog(props: { onClose: () => void }) {
  const { working } = useApp()
  const [copied, setCopied] = createSignal<'yes' | 'no' | null>(null)
  const statement = () => t('sealed.statement', { host: location.host })

  async function copy(): Promise<void> {
    setCopied(
      await navigator.clipboard.writeText(statement()).then(
        () => 'yes' as const,
        // Pages that were not opened over https have no clipboard; the text can be selected.
        () => 'no' as const,
      ),
    )
  }

  return (
    <Dialog title={t('sealed.title')} open onOpenChange={(open) => !open && props.onClose()}>
      <div class="stack">
        <p>{t('sealed.lede')}</p>
        <p>{t('sealed.files')}</p>
        <p>{t(isSealed() && !isKept() ? 'sealed.address' : 'sealed.stays')}</p>
        <figure class="stack-s">
          <figcaption class="small quiet">{t('sealed.quote')}</figcaption>
          <blockquote class="panel">{statement()}</blockquote>
          <div class="row">
            <Button onClick={() => void copy()}>{t('sealed.copy')}</Button>
            <span class="small quiet" role="status">
              {copied() && t(`sealed.copied.${copied()!}`)}
            </span>
          </div>
        </figure>
        <Show when={working()}>
          <Notice tone="info" title={t('sealed.busy')} />
        </Show>
        <p class="small quiet">{t('sealed.reloads')}</p>
        <Button kind="primary" class="start" disabled={working()} onClick={() => turnSealed(!isSealed())}>
          {t(isSealed() ? 'sealed.off' : 'sealed.on')}
        </Button>
      </div>
    </Dialog>
  )
}
