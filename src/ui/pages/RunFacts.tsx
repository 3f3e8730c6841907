import { For, Show } from 'solid-js'
import { type RunConfig, targetModules } from '../../protocol/run-config.ts'
import { Help } from '../components/Help.tsx'
import { formatNumber } from '../messages/format.ts'
import { t } from '../messages/t.ts'
import { useApp } from '../state/app.tsx'

/** The settings of a run that tell most about it, as a list. */
export function RunFacts(props: { config: RunConfig }) {
  const { models, runs } = useApp()
  const begun = (): string | null => {
    const { start } = props.config
    if (start.from === 'nothing') return null
    if (start.from === 'adapter') return t('facts.startAdapter', { name: start.name })
    const run = runs.byId(start.run)
    const name = run ? runs.label(run) : start.run
    return typeof start.checkpoint === 'number'
      ? t('facts.startRunAt', { name, step: start.checkpoint })
      : t('facts.startRun', { name })
  }
  const facts = (): [name: string, value: string, help?: string][] => {
    const { training, lora, model, data } = props.config
    return [
      [t('facts.model'), models.list().find((known) => known.id === model.id)?.name ?? model.id],
      [t('facts.data'), data.name],
      ...(data.task
        ? [
            [t('field.task'), t(data.task === 'labels' ? 'task.someLabels' : `task.${data.task}`)] as [
              string,
              string,
            ],
          ]
        : []),
      ...(begun() ? [[t('facts.start'), begun()!] as [string, string]] : []),
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
      ...(training.early_stopping_patience == null
        ? []
        : [
            [
              t('facts.early'),
              t('facts.earlyAfter', {
                count: training.early_stopping_patience,
                metric: t(`metric.${training.metric_for_best_model}`).toLowerCase(),
              }),
              t('help.early_stopping_patience'),
            ] as [string, string, string],
          ]),
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
