/**
 * Of a build: scripts and styles that page and workers load when they are first needed, by paths below the studio's address. A page that no
 * service worker keeps, as in a frame, loads them while they are still there: its host may have another version by the time they are needed.
 */
export interface LaterFiles {
  page: string[]
  /** Of the data worker, and of the one that trains; without engines, which are there with the first run. */
  data: string[]
  train: string[]
}

export const LATER_LIST = 'later-files.json'

type Load = (later: Omit<LaterFiles, 'page'>) => void
let load: Load = () => {}

/** What makes the workers says how they load theirs, so that what asks for it need not have that with it. */
export function takeLoading(own: Load): void {
  load = own
}

/** Has the workers that stay load modules that are not needed yet. @param later their addresses */
export const loadLater: Load = (later) => load(later)
