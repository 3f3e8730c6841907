import { type ParentProps, Show } from 'solid-js'
import { isSealed } from '../../protocol/sealed.ts'
import { loadedLater } from '../components/loaded.tsx'

const SealedNote = loadedLater(() => import('./Computer.tsx').then((part) => part.SealedNote))

/** What asks other addresses, or sends something there; sealed, why it is off. */
export function Away(props: ParentProps) {
  return (
    <Show when={!isSealed()} fallback={<SealedNote />}>
      {props.children}
    </Show>
  )
}
