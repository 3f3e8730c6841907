import { createUniqueId, type JSX, Show } from 'solid-js'
import { Help } from './Help.tsx'

export interface FieldIds {
  id: string
  labelId: string
  /** For aria-describedby; undefined where there is nothing to describe. */
  describedBy: () => string | undefined
}

export interface FieldProps {
  label: string
  help?: string
  hint?: JSX.Element
  error?: string | null
  /** Beside the label, at the end of its line. */
  aside?: (ids: FieldIds) => JSX.Element
  children?: (ids: FieldIds) => JSX.Element
}

/** Label, help, hint and error around one control, tied together for assistive technology. */
export function Field(props: FieldProps) {
  const id = createUniqueId()
  const ids: FieldIds = {
    id,
    labelId: `${id}-label`,
    describedBy: () =>
      [props.hint ? `${id}-hint` : '', props.error ? `${id}-error` : ''].filter(Boolean).join(' ') ||
      undefined,
  }
  return (
    <div class="field">
      <div class="field-head">
        <label id={ids.labelId} for={id}>
          {props.label}
        </label>
        <Show when={props.help}>{(text) => <Help label={props.label} text={text()} />}</Show>
        <div class="push">{props.aside?.(ids)}</div>
      </div>
      {props.children?.(ids)}
      <Show when={props.hint}>
        <p id={`${id}-hint`} class="hint">
          {props.hint}
        </p>
      </Show>
      <Show when={props.error}>
        <p id={`${id}-error`} class="field-error">
          {props.error}
        </p>
      </Show>
    </div>
  )
}

/** A switch that is on or off, with its text. */
export function Checkbox(props: {
  label: string
  checked: boolean
  onChange: (checked: boolean) => void
  help?: string
  disabled?: boolean
  /** Only for assistive technology: the place says what it is. */
  bare?: boolean
}) {
  return (
    <div class="check">
      <label>
        <input
          type="checkbox"
          checked={props.checked}
          disabled={props.disabled}
          onChange={(event) => props.onChange(event.currentTarget.checked)}
        />
        <span classList={{ 'visually-hidden': props.bare ?? false }}>{props.label}</span>
      </label>
      <Show when={props.help}>{(text) => <Help label={props.label} text={text()} />}</Show>
    </div>
  )
}

/** A line of text, or several with `rows`. */
export function TextField(props: {
  label: string
  value: string
  /** At each key stroke. */
  onChange?: (value: string) => void
  /** When the field is left. */
  onCommit?: (value: string) => void
  help?: string
  hint?: string
  error?: string | null
  placeholder?: string
  rows?: number
  /** Not shown, and not offered to be kept. */
  secret?: boolean
}) {
  const shared = (ids: FieldIds) => ({
    id: ids.id,
    class: 'text-input',
    autocomplete: 'off',
    spellcheck: false,
    placeholder: props.placeholder ?? '',
    'aria-describedby': ids.describedBy(),
    'aria-invalid': props.error ? true : undefined,
  })
  return (
    <Field
      label={props.label}
      {...(props.help ? { help: props.help } : {})}
      hint={props.hint}
      error={props.error ?? null}
    >
      {(ids) => (
        <Show
          when={props.rows}
          fallback={
            <input
              type={props.secret ? 'password' : 'text'}
              {...shared(ids)}
              value={props.value}
              onInput={(event) => props.onChange?.(event.currentTarget.value)}
              onChange={(event) => props.onCommit?.(event.currentTarget.value)}
            />
          }
        >
          {(rows) => (
            <textarea
              {...shared(ids)}
              rows={rows()}
              value={props.value}
              onInput={(event) => props.onChange?.(event.currentTarget.value)}
              onChange={(event) => props.onCommit?.(event.currentTarget.value)}
            />
          )}
        </Show>
      )}
    </Field>
  )
}
