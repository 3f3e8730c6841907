import type { TrainingConfig } from '../protocol/run-config.ts'

/** Evaluations of a whole run: one before the first step, and one after the last. */
export function evaluationCount(eval_steps: number | null, steps: number, stepsPerEpoch: number): number {
  const every = eval_steps ?? stepsPerEpoch
  return 1 + Math.ceil(steps / every)
}

/**
 * Whether a run comes to its last step before its patience can end: the first evaluation after a step is the best so far, those
 * after it are waited for, and the last one is at the end.
 * @param evaluations of the whole run, that before the first step included
 */
export function neverEarly(
  { early_stopping_patience: patience }: Pick<TrainingConfig, 'early_stopping_patience'>,
  evaluations: number,
): boolean {
  return patience !== null && evaluations - 1 < patience + 2
}
