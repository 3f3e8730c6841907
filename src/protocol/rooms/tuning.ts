import type { Failure } from '../errors.ts'
import type { Call } from './call.ts'
import type { StartRequest } from './runs.ts'

/** Queues of runs: what is tried one after the other. Each trial is an ordinary kept run that names its queue. */
export interface TuningRoom {
  /** Newest first. */
  list(call?: Call): Promise<QueueInfo[]>
  put(queue: Queue, call?: Call): Promise<void>
  /** Forgets a queue; its runs are kept. */
  remove(queue: string, call?: Call): Promise<void>
  /**
   * Takes a queue for this tab, so that no other goes on with it; it may have it already.
   * @returns whether it has it
   */
  take(queue: string, call?: Call): Promise<boolean>
  release(queue: string, call?: Call): Promise<void>
}

/** A field of the run config by dotted path, and what is tried of it. */
export interface SweepField {
  field: string
  values: FieldValue[]
}

export type FieldValue = number | string | boolean | null

/** sweep: several values or seeds. learning_curve: shares of the training rows, each trained as long. */
export type QueueKind = 'sweep' | 'learning_curve'

/**
 * By what runs are ranked: the loss or the token accuracy on the rows that were held out, or how many of their labels were chosen right
 * (`accuracy`, judged after each run).
 */
export type RankMetric = 'eval_loss' | 'eval_mean_token_accuracy' | 'accuracy'

/** One run of a queue. */
export interface Trial {
  /** Its name within the queue; the same for the same values and seed. */
  key: string
  set: { field: string; value: FieldValue }[]
  /** Null: that of the config. */
  seed: number | null
  /** Foretold, in seconds; null where nothing was measured yet. */
  seconds: number | null
  /** Why there is no run of it, or no score. */
  failure?: Failure
  /** Set where its run, which failed, is to be gone on with. */
  again?: true
  /** Share of held-out labels that were chosen right, and rows judged. */
  judged?: { accuracy: number; rows: number }
}

export interface Queue {
  id: string
  name: string
  created: number
  kind: QueueKind
  metric: RankMetric
  /** What every trial is made from. */
  base: StartRequest
  /** Those that have run, run and wait, in the order in which they do. */
  trials: Trial[]
  /** Of a task of labels: what may be answered; null: another task. */
  labels: string[] | null
  /** Rows to learn from and rows held out, of the whole. */
  rows: { train: number; validation: number }
  /** Why it stands still, where nobody stopped it. */
  failure?: Failure
}

export interface QueueInfo {
  queue: Queue
  /** Whether a tab goes on with it. */
  held: boolean
}
