import { createEffect, Show } from 'solid-js'
import { Checkbox } from '../../components/Field.tsx'
import { Select } from '../../components/Select.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { AdapterSettings } from './AdapterSettings.tsx'
import { CheckSettings } from './CheckSettings.tsx'
import { TrainingNumberField } from './SettingFields.tsx'

/** Everything else, folded away until it is wanted. A fault inside opens the fold. */
export function Advanced() {
  const { settings, training } = useApp()
  const MAIN = new Set(['learning_rate', 'max_steps', 'num_train_epochs', 'per_device_train_batch_size', 'r'])
  let fold!: HTMLDetailsElement
  createEffect(() => {
    if ([...settings.problems().keys()].some((name) => !MAIN.has(name) && name !== 'memory_budget'))
      fold.open = true
  })
  createEffect(() => {
    const refused = training.forecastFailure()?.detail?.field
    if (typeof refused === 'string' && refused in settings.training && !MAIN.has(refused)) fold.open = true
  })
  return (
    <details class="fold" ref={fold}>
      <summary>{t('train.advanced')}</summary>
      <div class="stack">
        <TrainingNumberField name="max_length" slider />
        <Lengths />
        <TrainingNumberField name="gradient_accumulation_steps" slider />
        <Checkbox
          label={t('field.packing')}
          help={t('help.packing')}
          checked={settings.training.packing}
          onChange={(packing) => settings.setTraining('packing', packing)}
        />
        <Checkbox
          label={t('field.completion_only_loss')}
          help={t('help.completion_only_loss')}
          checked={settings.training.completion_only_loss !== false}
          onChange={(only) => settings.setTraining('completion_only_loss', only ? null : false)}
        />
        <Select
          label={t('field.lr_scheduler_type')}
          help={t('help.lr_scheduler_type')}
          value={settings.training.lr_scheduler_type}
          onChange={(value) => settings.setTraining('lr_scheduler_type', value)}
          options={(['linear', 'cosine', 'constant', 'constant_with_warmup'] as const).map((value) => ({
            value,
            label: t(`schedule.${value}`),
          }))}
        />
        <TrainingNumberField name="warmup_steps" />
        <TrainingNumberField name="weight_decay" />
        <TrainingNumberField name="max_grad_norm" />
        <AdapterSettings />
        <CheckSettings />
        <TrainingNumberField name="adam_beta1" />
        <TrainingNumberField name="adam_beta2" />
        <TrainingNumberField name="adam_epsilon" />
        <TrainingNumberField name="seed" />
      </div>
    </details>
  )
}

/** How long the examples of this data are, beside the limit. */
function Lengths() {
  const { data, settings } = useApp()
  const limit = () => settings.training.max_length
  const exact = () => {
    const prepared = data.prepared()
    return prepared && !prepared.estimate && Number.isFinite(limit()) ? prepared : null
  }
  return (
    <Show when={exact()}>
      {(prepared) => (
        <p class="hint">
          {prepared().truncated > 0
            ? t('task.cut', {
                count: prepared().truncated,
                needed: prepared().needed ?? prepared().longest,
              })
            : t('task.longest', { longest: prepared().longest, limit: limit() })}
        </p>
      )}
    </Show>
  )
}
