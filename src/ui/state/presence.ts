import { type Accessor, createEffect, onCleanup } from 'solid-js'
import { recall, remember } from './memory.ts'

/** Keeps the screen on while `active`. The browser drops the lock with the tab in the background; it is asked for again. */
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

const KEY = 'putOff'

/** Interrupted runs that were offered to the person, who wants none of them now. Forgotten, they are offered again. */
export function runsPutOff(): string[] {
  return recall<{ runs: string[] }>(KEY)?.runs?.filter((id) => typeof id === 'string') ?? []
}

export function putRunOff(run: string, off: boolean): void {
  const rest = runsPutOff().filter((id) => id !== run)
  const runs = off ? [...rest, run] : rest
  remember(KEY, runs.length > 0 ? { runs } : null)
}
