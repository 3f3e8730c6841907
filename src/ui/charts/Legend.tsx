import { createMemo, For, Show } from 'solid-js'
import { formatLoss, formatNumber } from '../messages/format.ts'
import { t } from '../messages/t.ts'
import type { ChartRun } from './chart-run.ts'
import { bestOf, type Drawing, smoothedCurve, validationCurve, valueAt } from './curves.ts'
import { FIGURES } from './figures.ts'
import { Swatch } from './Swatch.tsx'

/** What each curve is, and its value: at the point under the pointer, else the last. */
export function Legend(props: {
  runs: ChartRun[]
  drawing: Omit<Drawing, 'span'>
  at: number | null
  pulse: number
}) {
  const figure = () => FIGURES[props.drawing.figure]
  const steps = () => props.drawing.across === 'steps'
  const values = createMemo(() => {
    void props.pulse
    const { figure, across, weight } = props.drawing
    return props.runs.map((run) => {
      const validation = validationCurve(run, figure, across)
      return {
        train: valueAt(smoothedCurve(run, figure, across, weight), props.at),
        validation: validation ? valueAt(validation, props.at) : Number.NaN,
      }
    })
  })
  const bestWords = createMemo(() => {
    void props.pulse
    const first = props.runs[0]
    const point = first && props.drawing.figure === 'loss' ? bestOf(first, props.drawing.across) : null
    return point
      ? t(steps() ? 'chart.bestStep' : 'chart.bestEpoch', {
          at: formatNumber(Number(point.x.toFixed(2))),
          loss: formatLoss(point.loss),
        })
      : null
  })
  return (
    <div class="legend">
      <For each={props.runs}>
        {(run, index) => (
          <div class="legend-run">
            <Show when={props.runs.length > 1}>
              <span class="legend-name">{run.name}</span>
            </Show>
            <span class="legend-item">
              <Swatch index={index()} />
              {t(figure().validation ? 'chart.training' : figure().label)}{' '}
              <b>{figure().format(values()[index()]?.train ?? Number.NaN)}</b>
            </span>
            <Show when={figure().validation}>
              <span class="legend-item">
                <Swatch index={index()} marker />
                {t('chart.validation')} <b>{figure().format(values()[index()]?.validation ?? Number.NaN)}</b>
              </span>
            </Show>
          </div>
        )}
      </For>
      <span class="push quiet">
        {props.at === null
          ? bestWords()
          : t(steps() ? 'chart.atStep' : 'chart.atEpoch', { at: formatNumber(props.at) })}
      </span>
    </div>
  )
}
