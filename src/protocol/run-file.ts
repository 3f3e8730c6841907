import type { EngineDescription } from './engine.ts'
import type { RunEvent, SamplePrompt } from './events.ts'
import type { EvaluationReport } from './rooms/evaluations.ts'
import type { Offered } from './rooms/exports.ts'
import type { RunConfig } from './run-config.ts'

/**
 * A run as one file, `NAME.lapidary-run.zip`: an ordinary ZIP whose entries are stored as they are. Its first entry is the list of
 * the others, with the length and SHA-256 of each:
 *
 * - `run.json`, the config, and `record.json`, what else is known of the run
 * - `metrics.jsonl`, its events, and `curves.csv`, the figures among them
 * - `adapter/`, PEFT's files of the step that is offered, with the proof of effect where that was made
 * - `checkpoints/step-N.json` and `checkpoints/step-N.safetensors`, as many as were asked for
 * - `evaluations/ID.json`, figures alone
 * - only where they were chosen: answers to sample questions (in `metrics.jsonl`), `evaluations/ID.rows.jsonl`, `data/rows.jsonl`
 */
export const RUN_FILE_ENDING = '.lapidary-run.zip'
/** Also of one that was downloaded twice: `NAME.lapidary-run (1).zip`. */
export const isRunFileName = (name: string): boolean => /\.lapidary-run[^./\\]*\.zip$/i.test(name)
/** The first entry. */
export const RUN_FILE_LIST = 'lapidary-run.json'
export const RUN_FILE_FORMAT = 'lapidary-run'
export const RUN_FILE_VERSION = 1

/** Which checkpoints go along: none, the newest, the best and the newest, or all that are kept. Without one a run is looked at only. */
export const KEPT_IN_FILE = ['none', 'last', 'best', 'all'] as const
export type KeptInFile = (typeof KEPT_IN_FILE)[number]

/** What of a person's own rows goes along. */
export interface RunFileRows {
  /** The questions that are asked at each validation, and what was answered. */
  samples: boolean
  /** The rows of evaluations, with what was answered. */
  evaluations: boolean
  /** The prepared rows that it learnt from and those held out. */
  data: boolean
}

export interface RunFileOptions {
  /** By default `last`. */
  checkpoints?: KeptInFile
  /** By default none. */
  rows?: Partial<RunFileRows>
  /** A name that whoever hands the run in has typed. */
  by?: string
}

/** Of what a person may not want to give away, and of states to go on from: how much a file holds, or leaves out. */
export type LeftOut = Partial<
  Record<'samples' | 'questions' | 'judged_rows' | 'corrections' | 'data' | 'checkpoints', number>
>

export interface RunFileEntry {
  path: string
  bytes: number
  /** Hex. */
  sha256: string
}

/** `lapidary-run.json`. */
export interface RunFileManifest {
  format: typeof RUN_FILE_FORMAT
  version: typeof RUN_FILE_VERSION
  written_by: { version: string; build: string }
  /** What the run is called. */
  name: string
  by?: string
  /** Whether rows of a person's data were chosen to go along. */
  rows: 'none' | 'chosen'
  holds: LeftOut
  /** That the run had, here or where it came from. */
  left_out: LeftOut
  entries: RunFileEntry[]
}

/** `record.json`. */
export interface RunFileRecord {
  /** Of the studio that wrote it. */
  id: string
  name: string
  note?: string
  /** Milliseconds since 1970. */
  created: number
  status: 'stopped' | 'done' | 'failed'
  step: number
  max_steps: number
  last_loss: number | null
  eval_loss: number | null
  /** Of training, over all sittings. */
  seconds: number
  /** What computed it. */
  engine: EngineDescription | null
  /** The base model: its name, and SHA-256 over the names and hashes of its files. */
  model: { id: string; name: string; hash: string }
  /** The data: its name, SHA-256 of its files and of the token table that was made of them. */
  data: { name: string; hash: string | null; tokens_hash: string }
  /** Whether `adapter/chat_template.jinja` is what the run was trained with. */
  template: boolean
  /** As in the list, for what is made of the folder that the file is unpacked to. */
  left_out: LeftOut
  /** Empty where they were not chosen. */
  sample_prompts: SamplePrompt[]
  /** `offered` on the one that is offered first, and why, where the best is not the newest: answers that tell may be left out. */
  checkpoints: { step: number; last: boolean; best: boolean; offered?: Offered }[]
}

/** `evaluations/ID.json`: figures without a row and without the words that rows are sorted by. */
export type RunFileEvaluation = Omit<EvaluationReport, 'rows' | 'labels' | 'beside'>

/** A run file that was read: every length and hash of it is right. */
export interface RunFileContents {
  manifest: RunFileManifest
  config: RunConfig
  record: RunFileRecord
  events: RunEvent[]
  evaluations: RunFileEvaluation[]
}
