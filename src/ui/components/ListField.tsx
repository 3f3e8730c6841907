import { For } from 'solid-js'
import { Field } from './Field.tsx'

/** One of a list inside a dialog, as the browser itself has it: lists that lie outside of a modal dialog have no names there. */
export function ListField(props: {
  label: string
  value: string
  options: { value: string; label: string }[]
  onChange: (value: string) => void
}) {
  return (
    <Field label={props.label}>
      {(ids) => (
        <select
          id={ids.id}
          class="select"
          value={props.value}
          onChange={(event) => props.onChange(event.currentTarget.value)}
        >
          <For each={props.options}>
            {(option) => (
              <option value={option.value} selected={option.value === props.value}>
                {option.label}
              </option>
            )}
          </For>
        </select>
      )}
    </Field>
  )
}
