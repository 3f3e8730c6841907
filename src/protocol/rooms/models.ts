import type {
  EngineChoice,
  EngineKind,
  MemoryPlan,
  PortableBackend,
  PortableBackendChoice,
} from '../engine.ts'
import type { Failure } from '../errors.ts'
import type { GpuCheck } from '../gpu-check.ts'
import type { GpuReport } from '../gpu-report.ts'
import type { ModelConfig } from '../model.ts'
import type { ModelAddress } from '../model-address.ts'
import type { RunConfig } from '../run-config.ts'
import type { Call } from './call.ts'
import type { ExportedFile } from './exports.ts'
import type { Fit, FitData } from './fit.ts'
import type {
  HubAccess,
  ModelLicence,
  RemoteAdapter,
  RemoteModel,
  StorageRoom,
  Unfinished,
} from './model-sources.ts'
import type { Pushed, PushRequest } from './push.ts'
import type { ModelOrigin } from './run-base.ts'
import type { OfferedModel } from './shelf.ts'

/** Models at hand, and what would compute with them. */
export interface ModelRoom {
  list(call?: Call): Promise<ModelInfo[]>
  /** The Gemma family, smallest first. Asks no other machine. */
  offered(call?: Call): Promise<OfferedModel[]>
  /**
   * Stores a Hugging Face folder's files (config.json, tokenizer.json, *.safetensors ...) under a name, which is told apart from
   * those of other models. Where the same files are here, they are that model. Stopped or failed, it leaves nothing behind.
   */
  add(files: File[], name: string, call?: Call): Promise<AddedModel>
  /** What is made with a stored model, and what deleting it frees; null where it is not stored. */
  use(id: string, call?: Call): Promise<ModelUse | null>
  /** What other models share stays. */
  remove(id: string, call?: Call): Promise<void>
  /**
   * What a model that lies elsewhere is, before anything of its weights is fetched.
   * @throws LapidaryError `missing_file` where there is none, `network`, `unsupported_model`, `bad_model` where its index or
   * config is broken. One that is gated is no error: it is described as far as it can be seen.
   */
  lookUp(address: ModelAddress, call?: Call): Promise<RemoteModel>
  /**
   * Fetches a model and stores it once every file has the length and SHA-256 that it should have. Stopping pauses: what has
   * come is kept, and a later call for the same address, in this page or another, goes on where it was. Progress has bytes,
   * those that were here before included.
   * @throws LapidaryError `gated` with the licence and where to accept it; `quota_exceeded` before anything is fetched;
   * `network` (what has come is kept); `bad_file` where a hash or length differs; `bad_state` where another tab is at it; else as `add`
   */
  download(address: ModelAddress, call?: Call): Promise<AddedModel>
  /**
   * An adapter in PEFT's layout on a hub or at a folder's address, to begin a run with.
   * @throws LapidaryError `missing_file` where there is none, `unsupported_format`, `bad_config` for another kind of adapter, `gated`,
   * `network`, `bad_file`
   */
  fetchAdapter(address: ModelAddress, call?: Call): Promise<RemoteAdapter>
  /**
   * Makes a repository on a hub and puts an export into it, whole or not at all, with the token that there is; one that was broken off
   * goes on. Progress has bytes of large files.
   * @throws LapidaryError `gated` where there is no token, or it is refused or may not write there; `output_exists` where the name is
   * taken; `bad_config` where it is none; `network`
   */
  push(files: ExportedFile[], request: PushRequest, call?: Call): Promise<Pushed>
  /** Downloads that can be gone on with, newest first. */
  unfinished(call?: Call): Promise<Unfinished[]>
  /** Throws away what an unfinished download has. */
  discard(id: string, call?: Call): Promise<void>
  storage(call?: Call): Promise<StorageRoom>
  /** Asks the browser to keep what is stored. @returns whether it promises to */
  keep(call?: Call): Promise<boolean>
  /** @param endpoint another hub than Hugging Face's, here and below: a token is for one hub alone */
  hubAccess(endpoint?: string, call?: Call): Promise<HubAccess>
  /**
   * Takes a token for a hub, which is asked whose it is.
   * @param options `remember`: kept in this browser's storage until `signOut`; else in this page's memory alone
   * @throws LapidaryError `gated` where the hub refuses it, `network`
   */
  signIn(token: string, options?: { remember?: boolean; endpoint?: string }, call?: Call): Promise<HubAccess>
  /**
   * Where a person signs in at Hugging Face without a token, to be led back here; null where this host is not registered there.
   * @throws LapidaryError `network`
   */
  signInPage(call?: Call): Promise<string | null>
  /**
   * To be called when the page opens: takes what that page sent back in the address, and takes it out of there. What comes of it
   * is never remembered beyond this page.
   * @returns null where nothing was sent
   * @throws LapidaryError `gated` where the person or the Hub said no, `network`
   */
  takeSignIn(call?: Call): Promise<HubAccess | null>
  /** Forgets the token, the remembered one too. */
  signOut(endpoint?: string, call?: Call): Promise<void>
  /**
   * A model's files; the bundled one is fetched where it is not stored yet.
   * @param form `stored`: to the byte, so that what opens them here has the same model; `plain`: as any reader of Hugging Face folders
   * takes them, matrices of blocks as bf16, which a file beside them says
   */
  exportModel(id: string, form: 'stored' | 'plain', call?: Call): Promise<ExportedFile[]>
  /** Exact memory of a run of this config on a model, here. */
  plan(config: RunConfig, model: string, call?: Call): Promise<MemoryPlan>
  /**
   * Whether a run of this config fits here, before anything is loaded, and what would make it fit. Of data that was prepared for this
   * very config it is the run's own plan; else the most that the settings allow.
   * @param model its id, or the config of one that is not here, whose weights then count as bf16
   */
  fit(config: RunConfig, model: string | ModelConfig, data?: FitData | null, call?: Call): Promise<Fit>
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
   * What is known of this adapter.
   * @param measure also measures it: what it sustains, and each kernel that a training step of this model would run, each held against
   * its reference
   * @throws LapidaryError `missing_device` without an adapter, `bad_state` while a run uses it
   */
  gpuReport(measure?: { config: RunConfig; model: string } | null, call?: Call): Promise<GpuReport>
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
  origin: ModelOrigin
  licence: ModelLicence | null
  /** Of a stored model: what it came without, whose place Gemma's own takes. */
  replaced?: ('tokenizer_config.json' | 'chat template')[]
}

/** What hangs on a model. */
export interface ModelUse {
  /** Bytes that deleting it frees. */
  frees: number
  /** Bytes of it that stay: other models or downloads have the same files. */
  shared: number
  /** Runs that were trained on it, newest first. Going ones may be another tab's; interrupted ones have not come to their end. */
  runs: { run: string; state: 'going' | 'interrupted' | 'done' }[]
  /** Names of queues with runs that wait for it. */
  queues: string[]
}

/** A model that was added. */
export interface AddedModel extends ModelInfo {
  /** Its very files were here before, under the name that it has. */
  known: boolean
  /** They were here and damaged, and are whole again by what was added. */
  mended: boolean
  /** The name that it came with: where it has another, that was another model's. */
  asked: string
}
