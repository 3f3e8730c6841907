import type { RunSeries } from '../../runs/series.ts'

/** A run as a chart shows it. */
export interface ChartRun {
  id: string
  name: string
  series: RunSeries
  /** Steps the run will have, so that the axis does not grow under the curve. */
  maxSteps?: number
}
