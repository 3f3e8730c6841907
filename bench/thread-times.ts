import { readdirSync, readFileSync } from 'node:fs'
import { descendants } from './kills/processes.ts'

/** Processor time so far of each thread of the pages' processes that this one has begun, seconds (Linux only). */
export function pageThreads(): Map<string, number> {
  const times = new Map<string, number>()
  for (const { pid, command } of descendants(process.pid)) {
    if (!command.includes('--type=renderer')) continue
    try {
      for (const thread of readdirSync(`/proc/${pid}/task`)) {
        const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')
        const [user, system] = stat
          .slice(stat.lastIndexOf(') ') + 2)
          .split(' ')
          .slice(11, 13)
          .map(Number) as [number, number]
        times.set(`${pid} ${thread}`, (user + system) / 100)
      }
    } catch {
      // It has ended meanwhile.
    }
  }
  return times
}

/** What threads have had since, the busiest first. */
export function usedSince(before: ReadonlyMap<string, number>): number[] {
  return [...pageThreads()].map(([thread, time]) => time - (before.get(thread) ?? 0)).sort((a, b) => b - a)
}
