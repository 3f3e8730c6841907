import type { RoundedTable, WeightSource } from '../protocol/model.ts'
import { ROUNDING } from './quantise.ts'
import type { QuantisedWeights } from './quantised-weights.ts'

/** Where blocks are written to, one behind the other. */
export interface BlockSink {
  write(bytes: Uint8Array): Promise<void>
  finish(table: RoundedTable): Promise<void>
  discard(): Promise<void>
}

/**
 * Weights that are rounded as an engine reads them, of which the blocks are written down on the way. That costs the engine nothing but
 * patience: what cannot be written is only not kept.
 */
export class RecordedWeights implements WeightSource {
  readonly tensors: WeightSource['tensors']
  readonly #weights: QuantisedWeights
  readonly #stretches: RoundedTable['stretches'] = []
  /** Null: nothing is written any more. */
  #sink: BlockSink | null
  #written: Promise<void> = Promise.resolve()
  #at = 0

  constructor(weights: QuantisedWeights, sink: BlockSink) {
    this.tensors = weights.tensors
    this.#weights = weights
    this.#sink = sink
  }

  async read(...asked: Parameters<WeightSource['read']>): Promise<Uint8Array> {
    const bytes = await this.#weights.read(...asked)
    const [name, start, end] = asked
    if (!this.#sink || !this.#weights.rounded.has(name)) return bytes
    const met = this.#stretches.some((one) => one.name === name && start < one.end && one.start < end)
    if (met) return bytes
    // One piece is written while the next one is rounded.
    await this.#written
    this.#note({ name, start, end, at: this.#at })
    this.#written = this.#sink?.write(bytes).catch(() => this.discard()) ?? Promise.resolve()
    return bytes
  }

  #note(stretch: RoundedTable['stretches'][number]): void {
    const last = this.#stretches.at(-1)
    if (last?.name === stretch.name && last.end === stretch.start) last.end = stretch.end
    else this.#stretches.push(stretch)
    this.#at += stretch.end - stretch.start
  }

  /** Once all is read. @returns whether it is kept */
  async finish(): Promise<boolean> {
    await this.#written
    const sink = this.#sink
    if (!sink) return false
    const wanted = [...this.#weights.rounded.values()].reduce((sum, bytes) => sum + bytes, 0)
    if (this.#at !== wanted) {
      await this.discard()
      return false
    }
    this.#sink = null
    const costs = Object.fromEntries(this.#weights.costs)
    return sink.finish({ version: ROUNDING, stretches: this.#stretches, costs }).then(
      () => true,
      () => false,
    )
  }

  /** Takes back what was written. */
  async discard(): Promise<void> {
    const sink = this.#sink
    this.#sink = null
    await sink?.discard().catch(() => {})
  }
}
