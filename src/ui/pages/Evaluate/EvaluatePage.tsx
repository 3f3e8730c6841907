import { Show, Suspense } from 'solid-js'
import type { RunInfo } from '../../../protocol/studio.ts'
import { Hint } from '../../components/Hint.tsx'
import { loadedWhenDrawn } from '../../components/loaded.tsx'
import { Notice } from '../../components/Notice.tsx'
import { Next, PageHead, Section } from '../../components/Page.tsx'
import { SampleList } from '../../components/Samples.tsx'
import { Stat } from '../../components/Table.tsx'
import { changeInWords } from '../../messages/change.ts'
import { formatFigure, formatLoss } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { CheckpointPicker, useCheckpoint } from '../CheckpointPicker.tsx'
import { claimsNothing, Judged } from '../Judged.tsx'
import { NeedsModel } from '../NeedsModel.tsx'
import { RunPicker, usePickedRun } from '../RunPicker.tsx'
import { Ask } from './Ask.tsx'

/** Fetched with the first look at it. */
const HowGood = loadedWhenDrawn(() => import('./HowGood.tsx').then((part) => part.HowGood))
const LookInside = loadedWhenDrawn(() => import('./LookInside.tsx').then((part) => part.LookInside))

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
      <Show when={props.run.lacks}>
        {(lacks) => (
          <Notice tone="warning" title={t('needs.title', { name: lacks().name })}>
            <NeedsModel of={lacks()} />
          </Notice>
        )}
      </Show>
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
  /** Whether it began with what another had learnt: that was measured first, and not the base model. */
  const begun = () => props.run.config.start.from !== 'nothing'
  return (
    <Section title={t('evaluate.loss')} lede={t('evaluate.lossLede')}>
      <Show
        when={ends()}
        fallback={
          <Show when={runs.view(props.run.id)}>
            <p class="quiet">{t('evaluate.noEval')}</p>
          </Show>
        }
      >
        {(end) => (
          <dl class="stats">
            <Show when={end().several}>
              <Stat
                label={
                  end().firstStep === 0
                    ? t(begun() ? 'evaluate.beforeBegun' : 'evaluate.before')
                    : t('evaluate.atStep', { step: end().firstStep })
                }
                value={formatLoss(end().first)}
                unit={t('unit.nats')}
                help={t('help.evalLoss')}
                note={t('evaluate.perplexity', {
                  value: formatFigure(Math.exp(end().first)),
                })}
              />
            </Show>
            <Stat
              label={t('evaluate.atStep', { step: end().lastStep })}
              value={formatLoss(end().last)}
              unit={t('unit.nats')}
              help={t('help.evalLoss')}
              note={t('evaluate.perplexity', {
                value: formatFigure(Math.exp(end().last)),
              })}
            />
            <Show when={end().several && !claimsNothing(runs.view(props.run.id))}>
              <Show when={changeInWords(end().first, end().last)}>
                {(change) => <Stat label={t('evaluate.change')} value={change()} />}
              </Show>
            </Show>
          </dl>
        )}
      </Show>
      <Show when={runs.view(props.run.id)}>{(view) => <Judged view={view()} run={props.run} />}</Show>
    </Section>
  )
}
