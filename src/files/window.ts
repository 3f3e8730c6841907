import type { ByteSource } from './bytes.ts'

/** Bytes read at a time; a read by itself costs about a millisecond with a file, a round trip with a server. */
const WINDOW = 4 << 20

/** A source read mostly from front to back, in many small parts, by few large reads. */
export class Window {
  readonly size: number
  readonly #source: ByteSource
  readonly #signal: AbortSignal | undefined
  readonly #ahead: number
  #start = 0
  #bytes = new Uint8Array(0)

  /** @param ahead bytes read at a time */
  constructor(source: ByteSource, signal?: AbortSignal, ahead = WINDOW) {
    this.#source = source
    this.#signal = signal
    this.#ahead = ahead
    this.size = source.size
  }

  /** Bytes [start, end) where they are at hand, null where `load` must fetch them first. */
  peek(start: number, end: number): Uint8Array<ArrayBuffer> | null {
    const from = start - this.#start
    if (from < 0 || end - this.#start > this.#bytes.length) return null
    return this.#bytes.subarray(from, from + end - start)
  }

  /** @throws LapidaryError `bad_file` where the source ends before. */
  async load(start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    const known = this.peek(start, end)
    if (known) return known
    // A range beyond the end is the source's to refuse.
    const until = Math.max(end, Math.min(start + this.#ahead, this.size))
    this.#bytes = await this.#source.read(start, until, this.#signal)
    this.#start = start
    return this.#bytes.subarray(0, end - start)
  }
}
