import type { AnswerRoom } from './rooms/answers.ts'
import type { DataRoom } from './rooms/data.ts'
import type { EvaluationRoom } from './rooms/evaluations.ts'
import type { KeptRoom } from './rooms/kept.ts'
import type { ModelRoom } from './rooms/models.ts'
import type { PackRoom } from './rooms/packs.ts'
import type { RunRoom } from './rooms/runs.ts'
import type { ScoringRoom } from './rooms/scoring.ts'
import type { TuningRoom } from './rooms/tuning.ts'
import type { ViewsRoom } from './rooms/views.ts'

export type * from './gpu-report.ts'
export type * from './look.ts'
export type * from './model-address.ts'
export type * from './preparation.ts'
export type * from './recipe.ts'
export type * from './rooms/answers.ts'
export type * from './rooms/call.ts'
export type * from './rooms/data.ts'
export type * from './rooms/evaluations.ts'
export type * from './rooms/exports.ts'
export type * from './rooms/fit.ts'
export type * from './rooms/kept.ts'
export type * from './rooms/model-sources.ts'
export type * from './rooms/models.ts'
export type * from './rooms/packs.ts'
export type * from './rooms/push.ts'
export type * from './rooms/run-base.ts'
export type * from './rooms/runs.ts'
export type * from './rooms/scoring.ts'
export type * from './rooms/shelf.ts'
export type * from './rooms/tuning.ts'
export type * from './rooms/views.ts'

/**
 * What the page (and the headless command line, which is the same page) may ask of the workers, by room. Every promise
 * rejects with a Failure. Values are structured-clonable; calls and callbacks cross by `workers/bridge.ts`.
 */
export interface Studio {
  data: DataRoom
  models: ModelRoom
  packs: PackRoom
  runs: RunRoom
  answers: AnswerRoom
  evaluations: EvaluationRoom & ViewsRoom
  scoring: ScoringRoom
  kept: KeptRoom
  tuning: TuningRoom
}
