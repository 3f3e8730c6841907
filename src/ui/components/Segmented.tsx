import { createUniqueId, For } from 'solid-js'

export interface SegmentedProps<T extends string> {
  label: string
  options: { value: T; label: string }[]
  value: T | null
  onChange: (value: T) => void
  disabled?: boolean
  /** Id of what says more, such as why it is disabled. */
  describedBy?: string | undefined
  hideLabel?: boolean
}

/** A few choices side by side: native radio buttons, so arrow keys and forms work as everywhere. */
export function Segmented<T extends string>(props: SegmentedProps<T>) {
  const name = createUniqueId()
  return (
    <fieldset class="segmented" disabled={props.disabled ?? false} aria-describedby={props.describedBy}>
      <legend classList={{ 'visually-hidden': props.hideLabel ?? false }}>{props.label}</legend>
      <div class="segments">
        <For each={props.options}>
          {(option) => (
            <label class="segment">
              <input
                type="radio"
                name={name}
                value={option.value}
                checked={props.value === option.value}
                onChange={() => props.onChange(option.value)}
              />
              <span>{option.label}</span>
            </label>
          )}
        </For>
      </div>
    </fieldset>
  )
}
