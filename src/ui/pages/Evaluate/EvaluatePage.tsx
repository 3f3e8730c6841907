import { createEffect, createSignal, For, lazy, on, Show, Suspense } from 'solid-js'
import type { RunInfo } from '../../../protocol/studio.ts'
import { Button } from '../../components/Button.tsx'
import { Field } from '../../components/Field.tsx'
import { Hint } from '../../components/Hint.tsx'
import { FailureNotice, Notice } from '../../components/Notice.tsx'
import { NumberField } from '../../components/NumberField.tsx'
import { Next, PageHead, Section } from '../../components/Page.tsx'
import { Answer, SampleList } from '../../components/Samples.tsx'
import { Stat } from '../../components/Table.tsx'
import { formatLoss, formatNumber, formatShare } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'
import type { Exchange, SideAnswer } from '../../state/answers.ts'
import { useApp } from '../../state/app.tsx'
import { checkNumber, type NumberLimits } from '../../state/fields.ts'
import type { Question } from '../../state/questions.ts'
import { CheckpointPicker, useCheckpoint } from '../CheckpointPicker.tsx'
import { Judged } from '../Judged.tsx'
import { RunPicker, usePickedRun } from '../RunPicker.tsx'
import { DataQuestions } from './DataQuestions.tsx'

/** Fetched with the first look at it. */
const HowGood = lazy(() => import('./HowGood.tsx').then(({ HowGood }) => ({ default: HowGood })))
const LookInside = lazy(() => import('./LookInside.tsx').then(({ LookInside }) => ({ default: LookInside })))
const AnswerTools = lazy(() =>
  import('./AnswerTools.tsx').then(({ AnswerTools }) => ({ default: AnswerTools })),
)

export function EvaluatePage() {
  const { usable, picked, pick } = usePickedRun()
  return (
    <>
      <PageHead title={t('evaluate.title')} lede={t('evaluate.lede')} />
      <div class="stack-l">
        <RunPicker usable={usable()} picked={picked()} pick={pick} />
        <Show when={picked()}>{(run) => <OfRun run={run()} />}</Show>
      </div>
      <Next to="export" ready={picked() !== null} />
    </>
  )
}

/** One choice of a checkpoint for all that is judged and asked. */
function OfRun(props: { run: RunInfo }) {
  const { runs } = useApp()
  const checkpoint = useCheckpoint(() => props.run)
  const view = () => runs.view(props.run.id)
  return (
    <>
      <CheckpointPicker run={props.run} of={checkpoint} />
      <Suspense>
        <HowGood run={props.run} checkpoint={checkpoint} />
      </Suspense>
      <BeforeAfter run={props.run} />
      <Hint id="ask" />
      <Ask run={props.run} checkpoint={checkpoint} />
      <Suspense>
        <LookInside run={props.run} checkpoint={checkpoint} />
      </Suspense>
      <Show when={view()?.samples().length}>
        <Section title={t('evaluate.during')} lede={t('evaluate.duringLede')}>
          <SampleList samples={view()!.samples()} />
        </Section>
      </Show>
    </>
  )
}

/** Validation loss at the first and last evaluation. */
function BeforeAfter(props: { run: RunInfo }) {
  const { runs } = useApp()
  const ends = () => {
    const track = runs.view(props.run.id)?.series.validation
    if (!track || track.length === 0) return null
    const last = track.length - 1
    const losses = track.column('eval_loss')
    return {
      firstStep: track.steps.at(0),
      lastStep: track.steps.at(last),
      first: losses.at(0),
      last: losses.at(last),
      several: last > 0,
    }
  }
  return (
    <Section title={t('evaluate.loss')} lede={t('evaluate.lossLede')}>
      <Show when={ends()} fallback={<p class="quiet">{t('evaluate.noEval')}</p>}>
        {(end) => (
          <dl class="stats">
            <Show when={end().several}>
              <Stat
                label={
                  end().firstStep === 0
                    ? t('evaluate.before')
                    : t('evaluate.atStep', { step: end().firstStep })
                }
                value={formatLoss(end().first)}
                unit={t('unit.nats')}
                help={t('help.evalLoss')}
                note={t('evaluate.perplexity', {
                  value: formatNumber(Number(Math.exp(end().first).toPrecision(3))),
                })}
              />
            </Show>
            <Stat
              label={t('evaluate.atStep', { step: end().lastStep })}
              value={formatLoss(end().last)}
              unit={t('unit.nats')}
              help={t('help.evalLoss')}
              note={t('evaluate.perplexity', {
                value: formatNumber(Number(Math.exp(end().last).toPrecision(3))),
              })}
            />
            <Show when={end().several && !runs.view(props.run.id)?.cut()}>
              <Stat
                label={t('evaluate.change')}
                value={`${end().last <= end().first ? '−' : '+'}${formatShare(Math.abs(end().last / end().first - 1), 1)}`}
              />
            </Show>
          </dl>
        )}
      </Show>
      <Show when={runs.view(props.run.id)}>{(view) => <Judged view={view()} />}</Show>
    </Section>
  )
}

const TEMPERATURE: NumberLimits = { min: 0, max: 2, stops: [0, 0.2, 0.4, 0.6, 0.8, 1, 1.2, 1.5, 2] }
const LENGTH: NumberLimits = {
  min: 1,
  max: 4096,
  whole: true,
  stops: [16, 32, 48, 64, 96, 128, 192, 256, 512],
  unit: 'unit.tokens',
}

function Ask(props: { run: RunInfo; checkpoint: ReturnType<typeof useCheckpoint> }) {
  const { answers, training } = useApp()
  const [prompt, setPrompt] = createSignal('')
  const [known, setKnown] = createSignal<Question | null>(null)
  // What the data of one run says to a question, that of another need not say.
  createEffect(
    on(
      () => props.run.id,
      () => setKnown(null),
      { defer: true },
    ),
  )
  const [temperature, setTemperature] = createSignal(0)
  const [length, setLength] = createSignal(64)
  const valid = () =>
    prompt().trim() !== '' &&
    props.checkpoint.known() &&
    !checkNumber(temperature(), TEMPERATURE) &&
    !checkNumber(length(), LENGTH)

  function ask(event: Event): void {
    event.preventDefault()
    if (!valid() || training.busy()) return
    const asked = prompt().trim()
    // Functions of a row that was chosen stay at hand when its question is changed; what the data says to it does not.
    const { tools, system } = known() ?? {}
    const question =
      known()?.prompt === asked
        ? known()!
        : { prompt: asked, ...(tools ? { tools, ...(system ? { system } : {}) } : {}) }
    const asking = {
      step: props.checkpoint.chosen()?.step ?? props.run.step,
      checkpoint: props.checkpoint.which(),
    }
    void answers.ask(question, props.run, asking, {
      maxNewTokens: length(),
      temperature: temperature(),
      topK: 0,
      topP: 1,
      seed: 42,
    })
  }

  return (
    <Section title={t('ask.title')}>
      <Show when={training.busy()}>
        <Notice tone="info" title={t('ask.busy')} />
      </Show>
      <form class="stack" onSubmit={ask}>
        <Field label={t('ask.prompt')}>
          {(ids) => (
            <textarea
              id={ids.id}
              rows={3}
              value={prompt()}
              onInput={(event) => setPrompt(event.currentTarget.value)}
              onKeyDown={(event) => {
                if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) ask(event)
              }}
            />
          )}
        </Field>
        <DataQuestions
          run={props.run}
          onChoose={(question) => {
            setPrompt(question.prompt)
            setKnown(question)
          }}
        />
        <Show when={known()?.tools}>
          {(tools) => (
            <p class="small quiet">
              {t('ask.tools', {
                count: tools().length,
                names: tools()
                  .map((tool) => tool.function.name)
                  .join(', '),
              })}
            </p>
          )}
        </Show>
        <div class="ask-row">
          <details class="fold">
            <summary>{t('ask.options')}</summary>
            <div class="stack ask-options">
              <NumberField
                label={t('ask.temperature')}
                help={t('ask.temperatureHelp')}
                slider
                limits={TEMPERATURE}
                value={temperature()}
                onChange={setTemperature}
              />
              <NumberField
                label={t('ask.length')}
                slider
                limits={LENGTH}
                value={length()}
                onChange={setLength}
              />
            </div>
          </details>
          <Show
            when={answers.asking()}
            fallback={
              <Button type="submit" kind="primary" disabled={!valid() || training.busy()}>
                {t('ask.both')}
              </Button>
            }
          >
            <Button icon="stop" onClick={answers.stop}>
              {t('action.stop')}
            </Button>
          </Show>
        </div>
      </form>
      <div class="stack" aria-live="polite" aria-busy={answers.asking()}>
        <For each={answers.exchanges.filter((exchange) => exchange.run === props.run.id)}>
          {(exchange) => <ExchangeView exchange={exchange} />}
        </For>
      </div>
    </Section>
  )
}

function ExchangeView(props: { exchange: Exchange }) {
  const note = (side: SideAnswer) =>
    side.state === 'done'
      ? [
          t('ask.took', { seconds: formatNumber(Number(side.seconds.toFixed(1))) }),
          side.cut ? t('samples.cut') : '',
        ]
          .filter(Boolean)
          .join(' · ')
      : t(`ask.${side.state}`)
  const { runs } = useApp()
  const whose = () => {
    const run = runs.byId(props.exchange.run)
    return run && t('ask.whose', { run: runs.label(run), step: props.exchange.step })
  }
  return (
    <article class="sample stack">
      <div class="stack-s">
        <h3 class="label">{t('samples.prompt')}</h3>
        <p class="said">{props.exchange.prompt}</p>
        <p class="small quiet">{whose()}</p>
      </div>
      <div class="answers" classList={{ three: props.exchange.reference !== undefined }}>
        <AnswerOrFailure
          title={t('samples.base')}
          side={props.exchange.base}
          note={note(props.exchange.base)}
        />
        <AnswerOrFailure
          title={t('samples.tunedAt', { count: props.exchange.step })}
          side={props.exchange.tuned}
          note={note(props.exchange.tuned)}
          tuned
        />
        <Show when={props.exchange.reference}>
          {(text) => <Answer title={t('samples.reference')} text={text()} kind="reference" />}
        </Show>
      </div>
      <Show when={props.exchange.tuned.state === 'done'}>
        <Suspense>
          <AnswerTools exchange={props.exchange} />
        </Suspense>
      </Show>
    </article>
  )
}

function AnswerOrFailure(props: { title: string; side: SideAnswer; note: string; tuned?: boolean }) {
  return (
    <Show
      when={props.side.failure}
      fallback={
        <Answer
          title={props.title}
          text={props.side.text || (props.side.state === 'done' ? '' : '…')}
          note={props.note}
          {...(props.tuned ? { kind: 'tuned' as const } : {})}
        />
      }
    >
      {(failure) => <FailureNotice failure={failure()} />}
    </Show>
  )
}
