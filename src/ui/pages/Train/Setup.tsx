import { createEffect, Index, Show } from 'solid-js'
import { PROJECTIONS } from '../../../protocol/model.ts'
import { targetModules } from '../../../protocol/run-config.ts'
import { PROFILES, QUICK_SECONDS } from '../../../runs/profiles.ts'
import { Button } from '../../components/Button.tsx'
import { Checkbox, Field } from '../../components/Field.tsx'
import { NumberField } from '../../components/NumberField.tsx'
import { Section } from '../../components/Page.tsx'
import { Segmented } from '../../components/Segmented.tsx'
import { Select } from '../../components/Select.tsx'
import { formatNumber } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { byEpochs } from '../../state/draft.ts'
import { LORA_LIMITS, type LoraNumber, TRAINING_LIMITS, type TrainingNumber } from '../../state/fields.ts'
import { MOST_QUESTIONS } from '../../state/questions.ts'
import { InWords } from './InWords.tsx'
import { Beyond, OpenSettings } from './Opened.tsx'

export function Setup() {
  const { settings } = useApp()
  const epochs = () => byEpochs(settings.training)
  return (
    <div class="stack-l">
      <Section title={t('train.settings')}>
        <InWords />
        <Segmented
          label={t('profile.label')}
          value={settings.profile() === 'own' ? null : settings.profile()}
          onChange={(id) => id !== 'own' && settings.choose(id)}
          options={PROFILES.map((id) => ({ value: id, label: t(`profile.${id}`) }))}
        />
        <p class="hint">
          {t(`profile.${settings.profile()}Note`)}{' '}
          <Show when={settings.profile() === 'own' && settings.touched() !== 'all'}>
            {t('profile.ownFollows', { name: t(`profile.${settings.basis()}`) })}{' '}
          </Show>
          <Show when={settings.profile() !== 'own' && settings.fitted()}>
            {settings.profile() === 'quick'
              ? t('profile.quickFitted', {
                  steps: settings.training.max_steps,
                  usual: settings.usual().training.max_steps,
                  minutes: QUICK_SECONDS / 60,
                })
              : t('profile.epochsFitted', {
                  epochs: settings.training.num_train_epochs,
                  usual: settings.usual().training.num_train_epochs,
                })}
          </Show>{' '}
          <Show when={settings.profile() !== 'own' && settings.followed()}>
            {(limit) =>
              t('profile.lengthFollowed', {
                limit: limit(),
                usual: settings.usual().training.max_length,
              })
            }
          </Show>
        </p>
        <TrainingNumberField name="learning_rate" slider />
        <Segmented
          label={t('train.length')}
          value={epochs() ? 'epochs' : 'steps'}
          onChange={settings.setLength}
          options={[
            { value: 'steps', label: t('train.bySteps') },
            { value: 'epochs', label: t('train.byEpochs') },
          ]}
        />
        <Show when={epochs()} fallback={<TrainingNumberField name="max_steps" slider />}>
          <TrainingNumberField name="num_train_epochs" slider />
        </Show>
        <TrainingNumberField name="per_device_train_batch_size" slider />
        <LoraNumberField name="r" slider />
        <Beyond />
        <Advanced />
        <Questions />
        <OpenSettings />
      </Section>
    </div>
  )
}

function TrainingNumberField(props: { name: TrainingNumber; slider?: boolean }) {
  const { settings } = useApp()
  const advice = () => {
    const value = settings.recommended().training[props.name]
    return typeof value === 'number' && value !== -1 && value !== settings.training[props.name]
      ? t('field.recommended', { value: formatNumber(value) })
      : undefined
  }
  return (
    <NumberField
      label={t(`field.${props.name}`)}
      help={t(`help.${props.name}`)}
      {...(props.slider ? { slider: true } : {})}
      {...(advice() ? { hint: advice()! } : {})}
      limits={TRAINING_LIMITS[props.name]}
      value={settings.training[props.name] ?? Number.NaN}
      problem={settings.problems().get(props.name)}
      onChange={(value) => settings.setTraining(props.name, value as never)}
    />
  )
}

function LoraNumberField(props: { name: LoraNumber; slider?: boolean }) {
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
function OptionalNumber(props: {
  name: 'eval_steps' | 'early_stopping_patience'
  auto: string
  /** What it begins with where it is not. */
  first: number
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
        <TrainingNumberField name={props.name} />
      </Show>
    </div>
  )
}

/** Everything else, folded away until it is wanted. A fault inside opens the fold. */
function Advanced() {
  const { settings } = useApp()
  const MAIN = new Set(['learning_rate', 'max_steps', 'num_train_epochs', 'per_device_train_batch_size', 'r'])
  let fold!: HTMLDetailsElement
  createEffect(() => {
    if ([...settings.problems().keys()].some((name) => !MAIN.has(name) && name !== 'memory_budget'))
      fold.open = true
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
        <OptionalNumber name="eval_steps" auto={t('field.eval_auto')} first={20} />
        <TrainingNumberField name="save_steps" />
        <Best />
        <TrainingNumberField name="adam_beta1" />
        <TrainingNumberField name="adam_beta2" />
        <TrainingNumberField name="adam_epsilon" />
        <TrainingNumberField name="seed" />
      </div>
    </details>
  )
}

/** By which figure a checkpoint is the best, and whether the run ends where there is none better. */
function Best() {
  const { settings } = useApp()
  return (
    <>
      <Select
        label={t('field.metric_for_best_model')}
        help={t('help.metric_for_best_model')}
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
      <OptionalNumber name="early_stopping_patience" auto={t('field.early_auto')} first={3} />
      <Show
        when={
          settings.training.early_stopping_patience !== null ||
          settings.problems().has('early_stopping_threshold')
        }
      >
        <TrainingNumberField name="early_stopping_threshold" />
      </Show>
    </>
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

/** Questions put to both models at each evaluation: from the data, or a person's own. */
function Questions() {
  const { training } = useApp()
  const list = () => training.ownQuestions() ?? training.questions().map((question) => question.prompt)
  const change = (index: number, text: string) =>
    training.setOwnQuestions(list().map((old, i) => (i === index ? text : old)))
  return (
    <>
      <Show when={training.questionsReplaced()}>
        <p class="hint">{t('questions.replaced')}</p>
      </Show>
      <details class="fold">
        <summary>{t('questions.title')}</summary>
        <div class="stack">
          <p class="hint">{t('questions.note')}</p>
          <Index each={list()}>
            {(text, index) => (
              <Field label={t('questions.one', { number: index + 1 })}>
                {(ids) => (
                  <textarea
                    id={ids.id}
                    rows={2}
                    value={text()}
                    onInput={(event) => change(index, event.currentTarget.value)}
                  />
                )}
              </Field>
            )}
          </Index>
          <div class="row">
            <Show when={list().length < MOST_QUESTIONS}>
              <Button icon="add" onClick={() => training.setOwnQuestions([...list(), ''])}>
                {t('questions.add')}
              </Button>
            </Show>
            <Show when={training.ownQuestions()}>
              <Button kind="quiet" onClick={() => training.setOwnQuestions(null)}>
                {t('questions.reset')}
              </Button>
            </Show>
          </div>
        </div>
      </details>
    </>
  )
}
