import { DropdownMenu } from '@kobalte/core/dropdown-menu'
import { For, Show } from 'solid-js'
import type { PreparedInfo, TaskKind } from '../../../protocol/studio.ts'
import { Icon } from '../../components/Icon.tsx'
import { t } from '../../messages/t.ts'

/** The tasks in the order of the menu. */
const KINDS: readonly TaskKind[] = ['labels', 'text', 'json', 'calls', 'plain']

/** A task as it stands in the sentence. */
export function taskInWords(kind: TaskKind, { answers }: NonNullable<PreparedInfo['task']>): string {
  if (kind !== 'labels') return t(`task.${kind}`)
  return answers ? t('task.labels', { count: answers.length }) : t('task.someLabels')
}

/** Why the rows are not of a kind; null where they can be. */
export function whyNot(kind: TaskKind, { ruledOut }: NonNullable<PreparedInfo['task']>): string | null {
  const out = ruledOut[kind]
  return out ? t(`task.not.${out.why}`, { count: out.count ?? 0, most: out.most ?? 0 }) : null
}

/** What the run is for, within the sentence that says it: pressed, it shows what else it could be, and why what cannot be chosen cannot. */
export function TaskMenu(props: {
  kind: TaskKind
  outlook: NonNullable<PreparedInfo['task']>
  onChange: (kind: TaskKind) => void
}) {
  const inWords = (kind: TaskKind) =>
    kind === props.outlook.guess
      ? t('task.guessed', { what: taskInWords(kind, props.outlook) })
      : taskInWords(kind, props.outlook)
  return (
    <DropdownMenu gutter={4} placement="bottom-start" preventScroll={false} modal={false}>
      <DropdownMenu.Trigger
        class="in-sentence"
        aria-label={t('task.choose', { what: taskInWords(props.kind, props.outlook) })}
      >
        {taskInWords(props.kind, props.outlook)}
        <Icon name="down" size={16} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content class="menu">
          <DropdownMenu.RadioGroup value={props.kind} onChange={(kind) => props.onChange(kind as TaskKind)}>
            <For each={KINDS}>
              {(kind) => (
                <DropdownMenu.RadioItem
                  class="menu-item"
                  value={kind}
                  disabled={whyNot(kind, props.outlook) !== null}
                >
                  <div>
                    <DropdownMenu.ItemLabel>{inWords(kind)}</DropdownMenu.ItemLabel>
                    <Show when={whyNot(kind, props.outlook)}>
                      {(why) => (
                        <DropdownMenu.ItemDescription class="option-note">
                          {why()}
                        </DropdownMenu.ItemDescription>
                      )}
                    </Show>
                  </div>
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
