import { fail, LapidaryError } from '../protocol/errors.ts'
import { type ByteSource, bufferSource } from './bytes.ts'

/** How much one request asks for; what is read twice is fetched once. */
const BLOCK_BYTES = 4 << 20
/** Requests in a row that may bring nothing before it is given up. */
const TRIES = 4
const FIRST_WAIT_MS = 250
const LONGEST_WAIT_MS = 10_000

export interface RemoteOptions {
  signal?: AbortSignal | undefined
  /** Sent as `Authorization: Bearer`, to this host alone; never part of an error. */
  token?: string | undefined
  fetch?: typeof fetch | undefined
  /** Milliseconds before the first repetition; doubled each time. */
  wait?: number | undefined
  /** What the address is called in errors, such as "The data set owner/name"; by default the address. */
  what?: string | undefined
  /** Hears of bytes that arrive while the file is being opened, and of all there will be, 0 where the server hides it. */
  onBytes?: ((bytes: number, total: number) => void) | undefined
}

export interface RemoteFile {
  /** From the server's own name for it, or the address. */
  name: string
  source: ByteSource
}

/**
 * A file behind an address. Where the server knows HTTP Range, it is fetched by the block, each kept as a Blob (which
 * browsers put on disk), and a broken connection goes on where it broke. Otherwise it is fetched whole, once.
 * @throws LapidaryError `missing_file`, `network` (refused, unreachable, broken for good), `bad_file` where the file changed meanwhile
 */
export async function remoteFile(url: string, options: RemoteOptions = {}): Promise<RemoteFile> {
  const client = new Client(url, options)
  const first = await client.begin(`bytes=0-${BLOCK_BYTES - 1}`, options.signal)
  const name = nameFrom(first, url)
  if (first.status === 416) return { name, source: bufferSource(new ArrayBuffer(0)) }
  if (first.status === 206) {
    // Servers need not show this header to other origins.
    const total = totalOf(first)
    if (total !== null) {
      const source = new BlockSource(client, total, first)
      return { name, source }
    }
    await first.body?.cancel()
    return { name, source: await client.whole(await client.get(null, options.signal), options.signal) }
  }
  return { name, source: await client.whole(first, options.signal) }
}

/**
 * A file of known size on a server that knows Range. Nothing is asked for before it is read, so that of many files no more
 * than one holds a connection.
 */
export function remoteSource(url: string, size: number, options: RemoteOptions = {}): ByteSource {
  return new BlockSource(new Client(url, options), size, null)
}

/** JSON from a service. @throws LapidaryError as `remoteFile`, and `network` where the answer is no JSON */
export async function remoteJson(url: string, options: RemoteOptions = {}): Promise<unknown> {
  const client = new Client(url, options)
  const response = await client.get(null, options.signal)
  try {
    return await response.json()
  } catch (error) {
    options.signal?.throwIfAborted()
    const reason = error instanceof Error ? error.message : String(error)
    return fail('network', `${client.what} gave no usable answer: ${reason}`, 'Try again later.', {
      url: shown(url),
    })
  }
}

/** Requests to one address, repeated where that may help. */
class Client {
  readonly url: string
  readonly what: string
  readonly #options: RemoteOptions

  constructor(url: string, options: RemoteOptions) {
    this.url = url
    this.#options = options
    this.what = options.what ?? shown(url)
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
        if (attempt < TRIES && error instanceof TypeError) return null
        return this.#unreachable(error)
      })
      if (response && (response.ok || response.status === 416)) {
        this.#checkKind(response)
        return response
      }
      const busy = response === null || response.status === 429 || response.status >= 500
      if (!busy || attempt === TRIES) this.#refused(response!)
      await response?.body?.cancel()
      await this.pause(attempt, signal, Number(response?.headers.get('retry-after') ?? 0) * 1000)
    }
  }

  /** All bytes of an answer, kept as Blobs. Without Range a broken connection begins anew. */
  async whole(response: Response, signal: AbortSignal | undefined): Promise<ByteSource> {
    let current = response
    for (let attempt = 1; ; attempt++) {
      const parts: Blob[] = []
      const total = Number(current.headers.get('content-length') ?? 0)
      // A length of packed bytes says nothing of what comes out.
      const known = current.headers.has('content-encoding') ? 0 : total
      let size = 0
      try {
        for await (const piece of piecesOf(current)) {
          signal?.throwIfAborted()
          parts.push(new Blob([piece]))
          size += piece.length
          this.#options.onBytes?.(piece.length, known)
        }
        if (known === 0 || size === known) return blobsSource(new Blob(parts))
      } catch (error) {
        signal?.throwIfAborted()
        if (error instanceof LapidaryError) throw error
      }
      if (attempt === TRIES) this.broken(size, known)
      this.#options.onBytes?.(-size, known)
      await this.pause(attempt, signal)
      current = await this.get(null, signal)
    }
  }

  async pause(attempt: number, signal: AbortSignal | undefined, least = 0): Promise<void> {
    const wait = Math.max(least || 0, (this.#options.wait ?? FIRST_WAIT_MS) * 2 ** (attempt - 1))
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.min(wait, LONGEST_WAIT_MS))
      signal?.addEventListener('abort', () => {
        clearTimeout(timer)
        resolve()
      })
    })
    signal?.throwIfAborted()
  }

  broken(byte: number, total: number): never {
    fail(
      'network',
      `${this.what}: the connection broke at byte ${byte}${total ? ` of ${total}` : ''}, ${TRIES} times.`,
      'Check the connection and open it again, or download it and drop it here.',
      { url: shown(this.url), byte, total },
    )
  }

  async #once(range: string | null, signal: AbortSignal | undefined): Promise<Response> {
    const { token } = this.#options
    const headers = {
      ...(range ? { Range: range } : {}),
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
    }
    const get = this.#options.fetch ?? fetch
    return get(this.url, { headers, ...(signal ? { signal } : {}) })
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
      { code: 'network', message, hint, detail: { url: shown(this.url) } },
      { cause: error },
    )
  }

  #refused({ status }: Response): never {
    const { what } = this
    // What comes after the path may be a key.
    const url = shown(this.url)
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
    fail('missing_file', `${this.what} is a web page, not a file of rows.`, DOWNLOAD_HINT, {
      url: this.url,
      found: 'text/html',
    })
  }
}

export const DOWNLOAD_HINT = 'Download it in a browser tab, then drop it here.'

/** A file of known size, by the block. */
class BlockSource implements ByteSource {
  readonly size: number
  readonly #client: Client
  readonly #blocks = new Map<number, Promise<Blob>>()
  /** What tells versions of the file apart, where the server shows it. */
  #version: string | null

  /** The answer that told the size: the first block, read when it is wanted. */
  #first: Response | null

  constructor(client: Client, size: number, first: Response | null) {
    this.size = size
    this.#client = client
    this.#version = first && versionOf(first)
    this.#first = first
  }

  async read(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    signal?.throwIfAborted()
    if (!(start >= 0 && start <= end && end <= this.size))
      fail(
        'bad_file',
        `${this.#client.what} ends at byte ${this.size}, but bytes ${start} to ${end} were needed.`,
        'It is damaged or was cut off; ask whoever offers it.',
        { url: this.#client.url, start, end, size: this.size },
      )
    const out = new Uint8Array(end - start)
    for (let at = start; at < end; ) {
      const index = Math.floor(at / BLOCK_BYTES)
      const from = at - index * BLOCK_BYTES
      const blob = await this.#block(index, signal)
      const part = new Uint8Array(await blob.slice(from, from + end - at).arrayBuffer())
      out.set(part, at - start)
      at += part.length
    }
    return out
  }

  #block(index: number, signal: AbortSignal | undefined): Promise<Blob> {
    const known = this.#blocks.get(index)
    if (known) return known
    const block = this.#fetch(index, signal)
    this.#blocks.set(index, block)
    block.catch(() => this.#blocks.delete(index))
    return block
  }

  async #fetch(index: number, signal: AbortSignal | undefined): Promise<Blob> {
    const start = index * BLOCK_BYTES
    const end = Math.min(start + BLOCK_BYTES, this.size)
    const parts: Uint8Array<ArrayBuffer>[] = []
    let at = start
    for (let barren = 0; at < end; ) {
      const before = at
      const response = this.#takeFirst(index) ?? (await this.#range(at, end, signal))
      try {
        for await (const piece of piecesOf(response)) {
          signal?.throwIfAborted()
          parts.push(piece.subarray(0, end - at))
          at += Math.min(piece.length, end - at)
        }
      } catch {
        signal?.throwIfAborted()
      }
      if (at === end) break
      barren = at > before ? 0 : barren + 1
      if (barren === TRIES) this.#client.broken(at, this.size)
      await this.#client.pause(barren + 1, signal)
    }
    return new Blob(parts)
  }

  #takeFirst(block: number): Response | null {
    if (block !== 0) return null
    const first = this.#first
    this.#first = null
    return first
  }

  async #range(start: number, end: number, signal: AbortSignal | undefined): Promise<Response> {
    const response = await this.#client.get(`bytes=${start}-${end - 1}`, signal)
    const version = versionOf(response)
    const changed = this.#version !== null && version !== null && version !== this.#version
    this.#version ??= version
    if (response.status === 206 && !changed && (totalOf(response) ?? this.size) === this.size) return response
    await response.body?.cancel()
    if (response.status === 200)
      fail('network', `${this.#client.what}: its server gives no parts of files.`, DOWNLOAD_HINT, {
        url: this.#client.url,
        byte: start,
      })
    return fail(
      'bad_file',
      `${this.#client.what} was changed on its server while being read, after byte ${start}.`,
      'Open it again.',
      { url: this.#client.url, byte: start },
    )
  }
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

async function* piecesOf(response: Response): AsyncIterable<Uint8Array<ArrayBuffer>> {
  const reader = response.body?.getReader()
  if (!reader) return
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    reader.cancel().catch(() => {})
  }
}

function totalOf(response: Response): number | null {
  const total = /\/(\d+)\s*$/.exec(response.headers.get('content-range') ?? '')?.[1]
  return total === undefined ? null : Number(total)
}

function versionOf({ headers }: Response): string | null {
  return headers.get('etag') ?? headers.get('last-modified')
}

/** The name the server gives, or the last part of the path. */
function nameFrom(response: Response, url: string): string {
  const given = response.headers.get('content-disposition') ?? ''
  const encoded = /filename\*=(?:UTF-8'')?"?([^";]+)/i.exec(given)?.[1]
  const plain = /filename="?([^";]+)/i.exec(given)?.[1]
  const last = new URL(url).pathname.split('/').filter(Boolean).at(-1)
  for (const name of [encoded, plain, last])
    if (name)
      try {
        return decodeURIComponent(name).replace(/^.*[\\/]/, '')
      } catch {
        return name
      }
  return new URL(url).host
}

/** Without a query, which may hold a key. */
function shown(url: string): string {
  const { origin, pathname } = new URL(url)
  return origin + pathname
}
