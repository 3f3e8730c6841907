import { free } from '../lib/free.ts'

interface Held {
  chunk: Promise<Uint8Array<ArrayBuffer>>
  /** Who reads it now. */
  readers: number
  /** Not kept any more: its memory goes with its last reader. */
  gone: boolean
}

/**
 * The chunks of a stored value that were read last. What is not kept any more is given back at once and not left to be collected:
 * gigabytes of garbage would have everything that a page holds looked through again and again, a tokenizer's words first of all.
 */
export class HeldChunks {
  /** In the order of their last use. */
  readonly #held = new Map<number, Held>()
  readonly #fetch: (index: number) => Promise<Uint8Array<ArrayBuffer>>
  readonly #most: number

  /** @param most chunks that are kept, at least one */
  constructor(fetch: (index: number) => Promise<Uint8Array<ArrayBuffer>>, most: number) {
    this.#fetch = fetch
    this.#most = most
  }

  /** Has a chunk fetched, unless it is there. */
  ask(index: number): void {
    if (!this.#held.has(index)) this.#at(index)
  }

  /** @param take must be done with the bytes when it returns */
  async read<T>(index: number, take: (bytes: Uint8Array<ArrayBuffer>) => T): Promise<T> {
    const held = this.#at(index)
    held.readers++
    try {
      return take(await held.chunk)
    } finally {
      held.readers--
      if (held.gone) letGo(held)
    }
  }

  #at(index: number): Held {
    const held = this.#held.get(index) ?? { chunk: this.#fetch(index), readers: 0, gone: false }
    const isNew = !this.#held.delete(index)
    this.#held.set(index, held)
    if (!isNew) return held
    // Told to whoever waits for it, and asked for again by whoever comes later.
    held.chunk.catch(() => this.#held.get(index) === held && this.#held.delete(index))
    const [[first, oldest]] = this.#held as unknown as [[number, Held]]
    if (this.#held.size > this.#most) {
      this.#held.delete(first)
      oldest.gone = true
      letGo(oldest)
    }
    return held
  }
}

function letGo({ chunk, readers }: Held): void {
  if (readers > 0) return
  chunk.then(free, () => {})
}
