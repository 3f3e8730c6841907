import { DropdownMenu } from '@kobalte/core/dropdown-menu'
import { createSignal, createUniqueId, For, type JSX, Show } from 'solid-js'
import { heldInPlace, pressedWhole } from './held.ts'
import { Icon, type IconName } from './Icon.tsx'
import { type Press, presses } from './Opener.tsx'

/** The menus of Menu.tsx, once they are pressed. */

export interface MenuItem {
  label: string
  icon?: IconName
  danger?: boolean
  /** Why it cannot be pressed now. It takes focus all the same: what a key or a screen reader passes over is never read. */
  why?: string | null
  onSelect: () => void
}

/** Items that are unfolded by a press. */
export interface MenuFold {
  label: string
  icon?: IconName
  items: MenuItem[]
}

/** Of which one is chosen. */
interface Choices {
  /** What is chosen, in words. */
  label: string
  options: { value: string; label: string; icon?: IconName; lang?: string }[]
  value: string
  onChange: (value: string) => void
}

export interface MenuProps {
  label: string
  icon: IconName
  items: (MenuItem | MenuFold)[]
  notes?: string[]
  marked?: boolean
  choices?: Choices
  /** Within a dialog, which hides from screen readers whatever lies outside: a menu that is modal too is not outside. */
  inDialog?: boolean
}

export interface ChoiceMenuProps<T extends string> {
  label: string
  trigger: JSX.Element
  options: { value: T; label: string; icon?: IconName }[]
  value: T
  onChange: (value: T) => void
}

interface Pressed {
  press: Press
}

export function MenuList(props: MenuProps & Pressed) {
  let trigger!: HTMLButtonElement
  presses(() => trigger, props.press)
  const held = heldInPlace()
  return (
    <DropdownMenu
      {...held}
      gutter={4}
      placement="bottom-end"
      preventScroll={false}
      modal={props.inDialog ?? false}
    >
      <DropdownMenu.Trigger
        ref={trigger}
        class="icon-button"
        classList={{ marked: props.marked ?? false }}
        aria-label={props.label}
      >
        <Icon name={props.icon} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content class="menu" ref={pressedWhole}>
          <For each={props.notes}>{(note) => <div class="menu-label menu-note">{note}</div>}</For>
          <For each={props.items}>
            {(item) => ('items' in item ? <Fold {...item} /> : <Item {...item} />)}
          </For>
          <Show when={props.choices}>
            {(choices) => (
              <DropdownMenu.Group>
                <DropdownMenu.GroupLabel class="menu-label">{choices().label}</DropdownMenu.GroupLabel>
                <RadioItems {...choices()} />
              </DropdownMenu.Group>
            )}
          </Show>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu>
  )
}

function Item(props: MenuItem) {
  return (
    <DropdownMenu.Item
      class="menu-item"
      classList={{ danger: props.danger ?? false }}
      {...unpressed(props.why)}
      onSelect={() => props.why || props.onSelect()}
    >
      <Show when={props.icon}>{(name) => <Icon name={name()} size={18} />}</Show>
      <Reasoned label={props.label} why={props.why} />
    </DropdownMenu.Item>
  )
}

/** Of an item that cannot be pressed: it says so, and stays in sight when it is tried. */
export const unpressed = (why: string | null | undefined) => ({
  'aria-disabled': why ? true : undefined,
  closeOnSelect: !why,
})

/** An item's words, with the reason why it cannot be pressed under them. */
export function Reasoned(props: { label: string; why?: string | null | undefined }) {
  return (
    <Show when={props.why} fallback={props.label}>
      {(why) => (
        <div>
          <DropdownMenu.ItemLabel>{props.label}</DropdownMenu.ItemLabel>
          <DropdownMenu.ItemDescription class="option-note">{why()}</DropdownMenu.ItemDescription>
        </div>
      )}
    </Show>
  )
}

/** What is folded away stands below, a step further in, once it is pressed: a second menu beside it would leave a narrow screen. */
function Fold(props: MenuFold) {
  const id = createUniqueId()
  const [open, setOpen] = createSignal(false)
  return (
    <>
      <DropdownMenu.Item
        class="menu-item"
        closeOnSelect={false}
        aria-expanded={open()}
        aria-controls={open() ? id : undefined}
        onSelect={() => setOpen(!open())}
      >
        <Show when={props.icon}>{(name) => <Icon name={name()} size={18} />}</Show>
        {props.label}
        <span class="push menu-turn" classList={{ open: open() }}>
          <Icon name="down" size={16} />
        </span>
      </DropdownMenu.Item>
      <Show when={open()}>
        <DropdownMenu.Group id={id} class="menu-fold" aria-label={props.label}>
          <For each={props.items}>{(item) => <Item {...item} />}</For>
        </DropdownMenu.Group>
      </Show>
    </>
  )
}

export function ChoiceList(props: ChoiceMenuProps<string> & Pressed) {
  let trigger!: HTMLButtonElement
  presses(() => trigger, props.press)
  const held = heldInPlace()
  return (
    <DropdownMenu {...held} gutter={4} placement="bottom-end" preventScroll={false} modal={false}>
      <DropdownMenu.Trigger ref={trigger} class="icon-button" aria-label={props.label}>
        {props.trigger}
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content class="menu" ref={pressedWhole}>
          <RadioItems options={props.options} value={props.value} onChange={props.onChange} />
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu>
  )
}

function RadioItems(props: Omit<Choices, 'label'>) {
  return (
    <DropdownMenu.RadioGroup value={props.value} onChange={props.onChange}>
      <For each={props.options}>
        {(option) => (
          <DropdownMenu.RadioItem class="menu-item" value={option.value} lang={option.lang} closeOnSelect>
            <Show when={option.icon}>{(name) => <Icon name={name()} size={18} />}</Show>
            {option.label}
            <DropdownMenu.ItemIndicator class="push">
              <Icon name="check" size={16} />
            </DropdownMenu.ItemIndicator>
          </DropdownMenu.RadioItem>
        )}
      </For>
    </DropdownMenu.RadioGroup>
  )
}
