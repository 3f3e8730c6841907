import type { EvalEvent, RunEvent, StepEvent } from '../protocol/events.ts'
import type { RunSeriesData, TrackData } from '../protocol/studio.ts'

/** Numbers that grow at the end, in one typed array that doubles. */
export class Column {
  #data = new Float64Array(256)
  length = 0

  static of(values: Float64Array): Column {
    const column = new Column()
    column.#data = new Float64Array(Math.max(256, values.length))
    column.#data.set(values)
    column.length = values.length
    return column
  }

  push(value: number): void {
    if (this.length === this.#data.length) {
      const larger = new Float64Array(this.#data.length * 2)
      larger.set(this.#data)
      this.#data = larger
    }
    this.#data[this.length++] = value
  }

  /** A view, valid until the next push. */
  view(): Float64Array<ArrayBuffer> {
    return this.#data.subarray(0, this.length)
  }

  /** A copy that shares nothing, fit for transfer. */
  copy(): Float64Array<ArrayBuffer> {
    return this.#data.slice(0, this.length)
  }

  /** NaN where there is none. */
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

/** Figures by name, told at ascending steps. A name may come late, or stay away: its value is NaN there. */
export class Track {
  steps = new Column()
  epochs = new Column()
  readonly #columns = new Map<string, Column>()

  get length(): number {
    return this.steps.length
  }

  get names(): string[] {
    return [...this.#columns.keys()]
  }

  /** One value for each of the steps. */
  column(name: string): Column {
    return this.#columns.get(name) ?? blank(this.length)
  }

  add(step: number, epoch: number, figures: Record<string, number | null | undefined>): void {
    this.cutBack(step)
    for (const [name, value] of Object.entries(figures))
      if (typeof value === 'number' && !this.#columns.has(name)) this.#columns.set(name, blank(this.length))
    this.steps.push(step)
    this.epochs.push(epoch)
    // JSON has no NaN or infinity, and writes null for them.
    for (const [name, column] of this.#columns) column.push(figures[name] ?? Number.NaN)
  }

  /** Forgets what was told at a step and after it. */
  cutBack(step: number): void {
    const at = this.steps.lowerBound(step)
    for (const column of [this.steps, this.epochs, ...this.#columns.values()]) column.truncate(at)
  }

  load({ steps, epochs, columns }: TrackData): void {
    this.steps = Column.of(steps)
    this.epochs = Column.of(epochs)
    this.#columns.clear()
    for (const [name, values] of Object.entries(columns)) this.#columns.set(name, Column.of(values))
  }

  snapshot(): TrackData {
    const columns = [...this.#columns].map(([name, column]) => [name, column.copy()])
    return { steps: this.steps.copy(), epochs: this.epochs.copy(), columns: Object.fromEntries(columns) }
  }
}

function blank(length: number): Column {
  return Column.of(new Float64Array(length).fill(Number.NaN))
}

/**
 * The figures of one run, training and validation. Deliberately not reactive: charts subscribe and redraw at most once a
 * frame, so that a fast run never floods the page with updates. A step that is not after the last one (a resumed run going
 * over ground it had already covered) cuts both back first.
 */
export class RunSeries {
  readonly training = new Track()
  /** `eval_loss`, and each further figure of the evaluations by its name. */
  readonly validation = new Track()
  /** Counts changes: what was made of the figures holds as long as it stays. */
  version = 0
  readonly #listeners = new Set<() => void>()

  static from(events: Iterable<RunEvent>): RunSeries {
    const series = new RunSeries()
    for (const event of events) series.add(event)
    return series
  }

  /** @returns whether it is an event that tells figures */
  add(event: RunEvent): event is StepEvent | EvalEvent {
    if (event.type === 'step') this.#addStep(event)
    else if (event.type === 'eval')
      this.validation.add(event.step, event.epoch, { ...event.metrics, eval_loss: event.eval_loss })
    else return false
    this.#changed()
    return true
  }

  /** Takes stored figures in place of what is there. */
  load({ training, validation }: RunSeriesData): void {
    this.training.load(training)
    this.validation.load(validation)
    this.#changed()
  }

  /** Copies, each in a buffer of its own. */
  snapshot(): RunSeriesData {
    return { training: this.training.snapshot(), validation: this.validation.snapshot() }
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #addStep(event: StepEvent): void {
    const { loss, mean_token_accuracy, learning_rate, grad_norm, tokens_per_second } = event
    if (this.training.steps.at(this.training.length - 1) >= event.step) this.validation.cutBack(event.step)
    // What a skipped step found says nothing about the weights.
    const found = event.skipped
      ? {}
      : { loss, mean_token_accuracy, learning_rate, grad_norm, tokens_per_second }
    this.training.add(event.step, event.epoch, found)
  }

  #changed(): void {
    this.version++
    for (const listener of this.#listeners) listener()
  }
}
