import type { Failure } from './errors.ts'
import type { RunConfig } from './run-config.ts'
import type { Message, Split, Tool } from './tokens.ts'

/** Spoken by the page, the command line, the iframe and `metrics.jsonl` alike. */
export type RunEvent =
  | StageEvent
  | StepEvent
  | EvalEvent
  | SampleEvent
  | RowLossesEvent
  | CheckpointEvent
  | NoticeEvent
  | DoneEvent
  | ErrorEvent

export type Stage =
  | 'model'
  | 'data'
  | 'plan'
  | 'load'
  | 'compile'
  | 'tune'
  | 'train'
  | 'evaluate'
  | 'sample'
  | 'save'
  | 'export'

export interface StageEvent {
  type: 'stage'
  stage: Stage
  /** 0..1 where it can be known. */
  progress?: number
  /** Plain words: "Reading weights". */
  note?: string
  /** Of a step that takes long: which one, and how much of it is done, 0..1. */
  within?: { step: number; share: number }
  /** The run goes back to its checkpoint of this step, and its log to so many events: what came after is trained again. */
  back?: { step: number; events: number }
  /** Why what the run has learnt could not be stored: it trains on, and is lost with its page; null: it could again. */
  unkept?: Failure | null
}

export interface StepEvent {
  type: 'step'
  /** Optimizer steps done, counting this one; 1-based. */
  step: number
  max_steps: number
  epoch: number
  /** Mean cross-entropy in nats over the supervised tokens of the whole accumulated batch. */
  loss: number
  mean_token_accuracy: number
  learning_rate: number
  /** Global L2 norm before clipping. */
  grad_norm: number
  /** Tokens trained on so far in this run, padding excluded. */
  tokens: number
  tokens_per_second: number
  /** Set where the step was not finite and therefore left the weights as they were. */
  skipped?: true
}

export interface EvalEvent {
  type: 'eval'
  step: number
  epoch: number
  /** Token-weighted mean over the validation split, nats. */
  eval_loss: number
  /** Further figures by name, e.g. mean_token_accuracy, perplexity. */
  metrics: Record<string, number>
}

/** A question put to base and tuned model at each evaluation. */
export interface SamplePrompt {
  prompt: string
  /** What the data says the answer is, where it does. */
  reference?: string
  /** Of which rows it is: `train`, the model learns from it; others it never sees. Left out: a person's own. */
  split?: Split
  /** Functions that the model may call, and the system text beside them; a system text alone is part of the prompt. */
  tools?: Tool[]
  system?: string
}

/** What is put to a model: a person's words, or those with what was said before and functions to call. */
export type Asked = string | (Pick<SamplePrompt, 'prompt' | 'tools' | 'system'> & { before?: Message[] })

export interface SampleEvent extends Omit<SamplePrompt, 'tools' | 'system'> {
  type: 'sample'
  step: number
  base: string
  tuned: string
  /** Set where the answer met the limit on its length: the model did not end it. */
  base_cut?: true
  tuned_cut?: true
}

/** What rows cost while they were trained on: a row stands once for each pass. Told right before a checkpoint, of the steps since the last. */
export interface RowLossesEvent {
  type: 'row_losses'
  version: 1
  step: number
  /** Over the training rows, 1-based. */
  pass: number
  /** Rows of the data set, 0-based, ascending; made ones are left out. */
  rows: number[]
  /** By row: cross-entropy in nats, summed over its supervised tokens, and how many these are. */
  nats: number[]
  tokens: number[]
}

export interface CheckpointEvent {
  type: 'checkpoint'
  step: number
  epoch: number
  /** Whether this is the best so far, by the run's `metric_for_best_model`. */
  best?: boolean
}

/** Something the person should know that does not stop the run. */
export interface NoticeEvent {
  type: 'notice'
  step?: number
  message: string
  /** Set where it is that examples lost their end: no loss says then how well answers are known. */
  cut?: CutExamples
  /**
   * How many examples are held out, where it is that all of them have one answer: no loss on them says how well the others are known.
   * Not which: a run's log holds no rows but its questions.
   */
  one_label?: number
}

/** Examples longer than the limit, which keep their beginning alone. */
export interface CutExamples {
  examples: number
  of: number
  max_length: number
}

export interface DoneEvent {
  type: 'done'
  step: number
  epoch: number
  /** Seconds of wall time spent training, over all sittings. */
  seconds: number
  /** `stopped`: by a person; `stopped_early`: the evaluations brought nothing better any more (`early_stopping_patience`). */
  reason: 'finished' | 'stopped' | 'stopped_early'
  config: RunConfig
}

export interface ErrorEvent {
  type: 'error'
  failure: Failure
}
