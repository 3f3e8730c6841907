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
/** Windows before anything is said: a warm-up may begin with a bump. */
const FEWEST = 3
const LOST = 3
/** Shares of the first loss. */
const CLIMBED = 1.2
const LEARNT = 0.6
const BACK = 0.9

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** What is wrong with a run's training loss now; null: nothing, or not enough steps to say so. */
export function diverging({ training }: Pick<RunSeries, 'training'>): Diverging | null {
  const losses = training.column('loss').view()
  const step = training.steps.at(losses.length - 1)
  let lost = 0
  while (lost < losses.length && !Number.isFinite(losses[losses.length - 1 - lost]!)) lost++
  if (lost >= LOST) return { kind: 'lost', step, steps: lost }
  const finite = losses.filter(Number.isFinite)
  if (finite.length < WINDOW * FEWEST) return null
  const windowFrom = (at: number) => median([...finite.subarray(at, at + WINDOW)])
  const [first, last] = [windowFrom(0), windowFrom(finite.length - WINDOW)]
  if (last > CLIMBED * first) return { kind: 'climbs', step, first, last }
  if (last <= BACK * first) return null
  let best = first
  for (let at = WINDOW; at + WINDOW <= finite.length; at += WINDOW) best = Math.min(best, windowFrom(at))
  return best < LEARNT * first ? { kind: 'back', step, first, best, last } : null
}

/** A learning rate to try instead: a quarter, as a round number. */
export const gentler = (rate: number): number => Number((rate / 4).toPrecision(1))
