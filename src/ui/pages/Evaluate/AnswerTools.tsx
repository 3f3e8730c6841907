import { createSignal, Show } from 'solid-js'
import { Button } from '../../components/Button.tsx'
import { t } from '../../messages/t.ts'
import type { Exchange } from '../../state/answers.ts'
import { useApp } from '../../state/app.tsx'
import { CorrectAnswer } from './CorrectAnswer.tsx'
import { LabelChances } from './LabelChances.tsx'
import { TokenChances } from './TokenChances.tsx'

/** What can be done with an answer to a question that was asked: looked at token by token, and put right. */
export function AnswerTools(props: { exchange: Exchange }) {
  const { runs, evaluations } = useApp()
  /** Chances, and rows to learn from, are of a question by itself and of the adapter as it was trained. */
  const alone = () => props.exchange.after === null
  const asTrained = () => alone() && props.exchange.strength === 1
  const labels = () => (asTrained() ? evaluations.labelsOf(props.exchange.run) : null)
  const [open, setOpen] = createSignal<'tokens' | 'labels' | 'right' | null>(null)
  const toggle = (which: 'tokens' | 'labels' | 'right') => setOpen(open() === which ? null : which)
  const run = () => runs.byId(props.exchange.run)
  /** What the data says, or else what was answered. */
  const answer = () => props.exchange.reference ?? props.exchange.tuned.text.trim()
  const functions = () => {
    const { system, tools } = props.exchange
    return { ...(system === undefined ? {} : { system }), ...(tools ? { tools } : {}) }
  }
  return (
    <div class="stack-s">
      <div class="row">
        <Show when={asTrained() && answer() !== ''}>
          <Button
            kind="quiet"
            class="small"
            aria-expanded={open() === 'tokens'}
            onClick={() => toggle('tokens')}
          >
            {t('chance.open')}
          </Button>
        </Show>
        <Show when={labels()}>
          <Button
            kind="quiet"
            class="small"
            aria-expanded={open() === 'labels'}
            onClick={() => toggle('labels')}
          >
            {t('labels.open')}
          </Button>
        </Show>
        <Show
          when={props.exchange.split !== 'test' && alone()}
          fallback={
            <Show when={alone()}>
              <span class="small quiet">{t('correct.never')}</span>
            </Show>
          }
        >
          <Button
            kind="quiet"
            class="small"
            aria-expanded={open() === 'right'}
            onClick={() => toggle('right')}
          >
            {t('correct.open')}
          </Button>
        </Show>
      </div>
      <Show when={open() === 'tokens'}>
        <h4 class="label">{t(props.exchange.reference === undefined ? 'chance.tuned' : 'chance.answer')}</h4>
        <TokenChances
          of={{
            run: props.exchange.run,
            checkpoint: props.exchange.step,
            of: { question: props.exchange.prompt, answer: answer(), ...functions() },
          }}
        />
      </Show>
      <Show when={open() === 'labels' && labels()}>
        {(known) => (
          <LabelChances
            of={{
              ...{ run: props.exchange.run, checkpoint: props.exchange.step, labels: known() },
              ...{ question: props.exchange.prompt, ...functions() },
            }}
          />
        )}
      </Show>
      <Show when={open() === 'right' && run()}>
        {(known) => (
          <CorrectAnswer
            run={known()}
            row={null}
            question={props.exchange.prompt}
            system={props.exchange.system}
            was={answer()}
          />
        )}
      </Show>
    </div>
  )
}
