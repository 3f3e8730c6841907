import { DropdownMenu } from '@kobalte/core/dropdown-menu'
import { For, type JSX, Show } from 'solid-js'
import { Icon, type IconName } from './Icon.tsx'

export interface MenuItem {
  label: string
  icon?: IconName
  danger?: boolean
  disabled?: boolean
  onSelect: () => void
}

/** Of which one is chosen. */
interface Choices {
  /** What is chosen, in words. */
  label: string
  options: { value: string; label: string; icon?: IconName; lang?: string }[]
  value: string
  onChange: (value: string) => void
}

/** A menu of actions behind a button; notes are said above them, what can be chosen below, and a mark on the button tells of something new. */
export function Menu(props: {
  label: string
  icon: IconName
  items: MenuItem[]
  notes?: string[]
  marked?: boolean
  choices?: Choices
  /** Within a dialog, which hides from screen readers whatever lies outside: a menu that is modal too is not outside. */
  inDialog?: boolean
}) {
  return (
    <DropdownMenu gutter={4} placement="bottom-end" preventScroll={false} modal={props.inDialog ?? false}>
      <DropdownMenu.Trigger
        class="icon-button"
        classList={{ marked: props.marked ?? false }}
        aria-label={props.label}
      >
        <Icon name={props.icon} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content class="menu">
          <For each={props.notes}>{(note) => <div class="menu-label menu-note">{note}</div>}</For>
          <For each={props.items}>
            {(item) => (
              <DropdownMenu.Item
                class="menu-item"
                classList={{ danger: item.danger ?? false }}
                disabled={item.disabled ?? false}
                onSelect={item.onSelect}
              >
                <Show when={item.icon}>{(name) => <Icon name={name()} size={18} />}</Show>
                {item.label}
              </DropdownMenu.Item>
            )}
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

/** A menu of which one is chosen. */
export function ChoiceMenu<T extends string>(props: {
  label: string
  trigger: JSX.Element
  options: { value: T; label: string; icon?: IconName }[]
  value: T
  onChange: (value: T) => void
}) {
  return (
    <DropdownMenu gutter={4} placement="bottom-end" preventScroll={false} modal={false}>
      <DropdownMenu.Trigger class="icon-button" aria-label={props.label}>
        {props.trigger}
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content class="menu">
          <RadioItems
            options={props.options}
            value={props.value}
            onChange={(value) => props.onChange(value as T)}
          />
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
          <DropdownMenu.RadioItem class="menu-item" value={option.value} lang={option.lang}>
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
