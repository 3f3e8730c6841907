import type { EngineDescription } from '../engine.ts'
import type { Failure } from '../errors.ts'
import type { MetricName, RunEvent } from '../events.ts'
import type { RunConfig } from '../run-config.ts'
import type { Call } from './call.ts'

/** Runs: begun, gone on with, stopped, read, and taken along. */
export interface RunRoom {
  /**
   * Starts a run and resolves with its id once the run record is stored; events follow until `done` or `error`. `signal`
   * ends the beginning; a run that goes on is stopped by `stop`.
   */
  start(request: StartRequest, onEvent: (event: RunEvent) => void, call?: Call): Promise<string>
  /** Goes on with a stored run from its last checkpoint. */
  resume(run: string, onEvent: (event: RunEvent) => void, call?: Call): Promise<void>
  /** Asks the running run to stop after this step, with a checkpoint. */
  stop(call?: Call): Promise<void>
  list(call?: Call): Promise<RunInfo[]>
  /** Metric columns of a stored run, transferred, not copied. */
  metrics(run: string, call?: Call): Promise<RunMetrics>
  events(run: string, call?: Call): Promise<RunEvent[]>
  remove(run: string, call?: Call): Promise<void>
  /** The adapter of a run's newest checkpoint as files of the PEFT layout. */
  exportAdapter(run: string, call?: Call): Promise<ExportedFile[]>
  /** A run's newest checkpoint as files, the one that describes it last: written in order, a crash leaves the old one. */
  exportCheckpoint(run: string, call?: Call): Promise<ExportedFile[]>
  /**
   * Stores a run that was kept elsewhere, for `resume` to go on with; gives its id. Refuses (`bad_state`) a checkpoint
   * that does not belong to the request's config, data and model.
   */
  importRun(request: ImportRequest, call?: Call): Promise<string>
}

export interface StartRequest {
  config: RunConfig
  model: string
  /** Key from PreparedInfo. */
  tokens: string
  /** Prompts answered by base and tuned model at each validation. */
  samplePrompts: { prompt: string; reference?: string }[]
  /** For a config that begins with an adapter. */
  adapter?: AdapterFiles
}

/** An adapter of PEFT's layout: `adapter_config.json`, parsed, and `adapter_model.safetensors`. */
export interface AdapterFiles {
  config: unknown
  tensors: Blob
}

export type RunStatus = 'running' | 'stopped' | 'done' | 'failed'

export interface RunInfo {
  id: string
  name: string
  created: number
  status: RunStatus
  config: RunConfig
  model: string
  step: number
  maxSteps: number
  lastLoss: number | null
  evalLoss: number | null
  seconds: number
  engine: EngineDescription | null
  failure?: Failure
}

export interface RunMetrics {
  steps: Uint32Array
  columns: Partial<Record<MetricName, Float64Array>>
  /** Steps of the eval_loss column. */
  evalSteps: Uint32Array
  epochs: Float64Array
}

export interface ExportedFile {
  path: string
  blob: Blob
}

export interface ImportRequest extends StartRequest {
  /** The run's log; what lies behind the checkpoint is left out. */
  events: RunEvent[]
  /** Files as `exportCheckpoint` gave them: the parsed JSON, and the tensors. */
  checkpoint: { meta: unknown; tensors: Blob }
}
