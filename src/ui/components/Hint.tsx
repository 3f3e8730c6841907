import { Show } from 'solid-js'
import { t } from '../messages/t.ts'
import { useApp } from '../state/app.tsx'
import type { HintId } from '../state/hints.ts'
import { IconButton } from './Button.tsx'
import { Icon } from './Icon.tsx'

/** A word to someone who is here for the first time, beside what it speaks of. In nobody's way, and gone at one press. */
export function Hint(props: { id: HintId }) {
  const { hints } = useApp()
  return (
    <Show when={hints.shows(props.id)}>
      <div class="notice info">
        <Icon name="info" />
        <p class="notice-body">{t(`hints.${props.id}`)}</p>
        <IconButton icon="close" label={t('hints.hide')} onClick={() => hints.hide(props.id)} />
      </div>
    </Show>
  )
}
