import { shownAddress } from '../lib/address.ts'
import { jsonReason } from '../lib/json-reason.ts'
import { fail, LapidaryError } from '../protocol/errors.ts'
import { gatedFetch } from '../protocol/gate.ts'

/** Bytes that can be read anywhere, wherever they lie. */
export interface ByteSource {
  /** In bytes. */
  readonly size: number
  /**
   * Bytes [start, end); fails with `bad_file` where the source ends before.
   * @param into memory that they may be put in, by a source that would otherwise take some for them
   */
  read(
    start: number,
    end: number,
    signal?: AbortSignal,
    into?: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>>
}

export function blobSource(blob: Blob): ByteSource {
  return {
    size: blob.size,
    async read(start, end, signal) {
      signal?.throwIfAborted()
      checkRange(blob.size, start, end)
      // A file changed or removed on disk since it was chosen rejects here (NotReadableError, NotFoundError).
      const bytes = await blob.slice(start, end).arrayBuffer().catch(unreadable)
      return new Uint8Array(bytes)
    },
  }
}

export function bufferSource(buffer: ArrayBuffer | Uint8Array<ArrayBuffer>): ByteSource {
  const bytes = buffer instanceof Uint8Array ? buffer : new Uint8Array(buffer)
  return {
    size: bytes.byteLength,
    async read(start, end, signal) {
      signal?.throwIfAborted()
      checkRange(bytes.byteLength, start, end)
      return bytes.subarray(start, end)
    },
  }
}

/**
 * A file on a server: by HTTP Range where the server knows it, else fetched whole, once, into memory.
 * @throws LapidaryError `missing_file` (404, or a page in place of the file), `network`.
 */
export async function httpSource(
  url: string,
  options: { signal?: AbortSignal; fetch?: typeof fetch } = {},
): Promise<ByteSource> {
  const get = options.fetch ?? gatedFetch
  const first = await firstAnswer(get, url, options.signal)
  if (first.status === 416) return bufferSource(new ArrayBuffer(0))
  const total = /\/(\d+)\s*$/.exec(first.headers.get('content-range') ?? '')?.[1]
  if (first.status !== 206 || total === undefined) {
    const whole = first.status === 206 ? await request(get, url, null, options.signal) : first
    return bufferSource(await body(whole, url))
  }
  await first.body?.cancel()
  const size = Number(total)
  return {
    size,
    async read(start, end, signal) {
      checkRange(size, start, end)
      if (start === end) return new Uint8Array(0)
      const response = await request(get, url, `bytes=${start}-${end - 1}`, signal)
      let bytes = new Uint8Array(await body(response, url))
      if (response.status === 200) bytes = bytes.subarray(start, end)
      if (bytes.byteLength !== end - start) truncated(shownAddress(url), start, end, start + bytes.byteLength)
      return bytes
    },
  }
}

/** Hosts that send all files packed send parts so as well, which browsers refuse: there, as where Range is refused, it is fetched whole. */
async function firstAnswer(
  get: typeof fetch,
  url: string,
  signal: AbortSignal | undefined,
): Promise<Response> {
  try {
    return await request(get, url, 'bytes=0-0', signal)
  } catch (error) {
    if (!(error instanceof LapidaryError && error.cause instanceof TypeError)) throw error
    return await request(get, url, null, signal).catch(() => {
      signal?.throwIfAborted()
      throw error
    })
  }
}

async function request(
  get: typeof fetch,
  url: string,
  range: string | null,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const shown = shownAddress(url)
  let response: Response
  try {
    response = await get(url, {
      ...(range ? { headers: { Range: range } } : {}),
      ...(signal ? { signal } : {}),
    })
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof LapidaryError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    const failure = { message: `Could not reach ${shown}.`, hint: 'Check the connection and try again.' }
    throw new LapidaryError({ code: 'network', ...failure, detail: { url: shown, reason } }, { cause: error })
  }
  // Development servers answer a missing file with their start page.
  const page = response.ok && /^text\/html/.test(response.headers.get('content-type') ?? '')
  if (response.status === 404 || (page && !/\.html?$/.test(new URL(url, 'http://x').pathname)))
    fail('missing_file', `There is no file at ${shown}.`, 'Check the address.', { url: shown })
  if (!response.ok && response.status !== 416)
    fail('network', `${shown} answered with status ${response.status}.`, 'Try again later.', {
      url: shown,
      status: response.status,
    })
  return response
}

async function body(response: Response, url: string): Promise<ArrayBuffer> {
  try {
    return await response.arrayBuffer()
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    fail('network', `The connection broke while reading ${shownAddress(url)}.`, 'Try again.', {
      url: shownAddress(url),
    })
  }
}

function checkRange(size: number, start: number, end: number): void {
  if (start >= 0 && start <= end && end <= size) return
  truncated('The file', start, end, size)
}

function truncated(what: string, start: number, end: number, size: number): never {
  fail(
    'bad_file',
    `${what} ends at byte ${size}, but bytes ${start} to ${end} were needed.`,
    'It was probably cut off while being copied or downloaded; fetch it again.',
    { start, end, size },
  )
}

function unreadable(error: unknown): never {
  const reason = error instanceof Error ? error.name : String(error)
  fail(
    'bad_file',
    'The file can no longer be read.',
    'It may have been changed, moved or removed since it was chosen; choose it again.',
    { reason },
  )
}

/** Files by base name, as a folder chooser or a drop gives them. */
export function namedSources(files: Iterable<File>): Map<string, ByteSource> {
  return new Map(Array.from(files, (file) => [file.name.replace(/^.*[\\/]/, ''), blobSource(file)]))
}

/** UTF-8 text of a whole source. @throws LapidaryError `bad_file` where the bytes are not UTF-8. */
export async function readText(source: ByteSource, name: string, signal?: AbortSignal): Promise<string> {
  const bytes = await source.read(0, source.size, signal)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    fail('bad_file', `${name} is not UTF-8 text.`, 'Save it as UTF-8.', { file: name })
  }
}

/** Parsed JSON of a whole source, a value as yet unknown. */
export async function readJson(source: ByteSource, name: string, signal?: AbortSignal): Promise<unknown> {
  const text = await readText(source, name, signal)
  try {
    return JSON.parse(text)
  } catch (error) {
    fail(
      'bad_file',
      `${name} is not valid JSON: ${jsonReason(error, text)}.`,
      'Fetch or export the file again.',
      {
        file: name,
      },
    )
  }
}
