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
