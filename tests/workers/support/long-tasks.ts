const env = (import.meta as unknown as { env?: Record<string, string | undefined> }).env ?? {}

/**
 * Whether limits of time hold too. They are for a machine that does nothing else:
 *
 *   VITE_TIMED=1 npx vitest run --project gpu tests/workers
 */
export const TIMED = Boolean(env.VITE_TIMED)

/** Watches how long the page stands still. @returns ends the watch, and gives the longest task so far in milliseconds */
export function watchLongTasks(): () => number {
  let longest = 0
  const watch = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longest = Math.max(longest, duration)
  })
  watch.observe({ entryTypes: ['longtask'] })
  return () => {
    watch.disconnect()
    return longest
  }
}
