import { sha1 } from '@noble/hashes/legacy.js'
import { toHex } from './hash.ts'

/** What git calls a file of these bytes: SHA-1 over its length and them. */
export class GitHash {
  readonly #state = sha1.create()

  /** @param size of the whole file, in bytes */
  constructor(size: number) {
    this.#state.update(new TextEncoder().encode(`blob ${size}\0`))
  }

  update(bytes: Uint8Array): this {
    this.#state.update(bytes)
    return this
  }

  hex(): string {
    return toHex(this.#state.digest())
  }
}
