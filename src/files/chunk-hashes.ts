import { GitHash } from '../lib/git-hash.ts'
import { Sha256 } from '../lib/hash.ts'

/** Of chunks that come before it is their turn so many bytes are held; what is more is read back. */
const HELD_BYTES = 16 * 2 ** 20

export interface Chunks {
  count: number
  /** Bytes of each but the last. */
  bytes: number
  /** Whether a chunk is stored whole. */
  isWhole(index: number): boolean
  read(index: number): Promise<Uint8Array>
}

/** The hashes of a file whose chunks come in any order: SHA-256, and git's where its size is given. */
export class ChunkHashes {
  readonly #chunks: Chunks
  readonly #signal: AbortSignal | undefined
  /** Chunks that are held. */
  readonly #most: number
  readonly #sha = new Sha256()
  readonly #git: GitHash | null
  /** Whose turn it is. */
  #next = 0
  readonly #early = new Map<number, { memory: Uint8Array<ArrayBuffer>; length: number }>()
  readonly #free: Uint8Array<ArrayBuffer>[] = []
  #work: Promise<void> = Promise.resolve()
  #failed: (error: unknown) => void = () => {}

  /**
   * @param gitSize null: git's hash is not asked for
   * @param options `held`: bytes that are held at most
   */
  constructor(
    chunks: Chunks,
    gitSize: number | null,
    { held = HELD_BYTES, signal }: { held?: number | undefined; signal?: AbortSignal | undefined } = {},
  ) {
    this.#chunks = chunks
    this.#git = gitSize === null ? null : new GitHash(gitSize)
    this.#most = Math.floor(held / chunks.bytes)
    this.#signal = signal
  }

  /** Memory for a chunk, to be given back. */
  memory(): Uint8Array<ArrayBuffer> {
    return this.#free.pop() ?? new Uint8Array(this.#chunks.bytes)
  }

  giveBack(memory: Uint8Array<ArrayBuffer>): void {
    this.#free.push(memory)
  }

  /**
   * A chunk that is stored by now, in memory that this keeps until it is hashed.
   * @returns memory for the next one
   */
  take(index: number, memory: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
    let next = memory
    if (index === this.#next) {
      this.#add(memory.subarray(0, length))
    } else if (index > this.#next && this.#early.size < this.#most) {
      this.#early.set(index, { memory, length })
      next = this.memory()
    }
    this.goOn()
    return next
  }

  /** Goes on with what there is: chunks that are held, and those that are only stored, which are read back. */
  goOn(): void {
    this.#work = this.#work.then(async () => {
      while (this.#next < this.#chunks.count && this.#chunks.isWhole(this.#next)) {
        this.#signal?.throwIfAborted()
        const index = this.#next
        const early = this.#early.get(index)
        if (early) {
          this.#early.delete(index)
          this.#add(early.memory.subarray(0, early.length))
          this.#free.push(early.memory)
          continue
        }
        const bytes = await this.#chunks.read(index)
        // It may have been hashed meanwhile, as it came.
        if (this.#next === index) this.#add(bytes)
      }
    })
    this.#work.catch((error: unknown) => this.#failed(error))
  }

  /** Hears of a chunk that could not be read back. */
  set onFailure(hear: (error: unknown) => void) {
    this.#failed = hear
  }

  /** Resolves when all that is there is hashed. */
  get settled(): Promise<void> {
    return this.#work
  }

  #add(bytes: Uint8Array): void {
    this.#sha.update(bytes)
    this.#git?.update(bytes)
    this.#next++
  }

  /** Hex, of all chunks; to be asked once. */
  end(): { sha256: string; git: string | null } {
    return { sha256: this.#sha.hex(), git: this.#git?.hex() ?? null }
  }
}
