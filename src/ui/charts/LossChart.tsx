import { createEffect, createMemo, createSignal, For, onCleanup, Show } from 'solid-js'
import type uPlot from 'uplot'
import type { Track } from '../../runs/series.ts'
import { Checkbox } from '../components/Field.tsx'
import { Help } from '../components/Help.tsx'
import { Segmented } from '../components/Segmented.tsx'
import { StopsSlider } from '../components/Slider.tsx'
import { formatLoss, formatNumber, formatShare } from '../messages/format.ts'
import { t } from '../messages/t.ts'
import { align, type Curve, smooth, thin } from './align.ts'
import { ChartTable } from './ChartTable.tsx'
import type { ChartRun } from './chart-run.ts'
import { axis, Plot } from './Plot.tsx'
import { type ChartColours, DASHES } from './palette.ts'
import { Swatch } from './Swatch.tsx'

export type Metric = 'loss' | 'accuracy'
export type Axis = 'steps' | 'epochs'

/** Points a curve is drawn with at most; a screen has no more columns. */
const MOST_POINTS = 1600
const SMOOTHING = [0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98]

const isAlone = (plot: uPlot, series: number): boolean =>
  Array.from(plot.data[series]!).filter((value) => value !== null && value !== undefined).length === 1

/** Training and validation curves of one or several runs. */
export function LossChart(props: { runs: ChartRun[]; plain?: boolean }) {
  const [metric, setMetric] = createSignal<Metric>('loss')
  const [across, setAcross] = createSignal<Axis>('steps')
  const [log, setLog] = createSignal(false)
  const [weight, setWeight] = createSignal(0)
  const [asTable, setAsTable] = createSignal(false)
  const [hover, setHover] = createSignal<number | null>(null)
  const [pulse, setPulse] = createSignal(0)

  const show = (value: number) => (metric() === 'loss' ? formatLoss(value) : formatShare(value, 1))
  const logged = () => log() && metric() === 'loss'

  // Words beside the curves (legend, table, summary) follow at a reader's pace, not at the chart's.
  createEffect(() => {
    let due = false
    const stops = props.runs.map((run) =>
      run.series.subscribe(() => {
        if (due) return
        due = true
        setTimeout(() => {
          due = false
          setPulse((n) => n + 1)
        }, 100)
      }),
    )
    onCleanup(() => {
      for (const stop of stops) stop()
    })
  })

  const raw = (run: ChartRun): { train: Curve; validation: Curve } => {
    const { series } = run
    const loss = metric() === 'loss'
    const curve = (track: Track, name: string) => ({
      x: track[across()].view(),
      y: track.column(name).view(),
    })
    return {
      train: curve(series.training, loss ? 'loss' : 'mean_token_accuracy'),
      validation: curve(series.validation, loss ? 'eval_loss' : 'mean_token_accuracy'),
    }
  }

  /** The first run is drawn last, on top of those laid over it. */
  const drawn = () => props.runs.map((run, index) => ({ run, index })).reverse()

  const data = (): uPlot.AlignedData => {
    const curves = drawn().flatMap(({ run }) => {
      const { train, validation } = raw(run)
      const main = thin({ x: train.x, y: smooth(train.y, weight()) }, MOST_POINTS)
      return weight() > 0 ? [thin(train, MOST_POINTS), main, validation] : [main, validation]
    })
    return align(curves, logged()) as uPlot.AlignedData
  }

  const lengthOf = (run: ChartRun): number => {
    const { steps, epochs } = run.series.training
    const last = steps.length - 1
    const reached = last < 0 ? 0 : across() === 'steps' ? steps.at(last) : epochs.at(last)
    if (!run.maxSteps || last < 0) return across() === 'steps' ? (run.maxSteps ?? reached) : reached
    return Math.max(reached, across() === 'steps' ? run.maxSteps : (reached / steps.at(last)) * run.maxSteps)
  }

  const options = (colours: ChartColours): Omit<uPlot.Options, 'width' | 'height'> => {
    const smoothing = weight() > 0
    const accuracy = metric() === 'accuracy'
    const logarithmic = logged()
    const epochs = across() === 'epochs'
    const series: uPlot.Series[] = [{}]
    for (const { index } of drawn()) {
      const stroke = colours.curves[index % colours.curves.length]!
      const dash = DASHES[index % DASHES.length]!
      const line = { stroke, dash, spanGaps: true }
      if (smoothing) series.push({ ...line, width: 1, alpha: 0.3, dash: [], points: { show: false } })
      // A line of one point has no length.
      series.push({ ...line, width: 1.75, points: { show: isAlone, size: 5, stroke, fill: stroke } })
      series.push({
        ...line,
        width: 1.25,
        points: { show: true, size: 8, width: 1.75, stroke, fill: colours.ground },
      })
    }
    return {
      padding: [12, 12, 0, 0],
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, y: false, points: { show: false } },
      scales: {
        x: { time: false, range: () => [0, Math.max(1e-9, ...props.runs.map(lengthOf)) || 1] },
        y: {
          distr: logarithmic ? 3 : 1,
          range: (_, low, high) => {
            if (!Number.isFinite(low ?? Number.NaN) || !Number.isFinite(high ?? Number.NaN))
              return logarithmic ? [0.1, 10] : [0, 1]
            if (accuracy) return [0, 1]
            if (logarithmic) return [low * 0.92, high * 1.08]
            const pad = (high - low) * 0.06 || Math.abs(high) * 0.1 || 0.1
            return [Math.max(0, low - pad), high + pad]
          },
        },
      },
      axes: [
        axis(colours, {
          label: t(epochs ? 'chart.epochs' : 'chart.steps'),
          labelSize: 22,
          size: 30,
          space: 64,
          grid: { show: false },
          values: (_, splits) =>
            splits.map((value) => (epochs || Number.isInteger(value) ? formatNumber(value) : '')),
        }),
        axis(colours, {
          label: t(accuracy ? 'chart.accuracy' : 'chart.loss'),
          labelSize: 22,
          size: 44,
          space: 40,
          values: (_, splits) =>
            splits.map((value) =>
              value === null ? '' : accuracy ? formatShare(value) : formatNumber(value),
            ),
        }),
      ],
      series,
      hooks: {
        setCursor: [(plot) => setHover(plot.cursor.idx ?? null)],
        draw: [(plot) => ringBest(plot, colours.ink)],
      },
    }
  }

  /** The lowest validation loss of the first run, where there is more than one to choose from. */
  const best = (): { x: number; loss: number } | null => {
    const run = props.runs[0]
    if (!run || metric() !== 'loss' || run.series.validation.length < 2) return null
    const { x, y } = raw(run).validation
    let at = -1
    for (let i = 0; i < y.length; i++) if (y[i]! < (at < 0 ? Number.POSITIVE_INFINITY : y[at]!)) at = i
    return at < 0 ? null : { x: x[at]!, loss: y[at]! }
  }

  function ringBest(plot: uPlot, colour: string): void {
    const point = best()
    if (!point) return
    const { ctx } = plot
    ctx.save()
    ctx.strokeStyle = colour
    ctx.lineWidth = 1.5 * devicePixelRatio
    ctx.beginPath()
    ctx.arc(
      plot.valToPos(point.x, 'x', true),
      plot.valToPos(point.loss, 'y', true),
      8 * devicePixelRatio,
      0,
      2 * Math.PI,
    )
    ctx.stroke()
    ctx.restore()
  }

  const bestWords = createMemo(() => {
    pulse()
    const point = best()
    if (!point) return null
    return t(across() === 'steps' ? 'chart.bestStep' : 'chart.bestEpoch', {
      at: formatNumber(Number(point.x.toFixed(2))),
      loss: formatLoss(point.loss),
    })
  })

  const subscribe = createMemo(() => {
    const all = props.runs.map((run) => run.series)
    return (changed: () => void) => {
      const stops = all.map((series) => series.subscribe(changed))
      return () => {
        for (const stop of stops) stop()
      }
    }
  })

  const empty = () => {
    pulse()
    return props.runs.every((run) => run.series.training.length === 0)
  }

  /** Values of the legend: under the pointer, else the last. */
  const figures = createMemo(() => {
    pulse()
    const at = hover()
    if (at === null) {
      return {
        x: null,
        values: props.runs.map((run) => {
          const { train, validation } = raw(run)
          return {
            train: smooth(train.y, weight()).at(-1) ?? Number.NaN,
            validation: validation.y.at(-1) ?? Number.NaN,
          }
        }),
      }
    }
    const columns = data()
    const each = weight() > 0 ? 3 : 2
    /** The value under the pointer, or the last before it: validations are far between. */
    const value = (column: number) => {
      for (let i = at; i >= 0; i--) {
        const found = columns[column]?.[i]
        if (found !== null && found !== undefined) return found
      }
      return Number.NaN
    }
    return {
      x: columns[0][at] ?? null,
      values: props.runs.map((_, index) => {
        const last = (props.runs.length - index) * each
        return { train: value(last - 1), validation: value(last) }
      }),
    }
  })

  const summary = () => {
    pulse()
    const first = props.runs[0]
    const loss = first?.series.training.column('loss')
    if (!first || !loss || loss.length === 0) return t('chart.none')
    const validation = first.series.validation.column('eval_loss')
    const words = t('chart.summary', {
      steps: first.series.training.steps.at(loss.length - 1),
      first: formatLoss(loss.at(0)),
      last: formatLoss(loss.at(loss.length - 1)),
    })
    return validation.length > 0
      ? `${words} ${t('chart.summaryValidation', { last: formatLoss(validation.at(validation.length - 1)) })}`
      : words
  }

  return (
    <figure class="chart">
      <Show when={!props.plain}>
        <div class="chart-tools">
          <div class="chart-metric">
            <Segmented
              label={t('chart.metric')}
              hideLabel
              value={metric()}
              onChange={setMetric}
              options={[
                { value: 'loss', label: t('chart.lossShort') },
                { value: 'accuracy', label: t('chart.accuracyShort') },
              ]}
            />
            <Help
              label={t(metric() === 'loss' ? 'chart.lossShort' : 'chart.accuracyShort')}
              text={t(metric() === 'loss' ? 'help.loss' : 'chart.accuracyHelp')}
            />
          </div>
          <Segmented
            label={t('chart.axis')}
            hideLabel
            value={across()}
            onChange={setAcross}
            options={[
              { value: 'steps', label: t('chart.steps') },
              { value: 'epochs', label: t('chart.epochs') },
            ]}
          />
          <Checkbox label={t('chart.log')} checked={log()} onChange={setLog} disabled={metric() !== 'loss'} />
          <Checkbox label={t('chart.table')} checked={asTable()} onChange={setAsTable} />
          <div class="chart-smoothing">
            <span class="small">{t('chart.smoothing')}</span>
            <StopsSlider
              label={t('chart.smoothing')}
              stops={SMOOTHING}
              value={weight()}
              onChange={setWeight}
              describe={(value) => (value === 0 ? t('chart.smoothingOff') : formatNumber(value))}
            />
          </div>
        </div>
      </Show>
      <Show when={!asTable()} fallback={<ChartTable runs={props.runs} pulse={pulse()} />}>
        <div class="chart-box">
          <Plot options={options} data={data} subscribe={subscribe()} label={summary()} />
          <Show when={empty()}>
            <p class="chart-empty quiet">{t('chart.none')}</p>
          </Show>
        </div>
        <figcaption class="legend">
          <For each={props.runs}>
            {(run, index) => (
              <div class="legend-run">
                <Show when={props.runs.length > 1}>
                  <span class="legend-name">{run.name}</span>
                </Show>
                <span class="legend-item">
                  <Swatch index={index()} />
                  {t('chart.training')} <b>{show(figures().values[index()]?.train ?? Number.NaN)}</b>
                </span>
                <span class="legend-item">
                  <Swatch index={index()} marker />
                  {t('chart.validation')} <b>{show(figures().values[index()]?.validation ?? Number.NaN)}</b>
                </span>
              </div>
            )}
          </For>
          <span class="push quiet">
            <Show when={figures().x === null && bestWords()}>{(words) => words()}</Show>
            <Show when={figures().x !== null}>
              {t(across() === 'steps' ? 'chart.atStep' : 'chart.atEpoch', {
                at: formatNumber(figures().x as number),
              })}
            </Show>
          </span>
        </figcaption>
      </Show>
    </figure>
  )
}
