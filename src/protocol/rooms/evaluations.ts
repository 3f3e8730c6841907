import type { RunEvent } from '../events.ts'
import type { Mapping } from '../recipe.ts'
import type { RunConfig } from '../run-config.ts'
import type { Split } from '../tokens.ts'
import type { Call } from './call.ts'
import type { CheckpointChoice, ExportedFile } from './exports.ts'

/** How good a model is on rows that it never learnt from. */
export interface EvaluationRoom {
  /** What an evaluation of this request would judge, and how; refuses what `evaluate` would refuse. */
  outlook(request: EvaluateRequest, call?: Call): Promise<EvaluationOutlook>
  /**
   * Judges rows, a few at a time, each stored as soon as it is judged. The same request goes on where it was stopped; one that has come to
   * its end gives what is stored.
   * @param onRows hears of those that were just judged
   */
  evaluate(
    request: EvaluateRequest,
    onRows: (rows: JudgedRow[]) => void,
    call?: Call,
  ): Promise<EvaluationInfo>
  /** Evaluations that are stored with a run, newest first; those that were stopped too. */
  list(run: string, call?: Call): Promise<EvaluationInfo[]>
  /** The figures of what was judged so far, beside the base model's on the same rows where those are stored. */
  report(run: string, evaluation: string, how?: ReportOptions, call?: Call): Promise<EvaluationReport>
  /** `evaluation.json` and `predictions.csv`. */
  files(run: string, evaluation: string, how?: ReportOptions, call?: Call): Promise<ExportedFile[]>
  remove(run: string, evaluation: string, call?: Call): Promise<void>
  /** Stores a run that was kept elsewhere, for its checkpoint to be evaluated: without its training data it cannot be gone on with. */
  adopt(request: AdoptRequest, call?: Call): Promise<string>
}

export interface AdoptRequest {
  name: string
  /** Id of the model that it trained an adapter of. */
  model: string
  config: RunConfig
  /** Id of the data set that it learnt from, where that is here. */
  dataset: string | null
  /** Files as the format `checkpoint` gives them: the parsed JSON, and the tensors. */
  checkpoint: { meta: unknown; tensors: Blob }
  /** Of its log, what rows cost; others are left out. */
  events?: RunEvent[]
}

export interface EvaluateRequest {
  /** The run whose rows, columns and answers it is about; what is judged is stored with it. */
  run: string
  /** Whose adapter answers; null: none, the model as it was before. */
  checkpoint: CheckpointChoice | null
  /** Another model than the run's own; it answers untuned. */
  model?: string
  rows: EvaluationRows
  /** By default what the run's config says, else guessed from the rows that it learnt from. A benchmark set says it itself. */
  task?: { kind: TaskKind; labels?: string[] }
  /** Most rows judged, drawn by seed; by default all. */
  limit?: number
}

/** Sets of questions with answers that come with the studio, and that no run learns from. */
export type BenchmarkId = 'banking77' | 'feelings' | 'general'

/** Rows that the run held out, those of a benchmark set, which says itself how it is judged, or those of another data set. */
export type EvaluationRows =
  | { split: Exclude<Split, 'train'> }
  | { benchmark: BenchmarkId }
  /** Columns that are not named are those of the run, where the data has them. */
  | { dataset: string; mapping?: Partial<Mapping> }

/**
 * labels: one of a few answers; json, calls: what is written is held against the reference field by field; text: any other
 * answer; plain: text that is gone on with, and nothing to be answered.
 */
export type TaskKind = 'labels' | 'json' | 'calls' | 'text' | 'plain'

export interface Task {
  kind: TaskKind
  /** Of `labels`: what may be answered, the most frequent first. */
  labels: string[]
  /** Where the labels come from: rows that were learnt, a person, or, where neither is known, the rows that are judged. */
  from: 'learnt' | 'given' | 'judged'
}

export interface EvaluationOutlook {
  /** Id of the evaluation that it would be. */
  evaluation: string
  task: Task
  /** What the guess would be, had nobody said anything. */
  guess: TaskKind
  /** Rows to be judged. */
  rows: number
  /** Of these judged already, by the same request, and by the base model. */
  judged: number
  baseJudged: number
  data: EvaluatedData
  notes: EvaluationNote[]
}

export interface EvaluatedData {
  name: string
  hash: string
  split: Split | null
  /** Rows there are. */
  rows: number
  /** Set where it is a set that comes with the studio. */
  benchmark?: BenchmarkId
}

/** What must be known beside the figures. `rows` are numbers of the data set, the first few of `count`. */
export interface EvaluationNote {
  kind:
    | 'unseen_labels' // labels in the judged rows that were never learnt
    | 'learnt_rows' // judged rows that are among those learnt
    | 'left_out' // rows without a question or an answer, or dropped by the run's preparation
    | 'other_columns' // columns were guessed: those of the run are not there
    | 'no_training_rows' // what was learnt from is not here: no baselines
    | 'too_long' // rows beyond what the model knows
    | 'drawn' // some of the rows, drawn by seed
    | 'one_label' // all of the judged rows ask for the same label
    | 'prefix_labels' // labels that begin others
    | 'other_labels' // labels of a benchmark set that the run never learnt; `count` of them
  count: number
  rows?: number[]
  names?: string[]
}

export interface EvaluationInfo {
  id: string
  run: string
  created: number
  /** The model that answered, by name, and what it is held against as a key. */
  model: { id: string; name: string; hash: string }
  /** Of the run's adapter; null: untuned. */
  step: number | null
  data: EvaluatedData
  /** The same for all evaluations of the same rows in the same way, whoever answers. */
  rowsKey: string
  task: Task
  /** Tokens of each label, its end included. */
  labelTokens: number[]
  /** Most tokens that an answer was given; null where none was written. */
  maxNewTokens: number | null
  notes: EvaluationNote[]
  /** Rows to be judged, and how many are. */
  total: number
  judged: number
  seconds: number
}

export interface JudgedRow {
  /** Of the data set, 0-based, and as its file counts. */
  row: number
  number: number
  question: string
  reference: string
  /** What was written; null where labels were scored, or nothing was asked. */
  answer: string | null
  /** `length`: it met the limit. */
  finish?: 'stop' | 'length'
  /** By label: natural log of the probability of its tokens together. */
  scores?: number[]
  /** Natural log of the probability of the reference, its tokens, and how many of these were the likeliest. */
  logProbability: number
  tokens: number
  hits: number
}

/** How labels of different lengths are held against each other: by the likelihood of all of their tokens, or by its mean for each. */
export type LabelChoice = 'sum' | 'mean'

export interface ReportOptions {
  /** By default `sum`. */
  choice?: LabelChoice
  /** Of labels, the confidence below which the model is silent, 0..1; by default 0, it always answers. */
  abstain?: number
}

/** A figure and where it lies in 95 of 100 draws of the same rows with replacement. */
export interface Figure {
  name: FigureName
  value: number
  low: number
  high: number
}

export type FigureName =
  | 'accuracy'
  | 'balanced_accuracy'
  | 'macro_f1'
  | 'roc_auc'
  | 'ece'
  | 'ece_calibrated'
  | 'chrf'
  | 'rouge_l'
  | 'valid_json'
  | 'equal_fields'
  | 'call_name'
  | 'call_arguments'
  | 'perplexity'
  | 'token_accuracy'

/** Who answers: the run's adapter, its base model, the most frequent label, or that of the learnt row with the likest words. */
export type SideName = 'judged' | 'base' | 'majority' | 'nearest'

export interface Side {
  name: SideName
  /** Rows answered right; null where nothing was asked. */
  right: number | null
  figures: Figure[]
}

/** Who else was judged on the same rows. */
export interface BesideSide extends Omit<Side, 'name'> {
  /** The run that it is stored with. */
  run: string
  model: string
  /** Null: the model answered untuned. */
  step: number | null
}

/** A row with what came of it. */
export interface ReportRow extends JudgedRow {
  answer: string | null
  /** Null where nothing was asked. */
  right: boolean | null
  /** Of labels: probability of the one chosen. */
  confidence?: number
  /** 0 for wholly wrong to 1 for right. */
  score: number
  /** What the base model answered. */
  base?: { answer: string | null; right: boolean | null }
}

export interface ClassFigures {
  label: string
  /** Whether it was learnt. */
  seen: boolean
  precision: number
  recall: number
  f1: number
  support: number
  rocAuc: number | null
}

export interface EvaluationReport {
  evaluation: EvaluationInfo
  /** The base model's evaluation of the same rows; null where none is finished. */
  base: EvaluationInfo | null
  choice: LabelChoice | null
  /** Rows that the figures are of. */
  count: number
  sides: Side[]
  /** Others that were judged on the same rows in the same way: other runs, other steps, other models untuned; the newest first. */
  beside: BesideSide[]
  /** Worst first. */
  rows: ReportRow[]
  labels: LabelReport | null
  /** Draws and seed of the intervals. */
  bootstrap: { resamples: number; seed: number; level: number }
}

export interface LabelReport {
  classes: ClassFigures[]
  /** [classes, classes + 1] rows by their truth, columns by the answer, `none` last. */
  confusion: Uint32Array
  reliability: { bins: ReliabilityBin[]; calibrated: ReliabilityBin[] | null }
  /** Fitted on validation rows that this step was evaluated on; null where there is no such evaluation. */
  temperature: { value: number; rows: number; same: boolean } | null
  /** Were it silent below a confidence: how many rows it would answer, and how many of these right. */
  abstention: Abstention[]
  /** The same at the threshold that was asked for. */
  abstain: Abstention
}

/** Shares: of the rows, those that are answered; of these, those that are answered right (null where none is). */
export interface Abstention {
  threshold: number
  answered: number
  accuracy: number | null
}

export interface ReliabilityBin {
  from: number
  to: number
  count: number
  confidence: number
  accuracy: number
}
