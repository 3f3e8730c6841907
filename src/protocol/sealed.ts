/**
 * Whether the studio is sealed: it asks nothing of any other address than its own. Settled as the page begins, by a script in index.html that
 * gives the page `SEALED_POLICY` then; workers are told as they are started.
 */
export const isSealed = (): boolean => (globalThis as { lapidarySealed?: boolean }).lapidarySealed === true

/** Said in the script that starts a worker. */
export const SEALED_START = 'self.lapidarySealed = true'
