import type { DataStep, SplitConfig } from './data-steps.ts'
import type { Mapping, ReadOptions } from './recipe.ts'
import type { TaskKind } from './rooms/evaluations.ts'
import type { RunConfig } from './run-config.ts'
import type { Message, Origin, Split, Tool } from './tokens.ts'

export interface Guess extends Mapping {
  /** Why, in words. */
  reason: string
}

export interface Finding {
  severity: 'error' | 'warning' | 'note'
  message: string
  /** What will happen if nothing is done, and what to do. */
  hint: string
  /** Row of the data set, 0-based, the first that it is true of. */
  row?: number
  column?: string
  /** What was looked for, for those who filter or test. */
  kind?: FindingKind
  /** Rows that it is true of. */
  count?: number
  /** What can be done at a press. */
  fix?: Fix
}

export type FindingKind =
  | 'few_rows'
  | 'missing'
  | 'duplicate'
  | 'contradiction'
  | 'leakage'
  | 'control_characters'
  | 'replacement_characters'
  | 'wrong_encoding'
  | 'invisible_characters'
  | 'template_tokens'
  | 'personal_data'
  | 'number_text'
  | 'header_space'
  | 'unsupported_column'
  | 'class_imbalance'
  | 'number_labels'
  | 'long_example'
  | 'nothing_to_learn'
  | 'bad_conversation'
  | 'same_speaker'
  | 'mixed_types'
  | 'names_again'
  | 'empty_column'
  | 'step'
  | 'preference_pairs'
  | 'left_aside'
  | (typeof READING_KINDS)[number]

/** What reading a file brought up: how it was taken, and how else it could be read. True of the file, whatever is made of it. */
export const READING_KINDS = [
  'several_lists',
  'keyed_rows',
  'left_out',
  'encoding',
  'spaced_delimiters',
  'title_lines',
  'no_header',
  'raw_quotes',
  'error_values',
  'sheets',
  'blank_rows',
  'split_values',
] as const

/** Whether a finding is of how a file was read, and stands whatever its rows are looked through for. */
export function isOfReading({ kind }: Finding): boolean {
  return kind === undefined || (READING_KINDS as readonly string[]).includes(kind)
}

/** A finding's remedy as data; `label` is what a button says. */
export type Fix =
  /** Append the step to the list, and where it renames what is mapped, lay these fields over the mapping. */
  | { kind: 'step'; label: string; step: DataStep; mapping?: Partial<Mapping> }
  /** Lay these fields over the mapping. */
  | { kind: 'mapping'; label: string; mapping: Partial<Mapping> }
  /** Lay these fields over the split. */
  | { kind: 'split'; label: string; split: Partial<SplitConfig> }
  /** Set a field of the run config's `training`. */
  | { kind: 'training'; label: string; field: 'max_length'; value: number }
  /** Ask the person for a word for each of these values, then set `mapping.labels`. */
  | { kind: 'label_words'; label: string; column: string; values: string[] }
  /** Apply these edits to the data set (`DataRoom.edit`). */
  | { kind: 'edit'; label: string; edits: RowEdit[] }
  /** Read the file again with these ways of reading. */
  | { kind: 'reading'; label: string; reading: ReadOptions }

/** How conversations become tokens. */
export type ChatFormat = RunConfig['data']['format']

/** Formats of files that examples can be taken away in, for other trainers. */
export type DataFormat = 'jsonl' | 'csv' | 'parquet' | 'kauldron'

/** An example before tokenisation: a conversation, or text to be continued. */
export interface ExampleText {
  /** Row of the data set (or of the synthetic set, where `origin` says so). */
  row: number
  origin: Origin
  messages: Message[] | null
  text: string | null
  /** Functions that the model may call. */
  tools?: Tool[]
}

export interface PreparedInfo {
  /** Key of the stored token table; empty for an estimate, which stores nothing. */
  tokens: string
  examples: Record<Split, number>
  tokenCount: Record<Split, number>
  supervisedCount: Record<Split, number>
  longest: number
  truncated: number
  /** Least `max_length`, rounded up, at which no example loses anything, were there a model for it; absent in tables of before. */
  needed?: number
  /** Token-length histogram: count of examples with edges[i] <= length < edges[i + 1]. */
  histogram: { edges: number[]; counts: number[] }
  /**
   * What came up on the way; empty for an estimate, which has not seen every row. One of the same kind, row and column as a
   * finding of `inspect` is the same finding.
   */
  findings: Finding[]
  /** The first examples as the model will see them. */
  samples: TokenisedSample[]
  /** Set where the figures were taken from a sample of the rows and scaled up. */
  estimate?: { rows: number; of: number }
  /** Examples by how they came to be, over all splits. */
  origins?: Record<Origin, number>
  /** Answers by how often they occur, the most frequent first; absent where answers are not labels. */
  labels?: LabelCount[]
  /** What the steps did. */
  steps?: StepReport[]
  /** What the training rows teach; absent in tables of before. */
  task?: TaskOutlook
}

/** What rows teach, as far as they show it, and what they cannot be taken for. */
export interface TaskOutlook {
  guess: TaskKind
  /** Different answers, the most frequent first, where they can be taken for labels. */
  answers: string[] | null
  ruledOut: Partial<Record<TaskKind, RuledOut>>
}

/** Why rows are not of a kind. `count` of what there is more than `most`. */
export interface RuledOut {
  why: 'texts' | 'answers' | 'one_answer' | 'many_answers' | 'long_answers' | 'no_json' | 'no_calls'
  count?: number
  most?: number
}

export interface LabelCount {
  label: string
  count: Record<Split, number>
}

export interface TokenisedSample {
  /** Row of the data set (or of the synthetic set, where `origin` says so). */
  row: number
  pieces: { text: string; id: number; supervised: boolean }[]
  split?: Split
  origin?: Origin
  /** Tokens cut off at the end. */
  cut?: number
  /** The pieces that were cut off, at most 64 of them. */
  lost?: { text: string; id: number; supervised: boolean }[]
}

/** What the steps did, and what the table looks like afterwards. */
export interface StepsReport {
  steps: StepReport[]
  rows: number
  columns: string[]
  /** The first five rows after the steps. */
  preview: Record<string, unknown>[]
  /** First guess at the mapping of the columns as they are now. */
  guess: Guess
  /** Set where it was run on a sample: counts are of the sample. */
  estimate?: { rows: number; of: number }
}

export interface StepReport {
  /** Place in the list of steps. */
  index: number
  rowsIn: number
  rowsOut: number
  /** Rows that were altered and kept. */
  changed: number
  dropped: number
  /** Rows made beyond those that came in. */
  added: number
  /** The first few rows that were altered or dropped. `after` is null for a dropped row. */
  samples: { row: number; column: string; before: string | null; after: string | null }[]
  findings: Finding[]
}

/** What a column holds, over all rows. */
export interface ColumnStats {
  name: string
  rows: number
  missing: number
  /** Different values; null beyond 10,000. */
  distinct: number | null
  /** The most frequent values, at most ten, as text; empty where distinct is null. */
  top: { value: string; count: number }[]
  /** Characters a value; null where the column holds no text. */
  length: { min: number; mean: number; max: number } | null
  /** Over values that read as numbers; null where there is none. */
  number: { min: number; mean: number; max: number; count: number } | null
}

/** One change to the rows of a stored data set. Rows are counted as they are when the edit is applied. */
export type RowEdit =
  | { type: 'set'; row: number; column: string; value: unknown }
  /** Adds a row before `at` (the number of rows: at the end). Columns that are not named are missing. */
  | { type: 'add'; at: number; values: Record<string, unknown> }
  | { type: 'delete'; rows: number[] }
  | { type: 'add_column'; name: string }

/** What a model is asked to write. */
export interface SynthesisWish {
  /** Examples wanted. */
  count: number
  /** Training examples shown in each request for a new one. */
  shots?: number
  /** What the new examples should be like, in the person's words. */
  wish?: string
  /** Who writes them, for the label. */
  author: string
  practice: boolean
}

/**
 * Answers of the model to each of the prompts, in order; none where it was stopped. The page gives this function; with the train room's `answer` it is
 * the loaded model on the device.
 */
export type Generate = (
  prompts: string[],
  options: { maxNewTokens: number; seed: number },
) => Promise<string[]>

export interface SynthesisProgress {
  kept: number
  wanted: number
  asked: number
}

export interface SynthesisInfo {
  /** For `augment.synthetic`. Null where not one example could be used. */
  set: { dataset: string; hash: string } | null
  kept: number
  asked: number
  /** Answers that were not used, by reason. */
  rejected: Record<
    'unreadable' | 'duplicate' | 'copied' | 'too_short' | 'too_long' | 'repetitive' | 'unknown_label',
    number
  >
  examples: { prompt: string; response: string }[]
  findings: Finding[]
}
