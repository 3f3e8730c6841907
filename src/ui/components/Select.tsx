import { createMemo, createSignal, createUniqueId, For, mergeProps, Show } from 'solid-js'
import { t } from '../messages/t.ts'
import { Field, type FieldIds } from './Field.tsx'
import { loadedLater } from './loaded.tsx'
import { MOST_LISTED, matching } from './matching.ts'
import type { Option, SelectProps } from './SelectListed.tsx'

export type { Option }

/** A first visit shows none. */
const Listed = loadedLater(() => import('./SelectListed.tsx').then((part) => part.SelectListed))

/** One of a list, in a drop-down that works by keyboard and type-ahead; of a long list, by typing its name. */
export function Select<T extends string>(props: SelectProps<T>) {
  // Asked for once: a list of thousands is made anew each time.
  const options = createMemo(() => props.options)
  const once = mergeProps(props, {
    get options() {
      return options()
    },
  })
  return (
    <Show
      when={options().length > MOST_LISTED}
      fallback={<Listed {...(once as unknown as SelectProps<string>)} />}
    >
      <Named {...once} />
    </Show>
  )
}

function Named<T extends string>(props: SelectProps<T>) {
  const listId = createUniqueId()
  const [letters, setLetters] = createSignal('')
  const [unknown, setUnknown] = createSignal(false)
  const labels = createMemo(() => props.options.map(({ label }) => label))
  const chosen = () => props.options.find(({ value }) => value === props.value)?.label ?? ''
  const take = (name: string) => {
    const found = props.options.findLast(({ label }) => label === name)
    setUnknown(!found)
    setLetters('')
    if (found && found.value !== props.value) props.onChange(found.value)
  }
  const control = (ids?: FieldIds) => (
    <>
      <input
        type="text"
        class="text-input"
        list={listId}
        autocomplete="off"
        spellcheck={false}
        id={ids?.id}
        aria-label={ids ? undefined : props.label}
        aria-describedby={ids?.describedBy()}
        aria-invalid={unknown() ? true : undefined}
        disabled={props.disabled ?? false}
        value={chosen()}
        onFocus={(event) => event.currentTarget.select()}
        onInput={(event) => setLetters(event.currentTarget.value)}
        onChange={(event) => take(event.currentTarget.value)}
      />
      <datalist id={listId}>
        <For each={matching(labels(), letters())}>{(label) => <option value={label} />}</For>
      </datalist>
    </>
  )
  return (
    <Show when={!props.hideLabel} fallback={control()}>
      <Field
        label={props.label}
        {...(props.help ? { help: props.help } : {})}
        hint={
          <>
            {props.hint} {t('select.byName', { count: props.options.length })}
          </>
        }
        error={unknown() ? t('select.unknown') : (props.error ?? null)}
      >
        {(ids) => control(ids)}
      </Field>
    </Show>
  )
}
