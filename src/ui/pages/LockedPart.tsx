import { type ParentProps, Show } from 'solid-js'
import type { Lock } from '../../protocol/embed.ts'
import { t } from '../messages/t.ts'
import { useApp } from '../state/app.tsx'

/** A part that may be locked by whoever made the link: it can be read, and nothing in it pressed. */
export function LockedPart(props: ParentProps<{ lock: Lock | undefined }>) {
  const { shown } = useApp()
  const locked = () => props.lock !== undefined && shown.locked(props.lock)
  return (
    <Show when={locked()} fallback={props.children}>
      <fieldset class="locked" disabled>
        <legend class="small quiet">
          {t('lock.title')}. {t('lock.text')}
        </legend>
        {props.children}
      </fieldset>
    </Show>
  )
}
