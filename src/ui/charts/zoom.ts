import { createSignal, untrack } from 'solid-js'
import type { Span } from './align.ts'

/** The least share of the whole that can be looked at. */
const LEAST = 1 / 2000

/** A span moved and narrowed into the whole, never longer than it. */
export function fitted({ low, high }: Span, whole: Span): Span | null {
  const full = whole.high - whole.low
  const length = Math.max(full * LEAST, high - low)
  if (length >= full) return null
  const from = Math.min(Math.max(whole.low, low), whole.high - length)
  return { low: from, high: from + length }
}

/** The span made longer or shorter about its middle, or about `at`. */
export function scaled({ low, high }: Span, factor: number, at = (low + high) / 2): Span {
  return { low: at - (at - low) * factor, high: at + (high - at) * factor }
}

export function shifted({ low, high }: Span, by: number): Span {
  return { low: low + by, high: high + by }
}

export type Zoom = ReturnType<typeof createZoom>

/**
 * The stretch of the x axis in sight, which several plots share; null: all of it. Plots hear of a change as they hear of new
 * figures, and draw once a frame, however often the pointer moves.
 * @param whole all there is to see, now
 */
export function createZoom(whole: () => Span) {
  const [span, set] = createSignal<Span | null>(null)
  const listeners = new Set<() => void>()
  function show(next: Span | null): void {
    set(next && fitted(next, untrack(whole)))
    for (const listener of listeners) listener()
  }
  const now = () => untrack(span) ?? untrack(whole)
  return {
    span,
    /** The same without dependence: for drawing. */
    now: () => untrack(span),
    show,
    all: () => show(null),
    by: (factor: number, at?: number) => show(scaled(now(), factor, at)),
    /** Moves by a share of what is in sight. */
    move: (share: number) => show(shifted(now(), share * (now().high - now().low))),
    subscribe(listener: () => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
