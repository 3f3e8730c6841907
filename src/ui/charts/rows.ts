import type { RunSeries } from '../state/series.ts'

export interface TableRow {
  step: number
  epoch: number
  loss: number
  accuracy: number
  evalLoss: number
}

/** Rows for a table: each validation, the first and last step, and steps evenly between, about `most` in all. */
export function tableRows(series: RunSeries, most: number): TableRow[] {
  const steps = new Set<number>()
  const stride = Math.max(1, Math.ceil(series.steps.length / most))
  for (let i = 0; i < series.steps.length; i += stride) steps.add(series.steps.at(i))
  if (series.steps.length > 0) steps.add(series.steps.at(series.steps.length - 1))
  for (const step of series.evalSteps.view()) steps.add(step)
  return [...steps]
    .sort((a, b) => a - b)
    .map((step) => {
      const at = series.steps.lowerBound(step)
      const exact = series.steps.at(at) === step
      const evalAt = series.evalSteps.lowerBound(step)
      const evaluated = series.evalSteps.at(evalAt) === step
      return {
        step,
        epoch: exact ? series.epochs.at(at) : evaluated ? series.evalEpochs.at(evalAt) : Number.NaN,
        loss: exact ? series.metrics.loss.at(at) : Number.NaN,
        accuracy: exact ? series.metrics.mean_token_accuracy.at(at) : Number.NaN,
        evalLoss: evaluated ? series.evalLoss.at(evalAt) : Number.NaN,
      }
    })
}
