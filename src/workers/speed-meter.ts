import type { RunEvent, Stage } from '../protocol/events.ts'
import type { RunTiming } from '../protocol/studio.ts'

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** Where the time of a run goes, told by its events: what the next one is foretold from. */
export class SpeedMeter {
  readonly #prompts: number
  readonly #heldTokens: number
  readonly #now: () => number
  #at: number
  #stage: Stage = 'load'
  #seconds = new Map<Stage, number>()
  #times = new Map<Stage, number>()
  /** Tokens before the first step that counts; null until then. */
  #from: number | null = null
  #tokens = 0
  /** Lengths of the answers that were made, in characters: the base's before the first step, and of what is tuned after it. */
  readonly #base: number[] = []
  readonly #tuned: number[] = []

  /** @param prompts answered at each evaluation @param heldTokens of the validation split */
  constructor(prompts: number, heldTokens: number, now = () => performance.now()) {
    this.#prompts = prompts
    this.#heldTokens = heldTokens
    this.#now = now
    this.#at = now()
  }

  take(event: RunEvent): void {
    if (event.type === 'stage' && event.stage !== this.#stage) {
      this.#pass(event.stage)
      this.#times.set(event.stage, (this.#times.get(event.stage) ?? 0) + 1)
    }
    if (event.type === 'sample') {
      if (event.step === 0) this.#base.push(event.base.length)
      else this.#tuned.push(event.tuned.length)
    }
    if (event.type === 'step') {
      this.#tokens = event.tokens
      if (this.#from !== null) return
      // The first step compiles: that belongs to the beginning.
      this.#pass('train')
      const first = this.#seconds.get('train') ?? 0
      this.#seconds.set('train', 0)
      this.#seconds.set('load', (this.#seconds.get('load') ?? 0) + first)
      this.#from = event.tokens
    }
    if (event.type === 'done') this.#pass(this.#stage)
  }

  /** Null for a run too short to tell anything. */
  timing(): RunTiming | null {
    const tokens = this.#tokens - (this.#from ?? 0)
    if (this.#from === null || tokens <= 0) return null
    const spent = (stage: Stage) => this.#seconds.get(stage) ?? 0
    const each = (stage: Stage, units: number) => {
      const all = units * (this.#times.get(stage) ?? 0)
      return all > 0 ? spent(stage) / all : 0
    }
    return {
      begin: spent('load'),
      token: spent('train') / tokens,
      heldToken: each('evaluate', this.#heldTokens),
      answer: each('sample', this.#prompts),
      ...(this.#base.length > 0 && {
        answerLength: mean([...this.#base, ...this.#tuned]),
        baseLength: mean(this.#base),
      }),
      save: each('save', 1),
    }
  }

  #pass(next: Stage): void {
    const now = this.#now()
    this.#seconds.set(this.#stage, (this.#seconds.get(this.#stage) ?? 0) + (now - this.#at) / 1000)
    this.#at = now
    this.#stage = next
  }
}
