import { createEffect, createSignal, For, Match, on, Switch } from 'solid-js'
import { configField, type NumberLimits } from '../../../protocol/config-fields.ts'
import type { ReadingOffers, ReadOptions } from '../../../protocol/studio.ts'
import { TextField } from '../../components/Field.tsx'
import { problemText } from '../../components/NumberField.tsx'
import { Select } from '../../components/Select.tsx'
import { parseNumber } from '../../messages/format.ts'
import { type MessageKey, t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { checkNumber } from '../../state/fields.ts'

export type Way = keyof ReadOptions

/** A field for each way of reading. */
export function ReadWays(props: { ways: Way[]; offers: ReadingOffers }) {
  return (
    <div class="stack">
      <For each={props.ways}>{(way) => <WayField way={way} offers={props.offers[way]} />}</For>
    </div>
  )
}

/** One way of reading, with the control that its kind of value asks for. Left empty or automatic, the reader decides. */
function WayField(props: { way: Way; offers: string[] | undefined }) {
  const { data } = useApp()
  const field = configField(`data.reading.${props.way}`)
  const value = () => data.reading()[props.way] as unknown
  const set = (next: unknown) => data.setReading({ [props.way]: next })
  const [label, hint] = [t(`read.${props.way}`), t(`read.${props.way}Note`)]
  const options = field.kind === 'switch' ? ['true', 'false'] : (field.options ?? [])
  const optionLabel = (option: string) =>
    t(`read.${props.way}.${option}` as Extract<MessageKey, `read.${Way}.${string}`>)
  const text = () => (value() === null ? '' : String(value()))
  return (
    <Switch>
      <Match when={field.kind === 'choice' || field.kind === 'switch'}>
        <Select
          label={label}
          hint={hint}
          value={text() || 'auto'}
          onChange={(next) => set(next === 'auto' ? null : field.kind === 'switch' ? next === 'true' : next)}
          options={['auto', ...options].map((option) => ({ value: option, label: optionLabel(option) }))}
        />
      </Match>
      <Match when={props.offers}>
        {(offers) => (
          <Select
            label={label}
            value={value() === null ? 'auto' : `offer:${text()}`}
            onChange={(next) => set(next === 'auto' ? null : next.slice('offer:'.length))}
            options={[
              // A list shows nothing for an empty value; a prefix keeps it apart from an offer of any name.
              { value: 'auto', label: t('read.automatic') },
              ...offers().map((offer) => ({ value: `offer:${offer}`, label: offer })),
            ]}
          />
        )}
      </Match>
      <Match when={field.kind === 'number'}>
        <NumberText label={label} hint={hint} limits={field.limits!} value={text()} onChange={set} />
      </Match>
      <Match when={field.kind === 'text'}>
        <TextField
          label={label}
          hint={hint}
          value={text()}
          onChange={(next) => set(next === '' ? null : next)}
        />
      </Match>
    </Switch>
  )
}

/** A number that may be left out: empty is null. What is no number within the limits is told and not taken. */
function NumberText(props: {
  label: string
  hint: string
  limits: NumberLimits
  value: string
  onChange: (value: number | null) => void
}) {
  const [typed, setTyped] = createSignal(props.value)
  createEffect(on(() => props.value, setTyped, { defer: true }))
  const problem = () => {
    if (typed().trim() === '') return null
    const found = checkNumber(parseNumber(typed()), props.limits)
    return found && problemText(found)
  }
  return (
    <TextField
      label={props.label}
      hint={props.hint}
      value={typed()}
      error={problem()}
      onChange={(text) => {
        setTyped(text)
        if (problem() === null) props.onChange(text.trim() === '' ? null : parseNumber(text))
      }}
    />
  )
}
