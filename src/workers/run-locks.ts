/** Which runs are going on, in any tab: each holds a lock by its name, which ends with its worker, however that ends. */
const PREFIX = 'lapidary-run-'

/** Plain http pages have no locks; there a run of another tab looks cut off. */
function locks(): LockManager | undefined {
  return (globalThis.navigator as Partial<Navigator> | undefined)?.locks
}

/** @returns what releases it */
export async function holdRun(run: string): Promise<() => void> {
  const manager = locks()
  if (!manager) return () => {}
  return new Promise((resolve) => {
    void manager.request(PREFIX + run, () => new Promise<void>((release) => resolve(release)))
  })
}

export async function heldRuns(): Promise<Set<string>> {
  const held = (await locks()?.query())?.held ?? []
  return new Set(held.flatMap(({ name }) => (name?.startsWith(PREFIX) ? [name.slice(PREFIX.length)] : [])))
}
