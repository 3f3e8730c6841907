import { LOCKS, type Lock, PARTS, type Part, PLACES } from '../../protocol/embed.ts'
import type { Link } from '../../runs/link.ts'

export type Shown = ReturnType<typeof createShown>

/** What a lesson in a frame is about, where its link names no parts. */
const IN_FRAME: readonly Part[] = ['data', 'train']

/** Which parts of the studio this page shows, which of them are locked, and whether it stands in another page: as its link has it. */
export function createShown(link: Link | null) {
  const embedded = link?.embed != null
  const parts = link?.parts ?? (!embedded ? PARTS : link.data ? IN_FRAME.slice(1) : IN_FRAME)
  const locks = LOCKS.filter((lock) => link?.locked.includes(lock))
  return {
    embedded,
    /** Origin of the page around, where the two speak to each other. */
    around: embedded && link.embed !== 'frame' ? link.embed : null,
    places: PLACES.filter((place) => parts.includes(place)),
    shows: (part: Part) => parts.includes(part),
    locked: (lock: Lock) => locks.includes(lock),
    /** Whether anything is: then no other settings are opened. */
    anyLocked: locks.length > 0,
  }
}
