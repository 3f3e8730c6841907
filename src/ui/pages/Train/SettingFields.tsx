import { Show } from 'solid-js'
import { Checkbox } from '../../components/Field.tsx'
import { NumberField } from '../../components/NumberField.tsx'
import { formatNumber } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { LORA_LIMITS, type LoraNumber, TRAINING_LIMITS, type TrainingNumber } from '../../state/fields.ts'

export function TrainingNumberField(props: {
  name: TrainingNumber
  slider?: boolean
  hint?: string | undefined
}) {
  const { settings, training } = useApp()
  const advice = () => {
    const value = settings.recommended().training[props.name]
    return typeof value === 'number' && value !== -1 && value !== settings.training[props.name]
      ? t('field.recommended', { value: formatNumber(value) })
      : undefined
  }
  const hint = () => [advice(), props.hint].filter(Boolean).join(' ')
  return (
    <NumberField
      label={t(`field.${props.name}`)}
      help={t(`help.${props.name}`)}
      {...(props.slider ? { slider: true } : {})}
      {...(hint() ? { hint: hint() } : {})}
      error={training.refusalOf(props.name)}
      limits={TRAINING_LIMITS[props.name]}
      value={settings.training[props.name] ?? Number.NaN}
      problem={settings.problems().get(props.name)}
      onChange={(value) => settings.setTraining(props.name, value as never)}
    />
  )
}

export function LoraNumberField(props: { name: LoraNumber; slider?: boolean }) {
  const { settings } = useApp()
  const advice = () => {
    const value = settings.recommended().lora[props.name]
    return value !== settings.lora[props.name]
      ? t('field.recommended', { value: formatNumber(value) })
      : undefined
  }
  return (
    <NumberField
      label={t(`field.${props.name}`)}
      help={t(`help.${props.name}`)}
      {...(props.slider ? { slider: true } : {})}
      {...(advice() ? { hint: advice()! } : {})}
      limits={LORA_LIMITS[props.name]}
      value={settings.lora[props.name]}
      problem={settings.problems().get(props.name)}
      onChange={(value) => settings.setLora(props.name, value)}
    />
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
