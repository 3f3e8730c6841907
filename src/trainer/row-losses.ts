import type { RowLossesEvent } from '../protocol/events.ts'
import type { Learnt } from './data.ts'

/** Digits of a loss that are kept: the log is text. */
const DIGITS = 5

/**
 * What the rows of the data cost while they were trained on: the losses that a step computes anyway, summed by row and pass. Told where a
 * checkpoint is saved, so that a run that goes on from it knows each row of each pass once.
 */
export class RowLosses {
  readonly #passes = new Map<number, Map<number, { nats: number; tokens: number }>>()

  /**
   * @param pass over the training rows, 1-based
   * @param logProbability [supervised rows of the batch], nats, in the order of the examples
   */
  add(pass: number, examples: readonly Learnt[], logProbability: Float32Array): void {
    const rows = this.#passes.get(pass) ?? new Map<number, { nats: number; tokens: number }>()
    this.#passes.set(pass, rows)
    let at = 0
    for (const { row, tokens, made } of examples) {
      const end = at + tokens
      // What was made of a row says nothing of the row.
      if (!made) {
        const sum = rows.get(row) ?? { nats: 0, tokens: 0 }
        for (let i = at; i < end; i++) sum.nats -= logProbability[i]!
        sum.tokens += tokens
        rows.set(row, sum)
      }
      at = end
    }
    if (at !== logProbability.length)
      throw new Error(`${logProbability.length} losses of a batch of ${at} supervised tokens`)
  }

  /** What was added since it was told last, an event a pass. */
  take(step: number): RowLossesEvent[] {
    const events = [...this.#passes].map(([pass, found]): RowLossesEvent => {
      const rows = [...found].sort(([a], [b]) => a - b)
      return {
        type: 'row_losses',
        version: 1,
        step,
        pass,
        rows: rows.map(([row]) => row),
        nats: rows.map(([, { nats }]) => Number(nats.toPrecision(DIGITS))),
        tokens: rows.map(([, { tokens }]) => tokens),
      }
    })
    this.#passes.clear()
    return events
  }
}
