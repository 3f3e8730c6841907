import { createMemo, Show } from 'solid-js'
import { Checkbox } from '../../components/Field.tsx'
import { NumberField } from '../../components/NumberField.tsx'
import { formatNumber } from '../../messages/format.ts'
import { gap } from '../../messages/sentences.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { LORA_LIMITS, type LoraNumber, TRAINING_LIMITS, type TrainingNumber } from '../../state/fields.ts'
import { tipOf } from './tips.ts'

export function TrainingNumberField(props: {
  name: TrainingNumber
  slider?: boolean
  hint?: string | undefined
}) {
  const app = useApp()
  const { settings, training } = app
  const advised = () => {
    const value = settings.recommended().training[props.name]
    return typeof value === 'number' && value !== -1 && value !== settings.training[props.name] ? value : null
  }
  // Once for all who ask: each asking would make it anew.
  const hint = createMemo(() => hintOf(props.name, advised(), props.hint))
  return (
    <NumberField
      label={t(`field.${props.name}`)}
      help={withTip(t(`help.${props.name}`), tipOf(props.name, app))}
      {...(props.slider ? { slider: true } : {})}
      hint={hint()}
      error={training.refusalOf(props.name)}
      limits={TRAINING_LIMITS[props.name]}
      value={settings.training[props.name] ?? Number.NaN}
      problem={settings.problems().get(props.name)}
      onChange={(value) => settings.setTraining(props.name, value as never)}
    />
  )
}

export function LoraNumberField(props: { name: LoraNumber; slider?: boolean }) {
  const app = useApp()
  const { settings } = app
  const advised = () => {
    const value = settings.recommended().lora[props.name]
    return value !== settings.lora[props.name] ? value : null
  }
  const hint = createMemo(() => hintOf(props.name, advised()))
  return (
    <NumberField
      label={t(`field.${props.name}`)}
      help={withTip(t(`help.${props.name}`), tipOf(props.name, app))}
      {...(props.slider ? { slider: true } : {})}
      hint={hint()}
      limits={LORA_LIMITS[props.name]}
      value={settings.lora[props.name]}
      problem={settings.problems().get(props.name)}
      onChange={(value) => settings.setLora(props.name, value)}
    />
  )
}

const withTip = (help: string, tip: string | null): string => (tip === null ? help : `${help} ${tip}`)

/** What is to be known of a field as things are; undefined: nothing. */
function hintOf(name: TrainingNumber | LoraNumber, advised: number | null, more?: string) {
  if (advised === null) return more
  return (
    <>
      <Advised name={name} value={advised} /> {more}
    </>
  )
}

/** The recommended value beside one that differs, and the press that takes it. */
function Advised(props: { name: TrainingNumber | LoraNumber; value: number }) {
  const { settings } = useApp()
  const value = () => formatNumber(props.value)
  const yours = () => {
    const touched = settings.touched()
    return touched !== 'all' && touched.has(props.name)
  }
  const now = () => t(yours() ? 'field.yours' : 'field.other', { value: value() })
  return (
    <>
      {now()}
      {gap(now())}
      <button
        type="button"
        class="in-line"
        aria-label={t('field.backLabel', { field: t(`field.${props.name}`), value: value() })}
        onClick={() => settings.back(props.name)}
      >
        {t('field.back')}
      </button>
    </>
  )
}

/** A number that may be left to the program. */
export function OptionalNumber(props: {
  name: 'eval_steps' | 'early_stopping_patience' | 'save_total_limit'
  auto: string
  /** What it begins with where it is not. */
  first: number
  /** What is to be known of it, as things are. */
  hint?: string | undefined
}) {
  const { settings } = useApp()
  return (
    <div class="stack-s">
      <Checkbox
        label={props.auto}
        help={t(`help.${props.name}`)}
        checked={settings.training[props.name] === null}
        onChange={(auto) => settings.setTraining(props.name, auto ? null : props.first)}
      />
      <Show when={settings.training[props.name] !== null}>
        <TrainingNumberField name={props.name} hint={props.hint} />
      </Show>
    </div>
  )
}
