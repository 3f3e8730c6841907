import type { Call } from './call.ts'
import type { EvaluatedData, EvaluationNote, EvaluationRows, Figure, TaskKind } from './evaluations.ts'

/** Runs that come as files, judged without being stored. */
export interface ScoringRoom {
  /**
   * Judges the adapter of a run's file on rows that are the same for all files: the checkpoint that it offers first, on the base model that
   * is here, by its hash. Of the file nothing runs and nothing is stored.
   * @param name of the file, for people
   * @throws LapidaryError as `RunRoom.readRunFile`; `missing_file` where its base model is not here, or it holds no checkpoint; `bad_state`
   * where its parts do not belong together; `bad_data` where it learnt from these rows, or can be put none of them
   */
  score(file: Blob, name: string, rows: ScoredRows, call?: Call): Promise<RunScore>
}

/** Any set of rows but one that a run held out itself. */
export type ScoredRows = Exclude<EvaluationRows, { split: unknown }>

export interface RunScore {
  data: EvaluatedData
  kind: TaskKind
  /** Of the checkpoint that was judged. */
  step: number
  /** Rows of the set, and those of them that were put to the model: others its own steps leave out, or are too long. */
  rows: number
  judged: number
  /** Whether its own steps rewrite some of them, questions or answers. */
  changed: boolean
  /** Null where nothing was asked. */
  right: number | null
  figures: Figure[]
  notes: EvaluationNote[]
  seconds: number
}
