import { fail } from '../protocol/errors.ts'
import type { TrainingConfig } from '../protocol/run-config.ts'

/** What a run of given data and settings amounts to, counted as Transformers' `Trainer` counts. */
export interface RunLength {
  /** Optimizer steps of the whole run. */
  steps: number
  /** Optimizer steps of one epoch; a last, smaller accumulation is a step of its own. */
  stepsPerEpoch: number
}

/** @param batchesPerEpoch micro-batches in one pass over the training split, at least 1 */
export function runLength(
  training: Pick<TrainingConfig, 'max_steps' | 'num_train_epochs' | 'gradient_accumulation_steps'>,
  batchesPerEpoch: number,
): RunLength {
  const stepsPerEpoch = Math.max(1, Math.ceil(batchesPerEpoch / training.gradient_accumulation_steps))
  const steps =
    training.max_steps > 0 ? training.max_steps : Math.ceil(training.num_train_epochs * stepsPerEpoch)
  return { steps, stepsPerEpoch }
}

/** Warm-up in optimizer steps: a count, or below 1 a share of all steps, rounded up. */
export function warmupSteps(warmup: number, steps: number): number {
  return warmup >= 1 ? Math.trunc(warmup) : Math.ceil(steps * warmup)
}

/**
 * Learning rate of optimizer step `step` (1-based), as `transformers.optimization.get_scheduler` of 5.x gives it: step
 * k uses the multiplier at k - 1, so that with warm-up the first step has rate 0.
 */
export function learningRate(
  training: Pick<TrainingConfig, 'learning_rate' | 'lr_scheduler_type' | 'warmup_steps'>,
  step: number,
  steps: number,
): number {
  const done = step - 1
  const warmup = warmupSteps(training.warmup_steps, steps)
  return training.learning_rate * multiplier(training.lr_scheduler_type, done, warmup, steps)
}

type Schedule = Pick<TrainingConfig, 'learning_rate' | 'lr_scheduler_type' | 'warmup_steps'>

/**
 * Refuses a schedule under which nothing would be learnt.
 * @param steps of the whole run
 * @returns in words, where it never comes to the learning rate that was asked for; else null
 * @throws LapidaryError `bad_config`
 */
export function requireSchedule(training: Schedule, steps: number): string | null {
  const warmup = training.lr_scheduler_type === 'constant' ? 0 : warmupSteps(training.warmup_steps, steps)
  const long = warmup >= steps
  // Engines compute in f32.
  if (Array.from({ length: steps }).every((_, k) => Math.fround(learningRate(training, k + 1, steps)) === 0))
    fail(
      'bad_config',
      `The learning rate is 0 in ${steps === 1 ? 'the one step' : `each of the ${steps} steps`}: nothing would be learnt.`,
      long
        ? 'The warm-up is as long as the run: set warmup_steps to 0, or train longer.'
        : 'Raise learning_rate.',
      long
        ? { field: 'warmup_steps', found: training.warmup_steps, steps }
        : { field: 'learning_rate', found: training.learning_rate },
    )
  if (!long) return null
  return `The warm-up is as long as the run (${warmup} of ${steps} steps): the learning rate never comes to ${training.learning_rate}. Fewer warmup_steps, or more steps, would learn more.`
}

function multiplier(
  type: TrainingConfig['lr_scheduler_type'],
  done: number,
  warmup: number,
  steps: number,
): number {
  // `constant` has no warm-up at all, whatever warmup_steps says.
  if (type === 'constant') return 1
  if (done < warmup) return done / Math.max(1, warmup)
  if (type === 'constant_with_warmup') return 1
  const decay = Math.max(1, steps - warmup)
  if (type === 'linear') return Math.max(0, (steps - done) / decay)
  return Math.max(0, 0.5 * (1 + Math.cos(Math.PI * ((done - warmup) / decay))))
}
