import { createEffect, createSignal, For, Index, on, Show, untrack } from 'solid-js'
import type { DataStep } from '../../../protocol/data-steps.ts'
import { Checkbox, TextField } from '../../components/Field.tsx'
import { MOST_LISTED, matching } from '../../components/matching.ts'
import { NumberField } from '../../components/NumberField.tsx'
import { Select } from '../../components/Select.tsx'
import { formatNumber, parseNumber } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'
import { fieldValue, type StepField, stepFields, withField } from '../../state/step-forms.ts'

/** The fields of one step, made from its type. */
export function StepForm(props: { step: DataStep; columns: string[]; onChange: (step: DataStep) => void }) {
  return (
    <div class="stack step-form">
      {/* By place: the field under the cursor stays the same element while its step changes. */}
      <Index each={stepFields(props.step)}>
        {(field) => (
          <FieldOf
            field={field()}
            value={fieldValue(props.step, field().path)}
            columns={props.columns}
            onChange={(value) => props.onChange(withField(props.step, field().path, value))}
          />
        )}
      </Index>
    </div>
  )
}

function FieldOf(props: {
  field: StepField
  value: unknown
  columns: string[]
  onChange: (value: unknown) => void
}) {
  // A field keeps its kind as long as it is on the page but for a filter's, where the whole is drawn again.
  return (
    <For each={[`${props.field.path} ${props.field.kind} ${props.field.label}`]}>{() => control(props)}</For>
  )
}

function control(props: {
  field: StepField
  value: unknown
  columns: string[]
  onChange: (value: unknown) => void
}) {
  const field = props.field
  const label = t(field.label)
  switch (field.kind) {
    case 'columns':
      return (
        <ColumnChecks
          label={label}
          {...(field.hint ? { hint: t(field.hint) } : {})}
          columns={props.columns}
          value={props.value as string[]}
          onChange={props.onChange}
        />
      )
    case 'column':
      return (
        <Select
          label={label}
          options={known(props.columns, props.value as string).map((name) => ({ value: name, label: name }))}
          value={props.value as string}
          onChange={props.onChange}
        />
      )
    case 'text':
      return (
        <TextField
          label={label}
          value={String(props.value ?? '')}
          onChange={props.onChange}
          {...(field.rows ? { rows: field.rows } : {})}
        />
      )
    case 'check':
      return <Checkbox label={label} checked={props.value === true} onChange={props.onChange} />
    case 'choice':
      return (
        <Select
          label={label}
          options={field.options.map((option) => ({ value: option.value, label: t(option.label) }))}
          value={String(props.value)}
          onChange={(value) => props.onChange(field.boolean ? value === 'true' : value)}
        />
      )
    case 'number':
      return field.optional ? (
        <Draft
          label={label}
          value={props.value === null ? '' : formatNumber(props.value as number)}
          read={(text) => (text.trim() === '' ? null : parseNumber(text))}
          onChange={props.onChange}
        />
      ) : (
        <NumberField
          label={label}
          limits={{ min: field.min, max: field.max, ...(field.whole ? { whole: true } : {}) }}
          value={props.value as number}
          onChange={props.onChange}
        />
      )
    case 'lines':
      return (
        <Draft
          label={label}
          rows={3}
          value={((props.value as string[] | null) ?? []).join('\n')}
          read={(text) => {
            const lines = text.split('\n').filter((line) => line !== '')
            return lines.length === 0 && field.optional ? null : lines
          }}
          onChange={props.onChange}
        />
      )
    case 'numbers': {
      const from = field.from ?? 0
      return (
        <Draft
          label={label}
          value={(props.value as number[]).map((value) => formatNumber(value + from)).join(', ')}
          read={(text) =>
            text
              .split(/[,;\s]+/)
              .filter((part) => part !== '')
              .map((part) => parseNumber(part) - from)
          }
          onChange={props.onChange}
        />
      )
    }
  }
}

/** Text that stands for another value; what is being typed is left as it is. */
function Draft(props: {
  label: string
  value: string
  rows?: number
  read: (text: string) => unknown
  onChange: (value: unknown) => void
}) {
  const [draft, setDraft] = createSignal(props.value)
  const same = (a: string, b: string) => JSON.stringify(props.read(a)) === JSON.stringify(props.read(b))
  // Another step may have come to stand in this place.
  createEffect(
    on(
      () => props.value,
      (value) => same(untrack(draft), value) || setDraft(value),
      { defer: true },
    ),
  )
  return (
    <TextField
      label={props.label}
      {...(props.rows ? { rows: props.rows } : {})}
      value={draft()}
      onChange={(text) => {
        setDraft(text)
        props.onChange(props.read(text))
      }}
    />
  )
}

function ColumnChecks(props: {
  label: string
  hint?: string
  columns: string[]
  value: string[]
  onChange: (value: string[]) => void
}) {
  const [letters, setLetters] = createSignal('')
  const all = () => known(props.columns, ...props.value)
  const wide = () => all().length > MOST_LISTED
  const listed = () => (wide() ? [...new Set([...props.value, ...matching(all(), letters())])] : all())
  return (
    <fieldset class="field">
      <legend>{props.label}</legend>
      <Show when={wide()}>
        <TextField
          label={t('columns.find')}
          value={letters()}
          onChange={setLetters}
          hint={t('columns.offered', { shown: listed().length, count: all().length })}
        />
      </Show>
      <div class="row column-checks">
        <For each={listed()}>
          {(name) => (
            <Checkbox
              label={name}
              checked={props.value.includes(name)}
              onChange={(on) =>
                props.onChange(on ? [...props.value, name] : props.value.filter((other) => other !== name))
              }
            />
          )}
        </For>
      </div>
      {props.hint && props.value.length === 0 ? <p class="hint">{props.hint}</p> : null}
    </fieldset>
  )
}

/** The columns, and those that are named but no longer there. */
function known(columns: string[], ...named: string[]): string[] {
  return [...new Set([...columns, ...named.filter((name) => name !== '')])]
}
