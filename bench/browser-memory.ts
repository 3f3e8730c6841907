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
  /**
   * What is written to memory, pages that several share counted to each by its part. Not the pages of files, the browser's own program first of
   * all: of these each holds more the moment another browser of the machine is closed.
   */
  written: (id: string) => {
    const rollup = told(id, 'smaps_rollup')
    return bytesOf(rollup, 'Pss_Anon') + bytesOf(rollup, 'Pss_Shmem')
  },
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

const KINDS = ['pages', 'graphics', 'all'] as const
/** Bytes that processes hold: of pages, of the one for graphics, and of all. */
export type Held = Record<(typeof KINDS)[number], number>

export function held(measure: keyof typeof MEASURES): Held {
  const sum: Held = { pages: 0, graphics: 0, all: 0 }
  for (const [id, type] of browserProcesses()) {
    const bytes = MEASURES[measure](id)
    sum.all += bytes
    if (type === 'renderer') sum.pages += bytes
    if (type === 'gpu-process') sum.graphics += bytes
  }
  return sum
}

export type Watched<T> = Held & { value: T; seconds: number }

/**
 * Looks while something goes on: what is told is how much more was held at most than before.
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
    for (const kind of KINDS) peak[kind] = Math.max(peak[kind], now[kind])
  }
  const watch = setInterval(look, everyMs)
  const began = performance.now()
  try {
    const value = await work
    const seconds = (performance.now() - began) / 1000
    look()
    for (const kind of KINDS) peak[kind] -= before[kind]
    return { value, seconds, ...peak }
  } finally {
    clearInterval(watch)
  }
}
