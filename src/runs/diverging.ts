import type { RunSeries } from './series.ts'

/** A run whose training goes the wrong way. Losses in nats, medians over a few steps. */
export type Diverging =
  /** The last steps had no finite loss and left the weights as they were. */
  | { kind: 'lost'; step: number; steps: number }
  /** The training loss is clearly above where it began. */
  | { kind: 'climbs'; step: number; first: number; last: number }
  /** What was learnt is unlearnt: the loss fell well, and is back. */
  | { kind: 'back'; step: number; first: number; best: number; last: number }

/** Steps that are looked at as one: single batches jump about. */
const WINDOW = 7
/** Windows before a small rise is told: a warm-up may begin with a bump. */
const FEWEST = 3
/** Steps in a row after which one that is far above is: no warm-up does that. */
const EARLY = 3
/** Shares of the first loss; and nats above it, below which no rise of a few steps is far. */
export const CLIMBED = 1.2
const FAR = 2
const FAR_NATS = 2
const LEARNT = 0.6
const BACK = 0.9

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** What a run's losses began at, before any step could spoil them. */
export interface Losses {
  /** Training losses in the order of steps, nats; NaN where a step was skipped. */
  trainLoss: ArrayLike<number>
  evalSteps: ArrayLike<number>
  /** Losses on held-out rows, nats. */
  evalLoss: ArrayLike<number>
}

/**
 * The loss that a run began with, nats; NaN: not known. A run whose rate is far too high comes apart within its first steps: their mean is that
 * of what it has come to. So it is that of held-out rows before the first step, where it was measured; a single batch may be an easy one.
 */
export function lossAtFirst({ trainLoss, evalSteps, evalLoss }: Losses): number {
  const finite = Array.from(trainLoss).filter(Number.isFinite)
  const usual = median(finite.slice(0, WINDOW))
  const first = finite[0] ?? Number.NaN
  const held = evalSteps[0] === 0 ? evalLoss[0]! : Number.NaN
  if (!Number.isFinite(held)) return usual > FAR * first && usual > first + FAR_NATS ? first : usual
  return finite.length === 0 ? held : Math.max(held, Math.min(first, usual))
}

/** What is wrong with a run's training loss now; null: nothing, or not enough steps to say so. */
export function diverging({
  training,
  validation,
}: Pick<RunSeries, 'training' | 'validation'>): Diverging | null {
  const losses = training.column('loss').view()
  const step = training.steps.at(losses.length - 1)
  let lost = 0
  while (lost < losses.length && !Number.isFinite(losses[losses.length - 1 - lost]!)) lost++
  if (lost > 0) return { kind: 'lost', step, steps: lost }
  const finite = losses.filter(Number.isFinite)
  const first = lossAtFirst({
    trainLoss: finite,
    evalSteps: validation.steps.view(),
    evalLoss: validation.column('eval_loss').view(),
  })
  const windowFrom = (at: number) => median([...finite.subarray(at, at + WINDOW)])
  const now = finite.length < EARLY ? Number.NaN : Math.min(...finite.subarray(-EARLY))
  if (now > FAR * first && now > first + FAR_NATS) return { kind: 'climbs', step, first, last: now }
  if (finite.length < WINDOW * FEWEST) return null
  const last = windowFrom(finite.length - WINDOW)
  if (last > CLIMBED * first) return { kind: 'climbs', step, first, last }
  if (last <= BACK * first) return null
  let best = first
  for (let at = WINDOW; at + WINDOW <= finite.length; at += WINDOW) best = Math.min(best, windowFrom(at))
  return best < LEARNT * first ? { kind: 'back', step, first, best, last } : null
}

/**
 * A learning rate to try instead: a quarter, as a round number, and never above what suits the model.
 * @param usual that of its profiles, where it is known
 */
export const gentler = (rate: number, usual = Number.POSITIVE_INFINITY): number =>
  Math.min(usual, Number((rate / 4).toPrecision(1)))
