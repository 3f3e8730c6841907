import { fail } from '../protocol/errors.ts'
import type { TrainingConfig } from '../protocol/run-config.ts'

/** What an evaluation told, as a checkpoint keeps it. */
export interface Evaluated {
  step: number
  eval_loss: number
  /** The run's `metric_for_best_model`, where that is another figure than the loss. */
  metric?: number
}

type Policy = Pick<
  TrainingConfig,
  'metric_for_best_model' | 'early_stopping_patience' | 'early_stopping_threshold' | 'greater_is_better'
>
type Metric = Policy['metric_for_best_model']

const METRICS: Record<Metric, { higher: boolean; words: string }> = {
  eval_loss: { higher: false, words: 'the loss on rows that it never saw' },
  eval_mean_token_accuracy: { higher: true, words: 'the token accuracy on rows that it never saw' },
}

/** An evaluation as it is kept. */
export function evaluated(
  { metric_for_best_model: name }: Policy,
  step: number,
  eval_loss: number,
  metrics: Readonly<Record<string, number>>,
): Evaluated {
  if (name === 'eval_loss') return { step, eval_loss }
  return { step, eval_loss, metric: metrics[name.slice('eval_'.length)]! }
}

export interface Standing {
  /** The best evaluation so far. */
  best: Evaluated | null
  /** Evaluations in a row, up to the last, that were not better. */
  waited: number
  /** Whether the run has waited for as long as it is to. */
  spent: boolean
}

/**
 * Where a run stands by its evaluations alone, so that one that was interrupted stands where the other does. As Transformers'
 * `EarlyStoppingCallback` (5.23): one that is not better than the best before it by more than the threshold is waited for; the best
 * itself needs no threshold. The base line, of step 0, is none: there is nothing learnt in it to keep.
 */
export function standing(policy: Policy, evaluations: readonly Evaluated[]): Standing {
  const { metric_for_best_model: name, early_stopping_patience: patience } = policy
  const { early_stopping_threshold: threshold } = policy
  const gain = (one: Evaluated, than: Evaluated) => {
    const by = (one.metric ?? one.eval_loss) - (than.metric ?? than.eval_loss)
    return METRICS[name].higher ? by : -by
  }
  let best: Evaluated | null = null
  let waited = 0
  for (const one of evaluations) {
    if (one.step === 0) continue
    const by = best === null ? Number.POSITIVE_INFINITY : gain(one, best)
    waited = by > threshold ? 0 : waited + 1
    if (by > 0) best = one
  }
  return { best, waited, spent: patience !== null && waited >= patience }
}

/** What is said of a run that ends before its last step. */
export function earlyMessage(
  policy: Policy,
  { best, waited }: Standing,
  step: number,
  total: number,
): string {
  const { metric_for_best_model: name, early_stopping_threshold: threshold } = policy
  const by = threshold > 0 ? ` by more than ${threshold}` : ''
  const rows = waited === 1 ? 'at the last evaluation' : `at the last ${waited} evaluations`
  return `Stopped early, at step ${step} of ${total}: ${METRICS[name].words} did not get better${by} ${rows} (early_stopping_patience). It was best at step ${best!.step}.`
}

/**
 * Refuses what no evaluation could decide.
 * @param held rows or tokens that are held out
 * @throws LapidaryError `bad_config`, naming the field
 */
export function requireMeasured(policy: Policy, held: number): void {
  const {
    metric_for_best_model: name,
    greater_is_better: greater,
    early_stopping_patience: patience,
  } = policy
  const { higher, words } = METRICS[name]
  if (greater !== null && greater !== higher)
    fail(
      'bad_config',
      `greater_is_better is ${greater}, but ${words} (${name}) is better where it is ${higher ? 'higher' : 'lower'}.`,
      'Leave greater_is_better out, or choose another metric_for_best_model.',
      { field: 'greater_is_better', found: greater },
    )
  if (name !== 'eval_loss' && held === 0)
    fail(
      'bad_config',
      `metric_for_best_model is ${name}, but no rows are held out to measure it: no checkpoint would be the best.`,
      'Hold rows out (validation_share, or a column that says which), or leave metric_for_best_model out.',
      { field: 'metric_for_best_model', found: name },
    )
  if (patience !== null && held === 0)
    fail(
      'bad_config',
      'early_stopping_patience is set, but no rows are held out to measure: the run would never stop early.',
      'Hold rows out (validation_share, or a column that says which), or leave early_stopping_patience out.',
      { field: 'early_stopping_patience', found: patience },
    )
}
