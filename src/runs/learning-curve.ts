import { fail } from '../protocol/errors.ts'
import { parseRunConfig, type RunConfig } from '../protocol/run-config.ts'
import type { RankMetric, RunForecast } from '../protocol/studio.ts'
import { HIGHER_IS_BETTER, type Ranked, standardError } from './ranking.ts'
import { type PlannedTrial, planTrials } from './sweep.ts'

/** Shares of the training rows, as scikit-learn's `learning_curve` has `train_sizes`. */
export const SHARES = [0.25, 0.5, 1] as const

const SHARE = 'data.train_share'

/**
 * The runs of a learning curve. Each trains as many steps as the whole would, and is measured as often: only the rows differ.
 * @param steps of the run as it is set up, with how often it is measured
 * @throws LapidaryError `bad_config` where a share is set already, `bad_data` where there are too few rows to tell anything
 */
export function planLearningCurve(
  config: RunConfig,
  { steps, evaluations }: Pick<RunForecast, 'steps' | 'evaluations'>,
  rows: { train: number; validation: number },
  seeds: readonly number[] = [],
): { base: RunConfig; trials: PlannedTrial[] } {
  if (config.data.train_share !== 1)
    fail(
      'bad_config',
      `This run learns from ${config.data.train_share * 100}% of its training rows already (train_share).`,
      'Set train_share to 1: the curve takes its shares of all of them.',
      { field: SHARE },
    )
  if (rows.validation === 0)
    fail(
      'bad_data',
      'No rows are held out: there is nothing to measure the runs on.',
      'Hold rows out (validation_share).',
      { field: 'data.validation_share' },
    )
  if (rows.train < FEWEST_ROWS)
    fail(
      'bad_data',
      `There are ${rows.train} training rows: a quarter of them is too few to learn from.`,
      `A curve needs ${FEWEST_ROWS} or more.`,
      { rows: rows.train },
    )
  const base = parseRunConfig({
    ...config,
    training: {
      ...config.training,
      max_steps: steps,
      eval_steps: config.training.eval_steps ?? Math.max(1, Math.ceil(steps / Math.max(1, evaluations - 1))),
    },
  })
  return { base, trials: planTrials(base, { fields: [{ field: SHARE, values: [...SHARES] }], seeds }) }
}

const FEWEST_ROWS = 8

export interface CurvePoint {
  /** Training rows that were learnt from. */
  rows: number
  mean: number
  spread: number | null
  count: number
}

/**
 * What a learning curve says. helps: the last doubling of the rows brought more than chance, and the next likely will; flat: it brought
 * nothing worth more rows, chance included; worse: more rows made it worse; unsure: chance may do as much as was brought, and more than nothing;
 * unknown: fewer than two shares have come to their end.
 */
export interface CurveVerdict {
  kind: 'helps' | 'flat' | 'worse' | 'unsure' | 'unknown'
  /** Between the two largest shares that are there. */
  from: CurvePoint | null
  to: CurvePoint | null
  /** By how much a doubling made the score better: of a loss as a share of it, else in absolute terms; negative: worse. */
  perDoubling: number
}

/** Points of the curve, by rows; shares without a score are left out. */
export function curvePoints(ranked: readonly Ranked[], trainRows: number): CurvePoint[] {
  return ranked
    .filter(({ mean }) => mean !== null)
    .map(({ set, mean, spread, count }) => ({
      rows: Math.max(1, Math.round(trainRows * Number(set[0]?.value ?? 1))),
      mean: mean!,
      spread,
      count,
    }))
    .sort((a, b) => a.rows - b.rows)
}

/** A change by less may be chance: of a loss a share of it, of the others in absolute terms. */
const MARGIN: Record<RankMetric, number> = {
  eval_loss: 0.02,
  eval_mean_token_accuracy: 0.005,
  accuracy: 0.01,
}

/** From so many margins on more rows are worth their trouble. */
const WORTH = 3

/**
 * Whether more rows would help, from what the last doubling brought.
 * @param held rows that the score is of, where each is right or wrong
 */
export function readCurve(
  points: readonly CurvePoint[],
  metric: RankMetric,
  held: number | null = null,
): CurveVerdict {
  const [from = null, to = null] = points.length < 2 ? [] : points.slice(-2)
  if (!from || !to || to.rows <= from.rows) return { kind: 'unknown', from, to, perDoubling: Number.NaN }
  const better = (a: CurvePoint, b: CurvePoint) =>
    HIGHER_IS_BETTER[metric] ? b.mean - a.mean : a.mean - b.mean
  const gained = better(from, to)
  // More rows do not teach less: where an earlier share did worse than a smaller one, that was chance, and shows how large it is.
  const lost = points.slice(1, -1).map((point, i) => Math.max(0, -better(points[i]!, point)))
  const unit = metric === 'eval_loss' ? Math.abs(from.mean) || 1 : 1
  const perDoubling = gained / unit / Math.log2(to.rows / from.rows)
  const chance = Math.max(
    MARGIN[metric] * unit,
    2 * (standardError(from, to) ?? 0),
    2 * Math.max(0, ...lost),
    metric === 'accuracy' && held ? binomialError(from.mean, held) : 0,
  )
  const kind = gained > chance ? 'helps' : gained < -chance ? 'worse' : bounded() ? 'flat' : 'unsure'
  return { kind, from, to, perDoubling }

  /** That nothing was seen shows that nothing is there only where more would have been seen. */
  function bounded(): boolean {
    return Math.max(gained, 0) + chance <= WORTH * MARGIN[metric] * unit
  }
}

/** Standard error of the difference of two shares of so many rows. */
const binomialError = (share: number, rows: number): number => Math.sqrt((2 * share * (1 - share)) / rows)
