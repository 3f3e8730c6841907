/** Tokens that are computed one way before the other is tried, and how often each is. */
const BLOCK = 16
const ROUNDS = 3
/** Tokens after which it is tried again: what else a machine does changes. */
const KEPT = 8192

/**
 * Whether a token of a small model is computed by all threads or by one: telling the others of a product takes some microseconds, and
 * its share of the work may be over sooner. Both are tried by turns, and the one whose fastest block took less time is kept. No bit of
 * a result hangs on it.
 */
export class Company {
  #token = 0
  #block = 0
  /** Milliseconds of the fastest block so far: by all, by one. */
  #least = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]

  /** Whether the next token is one thread's. */
  get alone(): boolean {
    if (this.#trying) return Math.floor(this.#token / BLOCK) % 2 === 1
    return this.#least[1]! < this.#least[0]!
  }

  get #trying(): boolean {
    return this.#token < 2 * BLOCK * ROUNDS
  }

  /** @param ms what the token took */
  took(ms: number): void {
    if (this.#trying) {
      const way = Number(this.alone)
      this.#block += ms
      if ((this.#token + 1) % BLOCK === 0) {
        this.#least[way] = Math.min(this.#least[way]!, this.#block)
        this.#block = 0
      }
    }
    if (++this.#token < KEPT) return
    this.#token = 0
    this.#least.fill(Number.POSITIVE_INFINITY)
  }
}
