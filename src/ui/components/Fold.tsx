import { createEffect, createSignal, type ParentProps, Show } from 'solid-js'

/**
 * Something further, folded away; drawn when it is first opened, so that what nobody looks at costs nothing.
 * `open`: it unfolds where that becomes true, and is the person's from then on.
 */
export function Fold(props: ParentProps<{ summary: string; small?: boolean; open?: boolean }>) {
  const [opened, setOpened] = createSignal(false)
  let details!: HTMLDetailsElement
  createEffect(() => {
    if (props.open) details.open = true
  })
  return (
    <details class="fold" ref={details} onToggle={(event) => event.currentTarget.open && setOpened(true)}>
      <summary classList={{ small: props.small ?? false }}>{props.summary}</summary>
      <Show when={opened()}>{props.children}</Show>
    </details>
  )
}
