import { randomBits, SITE, uniform } from '../../lib/threefry.ts'

/** Numbers for one made row, in the order they are drawn: a function of seed, row and kind alone. */
export class Draws {
  readonly #seed: number
  readonly #row: number
  #index: number

  /** @param stream kept apart from others of the same row; each has room for 2^20 draws */
  constructor(seed: number, row: number, stream: number) {
    this.#seed = seed
    this.#row = row
    this.#index = stream * 2 ** 20
  }

  /** In [0, 1). */
  next(): number {
    return uniform(this.#seed, this.#row, SITE.augment, this.#index++)
  }

  chance(share: number): boolean {
    return this.next() < share
  }

  /** 0 to n - 1. The bias of taking bits mod n is below n / 2^32. */
  below(n: number): number {
    return randomBits(this.#seed, this.#row, SITE.augment, this.#index++) % n
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!
  }
}
