/** Steps of this sitting that weigh as much as all that was known before it. */
const TRUSTED = 5

/**
 * Estimates the time a run has left from the moments at which its last steps arrived, evaluations included; before there are
 * enough of them, also from what its steps took before, or were foretold to take.
 */
export class StepClock {
  #moments: { step: number; at: number }[] = []
  #known: { pace: number; from: number }

  /** @param known seconds a step, evaluations included (NaN: not known), and the step from which it goes on */
  constructor(known = { pace: Number.NaN, from: 0 }) {
    this.#known = known
  }

  /** `at` in milliseconds, of any steady clock. */
  tick(step: number, at: number): void {
    this.#moments.push({ step, at })
    if (this.#moments.length > 40) this.#moments.shift()
  }

  /** The run has gone back to this step: what it took so far is what it takes from there, and the way back took no step. */
  back(step: number): void {
    const [first, last] = [this.#moments[0], this.#moments.at(-1)]
    const seen = first && last ? last.step - first.step : 0
    const pace = seen > 0 ? (last!.at - first!.at) / 1000 / seen : this.#known.pace
    this.#known = { pace, from: step }
    this.#moments = []
  }

  /** Seconds left; NaN until two steps have been seen, where nothing is known before. */
  secondsLeft(maxSteps: number): number {
    const [first, last] = [this.#moments[0], this.#moments.at(-1)]
    const left = Math.max(0, maxSteps - (last?.step ?? this.#known.from))
    const seen = first && last ? last.step - first.step : 0
    const took = first && last ? (last.at - first.at) / 1000 : 0
    const { pace } = this.#known
    const before = Number.isFinite(pace) ? Math.max(0, TRUSTED - seen) : 0
    return seen + before > 0
      ? (left * (took + before * (before > 0 ? pace : 0))) / (seen + before)
      : Number.NaN
  }
}

/** Time that is left of a step that takes long, from how far it is. */
export class StepPace {
  #first: { step: number; share: number; at: number } | null = null

  /** @returns seconds; NaN before two marks of one step are known */
  left({ step, share }: { step: number; share: number }, at: number): number {
    if (this.#first?.step !== step) this.#first = { step, share, at }
    const done = share - this.#first.share
    return done > 0 ? ((at - this.#first.at) / 1000 / done) * (1 - share) : Number.NaN
  }
}

/** What passes before a rate is more than a guess, and how far back it looks, in milliseconds. */
const RATE_FROM_MS = 1000
const RATE_OVER_MS = 15_000

/** How quickly bytes come, and when they will all be here. What was here before is not counted as having come. */
export class BytePace {
  #moments: { bytes: number; at: number }[] = []

  /** `at` in milliseconds, of any steady clock. */
  tick(bytes: number, at: number): void {
    this.#moments.push({ bytes, at })
    while (this.#moments.length > 2 && at - this.#moments[1]!.at > RATE_OVER_MS) this.#moments.shift()
  }

  /** Bytes a second; NaN until that can be said. */
  get rate(): number {
    const [first, last] = [this.#moments[0], this.#moments.at(-1)]
    if (!first || !last || last.at - first.at < RATE_FROM_MS) return Number.NaN
    return Math.max(0, ((last.bytes - first.bytes) / (last.at - first.at)) * 1000)
  }

  /** Seconds until there are so many; NaN where that cannot be said. */
  secondsLeft(total: number): number {
    const { rate } = this
    const left = total - (this.#moments.at(-1)?.bytes ?? 0)
    return rate > 0 ? Math.max(0, left) / rate : Number.NaN
  }
}
