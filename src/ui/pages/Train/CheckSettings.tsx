import { Show } from 'solid-js'
import { neverEarly } from '../../../runs/early.ts'
import { Select } from '../../components/Select.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { OptionalNumber, TrainingNumberField } from './SettingFields.tsx'

/** When a run is checked and saved, what is kept of it, and whether it ends where nothing gets better. */
export function CheckSettings() {
  const { settings, training, data } = useApp()
  /** Nothing to measure a loss on. */
  const unmeasured = () => data.prepared()?.examples.validation === 0
  const tooPatient = () => {
    const foretold = training.forecast()
    return foretold && neverEarly(settings.training, foretold.evaluations)
      ? t('field.earlyNever', { count: foretold.evaluations - 1 })
      : undefined
  }
  return (
    <>
      <OptionalNumber
        name="eval_steps"
        auto={t('field.eval_auto')}
        first={20}
        hint={unmeasured() ? t('field.evalNothing') : undefined}
      />
      <Metric />
      <OptionalNumber
        name="early_stopping_patience"
        auto={t('field.early_auto')}
        first={3}
        hint={tooPatient()}
      />
      <Show
        when={
          settings.training.early_stopping_patience !== null ||
          settings.problems().has('early_stopping_threshold')
        }
      >
        <TrainingNumberField name="early_stopping_threshold" />
      </Show>
      <TrainingNumberField name="save_steps" />
      <OptionalNumber name="save_total_limit" auto={t('field.save_auto')} first={3} />
    </>
  )
}

/** By which figure a checkpoint is the best. */
function Metric() {
  const { settings, training } = useApp()
  return (
    <Select
      label={t('field.metric_for_best_model')}
      help={t('help.metric_for_best_model')}
      error={training.refusalOf('metric_for_best_model') ?? training.refusalOf('greater_is_better')}
      value={settings.training.metric_for_best_model}
      onChange={(value) => {
        // A file may have said which way is better: of another figure that is something else.
        settings.setTraining('greater_is_better', null)
        settings.setTraining('metric_for_best_model', value)
      }}
      options={(['eval_loss', 'eval_mean_token_accuracy'] as const).map((value) => ({
        value,
        label: t(`metric.${value}`),
      }))}
    />
  )
}
