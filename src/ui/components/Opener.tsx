import { createSignal, type JSX, onMount, type ParentProps, Show } from 'solid-js'

/** How a button was pressed. */
export type Press = 'pointer' | 'key'

/**
 * A button behind which something opens. What opens is fetched and made with the first press on it: few of a page's are ever pressed.
 * @param props.live the same button as it is from then on, which `presses` itself
 */
export function Opener(
  props: ParentProps<{
    class: string
    marked?: boolean
    label: string
    popup: 'menu' | 'dialog'
    load: () => Promise<unknown>
    live: (press: Press) => JSX.Element
  }>,
) {
  const [press, setPress] = createSignal<Press | null>(null)
  const open = (how: Press) => void props.load().then(() => setPress(how))
  return (
    <Show
      when={press()}
      fallback={
        <button
          type="button"
          class={props.class}
          classList={{ marked: props.marked ?? false }}
          aria-label={props.label}
          aria-haspopup={props.popup}
          aria-expanded="false"
          onClick={({ detail }) => open(detail === 0 ? 'key' : 'pointer')}
          onKeyDown={(event) => {
            if (props.popup !== 'menu' || event.key !== 'ArrowDown') return
            event.preventDefault()
            open('key')
          }}
        >
          {props.children}
        </button>
      }
    >
      {(how) => props.live(how())}
    </Show>
  )
}

/** Passes a press on to the button that has taken the pressed one's place. @param trigger gives it, once it is there */
export function presses(trigger: () => HTMLElement, how: Press): void {
  onMount(() => {
    const button = trigger()
    button.focus({ preventScroll: true })
    const event = { bubbles: true, cancelable: true }
    // Menus open while a pointer goes down, and popovers with the click.
    if (button.getAttribute('aria-haspopup') === 'dialog') button.click()
    else if (how === 'key') button.dispatchEvent(new KeyboardEvent('keydown', { ...event, key: 'Enter' }))
    else button.dispatchEvent(new PointerEvent('pointerdown', { ...event, button: 0, pointerType: 'mouse' }))
  })
}
