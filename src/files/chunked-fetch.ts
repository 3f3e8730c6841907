import { shownAddress } from '../lib/address.ts'
import { fail } from '../protocol/errors.ts'
import { ChunkHashes } from './chunk-hashes.ts'
import { totalOf, versionOf } from './remote.ts'
import { Client, type RemoteOptions, TRIES } from './remote-client.ts'

/** What is kept as one: as large as storage's own chunks. */
export const FETCH_CHUNK = 2 * 2 ** 20
/** What one request asks for: whole chunks. Each request is answered by two hosts, so that smaller ones would wait more than they fetch. */
const FETCH_SPAN = 8 * 2 ** 20
/** Requests at once, with a chunk each in memory. */
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
  span?: number | undefined
  /** See ChunkHashes. */
  held?: number | undefined
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
  /** Chunks of a request. */
  readonly #span: number
  readonly #stop = new AbortController()
  readonly #signal: AbortSignal
  /** Bytes that are here of each chunk. */
  #have = new Map<number, number>()
  /** Of them all. */
  #kept = 0
  #version: string | null
  /** Claimed, in their order. */
  #next = 0
  readonly #hashes: ChunkHashes

  constructor(file: FetchedFile, store: ChunkStore, options: ChunkedOptions) {
    this.#file = file
    this.#store = store
    this.#options = options
    this.#chunk = options.chunk ?? FETCH_CHUNK
    this.#span = Math.max(1, Math.floor((options.span ?? FETCH_SPAN) / this.#chunk))
    this.#version = file.version
    const git = file.git !== null || file.size <= GIT_BYTES
    const chunks = {
      count: this.#chunks,
      bytes: this.#chunk,
      isWhole: (index: number) => this.#isWhole(index),
      read: (index: number) => store.read(index),
    }
    this.#hashes = new ChunkHashes(chunks, git ? file.size : null, options)
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
    for (const length of this.#have.values()) this.#kept += length
    this.#tell()
    const connections = Math.min(CONNECTIONS, Math.max(1, Math.ceil(this.#chunks / this.#span)))
    let failed: unknown = null
    const first = (error: unknown) => {
      failed ??= error
      this.#stop.abort()
    }
    this.#hashes.onFailure = first
    this.#hashes.goOn()
    // One finds out first whether the server gives parts at all.
    const one = this.#work(true).catch(first)
    await Promise.race([one, this.#partsGiven])
    await Promise.all([one, ...Array.from({ length: connections - 1 }, () => this.#work().catch(first))])
    await this.#hashes.settled.catch(first)
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

  #tell(): void {
    let done = this.#kept
    for (const { index, filled } of this.#fillings) done += Math.max(0, filled - (this.#have.get(index) ?? 0))
    this.#options.onBytes?.(done)
  }

  #given: () => void = () => {}
  readonly #partsGiven = new Promise<void>((resolve) => {
    this.#given = resolve
  })
  readonly #fillings = new Set<Filling>()

  /** Fetches one stretch of chunks after the other that nobody else has taken. */
  async #work(first = false): Promise<void> {
    for (;;) {
      while (this.#next < this.#chunks && this.#isWhole(this.#next)) this.#next++
      const from = this.#next
      if (from >= this.#chunks) break
      while (this.#next < Math.min(this.#chunks, from + this.#span) && !this.#isWhole(this.#next))
        this.#next++
      await this.#fetch(from, this.#next)
      if (first) this.#given()
    }
    if (first) this.#given()
  }

  /** Chunks [from, end), of the first of which a part may be here. */
  async #fetch(from: number, end: number): Promise<void> {
    const filling = this.#filling(from)
    const kept = this.#have.get(from) ?? 0
    if (kept > 0) filling.put(await this.#store.read(from))
    const stop = Math.min(this.#file.size, end * this.#chunk)
    const at = () => filling.index * this.#chunk + filling.filled
    try {
      for (let barren = 0; filling.index < end; ) {
        const start = at()
        let reason: unknown
        const response = await this.#range(start, stop)
        if (response === null) {
          // No parts: all of it, in one go.
          await this.#whole()
          return
        }
        this.#given()
        try {
          for await (const piece of this.#brisk(response)) {
            await this.#take(filling, piece, end)
            if (filling.index === end) break
          }
        } catch (error) {
          this.#signal.throwIfAborted()
          if (isStorage(error)) throw error
          reason = error
        }
        if (filling.index === end) break
        barren = at() - start >= Math.min(PROGRESS_BYTES, stop - start) ? 0 : barren + 1
        if (barren === TRIES) this.#client.broken(at(), this.#file.size, reason)
        await this.#client.pause(barren + 1, this.#signal)
      }
    } catch (error) {
      // What has come of it is not lost by a stop, or by another connection that failed.
      if (filling.filled > (this.#have.get(filling.index) ?? 0) && !(error instanceof Changed))
        await this.#keep(filling).catch(() => {})
      throw error
    } finally {
      this.#let(filling)
    }
  }

  #filling(index: number): Filling {
    const filling = new Filling(index, this.#hashes.memory())
    this.#fillings.add(filling)
    return filling
  }

  #let(filling: Filling): void {
    this.#fillings.delete(filling)
    this.#hashes.giveBack(filling.memory)
  }

  /** Puts bytes behind those that came; each chunk that they make whole is kept. @returns how many were not wanted any more */
  async #take(filling: Filling, bytes: Uint8Array, end: number): Promise<number> {
    let at = 0
    while (at < bytes.length && filling.index < end) {
      const length = this.#length(filling.index)
      const part = bytes.subarray(at, at + length - filling.filled)
      filling.put(part)
      at += part.length
      this.#tell()
      if (filling.filled < length) continue
      if (!this.#isWhole(filling.index)) await this.#keep(filling)
      filling.next()
    }
    return bytes.length - at
  }

  /** What there is of a chunk. */
  async #keep(filling: Filling): Promise<void> {
    const { index, memory, filled } = filling
    await this.#store.write(index, memory.subarray(0, filled))
    this.#kept += filled - (this.#have.get(index) ?? 0)
    this.#have.set(index, filled)
    if (this.#isWhole(index)) filling.memory = this.#hashes.take(index, memory, filled)
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
  async #whole(): Promise<void> {
    this.#next = this.#chunks
    for (let attempt = 1; ; attempt++) {
      const response = await this.#client.get(null, this.#signal)
      const filling = this.#filling(0)
      let reason: unknown
      try {
        for await (const piece of this.#brisk(response))
          if ((await this.#take(filling, piece, this.#chunks)) > 0) throw new Changed(null, this.#version)
      } catch (error) {
        this.#signal.throwIfAborted()
        if (error instanceof Changed || isStorage(error)) throw error
        reason = error
      } finally {
        this.#let(filling)
      }
      if (filling.index === this.#chunks) return
      const at = filling.index * this.#chunk + filling.filled
      // It came to its end, and is shorter.
      if (reason === undefined) throw new Changed(at, this.#version)
      if (attempt === TRIES) this.#client.broken(at, this.#file.size, reason)
      await this.#client.pause(attempt, this.#signal)
    }
  }

  async #verify(): Promise<Fetched> {
    const { what, size, sha256, git, url } = this.#file
    const found = this.#hashes.end()
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

/** The chunk that comes now, as far as it has come. */
class Filling {
  filled = 0

  constructor(
    public index: number,
    public memory: Uint8Array<ArrayBuffer>,
  ) {}

  put(bytes: Uint8Array): void {
    this.memory.set(bytes, this.filled)
    this.filled += bytes.length
  }

  next(): void {
    this.index++
    this.filled = 0
  }
}

/** Whatever a connection fails with is no value of ours, and no DOMException but of an abort. */
function isStorage(error: unknown): boolean {
  return error instanceof DOMException || (error instanceof Error && error.name === 'LapidaryError')
}
