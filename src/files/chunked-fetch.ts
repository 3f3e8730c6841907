import { shownAddress } from '../lib/address.ts'
import { GitHash } from '../lib/git-hash.ts'
import { Sha256 } from '../lib/hash.ts'
import { fail } from '../protocol/errors.ts'
import { totalOf, versionOf } from './remote.ts'
import { Client, type RemoteOptions, TRIES } from './remote-client.ts'

/** What one request asks for, and is kept as one: as large as storage's own chunks. */
export const FETCH_CHUNK = 8 * 2 ** 20
/** Requests at once. With a chunk each in memory, and its copy while it is stored, they stay below 64 MB. */
const CONNECTIONS = 3
/** A connection that brought less before it broke is no better than one that brought nothing. */
const PROGRESS_BYTES = 64 << 10
/** A server that changes the file each time never gives a whole one. */
const VERSIONS = 3
/** How long a server that is too busy may have itself waited for, where it says so. */
const PATIENCE_MS = 5 * 60_000
/** Hubs tell git's hash of files up to some ten MB. */
const GIT_BYTES = 16 << 20
/** Bytes that must come in the time that may pass without a byte: less is a connection that hangs. */
const TRICKLE_BYTES = 8 << 10

/** A file to be fetched, as far as it is known. */
export interface FetchedFile {
  url: string
  /** What it is called in errors. */
  what: string
  size: number
  /** Hex; null where nothing tells. */
  sha256: string | null
  /** SHA-1 as git makes it, hex; null where nothing tells. */
  git: string | null
  /** What its server said of its version; null: nothing yet. */
  version: string | null
}

/** Where a file's chunks are kept, those that were broken off included. */
export interface ChunkStore {
  /** Bytes that there are of each chunk, by its number. */
  lengths(): Promise<Map<number, number>>
  read(index: number): Promise<Uint8Array>
  /** Keeps a chunk, or its beginning. The bytes may change once this has resolved. */
  write(index: number, bytes: Uint8Array<ArrayBuffer>): Promise<void>
  clear(): Promise<void>
}

export interface ChunkedOptions extends Omit<RemoteOptions, 'what' | 'most' | 'onBytes'> {
  /** Hears of bytes that are here, those of before included, and of what became of them. */
  onBytes?: ((done: number) => void) | undefined
  onNote?: ((note: string) => void) | undefined
  chunk?: number | undefined
}

export interface Fetched {
  size: number
  /** SHA-256, hex. */
  hash: string
  /** Git's, hex; null of large files of which it was not asked: hubs do not tell it of them. */
  git: string | null
  version: string | null
}

/**
 * Fetches a file by several requests at once, straight into its chunks, and goes on where it was broken off: also in another
 * page. Length and hashes are checked in the end; the chunks of a file that has others are thrown away.
 * @throws LapidaryError `network` (what has come is kept), `missing_file`, `bad_file` where length or hash differ
 */
export async function fetchChunked(
  file: FetchedFile,
  store: ChunkStore,
  options: ChunkedOptions = {},
): Promise<Fetched> {
  let [size, version] = [file.size, file.version]
  for (let attempt = 1; ; attempt++) {
    const fetching = new Fetching({ ...file, size, version }, store, options)
    try {
      return await fetching.run()
    } catch (error) {
      if (!(error instanceof Changed)) throw error
      await store.clear()
      const known = file.sha256 !== null || file.git !== null
      if (known || attempt === VERSIONS) return error.tell(file)
      options.onNote?.(`${file.what} was changed on its server: fetching it from the beginning`)
      ;[size, version] = [error.size ?? size, error.version]
    }
  }
}

/** The file on the server is another one than what was fetched of it. */
class Changed extends Error {
  constructor(
    readonly size: number | null,
    readonly version: string | null,
  ) {
    super('changed')
  }

  tell({ what, size, url }: FetchedFile): never {
    const detail = { url: shownAddress(url), expected: size, found: this.size }
    if (this.size !== null && this.size !== size)
      fail(
        'bad_file',
        `${what} has ${this.size} bytes at its server, but should have ${size}.`,
        'Try again later, or take it from another place: this one gives another file.',
        detail,
      )
    return fail(
      'bad_file',
      `${what} was changed on its server while it was fetched, ${VERSIONS} times.`,
      'Try again later.',
      detail,
    )
  }
}

class Fetching {
  readonly #file: FetchedFile
  readonly #store: ChunkStore
  readonly #options: ChunkedOptions
  readonly #client: Client
  readonly #chunk: number
  readonly #stop = new AbortController()
  readonly #signal: AbortSignal
  /** Bytes that are here of each chunk. */
  #have = new Map<number, number>()
  #version: string | null
  /** Claimed, in their order. */
  #next = 0
  readonly #sha = new Sha256()
  readonly #git: GitHash | null
  /** The next chunk to be hashed, and the work on it. */
  #hashed = 0
  #hashing: Promise<void> = Promise.resolve()

  constructor(file: FetchedFile, store: ChunkStore, options: ChunkedOptions) {
    this.#file = file
    this.#store = store
    this.#options = options
    this.#chunk = options.chunk ?? FETCH_CHUNK
    this.#version = file.version
    this.#git = file.git !== null || file.size <= GIT_BYTES ? new GitHash(file.size) : null
    const { signal } = options
    this.#signal = signal ? AbortSignal.any([signal, this.#stop.signal]) : this.#stop.signal
    this.#client = new Client(file.url, {
      ...options,
      what: file.what,
      onBytes: undefined,
      cache: 'no-store',
      patience: options.patience ?? PATIENCE_MS,
      onWait: (ms) => options.onNote?.(`The server asks to wait ${Math.ceil(ms / 1000)} s`),
    })
  }

  async run(): Promise<Fetched> {
    this.#signal.throwIfAborted()
    this.#have = await this.#store.lengths()
    this.#tell()
    const connections = Math.min(CONNECTIONS, Math.max(1, this.#chunks))
    this.#hashOn()
    let failed: unknown = null
    const first = (error: unknown) => {
      failed ??= error
      this.#stop.abort()
    }
    // One finds out first whether the server gives parts at all.
    const one = this.#work(true).catch(first)
    await Promise.race([one, this.#partsGiven])
    await Promise.all([one, ...Array.from({ length: connections - 1 }, () => this.#work().catch(first))])
    await this.#hashing.catch(first)
    this.#options.signal?.throwIfAborted()
    if (failed) throw failed
    return this.#verify()
  }

  get #chunks(): number {
    return Math.ceil(this.#file.size / this.#chunk)
  }

  #length(index: number): number {
    return Math.min(this.#chunk, this.#file.size - index * this.#chunk)
  }

  #isWhole(index: number): boolean {
    return this.#have.get(index) === this.#length(index)
  }

  #tell(arriving = 0): void {
    let done = arriving
    for (const length of this.#have.values()) done += length
    this.#options.onBytes?.(done)
  }

  #given: () => void = () => {}
  readonly #partsGiven = new Promise<void>((resolve) => {
    this.#given = resolve
  })
  #arriving = new Map<number, number>()

  /** Fetches chunk after chunk that nobody else has taken. */
  async #work(first = false): Promise<void> {
    let buffer: Uint8Array<ArrayBuffer> | null = null
    for (;;) {
      while (this.#next < this.#chunks && this.#isWhole(this.#next)) this.#next++
      const index = this.#next++
      if (index >= this.#chunks) break
      buffer ??= new Uint8Array(this.#chunk)
      await this.#fetch(index, buffer)
      if (first) this.#given()
    }
    if (first) this.#given()
  }

  async #fetch(index: number, buffer: Uint8Array<ArrayBuffer>): Promise<void> {
    const [start, length] = [index * this.#chunk, this.#length(index)]
    let filled = this.#have.get(index) ?? 0
    if (filled > 0) buffer.set(await this.#store.read(index))
    const kept = filled
    try {
      for (let barren = 0; filled < length; ) {
        const before = filled
        let reason: unknown
        const response = await this.#range(start + filled, start + length)
        if (response === null) {
          // No parts: all of it, in one go.
          await this.#whole(buffer)
          return
        }
        this.#given()
        try {
          for await (const piece of this.#brisk(response)) {
            const part = piece.subarray(0, length - filled)
            buffer.set(part, filled)
            filled += part.length
            this.#arriving.set(index, filled - kept)
            this.#tellArriving()
            if (filled === length) break
          }
        } catch (error) {
          this.#signal.throwIfAborted()
          reason = error
        }
        if (filled === length) break
        barren = filled - before >= Math.min(PROGRESS_BYTES, length - before) ? 0 : barren + 1
        if (barren === TRIES) this.#client.broken(start + filled, this.#file.size, reason)
        await this.#client.pause(barren + 1, this.#signal)
      }
      await this.#keep(index, buffer.subarray(0, length))
    } catch (error) {
      // What has come of it is not lost by a stop, or by another connection that failed.
      if (filled > kept && !(error instanceof Changed))
        await this.#keep(index, buffer.subarray(0, filled)).catch(() => {})
      throw error
    } finally {
      this.#arriving.delete(index)
    }
  }

  #tellArriving(): void {
    let arriving = 0
    for (const bytes of this.#arriving.values()) arriving += bytes
    this.#tell(arriving)
  }

  async #keep(index: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#store.write(index, bytes)
    this.#have.set(index, bytes.length)
    if (!this.#isWhole(index)) return
    if (index === this.#hashed) {
      this.#hash(bytes)
      this.#hashed++
    }
    this.#hashOn()
  }

  #hash(bytes: Uint8Array): void {
    this.#sha.update(bytes)
    this.#git?.update(bytes)
  }

  /** Those that came out of order, and those of before, are read back when it is their turn. */
  #hashOn(): void {
    this.#hashing = this.#hashing.then(async () => {
      while (this.#hashed < this.#chunks && this.#isWhole(this.#hashed)) {
        this.#options.signal?.throwIfAborted()
        const index = this.#hashed
        const bytes = await this.#store.read(index)
        if (this.#hashed !== index) continue
        this.#hash(bytes)
        this.#hashed++
      }
    })
    this.#hashing.catch(() => this.#stop.abort())
  }

  /** The bytes of an answer, unless they come so slowly that a new connection is better. */
  async *#brisk(response: Response): AsyncIterable<Uint8Array<ArrayBuffer>> {
    let [since, came] = [performance.now(), 0]
    for await (const piece of this.#client.pieces(response)) {
      yield piece
      came += piece.length
      const now = performance.now()
      if (now - since < this.#client.silence) continue
      if (came < TRICKLE_BYTES) throw this.#client.tooSlow()
      ;[since, came] = [now, 0]
    }
  }

  /** @returns null where the server gives the whole file instead */
  async #range(start: number, end: number): Promise<Response | null> {
    const response = await this.#client.get(`bytes=${start}-${end - 1}`, this.#signal)
    const version = versionOf(response)
    // Of a whole file the length may be that of packed bytes, and browsers need not show which: its bytes are counted as they come.
    const total = response.status === 200 ? null : totalOf(response)
    const known = this.#file.sha256 !== null || this.#file.git !== null
    // Servers behind one address may each have a version of their own of the same bytes: a hash is the better witness.
    const changed = !known && this.#version !== null && version !== null && version !== this.#version
    this.#version ??= version
    if (response.status === 416 || changed || (total !== null && total !== this.#file.size)) {
      await response.body?.cancel()
      throw new Changed(total ?? null, version)
    }
    if (response.status === 206) return response
    await response.body?.cancel()
    return null
  }

  /** A server without parts: the file in one go, from the beginning where that breaks. */
  async #whole(buffer: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#next = this.#chunks
    for (let attempt = 1; ; attempt++) {
      const response = await this.#client.get(null, this.#signal)
      let [index, filled, reason] = [0, 0, undefined as unknown]
      try {
        for await (const piece of this.#brisk(response))
          for (let at = 0; at < piece.length; ) {
            if (index >= this.#chunks) throw new Changed(null, this.#version)
            const part = piece.subarray(at, at + this.#length(index) - filled)
            buffer.set(part, filled)
            filled += part.length
            at += part.length
            this.#options.onBytes?.(index * this.#chunk + filled)
            if (filled < this.#length(index)) continue
            if (!this.#isWhole(index)) await this.#keep(index, buffer.subarray(0, filled))
            ;[index, filled] = [index + 1, 0]
          }
      } catch (error) {
        this.#signal.throwIfAborted()
        if (error instanceof Changed || isStorage(error)) throw error
        reason = error
      }
      if (index === this.#chunks) return
      // It came to its end, and is shorter.
      if (reason === undefined) throw new Changed(index * this.#chunk + filled, this.#version)
      if (attempt === TRIES) this.#client.broken(index * this.#chunk + filled, this.#file.size, reason)
      await this.#client.pause(attempt, this.#signal)
    }
  }

  async #verify(): Promise<Fetched> {
    const { what, size, sha256, git, url } = this.#file
    const found = { sha256: this.#sha.hex(), git: this.#git?.hex() ?? null }
    const wrong = sha256 !== null ? sha256 !== found.sha256 : git !== null && git !== found.git
    if (!wrong) return { size, hash: found.sha256, git: found.git, version: this.#version }
    await this.#store.clear()
    return fail(
      'bad_file',
      `${what} is not the file that it should be: its ${sha256 !== null ? 'SHA-256' : 'hash'} is another one.`,
      'What came of it was thrown away. Try again; if that fails too, something on the way changes it, or its server is damaged.',
      {
        url: shownAddress(url),
        expected: sha256 ?? git,
        found: sha256 !== null ? found.sha256 : found.git,
      },
    )
  }
}

/** Whatever a connection fails with is no value of ours, and no DOMException but of an abort. */
function isStorage(error: unknown): boolean {
  return error instanceof DOMException || (error instanceof Error && error.name === 'LapidaryError')
}
