import { For } from 'solid-js'
import { Field } from '../../components/Field.tsx'
import { Fold } from '../../components/Fold.tsx'
import { NumberField } from '../../components/NumberField.tsx'
import { t } from '../../messages/t.ts'
import { checkNumber, type NumberLimits } from '../../state/fields.ts'

/** How a question is asked and answered. */
export interface AskedHow {
  system: string
  /** By how much the adapter acts; 1 as it was trained. */
  strength: number
  temperature: number
  maxNewTokens: number
  topK: number
  topP: number
  seed: number
}

export const USUAL: AskedHow = {
  ...{ system: '', strength: 1, temperature: 0, maxNewTokens: 64, topK: 0, topP: 1, seed: 42 },
}

type NumberName = Exclude<keyof AskedHow, 'system'>

const LIMITS: Record<NumberName, NumberLimits> = {
  strength: { min: 0, max: 2, stops: [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2] },
  temperature: { min: 0, max: 2, stops: [0, 0.2, 0.4, 0.6, 0.8, 1, 1.2, 1.5, 2] },
  maxNewTokens: {
    ...{ min: 1, max: 4096, whole: true, unit: 'unit.tokens' },
    stops: [16, 32, 48, 64, 96, 128, 192, 256, 512],
  },
  topK: { min: 0, max: 1000, whole: true, stops: [0, 5, 10, 20, 40, 64, 100, 200] },
  topP: { min: 0.01, max: 1, stops: [0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1] },
  seed: { min: 0, max: 4_294_967_295, whole: true },
}

/** Whether a number is none, or beyond its limits. */
export function wrongOf(how: AskedHow): boolean {
  return (Object.keys(LIMITS) as NumberName[]).some((name) => checkNumber(how[name], LIMITS[name]) !== null)
}

/** What few questions need: folded away, the rarest twice. */
export function AskOptions(props: { how: AskedHow; onChange: (change: Partial<AskedHow>) => void }) {
  const number = (name: NumberName, slider: boolean, help?: string) => (
    <NumberField
      label={t(`ask.${name}`)}
      {...(help ? { help } : {})}
      slider={slider}
      limits={LIMITS[name]}
      value={props.how[name]}
      onChange={(value) => props.onChange({ [name]: value })}
    />
  )
  return (
    <Fold summary={t('ask.options')}>
      <div class="stack ask-options">
        <Field label={t('ask.system')} help={t('ask.systemHelp')}>
          {(ids) => (
            <textarea
              id={ids.id}
              rows={2}
              value={props.how.system}
              onInput={(event) => props.onChange({ system: event.currentTarget.value })}
            />
          )}
        </Field>
        {number('strength', true, t('ask.strengthHelp'))}
        {number('temperature', true, t('ask.temperatureHelp'))}
        {number('maxNewTokens', true)}
        <Fold summary={t('ask.more')} small>
          <div class="stack">
            <For each={['topK', 'topP', 'seed'] as const}>
              {(name) => number(name, name !== 'seed', t(`ask.${name}Help`))}
            </For>
          </div>
        </Fold>
      </div>
    </Fold>
  )
}
