import type { Projection } from '../model.ts'
import type { Tool } from '../tokens.ts'
import type { Call } from './call.ts'
import type { EvaluationRows, TaskKind } from './evaluations.ts'
import type { CheckpointChoice } from './exports.ts'

/** What can be looked into of a run, beside its figures. Nothing of it is stored. */
export interface ViewsRoom {
  /** How likely each token of an answer is to the base model and to a checkpoint. */
  tokens(request: TokensRequest, call?: Call): Promise<TokenView>
  /** How likely each label is as the answer to a question, to the base model and to a checkpoint. */
  labels(request: LabelsRequest, call?: Call): Promise<LabelView>
  /** How far a checkpoint's adapter changes each matrix of its base. */
  layers(run: string, checkpoint: CheckpointChoice, call?: Call): Promise<LayerView>
  /** Rows that a run learnt from, by what its losses say of them, the most suspect first; never rows for validation or test. */
  suspects(run: string, call?: Call): Promise<Suspects>
  /** What a checkpoint answers to some of the rows that it learnt from. */
  heldAnswers(request: HeldAnswersRequest, call?: Call): Promise<HeldAnswer[]>
}

export interface TokensRequest {
  run: string
  checkpoint: CheckpointChoice
  /** The reference of a row that can be judged, or any answer to any question. */
  of: { rows: EvaluationRows; row: number } | TypedAnswer
}

export interface TypedAnswer {
  question: string
  answer: string
  system?: string
  tools?: Tool[]
}

export interface LabelsRequest extends Omit<TypedAnswer, 'answer'> {
  run: string
  checkpoint: CheckpointChoice
  labels: string[]
}

export interface LabelView {
  /** Of the checkpoint. */
  step: number
  /** In the order of the request: probability by the likelihood of all tokens, its end included, of all labels together 1. */
  labels: { label: string; base: number; tuned: number }[]
}

export interface TokenView {
  question: string
  answer: string
  /** Of the checkpoint. */
  step: number
  /** Tokens of the answer, its end included, in order. */
  tokens: ViewedToken[]
}

export interface ViewedToken {
  text: string
  id: number
  base: TokenChance
  tuned: TokenChance
}

export interface TokenChance {
  /** Natural log of its probability, given the question and the tokens before it. */
  logProbability: number
  /** Whether no token was likelier. */
  likeliest: boolean
}

export interface LayerView {
  step: number
  layers: number
  /** Those that the adapter is on, in the order of a layer's forward pass. */
  modules: Projection[]
  cells: LayerCell[]
  summary: LayerSummary
}

export interface LayerCell {
  layer: number
  module: Projection
  /** Frobenius norms of the change, scaling · B A, and of the base's matrix. */
  change: number
  weight: number
}

/** Where the adapter changed most, for a sentence. */
export interface LayerSummary {
  /** 0-based, ascending; those that changed about as far as the one that changed most. Empty: nothing has changed. */
  most: number[]
  /** Whether that is all of them, or nearly. */
  alike: boolean
  /** Part of a layer with the larger share of the change, and that share of the squared norm; null: the adapter is on one part only. */
  part: { name: 'attention' | 'mlp'; share: number } | null
}

export interface Suspects {
  /** How a row's confidence is counted: over the whole answer, or per token. */
  by: 'answer' | 'token'
  /** Epochs of which losses are known, and whether the first was left out: nothing had been learnt yet. */
  epochs: number
  firstLeftOut: boolean
  /** Rows of which something is known. */
  known: number
  /** Whether too little was learnt of most rows for some to stand out: none is named then. */
  early: boolean
  kind: TaskKind
  rows: SuspectRow[]
}

/** After Dataset Cartography (Swayamdipta et al. 2020): mean and spread of the probability of what the data says, over epochs. */
export interface SuspectRow {
  /** Of the data set, 0-based, and as its file counts. */
  row: number
  number: number
  question: string
  reference: string
  confidence: number
  variability: number
  /** By epoch, its mean loss per token in nats. */
  losses: { epoch: number; loss: number }[]
  /** hard: it stayed unlikely; ambiguous: it changed much from pass to pass; easy: it is learnt. */
  region: 'hard' | 'ambiguous' | 'easy'
}

export interface HeldAnswersRequest {
  run: string
  checkpoint: CheckpointChoice
  /** Of the data set, 0-based. */
  rows: number[]
}

export interface HeldAnswer {
  row: number
  answer: string
  /** Whether it is what the data says. */
  same: boolean
}
