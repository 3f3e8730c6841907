import { type Accessor, createEffect, createSignal, onCleanup } from 'solid-js'
import type { DeviceInfo, Studio } from '../../protocol/studio.ts'

/** Milliseconds of quiet before the graphics processor is given anything to do. */
const QUIET_MS = 4000
/** Tries after something that changed, where each was broken off. */
const MOST_TRIES = 5

/**
 * Has what is left of the graphics processor's kernels checked and measured while nobody needs it: the page is seen, no run goes on, and
 * there is a GPU. Stopped when any of that ends.
 * @param likely what the next run is planned by: where it changes there is something to be measured
 */
export function prepareWhileIdle(
  studio: Studio,
  device: Accessor<DeviceInfo | null>,
  busy: Accessor<boolean>,
  likely: Accessor<unknown>,
): void {
  const [seen, setSeen] = createSignal(!document.hidden)
  const look = () => setSeen(!document.hidden)
  document.addEventListener('visibilitychange', look)
  onCleanup(() => document.removeEventListener('visibilitychange', look))
  createEffect(() => {
    likely()
    const found = device()
    if (!seen() || busy() || found?.engine !== 'webgpu' || found.software) return
    const stopping = new AbortController()
    let tries = 0
    let timer = setTimeout(prepare, QUIET_MS)
    async function prepare(): Promise<void> {
      // Whatever is wrong shows where the engine is used.
      const done = await studio.models.prepareGpu({ signal: stopping.signal }).catch(() => true)
      if (!done && !stopping.signal.aborted && ++tries < MOST_TRIES) timer = setTimeout(prepare, QUIET_MS)
    }
    onCleanup(() => {
      clearTimeout(timer)
      stopping.abort()
    })
  })
}
