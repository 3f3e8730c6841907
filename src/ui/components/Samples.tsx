import { createMemo, createSignal, For, Show } from 'solid-js'
import { isAsTheDataSays } from '../../runs/judgement.ts'
import { t } from '../messages/t.ts'
import type { SampleHistory } from '../state/runs.ts'
import { Select } from './Select.tsx'

/** Answers of base and tuned model side by side, at the last evaluation or an earlier one. */
export function SampleList(props: { samples: SampleHistory[] }) {
  const [chosen, setChosen] = createSignal<string>('last')
  const steps = createMemo(() =>
    [...new Set(props.samples.flatMap((sample) => sample.tuned.map((answer) => answer.step)))].sort(
      (a, b) => a - b,
    ),
  )
  const tuned = (sample: SampleHistory) =>
    (chosen() === 'last' ? undefined : sample.tuned.find((answer) => String(answer.step) === chosen())) ??
    sample.tuned.at(-1)
  return (
    <div class="stack">
      <Show when={steps().length > 1}>
        <div class="samples-when">
          <Select
            label={t('samples.when')}
            hideLabel
            value={chosen()}
            onChange={setChosen}
            options={[
              { value: 'last', label: t('samples.latest') },
              ...steps().map((step) => ({ value: String(step), label: t('samples.atStep', { step }) })),
            ]}
          />
        </div>
      </Show>
      <For each={props.samples}>
        {(sample) => (
          <article class="sample stack">
            <div class="stack-s">
              <h3 class="label">
                {t('samples.prompt')}
                <Show when={rowKind(sample)}>{(kind) => <span class="badge-plain">{t(kind())}</span>}</Show>
              </h3>
              <p class="said">{sample.prompt}</p>
            </div>
            <div class="answers" classList={{ three: sample.reference !== undefined }}>
              <Answer
                title={t('samples.base')}
                text={sample.base}
                {...(sample.baseCut ? { note: t('samples.cut') } : {})}
              />
              <Answer
                title={titleAt(tuned(sample)?.step)}
                text={tuned(sample)?.text ?? ''}
                kind="tuned"
                {...noteOf(sample, tuned(sample))}
              />
              <Show when={sample.reference}>
                {(text) => <Answer title={t('samples.reference')} text={text()} kind="reference" />}
              </Show>
            </div>
          </article>
        )}
      </For>
    </div>
  )
}

function titleAt(step: number | undefined): string {
  if (step === undefined) return t('samples.tuned')
  return step === 0 ? t('samples.notYet') : t('samples.tunedAt', { count: step })
}

/** Whether the model learns from the row that the question is of: what it says means another thing then. */
function rowKind({
  split,
  reference,
}: SampleHistory): 'samples.train' | 'samples.heldOut' | 'samples.own' | null {
  if (split !== undefined) return split === 'train' ? 'samples.train' : 'samples.heldOut'
  // Runs of earlier versions do not say of which rows their questions are.
  return reference === undefined ? 'samples.own' : null
}

function noteOf(
  sample: SampleHistory,
  answer: SampleHistory['tuned'][number] | undefined,
): { note?: string } {
  const notes = [
    isRight(sample, answer?.text) ? `✓ ${t('samples.right')}` : '',
    answer?.cut ? t('samples.cut') : '',
  ]
  const note = notes.filter(Boolean).join(' · ')
  return note === '' ? {} : { note }
}

function isRight({ reference }: SampleHistory, answer: string | undefined): boolean {
  return reference !== undefined && answer !== undefined && isAsTheDataSays(answer, reference)
}

export function Answer(props: { title: string; text: string; kind?: 'tuned' | 'reference'; note?: string }) {
  return (
    <div class={`answer stack-s ${props.kind ?? ''}`}>
      <h3>{props.title}</h3>
      <p>{props.text.trim() === '' ? <span class="quiet">{t('samples.empty')}</span> : props.text}</p>
      <Show when={props.note}>
        <p class="small quiet">{props.note}</p>
      </Show>
    </div>
  )
}
