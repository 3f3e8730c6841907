import type { Engine } from '../../protocol/engine.ts'
import { type Failure, fail } from '../../protocol/errors.ts'
import type { AnswerPurpose } from '../../protocol/studio.ts'
import type { OpenModel } from '../library.ts'

/** What the engine is used for. */
export type Purpose = AnswerPurpose | 'proof' | 'begin' | 'train' | 'check' | 'device' | 'idle'

/** Short uses wait for one another, and everything waits for them; a long one is not waited for. */
const SHORT: ReadonlySet<Purpose> = new Set(['answer', 'evaluation', 'synthesis', 'proof', 'device'])

const HELD: Record<Purpose, Pick<Failure, 'message' | 'hint'>> = {
  begin: {
    message: 'A run is just being loaded.',
    hint: 'Try again once it trains, or stop it.',
  },
  train: {
    message: 'A run is going on in this window.',
    hint: 'Stop it first, or wait until it is done.',
  },
  check: {
    message: 'The operations of the graphics processor are being checked.',
    hint: 'Wait until that is done, or stop it.',
  },
  answer: { message: 'A question is being answered.', hint: 'Wait until that is done, or stop it.' },
  evaluation: { message: 'The model is being tested.', hint: 'Wait until that is done, or stop it.' },
  synthesis: { message: 'The model is writing examples.', hint: 'Wait until that is done, or stop it.' },
  proof: {
    message: 'The proof of an export is being made.',
    hint: 'Wait until that is done, or stop it.',
  },
  // Not refused for: it gives way.
  idle: { message: 'The graphics processor is being measured.', hint: 'Try again in a moment.' },
  device: { message: 'What computes here is being found out.', hint: 'Try again in a moment.' },
}

/** What a run gives out between its steps. */
export interface Loan {
  engine: Engine
  model: OpenModel
  run: string
}

/** One use of the engine, from its turn to its end. */
export class Use {
  /** A use may tell more exactly what it is about as it goes on. */
  purpose: Purpose
  /** What this use lends to others meanwhile. */
  loan: Loan | null = null
  /** What this use was lent; null: the engine is its own. */
  lent: Loan | null = null
  readonly recalled = new AbortController()
  /** Settles when it is over. */
  readonly ended: Promise<void>
  end: () => void = () => {}

  constructor(purpose: Purpose) {
    this.purpose = purpose
    this.ended = new Promise((resolve) => {
      this.end = resolve
    })
  }
}

interface Waiting {
  use: Use
  begin: () => void
}

/**
 * Who uses the engine: one at a time. While a use lends what it has loaded, short ones go on beside it, one at a time as well;
 * one that is not done when its lender ends holds the engine from then on.
 */
export class Lease {
  #holder: Use | null = null
  #borrower: Use | null = null
  readonly #waiting: Waiting[] = []

  /** Whether the engine is this use's to load, open and close. */
  holds(use: Use): boolean {
    return this.#holder === use
  }

  get held(): boolean {
    return this.#holder !== null && this.#holder.purpose !== 'idle'
  }

  /** Whether nothing uses the engine or is about to. */
  get free(): boolean {
    return this.#holder === null && this.#waiting.length === 0
  }

  /**
   * @param work may use the engine until its promise settles
   * @throws LapidaryError `bad_state`, with who holds the engine in words and in `detail.held_by`
   */
  async use<T>(purpose: Purpose, work: (use: Use) => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted()
    const use = new Use(purpose)
    // What fills the time between uses is over at once.
    if (this.#holder?.purpose === 'idle') this.#holder.recalled.abort()
    const blocking = this.#blocking(purpose)
    if (blocking) refuse(blocking)
    if (!this.#begin(use)) await this.#turn(use, signal)
    try {
      return await work(use)
    } finally {
      this.#end(use)
      use.end()
    }
  }

  /** Takes back what is lent: resolves when nobody uses it any more. */
  async recall(reason: unknown): Promise<void> {
    const borrower = this.#borrower
    borrower?.recalled.abort(reason)
    await borrower?.ended
  }

  /** The use that this purpose is not let in beside or behind. */
  #blocking(purpose: Purpose): Purpose | null {
    const long = ({ purpose }: Use) => !SHORT.has(purpose)
    const waiting = this.#waiting.find(({ use }) => long(use))
    if (waiting) return waiting.use.purpose
    const holder = this.#holder
    if (!holder || holder.purpose === 'idle' || !long(holder)) return null
    return SHORT.has(purpose) && holder.loan ? null : holder.purpose
  }

  /** Lets a use in, where its turn has come. */
  #begin(use: Use): boolean {
    if (!this.#holder) {
      this.#holder = use
      return true
    }
    if (!this.#holder.loan || this.#borrower || !SHORT.has(use.purpose)) return false
    this.#borrower = use
    use.lent = this.#holder.loan
    return true
  }

  #turn(use: Use, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const stopped = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
        reject(signal!.reason)
      }
      const waiting = {
        use,
        begin: () => {
          signal?.removeEventListener('abort', stopped)
          resolve()
        },
      }
      this.#waiting.push(waiting)
      signal?.addEventListener('abort', stopped, { once: true })
    })
  }

  #end(use: Use): void {
    if (this.#borrower === use) this.#borrower = null
    if (this.#holder === use) {
      this.#holder = this.#borrower
      this.#borrower = null
    }
    const next = this.#waiting[0]
    if (!next || !this.#begin(next.use)) return
    this.#waiting.shift()
    next.begin()
  }
}

/** @throws LapidaryError `bad_state`: the engine is used for this */
export function refuse(purpose: Purpose): never {
  const { message, hint } = HELD[purpose]
  fail('bad_state', message, hint, { held_by: purpose })
}
