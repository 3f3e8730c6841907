import type { RunSeries } from '../../runs/series.ts'
import { type Curve, type Span, smooth, thin, within } from './align.ts'
import type { ChartRun } from './chart-run.ts'
import { type Axis, FIGURES, type FigureId } from './figures.ts'

/** Points that a curve is drawn with at most: a pair, the least and the greatest, for each two columns of pixels or so. */
export const MOST_POINTS = 1000

/** What is drawn of each run, and how. */
export interface Drawing {
  figure: FigureId
  across: Axis
  /** Of the smoothing, 0 to below 1. */
  weight: number
  /** The stretch in sight; null: all of it. */
  span: Span | null
}

/** What is drawn of one run: the measured steps as well where the curve is a smoothed one. */
export interface Curves {
  raw: Curve | null
  main: Curve
  validation: Curve | null
}

export function trainingCurve({ series }: ChartRun, figure: FigureId, across: Axis): Curve {
  const { training } = series
  return { x: training[across].view(), y: training.column(FIGURES[figure].training).view() }
}

export function validationCurve({ series }: ChartRun, figure: FigureId, across: Axis): Curve | null {
  const name = FIGURES[figure].validation
  const { validation } = series
  return name === null ? null : { x: validation[across].view(), y: validation.column(name).view() }
}

/** The smoothed figures of a series, kept for as long as they are right: one array a figure. */
const smoothed = new WeakMap<RunSeries, Map<FigureId, { version: number; weight: number; y: Float64Array }>>()

export function smoothedCurve(run: ChartRun, figure: FigureId, across: Axis, weight: number): Curve {
  const { x, y } = trainingCurve(run, figure, across)
  if (!(weight > 0)) return { x, y }
  const { series } = run
  const kept = smoothed.get(series) ?? new Map()
  smoothed.set(series, kept)
  const found = kept.get(figure)
  if (found?.version === series.version && found.weight === weight) return { x, y: found.y }
  const made = smooth(y, weight)
  kept.set(figure, { version: series.version, weight, y: made })
  return { x, y: made }
}

/** The curves of a run in as few points as a screen can tell apart, whatever the length of the run. */
export function curvesOf(run: ChartRun, { figure, across, weight, span }: Drawing): Curves {
  const seen = (curve: Curve) => thin(within(curve, span), MOST_POINTS)
  const validation = validationCurve(run, figure, across)
  return {
    raw: weight > 0 ? seen(trainingCurve(run, figure, across)) : null,
    main: seen(smoothedCurve(run, figure, across, weight)),
    validation: validation && seen(validation),
  }
}

/** How long a run is along an axis: as long as it will be, where that is known. */
export function lengthOf({ series, maxSteps }: ChartRun, across: Axis): number {
  const { steps, epochs } = series.training
  const last = steps.length - 1
  const reached = last < 0 ? 0 : across === 'steps' ? steps.at(last) : epochs.at(last)
  if (!maxSteps || last < 0) return across === 'steps' ? (maxSteps ?? reached) : reached
  return Math.max(reached, across === 'steps' ? maxSteps : (reached / steps.at(last)) * maxSteps)
}

/** The whole of the x axis. */
export function wholeSpan(runs: readonly ChartRun[], across: Axis): Span {
  return { low: 0, high: Math.max(1e-9, ...runs.map((run) => lengthOf(run, across))) || 1 }
}

/** Limits of the y axis for values from `low` to `high`, which are not finite where there is none. */
export function valueRange(
  low: number | null,
  high: number | null,
  { share, log }: { share: boolean; log: boolean },
): [number, number] {
  if (low === null || high === null || !Number.isFinite(low) || !Number.isFinite(high))
    return log ? [0.1, 10] : [0, 1]
  if (share) return [0, 1]
  if (log) return [low * 0.92, high * 1.08]
  const pad = (high - low) * 0.06 || Math.abs(high) * 0.1 || 0.1
  return [Math.max(0, low - pad), high + pad]
}

/** The lowest validation loss of a run, where there is more than one to choose from. */
export function bestOf(run: ChartRun, across: Axis): { x: number; loss: number } | null {
  const curve = validationCurve(run, 'loss', across)
  if (!curve || curve.y.length < 2) return null
  let at = -1
  for (let i = 0; i < curve.y.length; i++)
    if (curve.y[i]! < (at < 0 ? Number.POSITIVE_INFINITY : curve.y[at]!)) at = i
  return at < 0 ? null : { x: curve.x[at]!, loss: curve.y[at]! }
}

/** The value at a point of the x axis or the last before it (validations are far between); null: what was told last. */
export function valueAt({ x, y }: Curve, at: number | null): number {
  if (at === null) return y.at(-1) ?? Number.NaN
  for (let i = x.length - 1; i >= 0; i--) if (x[i]! <= at && Number.isFinite(y[i])) return y[i]!
  return Number.NaN
}
