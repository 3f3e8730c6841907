import type { RunConfig } from '../protocol/run-config.ts'
import type { QueueKind, RankMetric, RunSeriesData, TrackData, Trial } from '../protocol/studio.ts'
import { sameSetting } from './sweep.ts'

/** What an evaluation told, as far as runs are ranked by it. */
export interface Scores {
  step: number
  eval_loss: number
  eval_mean_token_accuracy: number
}

type Metric = RunConfig['training']['metric_for_best_model']

/** Whether more is better. */
export const HIGHER_IS_BETTER: Record<RankMetric, boolean> = {
  eval_loss: false,
  eval_mean_token_accuracy: true,
  accuracy: true,
}

/**
 * The evaluation whose checkpoint is kept as a run's best, that before its first step left out: all figures of a run are of this one.
 * Null where nothing was measured.
 */
export function bestScores({ validation }: Pick<RunSeriesData, 'validation'>, metric: Metric): Scores | null {
  const loss = validation.columns.eval_loss
  const accuracy = validation.columns.mean_token_accuracy
  const sign = metric === 'eval_loss' ? -1 : 1
  const by = metric === 'eval_loss' ? loss : accuracy
  let best = -1
  for (let i = 0; i < validation.steps.length; i++) {
    const value = by?.[i] ?? Number.NaN
    if (validation.steps[i]! <= 0 || !Number.isFinite(value)) continue
    if (best < 0 || sign * value > sign * by![best]!) best = i
  }
  if (best < 0) return null
  return {
    step: validation.steps[best]!,
    eval_loss: loss?.[best] ?? Number.NaN,
    eval_mean_token_accuracy: accuracy?.[best] ?? Number.NaN,
  }
}

/** Figures told by a log of events, as a series has them. */
export type Validation = Pick<TrackData, 'steps' | 'columns'>

/** A trial and what came of it; null: it has not come to its end, or nothing was measured. */
export interface Scored {
  trial: Trial
  scores: Scores | null
}

export function scoreBy(metric: RankMetric, { trial, scores }: Scored): number | null {
  const score = metric === 'accuracy' ? trial.judged?.accuracy : scores?.[metric]
  return score !== undefined && Number.isFinite(score) ? score : null
}

/** One setting over its seeds. */
export interface Ranked {
  /** From 1; null where nothing came of it yet. */
  rank: number | null
  set: Trial['set']
  members: Scored[]
  /** Members with a score. */
  count: number
  mean: number | null
  /** Standard deviation over seeds (n - 1); null for fewer than two. */
  spread: number | null
  /** Whether it cannot be told from the best by chance alone: their means are no further apart than their standard errors allow. */
  near: boolean
}

/** Settings by their mean over seeds, the best first; those without a score last, in the order in which they wait. */
export function rank(scored: readonly Scored[], metric: RankMetric): Ranked[] {
  const groups: Scored[][] = []
  for (const one of scored) {
    const group = groups.find(([first]) => sameSetting(first!.trial, one.trial))
    if (group) group.push(one)
    else groups.push([one])
  }
  const sign = HIGHER_IS_BETTER[metric] ? -1 : 1
  const found = groups.map((members) => {
    const values = members.map((one) => scoreBy(metric, one)).filter((value) => value !== null)
    return { set: members[0]!.trial.set, members, count: values.length, ...meanAndSpread(values) }
  })
  const done = found.filter(({ mean }) => mean !== null).sort((a, b) => sign * (a.mean! - b.mean!))
  const best = done[0]
  return [
    ...done.map((one, i) => ({
      ...one,
      // Of equal means none is before the other.
      rank: 1 + done.findIndex(({ mean }) => mean === one.mean),
      near: i > 0 && best !== undefined && isNear(best, one),
    })),
    ...found.filter(({ mean }) => mean === null).map((one) => ({ ...one, rank: null, near: false })),
  ]
}

/** Mean, and standard deviation over seeds. */
export function meanAndSpread(values: readonly number[]): { mean: number | null; spread: number | null } {
  if (values.length === 0) return { mean: null, spread: null }
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  if (values.length < 2) return { mean, spread: null }
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, spread: Math.sqrt(square / (values.length - 1)) }
}

type Summary = Pick<Ranked, 'mean' | 'spread' | 'count'>

/** Standard error of the difference of two means; null where either has one seed only. */
export function standardError(a: Summary, b: Summary): number | null {
  if (a.spread === null || b.spread === null) return null
  return Math.sqrt(a.spread ** 2 / a.count + b.spread ** 2 / b.count)
}

function isNear(best: Summary, other: Summary): boolean {
  const error = standardError(best, other)
  return error !== null && Math.abs(best.mean! - other.mean!) <= 2 * error
}

/** By what a queue of this kind can be ranked: labels are judged where there are some. */
export function metricsFor(labels: readonly string[] | null): RankMetric[] {
  return ['eval_loss', 'eval_mean_token_accuracy', ...(labels ? (['accuracy'] as const) : [])]
}

/** Best first for a sweep; by share for a learning curve. */
export function inOrder(kind: QueueKind, ranked: readonly Ranked[]): Ranked[] {
  if (kind === 'sweep') return [...ranked]
  const share = ({ set }: Ranked) => Number(set[0]?.value ?? 1)
  return [...ranked].sort((a, b) => share(a) - share(b))
}
