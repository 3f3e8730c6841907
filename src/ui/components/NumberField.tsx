import { createEffect, createSignal, type JSX, on, Show } from 'solid-js'
import { formatNumber, parseNumber } from '../messages/format.ts'
import { t } from '../messages/t.ts'
import { checkNumber, type FieldProblem, type NumberLimits } from '../state/fields.ts'
import { Field, type FieldIds } from './Field.tsx'
import { StopsSlider } from './Slider.tsx'

export interface NumberFieldProps {
  label: string
  value: number
  /** NaN where the text is not a number: the owner then refuses to start. */
  onChange: (value: number) => void
  limits: NumberLimits
  help?: string
  hint?: JSX.Element
  problem?: FieldProblem | null | undefined
  /** What else speaks against it, in words. */
  error?: string | null
  /** With a slider below; needs stops. */
  slider?: boolean
  disabled?: boolean
}

export function problemText(problem: FieldProblem): string {
  switch (problem.key) {
    case 'field.below':
    case 'field.notAbove':
    case 'field.over':
      return t(problem.key, { limit: formatNumber(problem.limit) })
    default:
      return t(problem.key)
  }
}

/** A number typed in plain or exponential notation (1e-5), stepped with the arrow keys, and its slider if it has one. */
export function NumberField(props: NumberFieldProps) {
  const unit = () => (props.limits.unit ? t(props.limits.unit) : '')
  const spoken = (value: number) => `${formatNumber(value)} ${unit()}`.trim()
  const problem = () => props.problem ?? checkNumber(props.value, props.limits)
  const error = () => {
    const found = problem()
    return found ? problemText(found) : (props.error ?? null)
  }
  const slider = () => (props.slider ? props.limits.stops : undefined)

  const input = (ids: FieldIds) => (
    <NumberInput
      {...props}
      unit={unit()}
      id={ids.id}
      describedBy={ids.describedBy()}
      invalid={error() !== null}
    />
  )

  return (
    <Field
      label={props.label}
      {...(props.help ? { help: props.help } : {})}
      hint={props.hint}
      error={error()}
      aside={input}
    >
      {() => (
        <Show when={slider()}>
          {(stops) => (
            <StopsSlider
              label={props.label}
              stops={stops()}
              value={props.value}
              onChange={props.onChange}
              describe={spoken}
              disabled={props.disabled ?? false}
            />
          )}
        </Show>
      )}
    </Field>
  )
}

interface InputProps extends NumberFieldProps {
  id: string
  unit: string
  describedBy: string | undefined
  invalid: boolean
}

function NumberInput(props: InputProps) {
  const [draft, setDraft] = createSignal(formatNumber(props.value))
  let typing = false
  // A value set from elsewhere (slider, profile) replaces the text; what someone is typing is left alone.
  createEffect(
    on(
      () => props.value,
      (value) => {
        if (!typing && Number.isFinite(value)) setDraft(formatNumber(value))
      },
    ),
  )

  function step(direction: 1 | -1): void {
    const { stops, min, max, whole } = props.limits
    const value = Number.isFinite(props.value) ? props.value : min
    let next: number | undefined
    if (stops)
      next = direction > 0 ? stops.find((stop) => stop > value) : stops.findLast((stop) => stop < value)
    else
      next =
        value + direction * (whole ? 1 : 10 ** Math.floor(Math.log10(Math.max(Math.abs(value), 0.01)) - 1))
    if (next === undefined) return
    const bounded = Math.min(max, Math.max(min, Number(next.toPrecision(12))))
    setDraft(formatNumber(bounded))
    props.onChange(bounded)
  }

  return (
    <span class="number" data-invalid={props.invalid ? '' : undefined}>
      <input
        id={props.id}
        type="text"
        inputmode="decimal"
        autocomplete="off"
        spellcheck={false}
        value={draft()}
        disabled={props.disabled}
        aria-invalid={props.invalid}
        aria-describedby={props.describedBy}
        onFocus={() => (typing = true)}
        onInput={(event) => {
          setDraft(event.currentTarget.value)
          props.onChange(parseNumber(event.currentTarget.value))
        }}
        onBlur={() => {
          typing = false
          if (Number.isFinite(props.value)) setDraft(formatNumber(props.value))
        }}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return
          event.preventDefault()
          step(event.key === 'ArrowUp' ? 1 : -1)
        }}
      />
      <Show when={props.unit}>
        <span class="unit">{props.unit}</span>
      </Show>
    </span>
  )
}
