import type { PlanRequest } from '../protocol/engine.ts'
import type { ModelConfig } from '../protocol/model.ts'
import type { Adapter } from './adapter.ts'
import type { RopeTables } from './forward.ts'
import type { BaseWeights } from './weights.ts'

export interface Decoder {
  config: ModelConfig
  weights: BaseWeights
  /** Null: the base model answers. */
  adapter: Adapter | null
  tables: RopeTables
  room: NonNullable<PlanRequest['decode']>
  /** Runs a piece of work when the engine is free. */
  enqueue<T>(task: () => Promise<T>): Promise<T>
  pause(): Promise<void>
}

/** A token of a sequence at a position; `slot`: whose cache it is. */
export interface DecodeRow {
  token: number
  position: number
  slot: number
}

/** What decodes, over caches of as many sequences as there is room for. */
export interface DecodeRun {
  /** Begins a sequence with tokens, of which none is asked what follows; there may be none. */
  read(slot: number, tokens: Uint32Array, signal?: AbortSignal): Promise<void>
  /** One more token of each sequence; logits of what follows it, to be read before the next call. */
  step(rows: readonly DecodeRow[], signal?: AbortSignal): Promise<Float32Array[]>
  forget(slot: number): void
}
