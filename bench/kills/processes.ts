import { readdirSync, readFileSync } from 'node:fs'

/** Processes of this machine as Linux lists them: their ids, whose they are, and how they were called. */
export interface Process {
  pid: number
  parent: number
  command: string
}

export function processes(): Process[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      const parent = Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, 'utf8'))?.[1])
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ')
      return [{ pid: Number(name), parent, command }]
    } catch {
      // It has ended meanwhile.
      return []
    }
  })
}

/** A process's descendants, nearest first. */
export function descendants(of: number, all = processes()): Process[] {
  const children = all.filter(({ parent }) => parent === of)
  return [...children, ...children.flatMap(({ pid }) => descendants(pid, all))]
}

/** The Chromium that has a profile folder under this path; null: none. */
export function browserOf(profile: string, all = processes()): Process | null {
  return (
    all.find(
      ({ command }) => command.includes(`--user-data-dir=${profile}`) && !command.includes('--type='),
    ) ?? null
  )
}

/** The process of a browser that computes on the graphics card. */
export function gpuProcessOf(browser: number, all = processes()): Process | null {
  return descendants(browser, all).find(({ command }) => command.includes('--type=gpu-process')) ?? null
}

/** @returns whether there was such a process */
export function kill(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL')
    return true
  } catch {
    return false
  }
}

/** Resolves once none is left, or after so many milliseconds: with those that are. */
export async function gone(pids: readonly number[], patience = 15_000): Promise<number[]> {
  const until = performance.now() + patience
  for (;;) {
    const alive = new Set(processes().map(({ pid }) => pid))
    const left = pids.filter((pid) => alive.has(pid))
    if (left.length === 0 || performance.now() > until) return left
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
