import type { Batch } from '../protocol/batch.ts'
import type { DataPosition } from './checkpoint.ts'

/** Training data as the loop sees it: any micro-batch of any epoch, on demand, always the same one. */
export interface TrainingData {
  /** Micro-batches in one pass over the training split, at least 1. */
  readonly batchesPerEpoch: number
  /** Micro-batch `index` of an epoch: a function of the run's seed and the two numbers alone. */
  batch(epoch: number, index: number): Batch
  /** The examples in it, in their order. */
  learnt(epoch: number, index: number): Learnt[]
  /** The validation split in a fixed order; empty where there is none. */
  validation(): Iterable<Batch>
}

/** An example of a micro-batch: the row of the data set that it is of, its supervised tokens, and whether it was made. */
export interface Learnt {
  row: number
  tokens: number
  made: boolean
}

/** The micro-batches of one optimizer step, and where the next step begins. An epoch's last step may be smaller. */
export function accumulated(
  data: TrainingData,
  at: DataPosition,
  accumulation: number,
): { batches: Batch[]; learnt: Learnt[][]; next: DataPosition; epoch: number } {
  const end = Math.min(at.batch + accumulation, data.batchesPerEpoch)
  const batches: Batch[] = []
  const learnt: Learnt[][] = []
  for (let index = at.batch; index < end; index++) {
    batches.push(data.batch(at.epoch, index))
    learnt.push(data.learnt(at.epoch, index))
  }
  const epoch = at.epoch + end / data.batchesPerEpoch
  const next =
    end === data.batchesPerEpoch ? { epoch: at.epoch + 1, batch: 0 } : { epoch: at.epoch, batch: end }
  return { batches, learnt, next, epoch }
}
