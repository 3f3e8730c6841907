import type { RunSeries } from '../../runs/series.ts'

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
  const { training, validation } = series
  const stride = Math.max(1, Math.ceil(training.length / most))
  for (let i = 0; i < training.length; i += stride) steps.add(training.steps.at(i))
  if (training.length > 0) steps.add(training.steps.at(training.length - 1))
  for (const step of validation.steps.view()) steps.add(step)
  const [losses, accuracies] = [training.column('loss'), training.column('mean_token_accuracy')]
  const evalLosses = validation.column('eval_loss')
  return [...steps]
    .sort((a, b) => a - b)
    .map((step) => {
      const at = training.steps.lowerBound(step)
      const exact = training.steps.at(at) === step
      const evalAt = validation.steps.lowerBound(step)
      const evaluated = validation.steps.at(evalAt) === step
      return {
        step,
        epoch: exact ? training.epochs.at(at) : evaluated ? validation.epochs.at(evalAt) : Number.NaN,
        loss: exact ? losses.at(at) : Number.NaN,
        accuracy: exact ? accuracies.at(at) : Number.NaN,
        evalLoss: evaluated ? evalLosses.at(evalAt) : Number.NaN,
      }
    })
}
