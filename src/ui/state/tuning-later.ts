import { createSignal, getOwner, runWithOwner } from 'solid-js'
import type { TuningParts, TuningState } from './tuning.ts'

/** Whether the page shows queues of runs; what they need is fetched when they are first looked at, and stays from then on. */
export function createTuningLater(parts: TuningParts) {
  const [open, setOpen] = createSignal(false)
  const [state, setState] = createSignal<TuningState | null>(null)
  const owner = getOwner()
  let loading: Promise<TuningState | null> | null = null
  const load = () =>
    (loading ??= import('./tuning.ts').then(
      ({ createTuning }) => runWithOwner(owner, () => setState(() => createTuning(parts))) ?? null,
    ))
  return {
    open,
    state,
    show(on: boolean) {
      setOpen(on)
      if (on) void load()
    },
    /** A queue that was cut off, as a run is gone on with. */
    async goOn(queue: string): Promise<void> {
      setOpen(true)
      await (await load())?.goOn(queue)
    },
  }
}
