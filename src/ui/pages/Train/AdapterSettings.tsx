import { Index } from 'solid-js'
import { PROJECTIONS } from '../../../protocol/model.ts'
import { targetModules } from '../../../protocol/run-config.ts'
import { Checkbox } from '../../components/Field.tsx'
import { Select } from '../../components/Select.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { LoraNumberField } from './SettingFields.tsx'

/** The adapter, and the frozen model that it sits on. */
export function AdapterSettings() {
  const { settings } = useApp()
  return (
    <>
      <LoraNumberField name="lora_alpha" slider />
      <LoraNumberField name="lora_dropout" slider />
      <Checkbox
        label={t('field.use_rslora')}
        help={t('help.use_rslora')}
        checked={settings.lora.use_rslora}
        onChange={(value) => settings.setLora('use_rslora', value)}
      />
      <TargetModules />
      <Held />
    </>
  )
}

/** How many bits the frozen model is held in. */
function Held() {
  const { draft, models } = useApp()
  return (
    <Select
      label={t('field.quantization')}
      help={t('help.quantization')}
      value={draft.model().quantization ?? 'stored'}
      onChange={(value) => models.hold(value === 'stored' ? null : value)}
      options={(['stored', 'int8', 'int4'] as const).map((value) => ({
        value,
        label: t(`quantization.${value}`),
        description: t(`quantization.${value}Note`),
      }))}
    />
  )
}

function TargetModules() {
  const { settings } = useApp()
  const chosen = () => targetModules(settings.lora)
  return (
    <fieldset class="stack-s">
      <legend class="field-legend">{t('field.target_modules')}</legend>
      <p class="hint">{t('help.target_modules')}</p>
      <div class="row">
        <Index each={PROJECTIONS}>
          {(name) => (
            <Checkbox
              label={name()}
              checked={chosen().includes(name())}
              disabled={chosen().length === 1 && chosen()[0] === name()}
              onChange={(on) => {
                const next = PROJECTIONS.filter((other) => (other === name() ? on : chosen().includes(other)))
                settings.setLora('target_modules', next.length === PROJECTIONS.length ? 'all-linear' : next)
              }}
            />
          )}
        </Index>
      </div>
    </fieldset>
  )
}
