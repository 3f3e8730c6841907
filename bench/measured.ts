import type { Batch } from '../src/protocol/batch.ts'
import type { PlanRequest } from '../src/protocol/engine.ts'
import type { ModelSource } from '../src/protocol/model.ts'
import type { Bench } from './session.ts'
import type { Timing } from './timer.ts'

/** Greedy decoding: what is asked, and what the base model answers. */
export interface DecodePlan {
  promptOf: (sequence: number) => Uint32Array
  few: number
  many: number
  /** `many` of them, after the first prompt, without the adapter. */
  tokens: number[]
}

/** A step as it was measured with our engine. */
export interface MeasuredStep {
  model: string
  batch: Batch
  request: PlanRequest
  source: ModelSource
  flops: number
  timing: Timing
  /** Of its steps in order, the first ones. */
  losses: number[]
  /** Null where decoding is not measured. */
  decode: DecodePlan | null
}

/** Measures the same step elsewhere. */
export type StepPeer = (bench: Bench, ours: MeasuredStep) => Promise<void>
