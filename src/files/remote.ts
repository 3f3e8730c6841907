import { shownAddress } from '../lib/address.ts'
import { jsonReason } from '../lib/json-reason.ts'
import { fail } from '../protocol/errors.ts'
import { type ByteSource, bufferSource } from './bytes.ts'
import { checkFetched } from './limits.ts'
import { Client, DOWNLOAD_HINT, type RemoteOptions, TRIES } from './remote-client.ts'

/** How much one request asks for; what is read twice is fetched once. */
const BLOCK_BYTES = 4 << 20
/** A connection that brought less before it broke is no better than one that brought nothing. */
const PROGRESS_BYTES = 64 << 10

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
      checkFetched(total, client.most(true), client.what, true)
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
  return (await answer(url, options)).value
}

/**
 * A list that a service gives in pages, each naming the next one (`Link: <...>; rel="next"`).
 * @throws LapidaryError as `remoteJson`
 */
export async function remoteList(url: string, options: RemoteOptions = {}): Promise<unknown[]> {
  const all: unknown[] = []
  for (let next: string | undefined = url; next !== undefined; ) {
    const { value, link } = await answer(next, options)
    if (!Array.isArray(value)) return unusable(new Client(next, options), 'it is no list')
    all.push(...value)
    const found: string | undefined = /<([^>]+)>\s*;\s*rel="?next"?/.exec(link)?.[1]
    const following: string | undefined = found && new URL(found, next).href
    // A token is for this host alone.
    next = following && new URL(following).origin === new URL(url).origin ? following : undefined
  }
  return all
}

async function answer(url: string, options: RemoteOptions): Promise<{ value: unknown; link: string }> {
  const { signal } = options
  // What a service says of files is no part of their bytes.
  const client = new Client(url, { ...options, onBytes: undefined })
  const response = await client.get(null, signal)
  const source = await client.whole(response, signal)
  const text = new TextDecoder().decode(await source.read(0, source.size, signal))
  try {
    return { value: JSON.parse(text), link: response.headers.get('link') ?? '' }
  } catch (error) {
    return unusable(client, jsonReason(error, text))
  }
}

function unusable(client: Client, reason: string): never {
  fail('network', `${client.what} gave no usable answer: ${reason}`, 'Try again later.', {
    url: shownAddress(client.url),
  })
}

/** A file of known size, by the block. */
class BlockSource implements ByteSource {
  readonly size: number
  readonly #client: Client
  readonly #blocks = new Map<number, Promise<Blob>>()
  /** What had come of blocks when they were given up: trying again asks for the rest only. */
  readonly #begun = new Map<number, Uint8Array<ArrayBuffer>[]>()
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
        { url: shownAddress(this.#client.url), start, end, size: this.size },
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
    const parts = this.#begun.get(index) ?? []
    this.#begun.set(index, parts)
    let at = parts.reduce((sum, part) => sum + part.length, start)
    for (let barren = 0; at < end; ) {
      const before = at
      let reason: unknown
      const response = this.#takeFirst(index) ?? (await this.#range(at, end, signal))
      try {
        for await (const piece of this.#client.pieces(response)) {
          signal?.throwIfAborted()
          parts.push(piece.subarray(0, end - at))
          at += Math.min(piece.length, end - at)
        }
      } catch (error) {
        signal?.throwIfAborted()
        reason = error
      }
      if (at === end) break
      barren = at - before >= PROGRESS_BYTES ? 0 : barren + 1
      if (barren === TRIES) this.#client.broken(at, this.size, reason)
      await this.#client.pause(barren + 1, signal)
    }
    this.#begun.delete(index)
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
        url: shownAddress(this.#client.url),
        byte: start,
      })
    return fail(
      'bad_file',
      `${this.#client.what} was changed on its server while being read, after byte ${start}.`,
      'Open it again.',
      { url: shownAddress(this.#client.url), byte: start },
    )
  }
}

/** Of a 206 or 416: bytes of the whole file; null where the server hides it from other origins. */
export function totalOf(response: Response): number | null {
  const total = /\/(\d+)\s*$/.exec(response.headers.get('content-range') ?? '')?.[1]
  return total === undefined ? null : Number(total)
}

/** What tells versions of a file apart. */
export function versionOf({ headers }: Response): string | null {
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
