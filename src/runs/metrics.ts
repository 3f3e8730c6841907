import type { MetricName, RunEvent } from '../protocol/events.ts'
import type { RunMetrics } from '../protocol/studio.ts'

/** Numbers that arrive one at a time, in one growing typed array. */
export class Column<T extends Float64Array | Uint32Array> {
  #values: T
  #length = 0
  readonly #make: (length: number) => T

  constructor(make: (length: number) => T) {
    this.#make = make
    this.#values = make(256)
  }

  get length(): number {
    return this.#length
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = this.#make(this.#length * 2)
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values[this.#length++] = value
  }

  /** A view of what is there so far; valid until the next push. */
  view(): T {
    return this.#values.subarray(0, this.#length) as T
  }

  /** A copy that shares nothing, fit for transfer. */
  copy(): T {
    return this.#values.slice(0, this.#length) as T
  }
}

const STEP_COLUMNS = [
  'loss',
  'mean_token_accuracy',
  'learning_rate',
  'grad_norm',
  'tokens_per_second',
] as const

const floats = () => new Column((length) => new Float64Array(length))
const counts = () => new Column((length) => new Uint32Array(length))

/** Metric columns of one run, filled from its events; what was not finite is NaN. */
export class MetricColumns {
  readonly steps = counts()
  readonly epochs = floats()
  readonly evalSteps = counts()
  readonly #columns = new Map<MetricName, Column<Float64Array>>(
    [...STEP_COLUMNS, 'eval_loss' as const].map((name) => [name, floats()]),
  )

  static from(events: Iterable<RunEvent>): MetricColumns {
    const columns = new MetricColumns()
    for (const event of events) columns.add(event)
    return columns
  }

  column(name: MetricName): Column<Float64Array> {
    return this.#columns.get(name)!
  }

  add(event: RunEvent): void {
    if (event.type === 'step') {
      this.steps.push(event.step)
      this.epochs.push(event.epoch)
      for (const name of STEP_COLUMNS) this.column(name).push(number(event[name]))
    } else if (event.type === 'eval') {
      this.evalSteps.push(event.step)
      this.column('eval_loss').push(number(event.eval_loss))
    }
  }

  /** Copies, each in a buffer of its own. */
  snapshot(): RunMetrics {
    return {
      steps: this.steps.copy(),
      epochs: this.epochs.copy(),
      evalSteps: this.evalSteps.copy(),
      columns: Object.fromEntries([...this.#columns].map(([name, column]) => [name, column.copy()])),
    }
  }
}

/** JSON has no NaN or infinity and writes null for them. */
function number(value: number | null): number {
  return value ?? Number.NaN
}
