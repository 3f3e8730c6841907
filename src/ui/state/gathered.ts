/** Several things are told at once: milliseconds until they are gone by. */
const GATHER_MS = 200

/** Takes what comes in a short time together. */
export function gathered<Kind>(take: (kinds: ReadonlySet<Kind>) => void): (kind: Kind) => void {
  let waiting: Set<Kind> | null = null
  return (kind) => {
    if (!waiting) {
      const kinds = (waiting = new Set())
      setTimeout(() => {
        waiting = null
        take(kinds)
      }, GATHER_MS)
    }
    waiting.add(kind)
  }
}
