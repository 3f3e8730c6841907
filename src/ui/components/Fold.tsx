import { createSignal, type ParentProps, Show } from 'solid-js'

/** Something further, folded away; drawn when it is first opened, so that what nobody looks at costs nothing. */
export function Fold(props: ParentProps<{ summary: string; small?: boolean; open?: boolean }>) {
  const [opened, setOpened] = createSignal(false)
  return (
    <details
      class="fold"
      open={props.open ?? false}
      onToggle={(event) => event.currentTarget.open && setOpened(true)}
    >
      <summary classList={{ small: props.small ?? false }}>{props.summary}</summary>
      <Show when={opened()}>{props.children}</Show>
    </details>
  )
}
