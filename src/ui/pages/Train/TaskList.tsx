import { DropdownMenu } from '@kobalte/core/dropdown-menu'
import { For } from 'solid-js'
import type { TaskKind } from '../../../protocol/studio.ts'
import { heldInPlace, pressedWhole } from '../../components/held.ts'
import { Icon } from '../../components/Icon.tsx'
import { Reasoned, unpressed } from '../../components/MenuList.tsx'
import { type Press, presses } from '../../components/Opener.tsx'
import { t } from '../../messages/t.ts'
import { type TaskMenuProps, taskInWords, taskLabel, whyNot } from './task-words.ts'

/** The tasks in the order of the menu. */
const KINDS: readonly TaskKind[] = ['labels', 'text', 'json', 'calls', 'plain']

/** The menu of TaskMenu.tsx, once it is pressed. */
export function TaskList(props: TaskMenuProps & { press: Press }) {
  let trigger!: HTMLButtonElement
  presses(() => trigger, props.press)
  const held = heldInPlace()
  const inWords = (kind: TaskKind) =>
    kind === props.outlook.guess
      ? t('task.guessed', { what: taskInWords(kind, props.outlook) })
      : taskInWords(kind, props.outlook)
  function choose(kind: string): void {
    if (!whyNot(kind as TaskKind, props.outlook)) props.onChange(kind as TaskKind)
  }
  return (
    <DropdownMenu {...held} gutter={4} placement="bottom-start" preventScroll={false} modal={false}>
      <DropdownMenu.Trigger ref={trigger} class="in-sentence" aria-label={taskLabel(props)}>
        {taskInWords(props.kind, props.outlook)}
        <Icon name="down" size={16} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content class="menu task-menu" ref={pressedWhole}>
          <DropdownMenu.RadioGroup value={props.kind} onChange={choose}>
            <For each={KINDS}>
              {(kind) => (
                <DropdownMenu.RadioItem
                  class="menu-item"
                  value={kind}
                  {...unpressed(whyNot(kind, props.outlook))}
                >
                  <Reasoned label={inWords(kind)} why={whyNot(kind, props.outlook)} />
                  <DropdownMenu.ItemIndicator class="push">
                    <Icon name="check" size={16} />
                  </DropdownMenu.ItemIndicator>
                </DropdownMenu.RadioItem>
              )}
            </For>
          </DropdownMenu.RadioGroup>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu>
  )
}
