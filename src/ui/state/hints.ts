import { createSignal } from 'solid-js'
import { recall, remember } from './memory.ts'

export const HINTS = ['learning', 'learnt', 'ask', 'take', 'own'] as const
export type HintId = (typeof HINTS)[number]

export type HintsState = ReturnType<typeof createHints>

/** Hints that go along with a first visit: from its first press on, each until it is put away; the menu brings them back. */
export function createHints() {
  const kept = recall<{ left: HintId[] }>('hints')
  const [left, setLeft] = createSignal<readonly HintId[]>(
    HINTS.filter((id) => Array.isArray(kept?.left) && kept.left.includes(id)),
  )
  const keep = (ids: readonly HintId[]) => {
    setLeft(ids)
    remember('hints', { left: ids })
  }
  return {
    shows: (id: HintId) => left().includes(id),
    hide: (id: HintId) => keep(left().filter((other) => other !== id)),
    show: () => keep(HINTS),
    /** Of a first press: whoever has seen them before is not shown them again. */
    begin: () => {
      if (kept === null) keep(HINTS)
    },
  }
}
