import { Icon } from './Icon.tsx'
import { loadedLater } from './loaded.tsx'
import type { ChoiceMenuProps, MenuProps } from './MenuList.tsx'
import { Opener } from './Opener.tsx'

export type { MenuFold, MenuItem } from './MenuList.tsx'

const MenuList = loadedLater(() => import('./MenuList.tsx').then((part) => part.MenuList))
const ChoiceList = loadedLater(() => import('./MenuList.tsx').then((part) => part.ChoiceList))

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
