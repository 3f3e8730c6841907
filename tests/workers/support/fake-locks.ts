type Work = (lock: Lock | null) => unknown
type Request = (name: string, ...rest: [Work] | [LockOptions, Work]) => Promise<unknown>

/** Locks as browsers have them, shared by whoever is given a manager of the same set; a tab's end with it. */
export class FakeLocks {
  readonly #held = new Map<string, { tab: object; release: () => void; over: Promise<void> }>()

  /** The `navigator.locks` of a tab. */
  of(tab: object): LockManager {
    const request: Request = async (name, ...rest) => {
      const work = rest.at(-1) as Work
      const ifAvailable = (rest[0] as LockOptions).ifAvailable
      while (this.#held.has(name)) {
        if (ifAvailable) return work(null)
        await this.#held.get(name)!.over
      }
      let release: () => void = () => {}
      const over = new Promise<void>((resolve) => {
        release = resolve
      })
      const mine = { tab, release, over }
      this.#held.set(name, mine)
      try {
        return await Promise.race([work({ name, mode: 'exclusive' }), over])
      } finally {
        if (this.#held.get(name) === mine) this.#held.delete(name)
        release()
      }
    }
    const query = async () => ({ held: [...this.#held.keys()].map((name) => ({ name })), pending: [] })
    return { request, query } as unknown as LockManager
  }

  /** What the end of a tab does. */
  close(tab: object): void {
    for (const [name, lock] of this.#held) {
      if (lock.tab !== tab) continue
      this.#held.delete(name)
      lock.release()
    }
  }

  get names(): string[] {
    return [...this.#held.keys()]
  }
}
