/** Estimates the time a run has left from the moments at which its last steps arrived, evaluations included. */
export class StepClock {
  #moments: { step: number; at: number }[] = []

  /** `at` in milliseconds, of any steady clock. */
  tick(step: number, at: number): void {
    this.#moments.push({ step, at })
    if (this.#moments.length > 40) this.#moments.shift()
  }

  /** Seconds left; NaN until two steps have been seen. */
  secondsLeft(maxSteps: number): number {
    const first = this.#moments[0]
    const last = this.#moments.at(-1)
    if (!first || !last || last.step <= first.step) return Number.NaN
    const perStep = (last.at - first.at) / (last.step - first.step) / 1000
    return Math.max(0, maxSteps - last.step) * perStep
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
