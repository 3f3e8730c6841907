import { createMemo, For, type ParentProps, Show } from 'solid-js'
import type { RunInfo } from '../../../protocol/studio.ts'
import type { ChartRun } from '../../charts/chart-run.ts'
import { LossChart } from '../../charts/LossChart.tsx'
import { MOST_RUNS } from '../../charts/palette.ts'
import { Notice } from '../../components/Notice.tsx'
import { Section } from '../../components/Page.tsx'
import { SampleList } from '../../components/Samples.tsx'
import { said } from '../../messages/said.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import type { RunView } from '../../state/runs.ts'
import { Compare } from './Compare.tsx'
import { Diverges } from './Diverges.tsx'

/** The curve of a run with those laid over it, what stands below it, what the run had to say, and its answers. */
export function RunCurve(props: ParentProps<{ view: RunView | null; run: RunInfo | null }>) {
  const { runs } = useApp()
  const curves = createMemo(
    (): ChartRun[] => {
      const { view, run } = props
      const list: ChartRun[] = view
        ? [
            {
              id: run?.id ?? 'live',
              name: run ? runs.label(run) : t('train.thisRun'),
              series: view.series,
              ...(run ? { maxSteps: run.maxSteps } : {}),
            },
          ]
        : []
      for (const id of runs.overlays()) {
        const other = runs.view(id)
        const otherRun = runs.byId(id)
        if (!other || id === run?.id || list.length >= MOST_RUNS) continue
        list.push({ id, name: otherRun ? runs.label(otherRun) : id, series: other.series })
      }
      return list
    },
    [],
    {
      equals: (a, b) =>
        a.length === b.length &&
        a.every(
          (run, i) =>
            run.series === b[i]!.series && run.name === b[i]!.name && run.maxSteps === b[i]!.maxSteps,
        ),
    },
  )
  /** Those that are drawn, as they are stored. */
  const compared = createMemo(() =>
    curves()
      .map(({ id }) => runs.byId(id))
      .filter((run) => run !== null),
  )
  return (
    <>
      <Show when={curves().length > 0}>
        <LossChart runs={curves()} />
      </Show>
      <Show when={props.view && props.run ? { view: props.view, run: props.run } : null}>
        {(of) => <Diverges view={of().view} run={of().run} />}
      </Show>
      <Show when={compared().length > 1}>
        <Compare runs={compared()} />
      </Show>
      {props.children}
      <For each={props.view?.notices() ?? []}>
        {(message) => <Notice tone="warning" title={said(message)} />}
      </For>
      <Show when={props.view?.samples().length}>
        <Section title={t('samples.title')} lede={t('samples.lede')}>
          <SampleList samples={props.view!.samples()} />
        </Section>
      </Show>
    </>
  )
}
