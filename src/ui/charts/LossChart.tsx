import { createMemo, createSignal, Show } from 'solid-js'
import { Fold } from '../components/Fold.tsx'
import { formatLoss } from '../messages/format.ts'
import { sentences } from '../messages/sentences.ts'
import { t } from '../messages/t.ts'
import { ChartFiles } from './ChartFiles.tsx'
import { ChartTable } from './ChartTable.tsx'
import { ChartTools, type Look, PLAIN_LOOK, ZoomTools } from './ChartTools.tsx'
import { CurvePlot } from './CurvePlot.tsx'
import type { ChartRun } from './chart-run.ts'
import { wholeSpan } from './curves.ts'
import type { FigureId } from './figures.ts'
import { Legend } from './Legend.tsx'
import { createPulse } from './pulse.ts'
import { createZoom } from './zoom.ts'

/** Training and validation curves of one or several runs, and what belongs to them. */
export function LossChart(props: { runs: ChartRun[]; plain?: boolean }) {
  const [look, setLook] = createSignal<Look>(PLAIN_LOOK)
  const [hover, setHover] = createSignal<number | null>(null)
  const pulse = createPulse(() => props.runs)
  const zoom = createZoom(() => wholeSpan(props.runs, look().across))
  const drawing = createMemo(() => {
    const { figure, across, weight } = look()
    return { figure, across, weight }
  })
  const logged = () => look().log && look().figure === 'loss'

  function change(next: Partial<Look>): void {
    // A stretch of steps is none of epochs.
    if (next.across && next.across !== look().across) zoom.all()
    setLook((before) => ({ ...before, ...next }))
  }

  const empty = () => {
    pulse()
    return props.runs.every((run) => run.series.training.length === 0)
  }

  return (
    <figure class="chart">
      <Show when={!props.plain}>
        <ChartTools look={look()} onChange={change} />
      </Show>
      <Show when={!look().table} fallback={<ChartTable runs={props.runs} pulse={pulse()} />}>
        <div class="chart-box">
          <CurvePlot
            runs={props.runs}
            drawing={drawing()}
            log={logged()}
            zoom={zoom}
            label={summary(props.runs[0], pulse())}
            onHover={setHover}
          />
          <Show when={empty()}>
            <p class="chart-empty quiet">{t('chart.none')}</p>
          </Show>
        </div>
        <Legend runs={props.runs} drawing={drawing()} at={hover()} pulse={pulse()} />
        <Show when={!props.plain && !empty()}>
          <div class="chart-tools chart-after">
            <ZoomTools zoom={zoom} />
            <ChartFiles runs={props.runs} drawing={drawing()} log={logged()} zoom={zoom} />
          </div>
          <Fold summary={t('chart.more')} small>
            <div class="stack">
              {(['rate', 'norm'] as const satisfies FigureId[]).map((figure) => (
                <Further runs={props.runs} figure={figure} look={look()} zoom={zoom} pulse={pulse()} />
              ))}
            </div>
          </Fold>
        </Show>
      </Show>
    </figure>
  )
}

/** The learning rate or the size of the gradients, under the loss that goes with it. */
function Further(props: {
  runs: ChartRun[]
  figure: 'rate' | 'norm'
  look: Look
  zoom: ReturnType<typeof createZoom>
  pulse: number
}) {
  const [hover, setHover] = createSignal<number | null>(null)
  const drawing = createMemo(() => ({ figure: props.figure, across: props.look.across, weight: 0 }))
  return (
    <figure class="chart-further">
      <CurvePlot
        runs={props.runs}
        drawing={drawing()}
        log={false}
        zoom={props.zoom}
        label={t(props.figure === 'rate' ? 'chart.rateLabel' : 'chart.normLabel')}
        onHover={setHover}
        short
      />
      <Legend runs={props.runs} drawing={drawing()} at={hover()} pulse={props.pulse} />
    </figure>
  )
}

function summary(first: ChartRun | undefined, _pulse: number): string {
  const loss = first?.series.training.column('loss')
  if (!first || !loss || loss.length === 0) return t('chart.none')
  const validation = first.series.validation.column('eval_loss')
  const words = t('chart.summary', {
    steps: first.series.training.steps.at(loss.length - 1),
    first: formatLoss(loss.at(0)),
    last: formatLoss(loss.at(loss.length - 1)),
  })
  return validation.length > 0
    ? sentences(
        words,
        t('chart.summaryValidation', { last: formatLoss(validation.at(validation.length - 1)) }),
      )
    : words
}
