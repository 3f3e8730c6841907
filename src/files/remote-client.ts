import { shownAddress } from '../lib/address.ts'
import { fail, LapidaryError } from '../protocol/errors.ts'
import { gatedFetch } from '../protocol/gate.ts'
import type { ByteSource } from './bytes.ts'
import { checkFetched, MAX_FETCHED } from './limits.ts'

/** Requests in a row that may bring nothing before it is given up. */
export const TRIES = 4
const FIRST_WAIT_MS = 250
const LONGEST_WAIT_MS = 10_000
/** How long a server may send nothing before it is asked again. */
const SILENCE_MS = 30_000

export const DOWNLOAD_HINT = 'Download it in a browser tab, then drop it here.'

export interface RemoteOptions {
  signal?: AbortSignal | undefined
  /** Sent as `Authorization: Bearer`, to this host alone; never part of an error. */
  token?: string | undefined
  fetch?: typeof fetch | undefined
  /** Milliseconds before the first repetition; doubled each time. */
  wait?: number | undefined
  /** Milliseconds that are waited at most where a server says how long to wait; by default `LONGEST_WAIT_MS`. */
  patience?: number | undefined
  /** Hears that a busy server is waited for, and for how many milliseconds. */
  onWait?: ((ms: number) => void) | undefined
  /** Milliseconds that may pass without a byte, or before the first. */
  silence?: number | undefined
  /** Whether the browser's own cache may keep what comes; `no-store` for what is stored by us. */
  cache?: RequestCache | undefined
  /** What the address is called in errors, such as "The data set owner/name"; by default the address. */
  what?: string | undefined
  /** Bytes that are fetched at most; by default `MAX_FETCHED`. */
  most?: number | undefined
  /** Hears of bytes that arrive while the file is being opened, and of all there will be, 0 where the server hides it. */
  onBytes?: ((bytes: number, total: number) => void) | undefined
}

/** A server that sent nothing for too long. */
class Silence extends Error {}

/** Requests to one address, repeated where that may help. */
export class Client {
  readonly url: string
  readonly what: string
  readonly #options: RemoteOptions

  constructor(url: string, options: RemoteOptions) {
    this.url = url
    this.#options = options
    this.what = options.what ?? shownAddress(url)
  }

  /**
   * The first request. Some browsers ask a foreign server whether Range is welcome, which plain file hosts do not answer;
   * without it, they answer at once.
   */
  async begin(range: string, signal: AbortSignal | undefined): Promise<Response> {
    try {
      return await this.get(range, signal)
    } catch (error) {
      if (!(error instanceof LapidaryError && error.cause instanceof TypeError)) throw error
      const plain = await this.#once(null, signal).catch(() => null)
      signal?.throwIfAborted()
      if (!plain?.ok) throw error
      this.#checkKind(plain)
      return plain
    }
  }

  /** Repeats what a busy server or a broken connection spoilt; a refusal is final. */
  async get(range: string | null, signal: AbortSignal | undefined): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      const response = await this.#once(range, signal).catch((error: unknown) => {
        signal?.throwIfAborted()
        if (attempt < TRIES && (error instanceof TypeError || error instanceof Silence)) return null
        if (error instanceof Silence) this.broken(Number(/\d+/.exec(range ?? '')?.[0] ?? 0), 0, error)
        return this.#unreachable(error)
      })
      if (response && (response.ok || response.status === 416)) {
        this.#checkKind(response)
        return response
      }
      const busy =
        response === null || response.status === 429 || (response.status >= 500 && response.status !== 501)
      if (!busy || attempt === TRIES) this.#refused(response!)
      await response?.body?.cancel()
      await this.pause(attempt, signal, askedFor(response?.headers.get('retry-after') ?? null))
    }
  }

  most(known: boolean): number {
    return this.#options.most ?? (known ? MAX_FETCHED.known : MAX_FETCHED.unknown)
  }

  /** All bytes of an answer, kept as Blobs. Without Range a broken connection begins again. */
  async whole(response: Response, signal: AbortSignal | undefined): Promise<ByteSource> {
    let current = response
    for (let attempt = 1; ; attempt++) {
      const parts: Blob[] = []
      const total = Number(current.headers.get('content-length') ?? 0)
      // A length of packed bytes says nothing of what comes out.
      const known = current.headers.has('content-encoding') ? 0 : total
      let size = 0
      let reason: unknown
      const most = this.most(known > 0)
      checkFetched(known, most, this.what, true)
      try {
        for await (const piece of this.pieces(current)) {
          signal?.throwIfAborted()
          size += piece.length
          checkFetched(size, most, this.what, false)
          parts.push(new Blob([piece]))
          this.#options.onBytes?.(piece.length, known)
        }
        if (known === 0 || size === known) return blobsSource(new Blob(parts))
      } catch (error) {
        signal?.throwIfAborted()
        if (error instanceof LapidaryError) throw error
        reason = error
      }
      if (attempt === TRIES) this.broken(size, known, reason)
      this.#options.onBytes?.(-size, known)
      await this.pause(attempt, signal)
      current = await this.get(null, signal)
    }
  }

  async pause(attempt: number, signal: AbortSignal | undefined, least = 0): Promise<void> {
    const own = Math.min((this.#options.wait ?? FIRST_WAIT_MS) * 2 ** (attempt - 1), LONGEST_WAIT_MS)
    const wait = Math.max(own, Math.min(least, this.#options.patience ?? LONGEST_WAIT_MS))
    if (least > 0) this.#options.onWait?.(wait)
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', end)
        resolve()
      }
      const timer = setTimeout(end, wait)
      signal?.addEventListener('abort', end)
    })
    signal?.throwIfAborted()
  }

  /** @param reason what ended the last try */
  broken(byte: number, total: number, reason?: unknown): never {
    const seconds = this.silence / 1000
    const what = reason instanceof Silence ? `nothing came for ${seconds} s` : 'the connection broke'
    fail(
      'network',
      `${this.what}: ${what} at byte ${byte}${total ? ` of ${total}` : ''}, ${TRIES} times.`,
      'Check the connection and try again, or download it and drop it here.',
      { url: shownAddress(this.url), byte, total, ...(reason instanceof Silence ? { seconds } : {}) },
    )
  }

  /** The bytes of an answer as they come. @throws Silence where they stay away, whatever fetch throws where they end early */
  async *pieces(response: Response): AsyncIterable<Uint8Array<ArrayBuffer>> {
    const reader = response.body?.getReader()
    if (!reader) return
    try {
      for (;;) {
        const { done, value } = await this.#heard(reader.read())
        if (done) return
        yield value
      }
    } finally {
      reader.cancel().catch(() => {})
    }
  }

  get silence(): number {
    return this.#options.silence ?? SILENCE_MS
  }

  /** For a connection on which next to nothing comes. */
  tooSlow(): Error {
    return new Silence()
  }

  /** What a server sends, where it comes in time. */
  async #heard<T>(sent: Promise<T>): Promise<T> {
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Silence()), this.silence)
    })
    try {
      return await Promise.race([sent, late])
    } finally {
      clearTimeout(timer)
    }
  }

  async #once(range: string | null, signal: AbortSignal | undefined): Promise<Response> {
    const { token } = this.#options
    const headers = {
      ...(range ? { Range: range } : {}),
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
    }
    const get = this.#options.fetch ?? gatedFetch
    const { cache = 'default' } = this.#options
    const stop = new AbortController()
    const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal
    try {
      return await this.#heard(get(this.url, { headers, signal: either, cache }))
    } catch (error) {
      stop.abort()
      throw error
    }
  }

  /** Browsers tell pages only that it failed: a server that is down and one that refuses other origins look alike. */
  #unreachable(error: unknown): never {
    if (!(error instanceof TypeError)) throw error
    const offline = globalThis.navigator?.onLine === false
    const message = offline
      ? `${this.what} cannot be reached: this device is offline.`
      : `${this.what} cannot be read from here: its server is out of reach, or does not let web pages read its files.`
    const hint = offline ? 'Connect to the network, then try again.' : DOWNLOAD_HINT
    throw new LapidaryError(
      { code: 'network', message, hint, detail: { url: shownAddress(this.url) } },
      { cause: error },
    )
  }

  #refused({ status }: Response): never {
    const { what } = this
    // What comes after the path may be a key.
    const url = shownAddress(this.url)
    if (status === 404 || status === 410)
      fail('missing_file', `${what} was not found.`, 'Check the address.', { url, status })
    if (status === 401 || status === 403)
      fail(
        'network',
        this.#options.token
          ? `${what} does not accept this token (status ${status}).`
          : `${what} is only for those who are signed in (status ${status}).`,
        this.#options.token
          ? 'Check that it may read this, and that the terms on its page are accepted.'
          : 'Give an access token that may read it, or download it in a browser tab, then drop it here.',
        { url, status },
      )
    fail(
      'network',
      status === 429 ? `${what} has had too many requests.` : `${what} answered with status ${status}.`,
      'Try again later, or download it in a browser tab, then drop it here.',
      { url, status },
    )
  }

  /** A page that asks to sign in, or shows the file instead of giving it, is no data. */
  #checkKind(response: Response): void {
    if (!/^text\/html/.test(response.headers.get('content-type') ?? '')) return
    if (/\.html?$/.test(new URL(this.url).pathname)) return
    response.body?.cancel().catch(() => {})
    fail('missing_file', `${this.what} is a web page, not the file itself.`, DOWNLOAD_HINT, {
      url: shownAddress(this.url),
      found: 'text/html',
    })
  }
}

/** Milliseconds of a `Retry-After`: seconds, or a date. */
function askedFor(header: string | null): number {
  if (header === null) return 0
  const ms = /^\d+(\.\d+)?$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return ms > 0 ? ms : 0
}

/** A Blob's parts are copied out piece by piece: it may be larger than memory. */
function blobsSource(blob: Blob): ByteSource {
  return {
    size: blob.size,
    async read(start, end, signal) {
      signal?.throwIfAborted()
      return new Uint8Array(await blob.slice(start, end).arrayBuffer())
    },
  }
}
