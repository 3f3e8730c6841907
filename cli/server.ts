import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize, sep } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.jsonl': 'application/jsonl',
  '.csv': 'text/csv; charset=utf-8',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.md': 'text/plain; charset=utf-8',
}

/**
 * What browsers ask for before they share memory between threads: TensorFlow.js' WebAssembly then uses several. Hosts that
 * cannot send these headers serve the same studio, on one thread.
 */
const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
}

/** What the page itself is made of is sent compressed, as hosts do it: over a school's network it is a third. Data and models go as they are. */
const COMPRESSED = new Set(['.html', '.js', '.css'])
/** By path and time of change: a class asks for the same files. */
const compressed = new Map<string, Promise<Buffer>>()

/** What is served without lying on disk, read a range at a time. */
export interface ServedBytes {
  readonly size: number
  /** Bytes [start, end). */
  read(start: number, end: number): Promise<Uint8Array>
}

/** Of served bytes, read at a time. */
const PIECE_BYTES = 4 * 2 ** 20

export interface ServerOptions {
  /** Folder served at `/`. */
  root: string
  /** Further files by exact path, e.g. `/given/model/config.json`: where they lie, or what they are. */
  files?: ReadonlyMap<string, string | ServedBytes>
  /** Further contents by exact path. */
  texts?: ReadonlyMap<string, string>
  /** Further folders by the path that they are served at, with a slash at its end. */
  folders?: ReadonlyMap<string, string>
  /** What is done with a PUT to a path. */
  put?(path: string, body: IncomingMessage): Promise<void>
  /** Whether pages may share memory between threads; default true. Hosts that cannot send headers are tried without. */
  isolated?: boolean
  /** What the page and its scripts may load and reach, for `/` and every script; default: no header. */
  policy?: string
  /** Files of the root that are answered as if they were not there, by exact path. */
  without?: ReadonlySet<string>
  host?: string
  /** Where it is taken the next ones are tried, unless `strict`. 0: any free one. */
  port?: number
  strict?: boolean
}

export interface RunningServer {
  /** With a slash at its end. */
  url: string
  close(): Promise<void>
}

/** A static file server that knows HTTP Range. */
export async function serve(options: ServerOptions): Promise<RunningServer> {
  const host = options.host ?? '127.0.0.1'
  const server = createServer((request, response) => {
    handle(options, request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500)
      response.end(error instanceof Error ? error.message : String(error))
    })
  })
  const first = options.port ?? 0
  const tries = options.strict || first === 0 ? 1 : 20
  for (let i = 0; ; i++)
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(first + i, host, () => {
          server.off('error', reject)
          resolve()
        })
      })
      break
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || i + 1 >= tries) throw error
    }
  const { port } = server.address() as AddressInfo
  const shown = host.includes(':') ? `[${host}]` : host === '0.0.0.0' ? '127.0.0.1' : host
  return {
    url: `http://${shown}:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function handle(
  options: ServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (options.isolated !== false)
    for (const [name, value] of Object.entries(ISOLATION)) response.setHeader(name, value)
  const path = pathOf(request.url ?? '/')
  if (path === null) return end(response, 400)
  if (options.policy !== undefined && /^\/(index\.html)?$|\.js$/.test(path))
    response.setHeader('Content-Security-Policy', options.policy)
  if (request.method === 'PUT' && options.put) {
    await options.put(path, request)
    return end(response, 204)
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') return end(response, 405)
  if (options.without?.has(path)) return end(response, 404)
  const text = options.texts?.get(path)
  if (text !== undefined) {
    response.writeHead(200, { 'Content-Type': TYPES[extname(path)] ?? 'text/plain' })
    response.end(text)
    return
  }
  const mount = [...(options.folders ?? [])].find(([prefix]) => path.startsWith(prefix))
  const mounted = mount && join(mount[1], path.slice(mount[0].length))
  const file =
    options.files?.get(path) ?? mounted ?? join(options.root, path.endsWith('/') ? `${path}index.html` : path)
  if (typeof file !== 'string') return send(path, file.size, request, response, file)
  const found = await stat(file).catch(() => null)
  if (!found?.isFile()) return end(response, 404)
  if (COMPRESSED.has(extname(file)) && !request.headers.range && takesGzip(request))
    return sendCompressed(file, found.mtimeMs, request, response)
  await send(file, found.size, request, response)
}

const takesGzip = ({ headers }: IncomingMessage) => /\bgzip\b/.test(String(headers['accept-encoding'] ?? ''))

async function sendCompressed(
  file: string,
  changed: number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const key = `${file} ${changed}`
  const ready = compressed.get(key) ?? readFile(file).then((bytes) => promisify(gzip)(bytes))
  compressed.set(key, ready)
  // What could not be read once may be read the next time.
  ready.catch(() => compressed.delete(key))
  const bytes = await ready
  response.writeHead(200, {
    'Content-Type': TYPES[extname(file)]!,
    'Content-Encoding': 'gzip',
    'Content-Length': bytes.length,
    'Cache-Control': 'no-cache',
    'X-Content-Type-Options': 'nosniff',
    Vary: 'Accept-Encoding',
  })
  response.end(request.method === 'HEAD' ? undefined : bytes)
}

/** Decoded and without a way out of the root; null where it is not a path. */
function pathOf(url: string): string | null {
  try {
    const path = decodeURIComponent(new URL(url, 'http://x').pathname)
    const clean = normalize(path).split(sep).join('/')
    return clean.startsWith('/') && !clean.includes('\0') && !clean.includes('/../') ? clean : null
  } catch {
    return null
  }
}

async function send(
  file: string,
  size: number,
  request: IncomingMessage,
  response: ServerResponse,
  bytes: ServedBytes | null = null,
): Promise<void> {
  const headers: Record<string, string | number> = {
    'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'no-cache',
    'X-Content-Type-Options': 'nosniff',
  }
  const range = request.headers.range ? parseRange(request.headers.range, size) : null
  if (range === 'unsatisfiable') {
    response.writeHead(416, { 'Content-Range': `bytes */${size}` })
    response.end()
    return
  }
  const [start, last] = range ?? [0, size - 1]
  headers['Content-Length'] = last - start + 1
  if (range) headers['Content-Range'] = `bytes ${start}-${last}/${size}`
  response.writeHead(range ? 206 : 200, headers)
  if (request.method === 'HEAD' || last < start) {
    response.end()
    return
  }
  // A reader that goes away in the middle is no fault of the server.
  const body = bytes
    ? Readable.from(pieces(bytes, start, last + 1), { objectMode: false })
    : createReadStream(file, { start, end: last })
  await pipeline(body, response).catch(() => {})
}

async function* pieces(bytes: ServedBytes, start: number, end: number): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end; at += PIECE_BYTES) yield bytes.read(at, Math.min(end, at + PIECE_BYTES))
}

/** One range; several, or what is not understood, is answered with the whole file. */
function parseRange(header: string, size: number): [number, number] | 'unsatisfiable' | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header.trim())
  if (!match || (match[1] === '' && match[2] === '')) return null
  const start = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1])
  const last = match[1] === '' || match[2] === '' ? size - 1 : Math.min(size - 1, Number(match[2]))
  return start >= size || start > last ? 'unsatisfiable' : [start, last]
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status)
  response.end()
}
