import { fail } from '../../protocol/errors.ts'

/** Of pages without Web Locks, which are those on plain http: nothing is told of other tabs there. */
const held = new Set<string>()

/**
 * Work that one page does at a time.
 * @param what it is called, for who comes second
 * @throws LapidaryError `bad_state` where it is being done, be it in another tab
 */
export async function alone<T>(name: string, what: string, work: () => Promise<T>): Promise<T> {
  const locks = globalThis.navigator?.locks
  if (locks)
    return (await locks.request(name, { ifAvailable: true }, (lock) => (lock ? work() : taken(what)))) as T
  if (held.has(name)) taken(what)
  held.add(name)
  try {
    return await work()
  } finally {
    held.delete(name)
  }
}

/** Whether work of that name is being done, be it in another tab. */
export async function isTaken(name: string): Promise<boolean> {
  const locks = globalThis.navigator?.locks
  if (!locks) return held.has(name)
  // In a frame of another site Firefox does not tell.
  const now = await locks.query().catch(() => null)
  return now?.held?.some((lock) => lock.name === name) ?? false
}

function taken(what: string): never {
  fail(
    'bad_state',
    `${what} is being downloaded already, here or in another tab.`,
    'Wait for it, or pause it there.',
  )
}

/** Work for which others are waited for. */
export async function inTurn<T>(
  name: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const locks = globalThis.navigator?.locks
  return locks ? ((await locks.request(name, signal ? { signal } : {}, work)) as T) : work()
}
