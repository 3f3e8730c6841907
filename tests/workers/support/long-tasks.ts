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
