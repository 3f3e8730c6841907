import type { StepEvent } from '../protocol/events.ts'

/** What a run may take beyond its time to come to its end: nearer than that, its last steps are worth more than the time. */
const MARGIN = 0.1

/**
 * Keeps a run to the minutes that it was given, where the machine turns out to be slower than it was when they were planned for: other
 * work, or a processor that got hot.
 */
export class TimeLimit {
  readonly minutes: number
  readonly #begun: number
  #told = false

  /** @param now milliseconds, when the run begins */
  constructor(minutes: number, now: number) {
    this.minutes = minutes
    this.#begun = now
  }

  /** Whether the run is to stop after this step: its time is up, and its end not near. Told once. @param now milliseconds */
  isUp({ step, max_steps }: Pick<StepEvent, 'step' | 'max_steps'>, now: number): boolean {
    const limit = this.minutes * 60_000
    const taken = now - this.#begun
    const whole = taken * (max_steps / step)
    if (this.#told || step >= max_steps || taken < limit || whole <= limit * (1 + MARGIN)) return false
    this.#told = true
    return true
  }
}
