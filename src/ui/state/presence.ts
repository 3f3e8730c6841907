import { type Accessor, createEffect, onCleanup } from 'solid-js'

/** Keeps the screen on while `active`. The browser drops the lock with the tab in the background; it is asked for anew. */
export function keepAwake(active: Accessor<boolean>): void {
  createEffect(() => {
    if (!active() || !('wakeLock' in navigator)) return
    let lock: WakeLockSentinel | null = null
    let over = false
    const ask = async () => {
      if (document.hidden || over || (lock && !lock.released)) return
      try {
        lock = await navigator.wakeLock.request('screen')
        if (over) await lock.release()
      } catch {
        // Refused (low battery, a frame without permission): training goes on, the screen may dim.
      }
    }
    document.addEventListener('visibilitychange', ask)
    void ask()
    onCleanup(() => {
      over = true
      document.removeEventListener('visibilitychange', ask)
      void lock?.release()
    })
  })
}

/** Asks before leaving, only while there is something to lose. */
export function guardLeaving(active: Accessor<boolean>): void {
  createEffect(() => {
    if (!active()) return
    const ask = (event: BeforeUnloadEvent) => event.preventDefault()
    window.addEventListener('beforeunload', ask)
    onCleanup(() => window.removeEventListener('beforeunload', ask))
  })
}

const lockName = (run: string) => `lapidary.run.${run}`

/** Marks a run as being trained by this page until `release` is called, visible to the other pages of this origin. */
export function markTraining(run: string): () => void {
  let release = () => {}
  if (navigator.locks)
    void navigator.locks.request(lockName(run), { ifAvailable: true }, (lock) =>
      lock ? new Promise<void>((resolve) => (release = resolve)) : undefined,
    )
  let released = false
  return () => {
    if (released) return
    released = true
    // The lock may be granted a moment after this call; a tick later it is there to be released.
    setTimeout(() => release(), 0)
  }
}

/** Ids of runs that some page of this origin is training now. */
export async function trainingElsewhere(): Promise<Set<string>> {
  if (!navigator.locks) return new Set()
  const { held = [] } = await navigator.locks.query()
  const prefix = lockName('')
  return new Set(
    held
      .map((lock) => lock.name ?? '')
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length)),
  )
}
