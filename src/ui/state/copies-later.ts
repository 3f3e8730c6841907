import { createSignal, getOwner, runWithOwner } from 'solid-js'
import type { Copies, CopiesParts } from './copies.ts'

/** Copies of runs in a folder: what makes them is fetched with the first run that is seen to go on, and stays from then on. */
export function createCopiesLater(parts: CopiesParts) {
  const [state, setState] = createSignal<Copies | null>(null)
  const owner = getOwner()
  let asked = false
  return {
    state,
    load() {
      if (asked) return
      asked = true
      void import('./copies.ts').then(({ createCopies }) =>
        runWithOwner(owner, () => setState(() => createCopies(parts))),
      )
    },
  }
}
