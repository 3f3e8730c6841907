/**
 * Whether a worker is still there. One that ends by itself, or that the browser ends, fires no event at whoever made it: what it was
 * asked is never answered. So each holds something of its own as long as it lives, which the browser takes back however the worker ends,
 * and never before, however long it computes and whatever the page does: a lock, or on plain http, where there are no locks, an empty
 * database, which can be deleted once nobody has it open.
 */
const LIFE = 'lapidary-life-'

/** Whether a database is held by a worker as long as it lives: empty, and gone with it. */
export const isLife = (name: string) => name.startsWith(LIFE)

/** Plain http pages have none, and a document without an origin of its own is refused them. */
const locks = () => (globalThis.navigator as Partial<Navigator> | undefined)?.locks

/** For a worker, of itself: the name of what it holds, once it is held; null: there is nothing of the kind here. */
export async function takeLife(): Promise<string | null> {
  const name = LIFE + Array.from(crypto.getRandomValues(new Uint32Array(4)), String).join('-')
  return (await (locks() ? holdLock(name) : holdDatabase(name))) ? name : null
}

/** Calls `gone` when the worker that holds this is no more. @returns stops waiting for it */
export function whenGone(life: string, gone: () => void): () => void {
  const manager = locks()
  const waiting = new AbortController()
  if (manager) manager.request(life, { signal: waiting.signal }, () => gone()).catch(() => {})
  // Asked to at once, the browser does it when the worker ends, and nothing is left of it.
  else indexedDB.deleteDatabase(life).onsuccess = () => waiting.signal.aborted || gone()
  return () => waiting.abort()
}

function holdLock(name: string): Promise<boolean> {
  return new Promise((resolve) => {
    const held = () => {
      resolve(true)
      return new Promise<never>(() => {})
    }
    locks()!
      .request(name, held)
      .catch(() => resolve(false))
  })
}

/** They would be closed if they were collected. */
const databases = new Set<IDBDatabase>()

/** A browser may never answer; whoever waits for the worker does not wait for that. */
const OPEN_MS = 2000

function holdDatabase(name: string): Promise<boolean> {
  return new Promise((resolve) => {
    const opening = indexedDB.open(name)
    let late = false
    const timer = setTimeout(() => {
      late = true
      resolve(false)
    }, OPEN_MS)
    opening.onsuccess = () => {
      clearTimeout(timer)
      if (late) {
        opening.result.close()
        indexedDB.deleteDatabase(name)
        return
      }
      databases.add(opening.result)
      resolve(true)
    }
    opening.onerror = () => resolve(false)
  })
}

const BEAT = 'beat'

/** Where a worker can hold nothing, for that worker: answers each beat. */
export function answerBeats(port: MessagePort): void {
  port.onmessage = () => port.postMessage(BEAT)
}

/** Milliseconds between two beats, and beats without an answer after which nobody is there: engines listen between pieces of a step. */
const BEATS = { every: 5000, most: 36 }

/**
 * Calls `gone` when nobody at the other end of a port answers. Beats are counted, not the time between them: a machine that slept, or a
 * page that is hidden, has sent few.
 * @returns stops it
 */
export function whenSilent(port: MessagePort, gone: () => void, { every, most } = BEATS): () => void {
  let unanswered = 0
  const stop = () => {
    clearInterval(timer)
    port.close()
  }
  const timer = setInterval(() => {
    if (unanswered++ < most) return port.postMessage(BEAT)
    stop()
    gone()
  }, every)
  port.onmessage = () => {
    unanswered = 0
  }
  return stop
}
