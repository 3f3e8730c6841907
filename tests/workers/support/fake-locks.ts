/** Locks as browsers have them, shared by whoever is given a manager of the same set; a tab's end with it. */
export class FakeLocks {
  readonly #held = new Map<string, { tab: object; release: () => void }>()

  /** The `navigator.locks` of a tab. */
  of(tab: object): LockManager {
    const request = async (
      name: string,
      options: LockOptions,
      work: (lock: Lock | null) => unknown,
    ): Promise<unknown> => {
      if (!options.ifAvailable) throw new Error('only ifAvailable is made here')
      if (this.#held.has(name)) return work(null)
      let release: () => void = () => {}
      const ended = new Promise<void>((resolve) => {
        release = resolve
      })
      const mine = { tab, release }
      this.#held.set(name, mine)
      try {
        return await Promise.race([work({ name, mode: 'exclusive' }), ended])
      } finally {
        if (this.#held.get(name) === mine) this.#held.delete(name)
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
