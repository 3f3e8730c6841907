import { shuffle } from '../lib/threefry.ts'
import type { Batch, Example } from '../protocol/batch.ts'
import { fail } from '../protocol/errors.ts'
import type { TrainingConfig } from '../protocol/run-config.ts'
import { collate, supervisedRowCount } from './collate.ts'
import { packBestFit } from './packing.ts'

export type SamplerConfig = Pick<
  TrainingConfig,
  'per_device_train_batch_size' | 'packing' | 'max_length' | 'seed'
>

/** Bounds of any micro-batch, whatever the order: what an engine plans for. */
export interface BatchMaxima {
  tokens: number
  supervised: number
}

/**
 * The micro-batches of a run. A unit is an example, or with packing a bin of up to `max_length` tokens, packed once;
 * each epoch takes the units in an order of its own, drawn by seed, `per_device_train_batch_size` at a time, and keeps
 * its last micro-batch even where it is smaller. Every micro-batch is a function of (config, epoch, index) alone, so a
 * run resumes anywhere.
 */
export class TrainingBatches {
  /** Micro-batches in one pass over the training split. */
  readonly batchesPerEpoch: number
  readonly #train: Example[][]
  readonly #held: Example[][]
  readonly #size: number
  readonly #seed: number
  #order: { epoch: number; units: Uint32Array } | null = null

  /** @throws LapidaryError `nothing_to_learn` where no training example has a supervised token. */
  constructor(splits: { train: readonly Example[]; validation?: readonly Example[] }, config: SamplerConfig) {
    const train = splits.train.map((example) => cut(example, config.max_length)).filter(teaches)
    const held = (splits.validation ?? []).map((example) => cut(example, config.max_length)).filter(teaches)
    if (train.length === 0)
      fail(
        'nothing_to_learn',
        `No training example has a token to learn within ${config.max_length} tokens.`,
        'Raise max_length, or check which columns are prompt and response.',
        { max_length: config.max_length, examples: splits.train.length },
      )
    const units = (examples: Example[]) =>
      config.packing ? bins(examples, config.max_length) : examples.map((e) => [e])
    this.#train = units(train)
    this.#held = units(held)
    this.#size = config.per_device_train_batch_size
    this.#seed = config.seed
    this.batchesPerEpoch = Math.ceil(this.#train.length / this.#size)
  }

  /** Tokens of the longest example that is trained on or held out. */
  get longest(): number {
    let longest = 0
    for (const unit of [...this.#train, ...this.#held])
      for (const { tokens } of unit) longest = Math.max(longest, tokens.length)
    return longest
  }

  /** Units drawn from in an epoch: examples, or bins with packing. */
  get units(): number {
    return this.#train.length
  }

  /** Tokens of one pass over the training split, and over the validation split. */
  get tokens(): { train: number; held: number } {
    const sum = (units: Example[][]) => units.flat().reduce((all, { tokens }) => all + tokens.length, 0)
    return { train: sum(this.#train), held: sum(this.#held) }
  }

  /** Micro-batch `index` (0-based) of an epoch (0-based). */
  batch(epoch: number, index: number): Batch {
    return collate(this.#chosen(epoch, index))
  }

  /** Its examples, in their order: whose the supervised rows of the batch are. */
  learnt(epoch: number, index: number): { row: number; tokens: number; made: boolean }[] {
    return this.#chosen(epoch, index).map((example) => ({
      row: example.row,
      tokens: supervisedRowCount(example),
      made: example.origin !== undefined && example.origin !== 'data',
    }))
  }

  #chosen(epoch: number, index: number): Example[] {
    if (index < 0 || index >= this.batchesPerEpoch)
      throw new RangeError(`micro-batch ${index} of ${this.batchesPerEpoch}`)
    if (this.#order?.epoch !== epoch)
      this.#order = { epoch, units: shuffle(this.#train.length, this.#seed, epoch) }
    const chosen = this.#order.units.subarray(index * this.#size, (index + 1) * this.#size)
    return Array.from(chosen, (unit) => this.#train[unit]!).flat()
  }

  /** The validation split in its own order; empty where there is none. */
  *validation(): Generator<Batch> {
    for (let i = 0; i < this.#held.length; i += this.#size)
      yield collate(this.#held.slice(i, i + this.#size).flat())
  }

  /** Over training and validation. */
  maxima(): BatchMaxima {
    const most = (of: (example: Example) => number) =>
      Math.max(...[this.#train, this.#held].map((units) => largestSum(units, of, this.#size)))
    return { tokens: most((example) => example.tokens.length), supervised: most(supervisedRowCount) }
  }
}

function bins(examples: Example[], capacity: number): Example[][] {
  const lengths = examples.map((example) => example.tokens.length)
  return packBestFit(lengths, capacity).map((bin) => bin.map((i) => examples[i]!))
}

function cut(example: Example, maxLength: number): Example {
  if (example.tokens.length <= maxLength) return example
  const { tokens, supervised } = example
  return {
    ...example,
    tokens: tokens.subarray(0, maxLength),
    supervised: supervised.subarray(0, maxLength),
  }
}

function teaches(example: Example): boolean {
  return supervisedRowCount(example) > 0
}

function largestSum(units: Example[][], of: (example: Example) => number, size: number): number {
  const sums = units.map((unit) => unit.reduce((sum, example) => sum + of(example), 0))
  return sums
    .sort((a, b) => b - a)
    .slice(0, size)
    .reduce((a, b) => a + b, 0)
}
