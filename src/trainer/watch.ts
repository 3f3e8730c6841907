import type { Batch } from '../protocol/batch.ts'
import type { Engine, MatrixState, Score, StepResult, StepScalars } from '../protocol/engine.ts'
import type { Look, LookedExample } from '../protocol/look.ts'

/** Sees a step as it is queued. */
export interface Watch {
  /** @param go queues the step; its result is what this returns */
  around(scalars: StepScalars, go: () => Promise<StepResult>): Promise<StepResult>
}

/** Milliseconds from one look to the next, at the least: a look costs a pass over one example. */
const EVERY = 1000

export interface Watched {
  engine: Engine
  run: string
  /** PEFT's name of the matrix that is shown. */
  matrix: string
  /** The example that is shown, alone in a batch, and its tokens as text. */
  example: Batch
  pieces: LookedExample['pieces']
}

/**
 * Looks at steps of a run while someone wants to see them: the engine reads and scores in between, in its own order, and computes the
 * same as without. Where nobody looks it does nothing.
 */
export class StepWatch implements Watch {
  readonly #watched: Watched
  readonly #wanted: () => boolean
  readonly #tell: (look: Look) => void
  readonly #now: () => number
  #base: Promise<Score> | null = null
  #busy = false
  #last = Number.NEGATIVE_INFINITY
  /** Place of the weight that is shown. */
  #place = -1

  constructor(
    watched: Watched,
    wanted: () => boolean,
    tell: (look: Look) => void,
    now = () => performance.now(),
  ) {
    this.#watched = watched
    this.#wanted = wanted
    this.#tell = tell
    this.#now = now
  }

  around(scalars: StepScalars, go: () => Promise<StepResult>): Promise<StepResult> {
    if (!this.#wanted() || this.#busy || this.#now() - this.#last < EVERY) return go()
    const { engine, matrix, example } = this.#watched
    this.#busy = true
    const before = engine.matrix(matrix)
    const result = go()
    const after = engine.matrix(matrix)
    const now = engine.score(example)
    this.#base ??= engine.score(example, { adapter: 'off' })
    void Promise.all([before, result, after, this.#base, now])
      .then((found) => this.#tell(this.#look(scalars, ...found)))
      // What went wrong is the step's to tell.
      .catch(() => {
        this.#base = null
      })
      .finally(() => {
        this.#busy = false
        this.#last = this.#now()
      })
    return result
  }

  #look(
    scalars: StepScalars,
    before: MatrixState,
    result: StepResult,
    after: MatrixState,
    base: Score,
    now: Score,
  ): Look {
    const { run, matrix: name, example, pieces } = this.#watched
    if (this.#place < 0) this.#place = largest(after.gradient)
    const [rows, columns] = after.shape as [number, number]
    return {
      run,
      step: scalars.step,
      learningRate: scalars.learningRate,
      loss: result.loss,
      gradNorm: result.grad_norm,
      maxGradNorm: scalars.maxGradNorm,
      example: { pieces, base: lossesOf(example, base), now: lossesOf(example, now) },
      matrix: {
        name,
        shape: [rows, columns],
        gradNorm: Math.sqrt(after.gradient.reduce((sum, g) => sum + g * g, 0)),
        weight: {
          row: Math.floor(this.#place / columns),
          column: this.#place % columns,
          before: before.value[this.#place]!,
          after: after.value[this.#place]!,
          gradient: after.gradient[this.#place]!,
        },
      },
    }
  }
}

/** Place of the value that is furthest from zero. */
function largest(values: Float32Array): number {
  let best = 0
  for (let i = 1; i < values.length; i++) if (Math.abs(values[i]!) > Math.abs(values[best]!)) best = i
  return best
}

/** By token: row t predicts token t + 1, so that is whose loss it is. */
function lossesOf({ tokens, supervisedRows }: Batch, { logProbability }: Score): (number | null)[] {
  const losses: (number | null)[] = Array.from(tokens, () => null)
  supervisedRows.forEach((row, i) => {
    losses[row + 1] = -logProbability[i]!
  })
  return losses
}

/** The first example of a batch, alone. */
export function firstOf(batch: Batch): Batch {
  const end = batch.segmentStart.findIndex((start) => start > 0)
  const length = end < 0 ? batch.tokens.length : end
  return {
    tokens: batch.tokens.slice(0, length),
    positions: batch.positions.slice(0, length),
    segmentStart: batch.segmentStart.slice(0, length),
    labels: batch.labels.slice(0, length),
    supervisedRows: batch.supervisedRows.filter((row) => row < length),
  }
}
