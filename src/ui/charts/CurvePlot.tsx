import { createMemo } from 'solid-js'
import type uPlot from 'uplot'
import { formatNumber } from '../messages/format.ts'
import { t } from '../messages/t.ts'
import { calmly } from '../state/frame.ts'
import { align } from './align.ts'
import type { ChartRun } from './chart-run.ts'
import { bestOf, curvesOf, type Drawing, valueRange, wholeSpan } from './curves.ts'
import { lineOrBars } from './dense.ts'
import { FIGURES } from './figures.ts'
import { gestures } from './gestures.ts'
import { axis, Plot } from './Plot.tsx'
import { type ChartColours, DASHES } from './palette.ts'
import type { Zoom } from './zoom.ts'

export interface CurvePlotProps {
  /** The first is drawn last, on top of those laid over it. */
  runs: ChartRun[]
  drawing: Omit<Drawing, 'span'>
  log: boolean
  zoom: Zoom
  label: string
  short?: boolean
  /** The point on the x axis under the pointer; null: none. */
  onHover?: (x: number | null) => void
}

const isAlone = (plot: uPlot, series: number): boolean =>
  Array.from(plot.data[series]!).filter((value) => value !== null && value !== undefined).length === 1

/** One figure of one or several runs, over steps or epochs. */
export function CurvePlot(props: CurvePlotProps) {
  const drawn = () => props.runs.map((run, index) => ({ run, index })).reverse()
  const measured = () => FIGURES[props.drawing.figure].validation !== null

  const data = (): uPlot.AlignedData => {
    const drawing = { ...props.drawing, span: props.zoom.now() }
    const curves = drawn().flatMap(({ run }) => {
      const { raw, main, validation } = curvesOf(run, drawing)
      return [raw, main, validation].filter((curve) => curve !== null)
    })
    return align(curves, props.log) as uPlot.AlignedData
  }

  const series = (colours: ChartColours): uPlot.Series[] =>
    drawn().flatMap(({ index }) => {
      const stroke = colours.curves[index % colours.curves.length]!
      const line = { stroke, dash: DASHES[index % DASHES.length]!, spanGaps: true }
      return [
        ...(props.drawing.weight > 0
          ? [
              {
                ...line,
                width: 1,
                alpha: 0.3,
                dash: [],
                points: { show: false },
                paths: lineOrBars(stroke, 1),
              },
            ]
          : []),
        // A line of one point has no length.
        {
          ...line,
          width: 1.75,
          points: { show: isAlone, size: 5, stroke, fill: stroke },
          paths: lineOrBars(stroke, 1.75),
        },
        ...(measured()
          ? [
              {
                ...line,
                width: 1.25,
                points: { show: true, size: 8, width: 1.75, stroke, fill: colours.ground },
              },
            ]
          : []),
      ]
    })

  const options = (colours: ChartColours): Omit<uPlot.Options, 'width' | 'height'> => {
    const figure = FIGURES[props.drawing.figure]
    const { log, runs } = props
    const { across, figure: id } = props.drawing
    const epochs = across === 'epochs'
    return {
      padding: [12, 24, 0, 0],
      legend: { show: false },
      cursor: { drag: { x: true, y: false, setScale: false }, y: false, points: { show: false } },
      plugins: [gestures(props.zoom)],
      scales: {
        x: {
          time: false,
          range: () => {
            const { low, high } = props.zoom.now() ?? wholeSpan(runs, across)
            return [low, high]
          },
        },
        y: {
          distr: log ? 3 : 1,
          range: (_, low, high) => valueRange(low, high, { share: figure.share === true, log }),
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
          label: t(figure.label),
          labelSize: 22,
          size: props.short ? 56 : 44,
          space: 40,
          values: (_, splits) => splits.map((value) => (value === null ? '' : figure.tick(value))),
        }),
      ],
      series: [{}, ...series(colours)],
      hooks: {
        setCursor: [
          (plot) => {
            const { idx } = plot.cursor
            props.onHover?.(typeof idx === 'number' ? (plot.data[0][idx] ?? null) : null)
          },
        ],
        ...(id === 'loss' ? { draw: [(plot: uPlot) => ringBest(plot, runs[0], across, colours.ink)] } : {}),
      },
    }
  }

  const subscribe = createMemo(() => {
    const { zoom } = props
    const all = props.runs.map((run) => run.series)
    return (changed: () => void) => {
      const figures = calmly(changed)
      const stops = [zoom.subscribe(changed), ...all.map((series) => series.subscribe(figures.ask))]
      return () => {
        figures.cancel()
        for (const stop of stops) stop()
      }
    }
  })

  return (
    <Plot
      options={options}
      data={data}
      subscribe={subscribe()}
      label={props.label}
      {...(props.short ? { class: 'short' } : {})}
    />
  )
}

/** A ring around the best validation of the first run, where it is in sight. */
function ringBest(plot: uPlot, run: ChartRun | undefined, across: Drawing['across'], colour: string): void {
  const point = run && bestOf(run, across)
  const { min, max } = plot.scales.x!
  if (!point || point.x < (min ?? 0) || point.x > (max ?? 0)) return
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
