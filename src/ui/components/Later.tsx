import { createSignal, onCleanup, type ParentProps, Show } from 'solid-js'

/** Draws its children a task later: what stands before them is seen first, and no one task holds the page up. */
export function Later(props: ParentProps) {
  const [due, setDue] = createSignal(false)
  const timer = setTimeout(() => setDue(true))
  onCleanup(() => clearTimeout(timer))
  return <Show when={due()}>{props.children}</Show>
}
