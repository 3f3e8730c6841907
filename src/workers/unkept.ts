import type { Failure } from '../protocol/errors.ts'
import type { RunEvent } from '../protocol/events.ts'
import type { RunRecord } from '../runs/record.ts'
import type { CheckpointMeta } from '../trainer/checkpoint.ts'

/** A run whose newest checkpoint is in memory only. */
export interface Unkept {
  record: RunRecord
  meta: CheckpointMeta
  tensors: Blob
  failure: Failure
  events(): Promise<RunEvent[]>
}
