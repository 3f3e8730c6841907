import { createSignal, For, Index, Show } from 'solid-js'
import { configField } from '../../../../protocol/config-fields.ts'
import { sweepFields } from '../../../../runs/sweep.ts'
import { onlyHeldLabel } from '../../../../runs/task.ts'
import { Button, IconButton } from '../../../components/Button.tsx'
import { TextField } from '../../../components/Field.tsx'
import { Fold } from '../../../components/Fold.tsx'
import { FailureNotice } from '../../../components/Notice.tsx'
import { Section } from '../../../components/Page.tsx'
import { Segmented } from '../../../components/Segmented.tsx'
import { Select } from '../../../components/Select.tsx'
import { formatBytes, formatDuration, formatNumber } from '../../../messages/format.ts'
import { said } from '../../../messages/said.ts'
import { t } from '../../../messages/t.ts'
import { useApp } from '../../../state/app.tsx'
import { fieldName } from '../../../state/run-labels.ts'
import type { TuningState } from '../../../state/tuning.ts'
import { RunFacts } from '../../RunFacts.tsx'
import { trialName } from './Ranks.tsx'

/** Set first of those that can be tried. */
const FIRST = [
  'training.learning_rate',
  'lora.r',
  'training.num_train_epochs',
  'training.max_steps',
  'lora.lora_alpha',
]

/** What is to be tried, how many runs that makes, and the press that starts them. */
export function QueueForm(props: { tuning: TuningState }) {
  const { training, settings, models, data } = useApp()
  /** That the rows by which runs are ranked show nothing of most answers. */
  const unshown = () => {
    const prepared = data.prepared()
    const label = prepared && onlyHeldLabel(prepared)
    return prepared && label !== null
      ? { hint: t('split.oneLabel', { count: prepared.examples.validation, label }) }
      : {}
  }
  const fields = sweepFields()
  const ordered = [...FIRST, ...fields.filter((field) => !FIRST.includes(field))]
  const metrics = () => props.tuning.metrics().map((value) => ({ value, label: t(`tune.metric.${value}`) }))
  const free = () => ordered.filter((field) => !props.tuning.tried().some((one) => one.field === field))
  return (
    <Section title={t('tune.new')}>
      <Segmented
        label={t('tune.kind')}
        value={props.tuning.kind()}
        onChange={props.tuning.setKind}
        options={(['sweep', 'learning_curve'] as const).map((value) => ({
          value,
          label: t(`tune.kind.${value}`),
        }))}
      />
      <p class="hint">{t(props.tuning.kind() === 'sweep' ? 'tune.sweep.lede' : 'tune.curve.lede')}</p>
      <Show when={training.config()}>
        {(config) => (
          <div>
            <p>
              {t('tune.base', {
                data: config().data.name,
                model: models.chosen()?.name ?? config().model.id,
              })}
            </p>
            <Fold summary={t('tune.base.settings')} small>
              <RunFacts config={config()} />
            </Fold>
          </div>
        )}
      </Show>
      <Show when={props.tuning.kind() === 'sweep'}>
        <Index each={props.tuning.tried()}>
          {(one, at) => (
            <div class="row tried">
              <Select
                label={t('tune.field')}
                value={one().field}
                onChange={(field) => props.tuning.setField(at, { field })}
                options={[one().field, ...free()].map((field) => ({ value: field, label: labelOf(field) }))}
              />
              <TextField
                label={t('tune.values.of', { name: labelOf(one().field) })}
                value={one().text}
                onChange={(text) => props.tuning.setField(at, { text })}
                hint={hintOf(one().field, settings.recommended().training.learning_rate)}
                error={props.tuning.problemOf(one())}
              />
              <Show when={props.tuning.tried().length > 1}>
                <IconButton
                  icon="close"
                  label={t('tune.field.remove', { name: labelOf(one().field) })}
                  onClick={() => props.tuning.removeField(at)}
                />
              </Show>
            </div>
          )}
        </Index>
        <div class="row">
          <Button kind="quiet" icon="add" onClick={() => props.tuning.addField(free()[0]!)}>
            {t('tune.field.add')}
          </Button>
        </div>
      </Show>
      <div class="stack judging-options">
        <TextField
          label={t('tune.seeds')}
          value={props.tuning.seeds()}
          onChange={props.tuning.setSeeds}
          help={t('tune.seeds.help')}
          hint={t('tune.seeds.hint')}
          error={props.tuning.seedProblem()}
        />
        <Select
          label={t('tune.metric')}
          value={props.tuning.metric()}
          onChange={props.tuning.setMetric}
          options={metrics()}
          help={t('tune.metric.help')}
          {...unshown()}
        />
      </div>
      <Show when={!training.config()}>
        <p class="hint">{t('tune.nothing')}</p>
      </Show>
      <Outlook tuning={props.tuning} />
    </Section>
  )
}

const labelOf = (field: string) => fieldName(field)

/** @param rate what suits the model */
function hintOf(field: string, rate: number): string {
  const { kind, options = [], limits, nullable } = configField(field)
  if (kind === 'choice')
    return t('tune.values.options', { options: [...(nullable ? ['null'] : []), ...options].join(', ') })
  if (kind === 'switch') return t('tune.values.options', { options: 'true, false' })
  const rates = [rate / 2, rate, rate * 2].map((value) => formatNumber(value)).join(', ')
  const example = field === 'training.learning_rate' ? rates : limits?.whole ? '8, 16, 32' : '0.1, 0.2'
  return t('tune.values.hint', { example })
}

/** How many runs, how long they take, and which of them would be refused. */
function Outlook(props: { tuning: TuningState }) {
  const { training } = useApp()
  const [pressed, setPressed] = createSignal(false)
  const found = () => props.tuning.outlook()
  const told = () => {
    const outlook = found()
    if (!outlook) return ''
    const count = outlook.queue.trials.length
    return outlook.seconds === null
      ? t('tune.countNoTime', { count })
      : t('tune.countTime', { count, time: formatDuration(outlook.seconds) })
  }
  const refused = () => {
    const outlook = found()
    return outlook ? outlook.queue.trials.filter(({ key }) => outlook.refused.has(key)) : []
  }
  /** None would come to anything. */
  const hopeless = () => refused().length === (found()?.queue.trials.length ?? 0)
  async function start(): Promise<void> {
    setPressed(true)
    await props.tuning.start()
    setPressed(false)
  }
  return (
    <div class="stack-s" aria-live="polite">
      <Show when={props.tuning.looking()}>
        <p class="hint">{t('tune.looking')}</p>
      </Show>
      <Show when={props.tuning.refusal()}>{(failure) => <FailureNotice failure={failure()} />}</Show>
      <Show when={found()}>
        {(outlook) => (
          <>
            <p>
              <b>{told()}</b> {t('tune.space', { size: formatBytes(outlook().bytes) })}
            </p>
            <Show when={refused().length > 0}>
              <p class="field-error">{t('tune.refused', { count: refused().length })}</p>
              <ul class="small">
                <For each={refused()}>
                  {(trial) => (
                    <li>
                      {trialName(trial)}: {said(outlook().refused.get(trial.key)!.message)}
                    </li>
                  )}
                </For>
              </ul>
            </Show>
            <Fold summary={t('tune.whichRuns')} small>
              <ul class="small">
                <For each={outlook().queue.trials}>{(trial) => <li>{trialName(trial)}</li>}</For>
              </ul>
            </Fold>
          </>
        )}
      </Show>
      <Show when={training.busy()}>
        <p class="hint">{t('tune.busy')}</p>
      </Show>
      <div class="row">
        <Button
          kind="primary"
          icon="play"
          disabled={hopeless() || training.busy() || pressed() || props.tuning.going() !== null}
          onClick={() => void start()}
        >
          {t('tune.start')}
        </Button>
      </div>
    </div>
  )
}
