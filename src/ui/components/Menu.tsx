import type { JSX } from 'solid-js'
import { Icon, type IconName } from './Icon.tsx'
import { loadedLater } from './loaded.tsx'
import { Opener } from './Opener.tsx'

const MenuList = loadedLater(() => import('./MenuList.tsx').then((part) => part.MenuList))
const ChoiceList = loadedLater(() => import('./MenuList.tsx').then((part) => part.ChoiceList))

export interface MenuItem {
  label: string
  icon?: IconName
  danger?: boolean
  disabled?: boolean
  onSelect: () => void
}

/** Items that are unfolded by a press. */
export interface MenuFold {
  label: string
  icon?: IconName
  items: MenuItem[]
}

/** Of which one is chosen. */
export interface Choices {
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

/** A menu of actions behind a button; notes are said above them, what can be chosen below, and a mark on the button tells of something new. */
export function Menu(props: MenuProps) {
  return (
    <Opener
      class="icon-button"
      marked={props.marked ?? false}
      label={props.label}
      popup="menu"
      load={MenuList.preload}
      live={(press) => <MenuList {...props} press={press} />}
    >
      <Icon name={props.icon} />
    </Opener>
  )
}

export interface ChoiceMenuProps<T extends string> {
  label: string
  trigger: JSX.Element
  options: { value: T; label: string; icon?: IconName }[]
  value: T
  onChange: (value: T) => void
}

/** A menu of which one is chosen. */
export function ChoiceMenu<T extends string>(props: ChoiceMenuProps<T>) {
  return (
    <Opener
      class="icon-button"
      label={props.label}
      popup="menu"
      load={ChoiceList.preload}
      live={(press) => (
        <ChoiceList {...props} onChange={(value: string) => props.onChange(value as T)} press={press} />
      )}
    >
      {props.trigger}
    </Opener>
  )
}
