/** What the processes of a browser hold, as Linux tells it. */

import { readdirSync, readFileSync } from 'node:fs'

const told = (id: string, file: 'status' | 'smaps_rollup' | 'cmdline') => {
  try {
    return readFileSync(`/proc/${id}/${file}`, 'utf8')
  } catch {
    // It has ended meanwhile.
    return ''
  }
}

const bytesOf = (text: string, field: string) =>
  [...text.matchAll(new RegExp(`^${field}:\\s+(\\d+) kB`, 'gm'))].reduce(
    (sum, [, kb]) => sum + 1024 * Number(kb),
    0,
  )

/** Bytes of a process, by its id. */
export const MEASURES = {
  /** What is written to memory that no other process sees. */
  own: (id: string) => bytesOf(told(id, 'status'), 'RssAnon'),
  /** All that is in memory, pages that several share counted to each by its part. */
  shared: (id: string) => bytesOf(told(id, 'smaps_rollup'), 'Pss'),
}

/** Processes of the browser that this one started, with what they are. */
function browserProcesses(): Map<string, string> {
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const parents = new Map(ids.map((id) => [id, /^PPid:\s+(\d+)/m.exec(told(id, 'status'))?.[1] ?? '0']))
  const isOwn = (id: string): boolean =>
    id === String(process.pid) || (parents.has(id) && isOwn(parents.get(id)!))
  const found = new Map<string, string>()
  for (const id of ids) {
    const command = isOwn(id) ? told(id, 'cmdline') : ''
    if (/chrom/i.test(command)) found.set(id, /--type=([\w-]+)/.exec(command)?.[1] ?? 'browser')
  }
  return found
}

/** Bytes that processes hold: of pages, and of all. */
export interface Held {
  pages: number
  all: number
}

export function held(measure: keyof typeof MEASURES): Held {
  let [pages, all] = [0, 0]
  for (const [id, type] of browserProcesses()) {
    const bytes = MEASURES[measure](id)
    all += bytes
    if (type === 'renderer') pages += bytes
  }
  return { pages, all }
}

export interface Watched<T> extends Held {
  value: T
  seconds: number
}

/**
 * Looks while something goes on: `pages` and `all` are how much more was held at most than before.
 * @param everyMs between two looks
 * @param before what was held then, by default as this is called
 */
export async function watched<T>(
  work: Promise<T>,
  {
    measure = 'own',
    everyMs = 20,
    before = held(measure),
  }: { measure?: keyof typeof MEASURES; everyMs?: number; before?: Held } = {},
): Promise<Watched<T>> {
  const peak = { ...before }
  const look = () => {
    const now = held(measure)
    peak.pages = Math.max(peak.pages, now.pages)
    peak.all = Math.max(peak.all, now.all)
  }
  const watch = setInterval(look, everyMs)
  const began = performance.now()
  try {
    const value = await work
    const seconds = (performance.now() - began) / 1000
    look()
    return { value, seconds, pages: peak.pages - before.pages, all: peak.all - before.all }
  } finally {
    clearInterval(watch)
  }
}
