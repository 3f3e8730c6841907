import { randomBits, SITE, threefry2x32Into } from '../../lib/threefry.ts'

/** Numbers for one made row, in the order they are drawn: a function of seed, row and kind alone. */
export class Draws {
  readonly #seed: number
  readonly #row: number
  #index: number
  readonly #bits = new Uint32Array(2)
  #left = 0

  /** @param stream kept apart from others of the same row; each has room for 2^20 draws */
  constructor(seed: number, row: number, stream: number) {
    this.#seed = seed
    this.#row = row
    this.#index = stream * 2 ** 20
  }

  /** True with a probability to the nearest 2^-16. Four are had from one draw: noise asks once a letter. */
  chance(share: number): boolean {
    if (this.#left === 0) {
      threefry2x32Into(this.#bits, 0, this.#seed, this.#row, SITE.augment, this.#index++)
      this.#left = 4
    }
    const word = this.#bits[--this.#left >> 1]!
    return (this.#left & 1 ? word >>> 16 : word & 0xffff) < share * 65536
  }

  /** 0 to n - 1. The bias of taking bits mod n is below n / 2^32. */
  below(n: number): number {
    return randomBits(this.#seed, this.#row, SITE.augment, this.#index++) % n
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!
  }
}
