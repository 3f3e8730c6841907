import { fail, LapidaryError } from '../protocol/errors.ts'
import { type ByteSource, blobSource } from './bytes.ts'

export interface RemoteOptions {
  headers?: Record<string, string>
  signal?: AbortSignal
  /** Bytes so far, of all; null where the server does not say. */
  onProgress?: (received: number, total: number | null) => void
  fetch?: typeof fetch
  /** What the file is called for a person; by default what the address ends in. */
  name?: string
  timing?: Partial<RemoteTiming>
}

export interface RemoteTiming {
  /** Tries in a row that may fail before the file is given up. */
  retries: number
  /** Milliseconds before the first further try; doubled with each. */
  pause: number
  /** Milliseconds without a byte after which a connection counts as broken. */
  stall: number
}

export interface RemoteFile {
  name: string
  source: ByteSource
}

const TIMING: RemoteTiming = { retries: 4, pause: 500, stall: 30_000 }
const LONGEST_PAUSE = 10_000
/** Bytes of one part: a request where a file is read by ranges, a blob where it is read whole. */
const PART = 8 << 20

/** What to do where a page may not read. The same words for every host. */
export const DROP_IT = 'Download it with your browser, then drop it here.'

/**
 * Fetches a file whole. A connection that breaks is taken up again where it broke; the parts must be of the same file (ETag,
 * else Last-Modified, and size). What came is kept in blobs, which browsers may move to disk.
 *
 * `If-Range` would say the same to the server, but asks a host of another origin for permission first, which few give: so
 * the answers are compared instead.
 * @throws LapidaryError `network` (with `status`, `received`), `missing_file`, `unsupported_format` for a web page.
 */
export async function fetchRemote(url: string, options: RemoteOptions = {}): Promise<RemoteFile> {
  const connection = new Connection(url, options)
  const first = await connection.request(null)
  return { name: connection.name(first), source: await download(connection, first) }
}

/**
 * A file read by ranges, as Parquet wants it: each part is fetched when it is first needed, and kept. Where the server
 * knows no ranges, the file is fetched whole.
 * @throws as `fetchRemote`, from here and from reads.
 */
export async function rangedRemote(url: string, options: RemoteOptions = {}): Promise<RemoteFile> {
  const connection = new Connection(url, options)
  const first = await connection.request('bytes=0-0')
  const name = connection.name(first)
  const total = totalOf(first)
  if (first.status === 206 && total !== null) {
    await first.body?.cancel()
    return { name, source: new RangedSource(connection, total) }
  }
  if (first.status === 200) return { name, source: await download(connection, first) }
  await first.body?.cancel()
  // Ranges, but a size that the server does not let us see.
  return { name, source: await download(connection, await connection.request(null)) }
}

async function download(connection: Connection, first: Response): Promise<ByteSource> {
  let response = first
  let total = lengthOf(first)
  const validator = validatorOf(first)
  let parts: Blob[] = []
  let [received, farthest] = [0, 0]
  for (let failures = 0; ; ) {
    let pending: Uint8Array<ArrayBuffer>[] = []
    let size = 0
    const flush = () => {
      parts.push(new Blob(pending))
      pending = []
      size = 0
    }
    try {
      for await (const bytes of connection.body(response)) {
        pending.push(bytes)
        size += bytes.length
        received += bytes.length
        // A body that is inflated on the way is longer than what the server announced.
        if (total !== null && received > total) total = null
        if (size >= PART) flush()
        connection.progress(received, total)
      }
      flush()
      if (total === null || received === total) return blobSource(new Blob(parts))
    } catch (error) {
      if (!(error instanceof Broken)) throw error
      flush()
    }
    // Starting over and breaking at the same place again is no progress.
    failures = received > farthest ? 1 : failures + 1
    farthest = Math.max(farthest, received)
    await connection.beforeRetry(failures, received)
    response = await connection.request(`bytes=${received}-`)
    if (response.status === 416) {
      // Nothing is left: the connection broke after the last byte.
      if (total === null) return blobSource(new Blob(parts))
      connection.changed(received)
    }
    if (response.status === 206 && startOf(response) !== null && startOf(response) !== received)
      connection.broken(received)
    if (validator !== null && validatorOf(response) !== validator) connection.changed(received)
    if (response.status === 200) {
      parts = []
      received = 0
      total = lengthOf(response)
    }
  }
}

/** Parts of a file, fetched once each. */
class RangedSource implements ByteSource {
  readonly size: number
  readonly #connection: Connection
  readonly #parts = new Map<number, Promise<Blob>>()
  #received = 0
  #validator: string | null | undefined

  constructor(connection: Connection, size: number) {
    this.#connection = connection
    this.size = size
  }

  async read(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    if (!(start >= 0 && start <= end && end <= this.size))
      fail('bad_file', `Bytes ${start} to ${end} were needed of a file of ${this.size}.`, 'Fetch it again.', {
        start,
        end,
        size: this.size,
      })
    const pieces: Blob[] = []
    for (let part = Math.floor(start / PART); part * PART < end; part++) {
      signal?.throwIfAborted()
      const blob = await this.#part(part)
      pieces.push(blob.slice(Math.max(0, start - part * PART), Math.min(PART, end - part * PART)))
    }
    return new Uint8Array(await new Blob(pieces).arrayBuffer())
  }

  #part(part: number): Promise<Blob> {
    const known = this.#parts.get(part)
    if (known) return known
    const fetched = this.#fetch(part * PART, Math.min((part + 1) * PART, this.size))
    this.#parts.set(part, fetched)
    // What failed may be asked for again.
    fetched.catch(() => this.#parts.delete(part))
    return fetched
  }

  async #fetch(start: number, end: number): Promise<Blob> {
    const connection = this.#connection
    const pieces: Uint8Array<ArrayBuffer>[] = []
    let at = start
    for (let failures = 0; at < end; ) {
      const before = at
      const response = await connection.request(`bytes=${at}-${end - 1}`)
      const validator = validatorOf(response)
      if (this.#validator === undefined) this.#validator = validator
      const total = totalOf(response)
      if (response.status !== 206 || validator !== this.#validator || (total !== null && total !== this.size))
        connection.changed(this.#received)
      try {
        for await (const bytes of connection.body(response)) {
          const kept = bytes.subarray(0, end - at)
          pieces.push(kept)
          at += kept.length
          connection.progress((this.#received += kept.length), this.size)
        }
      } catch (error) {
        if (!(error instanceof Broken)) throw error
      }
      if (at === end) break
      failures = at > before ? 1 : failures + 1
      await connection.beforeRetry(failures, this.#received)
    }
    return new Blob(pieces)
  }
}

/** A connection that ended before the file did. */
class Broken extends Error {}

/** Requests for one address: what its answers mean, and how often it is asked again. */
class Connection {
  readonly #url: string
  readonly #options: RemoteOptions
  readonly #timing: RemoteTiming
  #reached = false

  constructor(url: string, options: RemoteOptions) {
    this.#url = url
    this.#options = options
    this.#timing = { ...TIMING, ...options.timing }
  }

  /** The address for people: what follows `?` may hold keys. */
  get #shown(): string {
    const { origin, pathname } = new URL(this.#url, 'http://localhost')
    return origin + pathname
  }

  name(response: Response): string {
    if (this.#options.name) return this.#options.name
    const header = response.headers.get('content-disposition') ?? ''
    const encoded = /filename\*\s*=\s*UTF-8''([^;]+)/i.exec(header)?.[1]
    const plain = /filename\s*=\s*"?([^";]+)"?/i.exec(header)?.[1]
    const { pathname, hostname } = new URL(response.url || this.#url, 'http://localhost')
    const own = new URL(this.#url, 'http://localhost').pathname
    const last = own.split('/').at(-1) || pathname.split('/').at(-1) || ''
    return (encoded ? decoded(encoded) : plain) || decoded(last) || hostname
  }

  progress(received: number, total: number | null): void {
    this.#options.onProgress?.(received, total)
  }

  /** An answer of 200, 206 or 416; others fail. Asks again where the server is busy or the line is down. */
  async request(range: string | null): Promise<Response> {
    const { signal, headers = {}, fetch: get = fetch } = this.#options
    for (let failures = 0; ; ) {
      signal?.throwIfAborted()
      let response: Response
      try {
        response = await get(this.#url, {
          headers: range ? { ...headers, Range: range } : headers,
          ...(signal ? { signal } : {}),
        })
      } catch (error) {
        signal?.throwIfAborted()
        failures++
        // A host that refuses pages of other origins does so at once and always, and looks the same as one that is down.
        if (failures > (this.#reached ? this.#timing.retries : 1)) this.#unreachable(error)
        await this.#wait(failures)
        continue
      }
      this.#reached = true
      if (response.status === 429 || response.status >= 500) {
        failures++
        await response.body?.cancel()
        if (failures > this.#timing.retries) this.#refused(response)
        await this.#wait(failures, Number(response.headers.get('retry-after')) * 1000)
        continue
      }
      if (response.status === 416 && range) return response
      if (!response.ok) this.#refused(response)
      this.#checkPage(response)
      return response
    }
  }

  /** The bytes of an answer as they come. @throws Broken where they stop early. */
  async *body(response: Response): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    const { signal } = this.#options
    const reader = response.body?.getReader()
    if (!reader) return
    const stop = () => void reader.cancel(signal?.reason).catch(() => {})
    signal?.addEventListener('abort', stop)
    try {
      for (;;) {
        const { done, value } = await this.#withinStall(reader.read())
        signal?.throwIfAborted()
        if (done) return
        yield value as Uint8Array<ArrayBuffer>
      }
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof LapidaryError) throw error
      throw new Broken(error instanceof Error ? error.message : String(error))
    } finally {
      signal?.removeEventListener('abort', stop)
      stop()
    }
  }

  async beforeRetry(failures: number, received: number): Promise<void> {
    if (failures > this.#timing.retries) this.broken(received)
    await this.#wait(failures)
  }

  broken(received: number): never {
    fail(
      'network',
      `The connection to ${this.#shown} broke after ${received} bytes, and again each time it was taken up.`,
      `Try again when the line is better, or: ${DROP_IT}`,
      { url: this.#shown, received },
    )
  }

  changed(received: number): never {
    fail('network', `The file at ${this.#shown} was changed while it was being read.`, 'Open it again.', {
      url: this.#shown,
      received,
    })
  }

  async #withinStall<T>(work: Promise<T>): Promise<T> {
    let timer: ReturnType<typeof setTimeout> | undefined
    const stalled = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Broken('nothing came')), this.#timing.stall)
    })
    try {
      return await Promise.race([work, stalled])
    } finally {
      clearTimeout(timer)
    }
  }

  async #wait(failures: number, asked = 0): Promise<void> {
    const { signal } = this.#options
    const pause = this.#timing.pause * 2 ** (failures - 1)
    await new Promise<void>((resolve, reject) => {
      const end = () => {
        clearTimeout(timer)
        reject(signal!.reason)
      }
      const timer = setTimeout(
        () => {
          signal?.removeEventListener('abort', end)
          resolve()
        },
        Math.min(LONGEST_PAUSE, Math.max(pause, asked || 0)),
      )
      if (signal?.aborted) end()
      else signal?.addEventListener('abort', end, { once: true })
    })
  }

  #unreachable(error: unknown): never {
    const { host } = new URL(this.#url, 'http://localhost')
    const reason = error instanceof Error ? error.message : String(error)
    const offline = globalThis.navigator?.onLine === false
    fail(
      'network',
      offline
        ? `${host} cannot be reached: this machine is offline.`
        : `${host} cannot be read from here: it does not let pages of other sites read its files, or it cannot be reached (${reason}).`,
      offline ? 'Connect, then try again.' : DROP_IT,
      { url: this.#shown, reason },
    )
  }

  #refused(response: Response): never {
    const { status } = response
    const detail = { url: this.#shown, status }
    if (status === 404 || status === 410)
      fail('missing_file', `There is no file at ${this.#shown}.`, 'Check the address.', detail)
    if (status === 401 || status === 403)
      fail(
        'network',
        `${this.#shown} may not be read ${this.#options.headers?.Authorization ? 'with this token' : 'without permission'} (status ${status}).`,
        `Give a token that may read it, or: ${DROP_IT}`,
        detail,
      )
    fail(
      'network',
      `${this.#shown} answered with status ${status}.`,
      `Try again later, or: ${DROP_IT}`,
      detail,
    )
  }

  /** Hosts show a page, to sign in or to look at the file, where the file itself was wanted. */
  #checkPage(response: Response): void {
    if (!/^text\/html/i.test(response.headers.get('content-type') ?? '')) return
    void response.body?.cancel()
    fail(
      'unsupported_format',
      `${this.#shown} is a web page, not a data file.`,
      `Use the address of the file itself (often behind "Download" or "Raw"), or: ${DROP_IT}`,
      { url: this.#shown },
    )
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** `bytes 0-0/1234`; a page of another origin sees it only where the server lets it. */
function totalOf(response: Response): number | null {
  const total = /\/(\d+)\s*$/.exec(response.headers.get('content-range') ?? '')?.[1]
  return total === undefined ? null : Number(total)
}

function startOf(response: Response): number | null {
  const start = /bytes\s+(\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1]
  return start === undefined ? null : Number(start)
}

function lengthOf(response: Response): number | null {
  const length = response.headers.get('content-length')
  return length === null || response.headers.get('content-encoding') ? null : Number(length)
}

/** What tells one state of a file from another. */
function validatorOf(response: Response): string | null {
  return response.headers.get('etag') ?? response.headers.get('last-modified')
}
