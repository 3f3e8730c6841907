import { For, Show } from 'solid-js'
import { type RunConfig, targetModules } from '../../protocol/run-config.ts'
import { Help } from '../components/Help.tsx'
import { formatNumber } from '../messages/format.ts'
import { t } from '../messages/t.ts'
import { useApp } from '../state/app.tsx'

/** The settings of a run that tell most about it, as a list. */
export function RunFacts(props: { config: RunConfig }) {
  const { models } = useApp()
  const facts = (): [name: string, value: string, help?: string][] => {
    const { training, lora, model, data } = props.config
    return [
      [t('facts.model'), models.list().find((known) => known.id === model.id)?.name ?? model.id],
      [t('facts.data'), data.name],
      training.max_steps === -1
        ? [t('field.num_train_epochs'), formatNumber(training.num_train_epochs)]
        : [t('field.max_steps'), formatNumber(training.max_steps)],
      [
        t('field.learning_rate'),
        `${formatNumber(training.learning_rate)} · ${t(`schedule.${training.lr_scheduler_type}`)}`,
        t('help.lr_scheduler_type'),
      ],
      [
        t('field.per_device_train_batch_size'),
        training.gradient_accumulation_steps > 1
          ? `${training.per_device_train_batch_size} × ${training.gradient_accumulation_steps}`
          : `${training.per_device_train_batch_size}`,
      ],
      [t('field.max_length'), `${formatNumber(training.max_length)} ${t('unit.tokens')}`],
      ...(data.format === 'kauldron' ? [[t('format.label'), t('format.kauldron')] as [string, string]] : []),
      [t('facts.lora'), `r ${lora.r} · alpha ${formatNumber(lora.lora_alpha)}`, t('help.adapter')],
      [
        t('field.target_modules'),
        lora.target_modules === 'all-linear' ? t('facts.allLinear') : targetModules(lora).join(', '),
        t('help.target_modules'),
      ],
      [t('field.seed'), String(training.seed)],
    ]
  }
  return (
    <dl class="facts">
      <For each={facts()}>
        {([name, value, help]) => (
          <>
            <dt>
              {name}
              <Show when={help}>{(text) => <Help label={name} text={text()} />}</Show>
            </dt>
            <dd>{value}</dd>
          </>
        )}
      </For>
    </dl>
  )
}
