import type { MemoryPlan } from '../engine.ts'
import type { SamplePrompt } from '../events.ts'
import type { RunConfig } from '../run-config.ts'

/** The data of a run, and the questions that it asks: what its plan depends on beside its config. */
export interface FitData {
  dataset: string
  samplePrompts: SamplePrompt[]
}

/** Memory that a plan takes, beside what it may take. */
export interface Demand {
  /** Bytes, exact. */
  needs: number
  /** Bytes. */
  grants: number
  /** What the grant is known from. */
  from: GrantSource
  /** What both are of: all that the plan holds, or its largest array, which a device binds at once. */
  limit: 'memory' | 'binding'
  /** Where the plan is one. */
  bytes: MemoryPlan['bytes'] | null
}

/** Whether a run fits here. */
export interface Fit extends Demand {
  fits: boolean
  /** Of the run's own data; else of the longest examples that the settings allow, which is the most. */
  exact: boolean
  /** Where it does not fit: each alone would make it fit; where none would, the one that comes nearest. */
  changes: FitChange[]
}

/**
 * set: memory_budget of the config; tried: found on this device; guess: by the kind of graphics card, as browsers do not tell;
 * engine: all that the portable engine can hold; device: what one array may take.
 */
export type GrantSource = 'set' | 'tried' | 'guess' | 'engine' | 'device'

export type FitChangeKind = 'recompute' | 'batch' | 'int8' | 'int4' | 'max_length' | 'rank'

export interface FitChange {
  what: FitChangeKind
  /** Its new value. */
  to: number | string
  /** Fields of the config as the change sets them. */
  set: { [Section in 'training' | 'lora' | 'engine' | 'model']?: Partial<RunConfig[Section]> }
  /** Bytes with it. */
  needs: number
  fits: boolean
}
