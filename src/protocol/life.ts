/**
 * Whether a worker is still there. One that ends by itself, or that the browser ends, fires no event at whoever made it: what it was
 * asked is never answered. So each holds a lock of its own as long as it lives. The browser takes that back however the worker ends,
 * and never before, however long it computes and whatever the page does.
 */
const PREFIX = 'lapidary-life-'

/** Plain http pages have none, and a document without an origin of its own is refused them. */
const locks = () => (globalThis.navigator as Partial<Navigator> | undefined)?.locks

/** For a worker, of itself: the name of its lock, once it is held; null: there are none here. */
export async function takeLife(): Promise<string | null> {
  const manager = locks()
  if (!manager) return null
  const name = PREFIX + Array.from(crypto.getRandomValues(new Uint32Array(4)), String).join('-')
  return new Promise((resolve) => {
    const held = () => {
      resolve(name)
      return new Promise<never>(() => {})
    }
    manager.request(name, held).catch(() => resolve(null))
  })
}

/** Calls `gone` when the worker that holds this lock is no more. @returns stops waiting for it */
export function whenGone(life: string, gone: () => void): () => void {
  const waiting = new AbortController()
  locks()
    ?.request(life, { signal: waiting.signal }, () => gone())
    .catch(() => {})
  return () => waiting.abort()
}

const BEAT = 'beat'

/** Where there are no locks, for a worker: answers each beat. */
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
