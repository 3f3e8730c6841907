import type { Column, RunSeries } from '../../runs/series.ts'

export interface TableRow {
  step: number
  epoch: number
  loss: number
  accuracy: number
  rate: number
  norm: number
  evalLoss: number
  evalAccuracy: number
}

/** Rows for a table: each validation, the first and last step, and steps evenly between, about `most` in all. */
export function tableRows(series: RunSeries, most: number): TableRow[] {
  const steps = new Set<number>()
  const { training, validation } = series
  const stride = Math.max(1, Math.ceil(training.length / most))
  for (let i = 0; i < training.length; i += stride) steps.add(training.steps.at(i))
  if (training.length > 0) steps.add(training.steps.at(training.length - 1))
  for (const step of validation.steps.view()) steps.add(step)
  const trained = {
    loss: training.column('loss'),
    accuracy: training.column('mean_token_accuracy'),
    rate: training.column('learning_rate'),
    norm: training.column('grad_norm'),
  }
  const measured = {
    evalLoss: validation.column('eval_loss'),
    evalAccuracy: validation.column('mean_token_accuracy'),
  }
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
        ...valuesAt(trained, exact ? at : -1),
        ...valuesAt(measured, evaluated ? evalAt : -1),
      }
    })
}

/** The value of each column; NaN where the place is not one of theirs. */
function valuesAt<Name extends string>(columns: Record<Name, Column>, at: number): Record<Name, number> {
  const values = Object.entries<Column>(columns).map(([name, column]) => [name, column.at(at)])
  return Object.fromEntries(values) as Record<Name, number>
}
