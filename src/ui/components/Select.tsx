import { Select as Kobalte } from '@kobalte/core/select'
import { createMemo, createSignal, createUniqueId, For, mergeProps, Show } from 'solid-js'
import { t } from '../messages/t.ts'
import { Field, type FieldIds } from './Field.tsx'
import { Icon } from './Icon.tsx'
import { MOST_LISTED, matching } from './matching.ts'

export interface Option<T extends string> {
  value: T
  label: string
  description?: string
}

export interface SelectProps<T extends string> {
  label: string
  options: Option<T>[]
  value: T
  onChange: (value: T) => void
  help?: string
  hint?: string
  error?: string | null
  disabled?: boolean
  /** Only for assistive technology: the place says what it is. */
  hideLabel?: boolean
}

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
    <Show when={options().length > MOST_LISTED} fallback={<Listed {...once} />}>
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

function Listed<T extends string>(props: SelectProps<T>) {
  // The same options written again would close a list that is open.
  const options = createMemo(() => props.options, [], {
    equals: (a, b) => JSON.stringify(a) === JSON.stringify(b),
  })
  const chosen = () => options().find((option) => option.value === props.value) ?? null
  const control = (labelledBy: string | undefined, describedBy: string | undefined, id?: string) => (
    <Kobalte<Option<T>>
      options={options()}
      optionValue="value"
      optionTextValue="label"
      value={chosen() as Option<T>}
      disallowEmptySelection
      onChange={(option) => option && option.value !== props.value && props.onChange(option.value)}
      disabled={props.disabled ?? false}
      gutter={4}
      sameWidth
      preventScroll={false}
      itemComponent={(item) => (
        <Kobalte.Item item={item.item} class="option">
          <div>
            <Kobalte.ItemLabel>{item.item.rawValue.label}</Kobalte.ItemLabel>
            <Show when={item.item.rawValue.description}>
              {(text) => <Kobalte.ItemDescription class="option-note">{text()}</Kobalte.ItemDescription>}
            </Show>
          </div>
          <Kobalte.ItemIndicator class="option-mark">
            <Icon name="check" size={16} />
          </Kobalte.ItemIndicator>
        </Kobalte.Item>
      )}
    >
      <Kobalte.Trigger
        class="select"
        id={id}
        {...(labelledBy ? { 'aria-labelledby': `${labelledBy} ${id}` } : { 'aria-label': props.label })}
        aria-describedby={describedBy}
      >
        <Kobalte.Value<Option<T>> class="select-value">
          {(state) => state.selectedOption()?.label}
        </Kobalte.Value>
        <Icon name="down" size={16} />
      </Kobalte.Trigger>
      <Kobalte.Portal>
        <Kobalte.Content class="listbox">
          <Kobalte.Listbox class="listbox-list" aria-label={props.label} />
        </Kobalte.Content>
      </Kobalte.Portal>
    </Kobalte>
  )
  return (
    <Show when={!props.hideLabel} fallback={control(undefined, undefined)}>
      <Field
        label={props.label}
        {...(props.help ? { help: props.help } : {})}
        hint={props.hint}
        error={props.error ?? null}
      >
        {(ids) => control(ids.labelId, ids.describedBy(), ids.id)}
      </Field>
    </Show>
  )
}
