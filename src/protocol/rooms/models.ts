import type {
  EngineChoice,
  EngineKind,
  MemoryPlan,
  PortableBackend,
  PortableBackendChoice,
} from '../engine.ts'
import type { Failure } from '../errors.ts'
import type { GpuCheck } from '../gpu-check.ts'
import type { ModelConfig } from '../model.ts'
import type { RunConfig } from '../run-config.ts'
import type { Call } from './call.ts'
import type { ExportedFile } from './exports.ts'

/** Models at hand, and what would compute with them. */
export interface ModelRoom {
  list(call?: Call): Promise<ModelInfo[]>
  /**
   * Stores a Hugging Face folder's files (config.json, tokenizer.json, *.safetensors ...) under a name. Stopped or failed, it
   * leaves nothing behind.
   */
  add(files: File[], name: string, call?: Call): Promise<ModelInfo>
  remove(id: string, call?: Call): Promise<void>
  /**
   * A model as the Hugging Face folder that it is, matrices of blocks as bf16, which a file in it says; the bundled one is fetched where it is
   * not stored yet.
   */
  exportModel(id: string, call?: Call): Promise<ExportedFile[]>
  /** Exact memory of a run of this config on a model, here. */
  plan(config: RunConfig, model: string, call?: Call): Promise<MemoryPlan>
  /**
   * The largest `max_length` up to `wanted` that the model was made for and that a run of this config has the memory for here;
   * never less than the config's own.
   */
  fittingLength(config: RunConfig, model: string, wanted: number, call?: Call): Promise<number>
  /** What would compute here, before anything is loaded. */
  device(choice?: EngineChoice, backend?: PortableBackendChoice, call?: Call): Promise<DeviceInfo>
  /**
   * Holds every operation against its reference on this adapter, again; what it finds decides what `auto` chooses. Progress
   * notes name the operation.
   */
  checkGpu(call?: Call): Promise<GpuCheck>
  /**
   * Checks and measures what is left of this adapter's kernels while nothing else uses the engine; it gives way at once. What it finds
   * is used by later runs. True: nothing is left to be done.
   */
  prepareGpu(call?: Call): Promise<boolean>
}

export interface DeviceInfo {
  engine: 'webgpu' | 'portable'
  description: string
  software: boolean
  /** That may compute, where the processor does. */
  threads?: number
  /** Why there is no hardware engine, where there is none. */
  reason?: Failure
  /** How quickly each engine has trained on this machine, newest first. */
  speeds: MeasuredSpeed[]
  /** The last check of this adapter's operations with this build. */
  check: GpuCheck | null
}

export interface MeasuredSpeed {
  engine: EngineKind
  /** What the portable engine ran on. */
  backend?: PortableBackend
  /** Name of the model. */
  model: string
  tokensPerSecond: number
  /** Its weights, where they were noted. */
  parameters?: number
  timing?: RunTiming
}

/** Where the time of a run went, in seconds. */
export interface RunTiming {
  /** Loading and compiling, the first step included. */
  begin: number
  /** A token trained on. */
  token: number
  /** A held-out token measured. */
  heldToken: number
  /** An answer to one of the questions, on the average. */
  answer: number
  /** Characters of one, on the average, and of the base's; not there in what was noted by versions before. */
  answerLength?: number
  baseLength?: number
  /** A checkpoint. */
  save: number
}

export interface ModelInfo {
  id: string
  name: string
  config: ModelConfig
  /** SHA-256 over the manifest, hex. */
  hash: string
  /** Stored bytes; 0 where the model is bundled and not stored yet. */
  bytes: number
  parameters: number
  practice: boolean
}
