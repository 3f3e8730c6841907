/** Which runs are going on, in any tab: each holds a lock by its name, which ends with its worker, however that ends. */
const PREFIX = 'lapidary-run-'

/** Plain http pages have no locks; there a run of another tab looks cut off. */
function locks(): LockManager | undefined {
  return (globalThis.navigator as Partial<Navigator> | undefined)?.locks
}

/**
 * Takes a run for this worker; nobody else can while it is held.
 * @returns what releases it, resolving once another can take it; null where another holds it
 */
export async function holdRun(run: string): Promise<(() => Promise<void>) | null> {
  const manager = locks()
  if (!manager) return async () => {}
  return new Promise((resolve, reject) => {
    const whole = manager.request(PREFIX + run, { ifAvailable: true }, (lock) => {
      if (!lock) return resolve(null)
      own.add(run)
      return new Promise<void>((release) =>
        resolve(async () => {
          own.delete(run)
          release()
          await whole
        }),
      )
    })
    whole.catch(reject)
  })
}

/** Runs that this worker holds. */
const own = new Set<string>()

/** In a frame of another site Firefox gives locks, and does not tell which are held (SecurityError): there this worker's own are known. */
export async function heldRuns(): Promise<Set<string>> {
  const told = await locks()
    ?.query()
    .catch(() => null)
  if (told === null) return new Set(own)
  const held = told?.held ?? []
  return new Set(held.flatMap(({ name }) => (name?.startsWith(PREFIX) ? [name.slice(PREFIX.length)] : [])))
}
