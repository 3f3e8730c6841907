import { LapidaryError } from '../../protocol/errors.ts'

/** `internal`: a thread that computes is no more, and what it had taken is not there. */
export const threadStopped = () =>
  new LapidaryError({
    code: 'internal',
    message: 'One of the threads that compute has stopped in the middle of its work.',
    hint: 'Try again; a run goes on from its last checkpoint. Until the model is loaded anew one thread computes by itself, more slowly, to the same figures.',
  })

/** Milliseconds in which a thread has to say that it is there; without it the others do its work. */
export const THREAD_START_MS = 60_000

/** @throws Error where a thread has not begun in time */
export async function begun<T>(started: Promise<T>, within = THREAD_START_MS): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('a thread does not begin')), within)
  })
  return Promise.race([started, late]).finally(() => clearTimeout(timer))
}
