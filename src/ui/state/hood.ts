import { type Accessor, createEffect, createSignal, on, onCleanup } from 'solid-js'
import type { Look, Studio } from '../../protocol/studio.ts'

export type HoodState = ReturnType<typeof createHood>

/**
 * What the run that goes on here shows of itself. It is asked for only while the hood is open.
 * @param training whether a run trains here
 */
export function createHood(studio: Studio, training: Accessor<boolean>) {
  const [open, setOpen] = createSignal(false)
  const [look, setLook] = createSignal<Look | null>(null)
  createEffect(
    on([open, training], ([looking, going]) => {
      if (!looking || !going) return
      const stopping = new AbortController()
      // Where the worker was ended, the run tells it.
      studio.runs.look({ signal: stopping.signal, onPreview: setLook }).catch(() => {})
      onCleanup(() => stopping.abort())
    }),
  )
  return {
    open,
    setOpen,
    /** What a run has shown last; null: nothing yet, or it was another run that did. */
    of: (run: string | null): Look | null => (run !== null && look()?.run === run ? look() : null),
  }
}
