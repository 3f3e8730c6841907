import type { ByteSource } from '../files/bytes.ts'
import { Sha256 } from '../lib/hash.ts'

const PIECE_BYTES = 4 << 20

/** Hashes a source on the way: what is read in order is hashed as it passes, the rest when the hash is asked for. */
export class HashedSource implements ByteSource {
  readonly #source: ByteSource
  readonly #sha = new Sha256()
  readonly #progress: (bytes: number) => void
  /** Bytes hashed so far. */
  #hashed = 0

  /** @param progress hears of each byte once */
  constructor(source: ByteSource, progress: (bytes: number) => void) {
    this.#source = source
    this.#progress = progress
  }

  get size(): number {
    return this.#source.size
  }

  async read(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = await this.#source.read(start, end, signal)
    if (start <= this.#hashed && end > this.#hashed) {
      this.#progress(end - this.#hashed)
      this.#sha.update(bytes.subarray(this.#hashed - start))
      this.#hashed = end
    }
    return bytes
  }

  /** SHA-256 of all bytes, hex. To be called once. */
  async hash(signal?: AbortSignal): Promise<string> {
    while (this.#hashed < this.size)
      await this.read(this.#hashed, Math.min(this.#hashed + PIECE_BYTES, this.size), signal)
    return this.#sha.hex()
  }
}
