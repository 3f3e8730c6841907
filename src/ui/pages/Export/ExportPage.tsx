import { createMemo, Show, Suspense } from 'solid-js'
import type { RunInfo } from '../../../protocol/studio.ts'
import type { ChartRun } from '../../charts/chart-run.ts'
import { LossChart } from '../../charts/LossChart.tsx'
import { Hint } from '../../components/Hint.tsx'
import { loadedWhenDrawn } from '../../components/loaded.tsx'
import { PageHead, Section } from '../../components/Page.tsx'
import { Stat } from '../../components/Table.tsx'
import { formatDuration, formatLoss } from '../../messages/format.ts'
import { atStep } from '../../messages/measured.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { checkpointName, useCheckpoint } from '../CheckpointPicker.tsx'
import { DownloadState } from '../DownloadState.tsx'
import { claimsNothing, Judged } from '../Judged.tsx'
import { RunFacts } from '../RunFacts.tsx'
import { RunPicker, usePickedRun } from '../RunPicker.tsx'
import { UnkeptNotice } from '../Train/UnkeptNotice.tsx'

/** Fetched with the first look at it. */
const Ways = loadedWhenDrawn(() => import('./Ways.tsx').then((part) => part.Ways))

export function ExportPage() {
  const { downloads, runs } = useApp()
  const { usable, picked, pick } = usePickedRun()
  const curve = createMemo((): ChartRun[] => {
    const run = picked()
    const view = runs.view(run?.id ?? null)
    return run && view ? [{ id: run.id, name: run.name, series: view.series }] : []
  })
  return (
    <>
      <PageHead title={t('export.title')} lede={t('export.lede')} />
      <div class="stack-l">
        <RunPicker usable={usable()} picked={picked()} pick={pick} />
        {/* Of a run that was deleted meanwhile, in another tab: its file is still written, and can be stopped. */}
        <Show when={!picked() && downloads.last()}>{(of) => <DownloadState of={of()} />}</Show>
        <Show when={picked()}>
          {(run) => (
            <>
              <UnkeptNotice run={run()} />
              <Hint id="take" />
              <div class="workbench wide-start">
                <Suspense>
                  <Ways run={run()} />
                </Suspense>
                <Section title={t('export.summary')}>
                  <Summary run={run()} />
                  {/* A loss that says nothing never stands by itself. */}
                  <Show when={claimsNothing(runs.view(run().id)) && runs.view(run().id)}>
                    {(view) => <Judged view={view()} run={run()} />}
                  </Show>
                  <Show when={curve().length > 0}>
                    <LossChart runs={curve()} plain />
                  </Show>
                  <RunFacts config={run().config} />
                </Section>
              </div>
            </>
          )}
        </Show>
      </div>
    </>
  )
}

/** Of the chosen checkpoint, which is named. */
function Summary(props: { run: RunInfo }) {
  const { which, chosen, kept } = useCheckpoint(() => props.run)
  const step = () => chosen()?.step ?? props.run.step
  const evalLoss = () => (chosen() ?? props.run).evalLoss
  /** Where it is not of this step: a run that was stopped is not measured once more. */
  const measured = () => {
    const { evalStep } = chosen() ?? props.run
    return typeof evalStep === 'number' && evalStep !== step()
      ? t('runs.measured', { when: atStep(evalStep) })
      : null
  }
  return (
    <dl class="stats">
      <Show when={kept()?.length !== 0 || props.run.unkept}>
        <Stat label={t('export.which')} value={checkpointName(which(), step())} />
      </Show>
      <Stat
        label={t('export.steps')}
        value={t('export.stepsOf', { step: step(), count: props.run.maxSteps })}
      />
      <Stat label={t('export.time')} value={formatDuration(chosen()?.seconds ?? props.run.seconds)} />
      <Show when={evalLoss() !== null}>
        <Stat
          label={t('train.stat.validation')}
          value={formatLoss(evalLoss()!)}
          unit={t('unit.nats')}
          help={t('help.evalLoss')}
          {...(measured() ? { note: measured()! } : {})}
        />
      </Show>
    </dl>
  )
}
