import { For, Match, Show, Switch } from 'solid-js'
import { configField, fieldNames } from '../../../protocol/config-fields.ts'
import { READING_FORMATS } from '../../../protocol/run-config.ts'
import type { DatasetInfo, ReadOptions } from '../../../protocol/studio.ts'
import { Button } from '../../components/Button.tsx'
import { Checkbox, TextField } from '../../components/Field.tsx'
import { Fold } from '../../components/Fold.tsx'
import { NumberField } from '../../components/NumberField.tsx'
import { Select } from '../../components/Select.tsx'
import { type MessageKey, t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { checkNumber } from '../../state/fields.ts'
import { Reading } from './Reading.tsx'

type Way = keyof ReadOptions

/** Ways of reading, as the schema has them: all, or those that a format heeds. */
function waysOf(format?: string): Way[] {
  const ways = fieldNames('data.reading') as Way[]
  return format === undefined ? ways : ways.filter((way) => READING_FORMATS[way].includes(format))
}

/** What a file does not say itself. */
export function ReadOptionsFold() {
  return (
    <Fold summary={t('read.options')} small>
      <Ways ways={waysOf()} />
    </Fold>
  )
}

/** The same for what is open, where it came from a file that leaves a choice and can be read once more. */
export function ReadAgainFold(props: { info: DatasetInfo }) {
  const { data } = useApp()
  const ways = () => waysOf(props.info.format ?? '')
  const again = () => (ways().length > 0 ? data.readAgain(props.info.id) : null)
  return (
    <Show when={again()}>
      {(read) => (
        <Fold summary={t('read.options')}>
          <Ways ways={ways()} />
          <div class="stack">
            <Show
              when={data.opening()}
              fallback={
                <Button class="start" onClick={() => void read()()}>
                  {t('read.again')}
                </Button>
              }
            >
              {(opening) => <Reading opening={opening()} />}
            </Show>
            <p class="small quiet">{t('read.againNote')}</p>
          </div>
        </Fold>
      )}
    </Show>
  )
}

function Ways(props: { ways: Way[] }) {
  return (
    <div class="stack">
      <For each={props.ways}>{(way) => <WayField way={way} />}</For>
    </div>
  )
}

/** One way of reading, with the control that its kind of value asks for. */
function WayField(props: { way: Way }) {
  const { data } = useApp()
  const field = configField(`data.reading.${props.way}`)
  const value = () => data.reading()[props.way] as unknown
  const set = (next: unknown) => data.setReading({ [props.way]: next })
  const [label, hint] = [t(`read.${props.way}`), t(`read.${props.way}Note`)]
  const options = ['auto', ...(field.options ?? [])]
  return (
    <Switch>
      <Match when={field.kind === 'choice'}>
        <Select
          label={label}
          hint={hint}
          value={(value() as string | null) ?? 'auto'}
          onChange={(next) => set(next === 'auto' ? null : next)}
          options={options.map((option) => ({
            value: option,
            label: t(`read.${props.way}.${option}` as Extract<MessageKey, `read.${Way}.${string}`>),
          }))}
        />
      </Match>
      <Match when={field.kind === 'number'}>
        <NumberField
          label={label}
          hint={hint}
          limits={field.limits!}
          value={value() as number}
          onChange={(next) => !checkNumber(next, field.limits!) && set(next)}
        />
      </Match>
      <Match when={field.kind === 'switch'}>
        <Checkbox label={label} help={hint} checked={value() as boolean} onChange={set} />
      </Match>
      <Match when={field.kind === 'text'}>
        <TextField
          label={label}
          hint={hint}
          value={(value() as string | null) ?? ''}
          onChange={(text) => set(text === '' ? null : text)}
        />
      </Match>
    </Switch>
  )
}
