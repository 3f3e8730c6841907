interface Place {
  lapidarySealed?: boolean
  document?: unknown
  location?: { search: string }
}

/** Behind the address of a worker's script, where it is started by that: the service worker then answers with the policy. */
export const SEALED_QUERY = '?sealed'

/**
 * Whether the studio is sealed: it asks nothing of any other address than its own. Settled as the page begins, by a script in index.html that
 * gives the page `SEALED_POLICY` then; workers are told as they are started.
 */
export function isSealed(): boolean {
  const { lapidarySealed, document, location } = globalThis as Place
  return lapidarySealed === true || (document === undefined && location?.search === SEALED_QUERY)
}

/** Said in the script that starts a worker. */
export const SEALED_START = 'self.lapidarySealed = true'
