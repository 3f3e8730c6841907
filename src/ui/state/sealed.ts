import { createSignal, onCleanup } from 'solid-js'
import { oneFile } from '../../protocol/one-file.ts'
import { isSealed } from '../../protocol/sealed.ts'
import { recall, remember } from './memory.ts'
import { hrefOf, placeOf } from './route.ts'

const KEY = 'sealed'

export const isKept = () => recall(KEY) !== null

/** Whether it was switched in another tab, so that this one is not as it should be. */
export function sealedElsewhere() {
  const [elsewhere, setElsewhere] = createSignal(false)
  const hear = ({ key }: StorageEvent) => {
    // A frame is as its address says, and a file always.
    if (window.top === window && !oneFile() && (key === null || key === `lapidary.${KEY}`))
      setElsewhere(isKept() !== isSealed())
  }
  window.addEventListener('storage', hear)
  onCleanup(() => window.removeEventListener('storage', hear))
  return elsewhere
}

/** Switches sealed mode, which is settled where a page begins: this one is loaded again. */
export function turnSealed(on: boolean): void {
  remember(KEY, on ? {} : null)
  // Where nothing can be stored the address says it, and is the only one to say it.
  const place = placeOf(location.hash)
  if (on && !isKept()) history.replaceState(null, '', `#/${place}?v=1&sealed=1`)
  else if (!on && isSealed()) history.replaceState(null, '', hrefOf(place).replace(/\?.*$/, ''))
  location.reload()
}
