import { Select as Kobalte } from '@kobalte/core/select'
import { createMemo, Show } from 'solid-js'
import { Field } from './Field.tsx'
import { heldInPlace, pressedWhole } from './held.ts'
import { Icon } from './Icon.tsx'

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

/** A list that opens: see Select. */
export function SelectListed(props: SelectProps<string>) {
  // The same options written again would close a list that is open.
  const options = createMemo(() => props.options, [], {
    equals: (a, b) => JSON.stringify(a) === JSON.stringify(b),
  })
  const held = heldInPlace()
  const chosen = () => options().find((option) => option.value === props.value) ?? null
  const control = (labelledBy: string | undefined, describedBy: string | undefined, id?: string) => (
    <Kobalte<Option<string>>
      {...held}
      options={options()}
      optionValue="value"
      optionTextValue="label"
      value={chosen() as Option<string>}
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
        <Kobalte.Value<Option<string>> class="select-value">
          {(state) => state.selectedOption()?.label}
        </Kobalte.Value>
        <Icon name="down" size={16} />
      </Kobalte.Trigger>
      <Kobalte.Portal>
        {/* A dialog that it opens in hides from screen readers what lies outside, but what says that it lies on top. */}
        <Kobalte.Content class="listbox" ref={pressedWhole} data-kb-top-layer="">
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
