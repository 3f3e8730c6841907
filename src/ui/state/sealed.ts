import { type Accessor, createSignal, onCleanup } from 'solid-js'
import { isSealed } from '../../protocol/sealed.ts'
import { recall, remember } from './memory.ts'
import { hrefOf, placeOf } from './route.ts'

const KEY = 'sealed'

export const isKept = () => recall(KEY) !== null

/**
 * Sealed mode as a person switches it. It is settled where a page begins, so this one is loaded again.
 * @param busy whether something goes on that must not be cut off
 */
export function createSealing(busy: Accessor<boolean>) {
  /** Whether it was switched in another tab, so that this one is not as it should be. */
  const [elsewhere, setElsewhere] = createSignal(false)
  const hear = ({ key, storageArea }: StorageEvent) => {
    if (storageArea === localStorage && (key === null || key === `lapidary.${KEY}`))
      setElsewhere(isKept() !== isSealed())
  }
  window.addEventListener('storage', hear)
  onCleanup(() => window.removeEventListener('storage', hear))

  function turn(on: boolean): void {
    if (busy()) return
    remember(KEY, on ? {} : null)
    // Where nothing can be stored the address says it, and is the only one to say it.
    const place = placeOf(location.hash)
    if (on && !isKept()) history.replaceState(null, '', `#/${place}?v=1&sealed=1`)
    else if (!on && isSealed()) history.replaceState(null, '', hrefOf(place).replace(/\?.*$/, ''))
    location.reload()
  }

  return { elsewhere, busy, turn }
}
