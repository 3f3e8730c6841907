import { createEffect, createSignal, For, on, Show, Suspense } from 'solid-js'
import { createStore } from 'solid-js/store'
import type { RunInfo } from '../../../protocol/studio.ts'
import { Button } from '../../components/Button.tsx'
import { Field } from '../../components/Field.tsx'
import { loadedWhenDrawn } from '../../components/loaded.tsx'
import { FailureNotice, Notice } from '../../components/Notice.tsx'
import { Section } from '../../components/Page.tsx'
import { Answer } from '../../components/Samples.tsx'
import { formatNumber } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'
import type { Exchange, SideAnswer } from '../../state/answers.ts'
import { useApp } from '../../state/app.tsx'
import type { Question } from '../../state/questions.ts'
import type { useCheckpoint } from '../CheckpointPicker.tsx'
import { type AskedHow, AskOptions, USUAL, wrongOf } from './AskOptions.tsx'
import { DataQuestions } from './DataQuestions.tsx'

const AnswerTools = loadedWhenDrawn(() => import('./AnswerTools.tsx').then((part) => part.AnswerTools))

/** The playground: base and tuned side by side, one question after the other. */
export function Ask(props: { run: RunInfo; checkpoint: ReturnType<typeof useCheckpoint> }) {
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
  const [how, setHow] = createStore<AskedHow>({ ...USUAL })
  /** The exchange that the next question goes on from, as long as it is in view. */
  const [after, setAfter] = createSignal<number | null>(null)
  const mine = () => answers.exchanges.filter((exchange) => exchange.run === props.run.id)
  const before = () => mine().find(({ id }) => id === after()) ?? null
  const valid = () => prompt().trim() !== '' && props.checkpoint.known() && !wrongOf(how)

  function ask(event: Event): void {
    event.preventDefault()
    if (!valid() || training.busy() || answers.asking()) return
    const asked = prompt().trim()
    // Functions of a row that was chosen stay at hand when its question is changed; what the data says to it does not.
    const { tools, system } = known() ?? {}
    const question =
      known()?.prompt === asked
        ? known()!
        : { prompt: asked, ...(tools ? { tools, ...(system ? { system } : {}) } : {}) }
    const { system: own, strength, maxNewTokens, ...options } = how
    const said = own.trim() === '' ? {} : { system: own.trim() }
    const asking = {
      step: props.checkpoint.chosen()?.step ?? props.run.step,
      checkpoint: props.checkpoint.which(),
      ...{ strength, after: before()?.id ?? null },
    }
    void answers.ask({ ...question, ...said }, props.run, asking, { ...options, maxNewTokens })
    if (before()) {
      // The conversation goes on from what is being answered now.
      setAfter(answers.exchanges[0]!.id)
      setPrompt('')
    }
  }

  return (
    <Section title={t('ask.title')}>
      <Show when={training.busy()}>
        <Notice tone="info" title={t('ask.busy')} />
      </Show>
      <form class="stack" onSubmit={ask}>
        <Show when={before()}>
          {(last) => (
            <div class="row">
              <p class="small quiet">{t('ask.goesOn', { question: last().prompt })}</p>
              <Button kind="quiet" class="small" onClick={() => setAfter(null)}>
                {t('ask.afresh')}
              </Button>
            </div>
          )}
        </Show>
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
          <AskOptions how={how} onChange={setHow} />
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
        <For each={mine()}>
          {(exchange) => (
            <ExchangeView
              exchange={exchange}
              goesOn={after() === exchange.id}
              onGoOn={() => setAfter(exchange.id)}
            />
          )}
        </For>
      </div>
    </Section>
  )
}

function ExchangeView(props: { exchange: Exchange; goesOn: boolean; onGoOn: () => void }) {
  const note = (side: SideAnswer) =>
    side.state === 'done'
      ? [
          t('ask.took', { seconds: formatNumber(Number(side.seconds.toFixed(1))) }),
          side.cut ? t('samples.cut') : '',
        ]
          .filter(Boolean)
          .join(' · ')
      : t(`ask.${side.state}`)
  const { runs, answers } = useApp()
  const whose = () => {
    const run = runs.byId(props.exchange.run)
    if (!run) return
    const { step, strength } = props.exchange
    const said = t('ask.whose', { run: runs.label(run), step })
    return strength === 1 ? said : `${said} · ${t('ask.acts', { strength: formatNumber(strength) })}`
  }
  const earlier = () => answers.exchanges.find(({ id }) => id === props.exchange.after)
  return (
    <article class="sample stack">
      <div class="stack-s">
        <h3 class="label">{t('samples.prompt')}</h3>
        <Show when={props.exchange.system}>
          {(text) => <p class="small quiet">{t('ask.withSystem', { text: text() })}</p>}
        </Show>
        <Show when={earlier()}>
          {(last) => <p class="small quiet">{t('ask.goesOn', { question: last().prompt })}</p>}
        </Show>
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
      <Show when={props.exchange.base.state === 'done' && !props.goesOn}>
        <div class="row">
          <Button kind="quiet" class="small" onClick={() => props.onGoOn()}>
            {t('ask.goOn')}
          </Button>
        </div>
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
