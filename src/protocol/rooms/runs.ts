import type { EngineDescription, EngineKind, MemoryPlan } from '../engine.ts'
import type { Failure } from '../errors.ts'
import type { EvalEvent, RowLossesEvent, RunEvent, SamplePrompt, StepEvent } from '../events.ts'
import type { Look } from '../look.ts'
import type { ProofInfo } from '../proof.ts'
import type { Recipe } from '../recipe.ts'
import type { LoraConfig, RunConfig } from '../run-config.ts'
import type { LeftOut, RunFileContents, RunFileOptions } from '../run-file.ts'
import type { Call } from './call.ts'
import type { CheckpointChoice, ExportedFile, ExportFormat, Offered, Snippet } from './exports.ts'
import type { LackedModel } from './run-base.ts'

/** Runs: begun, gone on with, stopped, read, and taken along. */
export interface RunRoom {
  /**
   * Starts a run and resolves with its id once the run record is stored; events follow until `done` or `error`. `signal`
   * ends the beginning; a run that goes on is stopped by `stop`.
   */
  start(request: StartRequest, onEvent: RunListener, call?: Call): Promise<string>
  /** What a run of this request will be, before it is started; refuses what `start` would refuse. */
  forecast(request: StartRequest, call?: Call): Promise<RunForecast>
  /**
   * Goes on with a stored run. What came after the checkpoint is trained again, and the log is cut to it. A damaged one is refused
   * (`bad_state`): `detail.checkpoint` is its step, `detail.before` that of the one before it, 0 where there is none.
   */
  resume(run: string, onEvent: RunListener, how?: ResumeRequest, call?: Call): Promise<void>
  /**
   * Stops the running run after this step, with a checkpoint; with `now` at once: the step under way is given up, and the run
   * goes on from the checkpoint before. Resolves when it has ended.
   */
  stop(how?: StopRequest, call?: Call): Promise<void>
  list(call?: Call): Promise<RunInfo[]>
  /** Hears of every run of this browser, whichever tab it is in, until the call's `signal` is aborted. Resolves at once. */
  follow(onNews: (news: RunNews) => void, call?: Call): Promise<void>
  /**
   * Hears, as previews, what the run that goes on here shows of itself, about once a second. Lasts until it is stopped. Nothing is computed or
   * read for it while nobody looks, and the run's numbers are the same.
   */
  look(call: Call<Look>): Promise<void>
  /** What a stored run has told, read once; the columns are transferred, not copied. */
  history(run: string, call?: Call): Promise<RunHistory>
  remove(run: string, call?: Call): Promise<void>
  /** Names a run, or notes something on it; also of one that goes on. */
  update(run: string, change: RunNote, call?: Call): Promise<void>
  /** Checkpoints that are kept of a run, by step. */
  checkpoints(run: string, call?: Call): Promise<CheckpointInfo[]>
  /** What runs take of this browser's storage, and may take. */
  space(call?: Call): Promise<RunsSpace>
  /**
   * Bytes that runs may take; null: any. Spare checkpoints of older runs go where that is less than they take; what a run has learnt
   * stays, and `start` refuses (`quota_exceeded`) a further one that would go beyond.
   */
  setLimit(bytes: number | null, call?: Call): Promise<RunsSpace>
  exportFormats(call?: Call): Promise<ExportFormat[]>
  /**
   * A checkpoint of a run as files of a format (`exportFormats`).
   * @param which by default the newest
   */
  exportRun(run: string, format: string, which?: CheckpointChoice, call?: Call): Promise<ExportedFile[]>
  /** What is known of the proof that exports of a checkpoint carry; nothing is computed. */
  proof(run: string, which?: CheckpointChoice, call?: Call): Promise<ProofInfo>
  /**
   * Makes that proof where it was not made yet: base and tuned model answer built-in prompts. Refused (`bad_state`) while a run goes on;
   * exports are the same then, without their proof.
   */
  prove(run: string, which?: CheckpointChoice, call?: Call): Promise<ProofInfo>
  /** Lines that run what `exportRun` gives, by place and format. */
  exportSnippets(run: string, which?: CheckpointChoice, call?: Call): Promise<Snippet[]>
  /**
   * Reads an adapter of files that a person chose: a folder in PEFT's layout, a zip with one, or a LoRA `.gguf`. Refuses one that was made
   * for another base than this model, naming that.
   * @param name what it is called
   */
  openAdapter(files: File[], name: string, model: string, call?: Call): Promise<OpenedAdapter>
  /**
   * The run as the entries of a file of its own, in their order (`protocol/run-file.ts`): zipped as they are they are that file.
   * @throws LapidaryError as an export of its adapter
   */
  runFile(run: string, options?: RunFileOptions, call?: Call): Promise<ExportedFile[]>
  /** What such a file holds; nothing is stored. Refuses one that is not what was written, naming why. */
  readRunFile(file: Blob, name: string, call?: Call): Promise<RunFileContents>
  /** Stores the run of such a file as a run of its own. What is refused leaves everything as it was. */
  openRunFile(file: Blob, name: string, call?: Call): Promise<OpenedRun>
  /**
   * Stores a run that was kept elsewhere, for `resume` to go on with; gives its id. Refuses (`bad_state`) a checkpoint
   * that does not belong to the request's config, data and model.
   */
  importRun(request: ImportRequest, call?: Call): Promise<string>
}

/** Hears the events of a run. The run goes on after a checkpoint once what is returned of its event has resolved. */
export type RunListener = (event: RunEvent) => void | Promise<void>

export interface ResumeRequest {
  /** By default the newest checkpoint; `start`: none, the run begins again. */
  from?: CheckpointChoice | 'start'
  /** In place of the one that the run began with: where that is gone. Other engines round differently. */
  engine?: EngineKind
}

/** What is told of a run to every tab: an event of it, or that its record has changed, or is gone. */
export interface RunNews {
  run: string
  event?: RunEvent
  /** The event's place in the log; events that are not logged have none. */
  at?: number
}

export interface StopRequest {
  now?: boolean
}

/** The recipe's token table must have been made (`DataRoom.prepare`). */
export interface StartRequest extends Recipe {
  /** Prompts answered by base and tuned model at each validation. */
  samplePrompts: SamplePrompt[]
  /** For a config that begins with an adapter. */
  adapter?: AdapterFiles
  /** Where it is one of a queue. */
  trial?: RunTrial
}

/** In bytes. */
export interface RunsSpace {
  used: number
  /** Null: none is set. */
  limit: number | null
  runs: { run: string; bytes: number }[]
}

/** The trial of a queue that a run is. */
export interface RunTrial {
  queue: string
  trial: string
}

export interface RunForecast {
  steps: number
  /** Tokens trained on in all. */
  tokens: number
  /** Times that held-out rows are measured and questions answered. */
  evaluations: number
  /** Checkpoints at the least. */
  saves: number
  /** Bytes that it takes of the storage when it has ended. */
  kept: number
  /** Memory, of the run's own data. */
  plan: MemoryPlan
  /** Null where nothing was measured on this machine yet. */
  duration: RunDuration | null
}

/** In seconds. */
export interface RunDuration {
  seconds: number
  /** Of that, evaluations and answers. */
  checks: number
  /** A step of training. */
  step: number
  /** Model whose speed it is from. */
  from: string
  /** Set where that is another model than the run's: the two are held against each other by their size. */
  scaled: boolean
}

/** An adapter of PEFT's layout: `adapter_config.json`, parsed, and `adapter_model.safetensors`. */
export interface AdapterFiles {
  config: unknown
  tensors: Blob
  /** The chat template beside them, where there is one (`chat_template.jinja`). */
  template?: string
}

/** An adapter that was read, for a run to begin with. */
export interface OpenedAdapter {
  name: string
  /** SHA-256 over its tensors, however they were stored. */
  hash: string
  /** The settings that its shapes hang on. */
  lora: LoraConfig
  files: AdapterFiles
}

export type RunStatus = 'running' | 'stopped' | 'done' | 'failed'

export interface RunInfo {
  id: string
  name: string
  created: number
  status: RunStatus
  /** Stopped by nobody: its page was closed, crashed, or was ended with its machine. */
  cutOff?: true
  /** Cut off before its first checkpoint: it goes on by beginning again. */
  begins?: true
  config: RunConfig
  model: string
  step: number
  maxSteps: number
  lastLoss: number | null
  evalLoss: number | null
  /** That it was measured at; not there of runs of earlier versions. */
  evalStep?: number
  seconds: number
  engine: EngineDescription | null
  /** Whatever a person noted on it. */
  note?: string
  trial?: RunTrial
  /** Questions that cards of its exports show; absent: none. */
  shown?: string[]
  failure?: Failure
  /** Of a run that came as a file. */
  opened?: OpenedFrom
  /** Its base model, where that is not in this browser: it cannot go on, answer or be merged. */
  lacks?: LackedModel
  /** Why its newest checkpoint could not be stored. It is in memory, to be exported from there, and lost with its page. */
  unkept?: Failure
}

/** The file that a run came as. */
export interface OpenedFrom {
  file: string
  /** Milliseconds since 1970. */
  at: number
  /** What its base model is called. */
  model: string
  /** The name that whoever handed it in has typed. */
  by?: string
  /** What the file did not hold of the run. */
  leftOut: LeftOut
  /** The checkpoint that was offered first where it was saved, and why; as long as its newest is the one of that step. */
  offered?: { step: number; why: Offered; last: number }
}

/** A run that was opened, and what of it is not in this browser: it is looked at, and gone on with once that is here. */
export interface OpenedRun {
  run: string
  name: string
  lacks: {
    /** Name and hash of the base model. */
    model?: { name: string; hash: string }
    /** What its data is called. */
    data?: string
    /** It came without a checkpoint, and cannot be gone on with or exported. */
    checkpoint?: true
    /** Evaluations whose figures came without rows. */
    evaluations?: number
  }
}

/** What a person says of a run. */
export interface RunNote {
  name?: string
  note?: string
  /** Questions that cards of its exports show, with their answers. */
  shown?: string[]
}

export interface RunHistory {
  series: RunSeriesData
  /** Everything else that is logged, in order, but for what rows cost (`ViewsRoom.suspects`). */
  events: Exclude<RunEvent, StepEvent | EvalEvent | RowLossesEvent>[]
  /** Events of the log in all. */
  count: number
}

/** Figures by step. Values that were not finite, or not told at a step, are NaN. */
export interface TrackData {
  steps: Float64Array<ArrayBuffer>
  epochs: Float64Array<ArrayBuffer>
  /** One value for each of the steps, by the names that events give them. */
  columns: Record<string, Float64Array<ArrayBuffer>>
}

export interface RunSeriesData {
  training: TrackData
  /** `eval_loss`, and whatever figures the evaluations told. */
  validation: TrackData
}

export interface CheckpointInfo {
  step: number
  last: boolean
  best: boolean
  /** Of the validation at or before this step; null where there was none. */
  evalLoss: number | null
  /** That it was measured at, which is not this one where a run was stopped in between. */
  evalStep: number | null
  /** Of its tensors, as stored. */
  bytes: number
  /** Training up to it took so long, over all sittings. */
  seconds: number
  /**
   * Set on the one that is offered first, where the best is not the newest. The best: `rose`, the loss on held-out rows was clearly higher
   * later, and no more questions were answered as the data says; `metric`, the settings name another figure to choose by. The newest:
   * `answers`, more were; `near`, nothing measured later is clearly worse.
   */
  offered?: Offered
}

export interface ImportRequest extends StartRequest {
  /** The run's log; what lies behind the checkpoint is left out. */
  events: RunEvent[]
  /** The chat template that the run was trained with, where it was kept. */
  template?: string
  /** Files as the format `checkpoint` gave them: the parsed JSON, and the tensors. */
  checkpoint: { meta: unknown; tensors: Blob }
}
