import type { EvalEvent, MetricName, StepEvent } from '../../protocol/events.ts'
import type { RunMetrics } from '../../protocol/studio.ts'

/** Numbers that grow at the end, in one typed array that doubles. */
export class Column {
  #data = new Float64Array(256)
  length = 0

  push(value: number): void {
    if (this.length === this.#data.length) {
      const larger = new Float64Array(this.#data.length * 2)
      larger.set(this.#data)
      this.#data = larger
    }
    this.#data[this.length++] = value
  }

  /** A view, valid until the next push. */
  view(): Float64Array {
    return this.#data.subarray(0, this.length)
  }

  at(index: number): number {
    return index < 0 || index >= this.length ? Number.NaN : (this.#data[index] as number)
  }

  truncate(length: number): void {
    this.length = Math.min(this.length, length)
  }

  /** First index whose value is at least `value`; the column ascends. */
  lowerBound(value: number): number {
    let low = 0
    let high = this.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#data[middle] as number) < value) low = middle + 1
      else high = middle
    }
    return low
  }
}

const STEP_METRICS = [
  'loss',
  'mean_token_accuracy',
  'learning_rate',
  'grad_norm',
  'tokens_per_second',
] as const
export type StepMetric = (typeof STEP_METRICS)[number]

/**
 * The metric columns of one run. Deliberately not reactive: charts subscribe and redraw at most once a frame, so that a
 * fast run never floods the page with updates. A step that is not after the last one (a resumed run going over ground
 * it had already covered) cuts the columns back first.
 */
export class RunSeries {
  readonly steps = new Column()
  readonly epochs = new Column()
  readonly metrics = Object.fromEntries(STEP_METRICS.map((name) => [name, new Column()])) as Record<
    StepMetric,
    Column
  >
  readonly evalSteps = new Column()
  readonly evalEpochs = new Column()
  readonly evalLoss = new Column()
  readonly evalAccuracy = new Column()
  #listeners = new Set<() => void>()

  addStep(event: StepEvent): void {
    this.#cutBack(event.step)
    this.steps.push(event.step)
    this.epochs.push(event.epoch)
    for (const name of STEP_METRICS) this.metrics[name].push(event.skipped ? Number.NaN : event[name])
    this.#changed()
  }

  addEval(event: EvalEvent): void {
    const at = this.evalSteps.lowerBound(event.step)
    for (const column of this.#evals()) column.truncate(at)
    this.evalSteps.push(event.step)
    this.evalEpochs.push(event.epoch)
    this.evalLoss.push(event.eval_loss)
    this.evalAccuracy.push(event.metrics.mean_token_accuracy ?? Number.NaN)
    this.#changed()
  }

  /** Fills an empty series with a stored run's columns and evaluations. */
  load(stored: RunMetrics, evals: EvalEvent[]): void {
    const column = (name: MetricName) => stored.columns[name]
    for (const [index, step] of stored.steps.entries()) {
      this.steps.push(step)
      this.epochs.push(stored.epochs[index] ?? Number.NaN)
      for (const name of STEP_METRICS) this.metrics[name].push(column(name)?.[index] ?? Number.NaN)
    }
    for (const event of evals) this.addEval(event)
    this.#changed()
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #evals(): Column[] {
    return [this.evalSteps, this.evalEpochs, this.evalLoss, this.evalAccuracy]
  }

  #cutBack(step: number): void {
    if (this.steps.length === 0 || this.steps.at(this.steps.length - 1) < step) return
    const at = this.steps.lowerBound(step)
    for (const column of [this.steps, this.epochs, ...Object.values(this.metrics)]) column.truncate(at)
    const evals = this.evalSteps.lowerBound(step)
    for (const column of this.#evals()) column.truncate(evals)
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
  }
}

/** A run as a chart shows it. */
export interface ChartRun {
  id: string
  name: string
  series: RunSeries
  /** Steps the run will have, so that the axis does not grow under the curve. */
  maxSteps?: number
}
