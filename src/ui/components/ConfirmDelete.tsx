import { type JSX, Show } from 'solid-js'
import { t } from '../messages/t.ts'
import { Button } from './Button.tsx'
import { Dialog } from './Dialog.tsx'

/** Asks before something that cannot be undone. `what` is null while nothing is to be deleted. */
export function ConfirmDelete<Thing extends object>(props: {
  title: string
  what: Thing | null
  text: (what: Thing) => string
  /** What else is to be known before. */
  more?: (what: Thing) => JSX.Element
  onDelete: (what: Thing) => void
  onClose: () => void
}) {
  return (
    <Dialog title={props.title} open={props.what !== null} onOpenChange={(open) => !open && props.onClose()}>
      <Show when={props.what} keyed>
        {(what) => (
          <div class="stack">
            <p>{props.text(what)}</p>
            {props.more?.(what)}
            <div class="row">
              <Button
                kind="danger"
                onClick={() => {
                  props.onClose()
                  props.onDelete(what)
                }}
              >
                {t('action.delete')}
              </Button>
              <Button onClick={() => props.onClose()}>{t('action.keep')}</Button>
            </div>
          </div>
        )}
      </Show>
    </Dialog>
  )
}
