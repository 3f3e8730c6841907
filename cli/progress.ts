import type { RunEvent } from '../src/protocol/events.ts'
import type { Finding } from '../src/protocol/preparation.ts'
import { findingLine } from './findings.ts'

/** Lines a second at most for what happens often. */
const EVERY_MS = 1000
/** The same of what happens within a step. */
const WITHIN_EVERY_MS = 10_000

/** Behind an answer that the model did not end. */
const CUT = ' [met the length limit]'

/** Shows events on standard output: as JSON lines, or in words. */
export class Progress {
  readonly #json: boolean
  #last = 0
  #note = ''

  constructor(json: boolean) {
    this.#json = json
  }

  /** What was found in the data. */
  found(finding: Finding): void {
    process.stdout.write(
      `${this.#json ? JSON.stringify({ type: 'finding', ...finding }) : findingLine(finding)}\n`,
    )
  }

  show(event: RunEvent): void {
    if (this.#json) process.stdout.write(`${JSON.stringify(event)}\n`)
    else {
      const line = this.#words(event)
      if (line) process.stdout.write(`${line}\n`)
    }
  }

  #words(event: RunEvent): string | null {
    switch (event.type) {
      case 'stage': {
        if (event.within) {
          const now = performance.now()
          if (now - this.#last < WITHIN_EVERY_MS) return null
          this.#last = now
          return `  ${Math.round(100 * event.within.share)}% of step ${event.within.step}`
        }
        if (!event.note || event.note === this.#note) return null
        this.#note = event.note
        // A whole sentence says what is; what has no full stop is being done.
        return event.note.endsWith('.') ? event.note : `${event.note} ...`
      }
      case 'step': {
        const now = performance.now()
        if (event.step !== event.max_steps && event.step !== 1 && now - this.#last < EVERY_MS) return null
        this.#last = now
        const skipped = event.skipped ? ', skipped' : ''
        const speed = `${Math.round(event.tokens_per_second)} tokens/s`
        return `step ${event.step}/${event.max_steps}  loss ${event.loss?.toFixed(4)}  epoch ${event.epoch.toFixed(2)}  ${speed}${skipped}`
      }
      case 'eval':
        return `validation at step ${event.step}: loss ${event.eval_loss?.toFixed(4)}, perplexity ${event.metrics.perplexity?.toFixed(2)}, token accuracy ${(100 * (event.metrics.mean_token_accuracy ?? 0)).toFixed(1)}%`
      case 'sample':
        return `  ${event.prompt}\n    before: ${event.base.trim()}${event.base_cut ? CUT : ''}\n    after:  ${event.tuned.trim()}${event.tuned_cut ? CUT : ''}`
      case 'checkpoint':
        return `checkpoint at step ${event.step}${event.best ? ' (best so far)' : ''}`
      case 'row_losses':
        return null
      case 'notice':
        return `note: ${event.message}`
      case 'done':
        return `${event.reason.replace('_', ' ')} at step ${event.step} after ${event.seconds.toFixed(1)} s`
      case 'error':
        // Told on standard error, at the end.
        return null
    }
  }
}
