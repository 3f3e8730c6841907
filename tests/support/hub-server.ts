import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type PushedTo, receiver } from './hub-push.ts'

/** What goes wrong with one request. */
export type Fault =
  | { status: number; retryAfter?: string }
  /** Bytes after which the connection is cut. */
  | { cut: number }
  /** A byte now and then, for ever. */
  | { trickle: number }
  /** Nothing is sent at all. */
  | { silent: true }
  /** One byte is another. */
  | { wrong: true }
  /** The file has so many bytes, it says. */
  | { total: number }
  | { noRange: true }
  | { etag: string }

export interface HubRequest {
  /** The hub itself, or the host that it sends to for large files. */
  host: 'hub' | 'cdn'
  path: string
  range: string | null
  authorization: string | null
}

export interface HubRepository {
  files: Map<string, Uint8Array>
  commit?: string
  /** Who may read its files: those who bring one of these tokens. */
  gated?: readonly string[]
  private?: readonly string[]
  /** Whether its tree is shown only to those who may read its files. */
  closed?: boolean
  card?: object
  info?: object
}

export interface HubServer {
  endpoint: string
  cdn: string
  repositories: Map<string, HubRepository>
  /** Accounts by their tokens. */
  accounts: Map<string, string>
  /** Every request that was answered, in order. */
  requests: HubRequest[]
  /** Asked of each request for a file's bytes, where they are given; `nth` counts those for this file from 0. */
  fault: ((request: HubRequest, nth: number) => Fault | null) | null
  /** What is pushed. */
  pushed: PushedTo
  close(): Promise<void>
}

const COMMIT = 'c0ffee'.padEnd(40, '0')
/** What lies apart from git. */
export const LFS = /\.(safetensors|gguf)$|^tokenizer\.json$/
const CORS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers': 'authorization, range, content-type',
  'Access-Control-Allow-Methods': 'GET, POST, PUT',
  'Access-Control-Expose-Headers': 'ETag, Content-Range, Link, X-Repo-Commit',
}

/** Of large files it takes a while, and they are asked for again and again. */
const hashes = new WeakMap<Uint8Array, string>()
function sha256(bytes: Uint8Array): string {
  const known = hashes.get(bytes) ?? createHash('sha256').update(bytes).digest('hex')
  hashes.set(bytes, known)
  return known
}
const gitHash = (bytes: Uint8Array) =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')

/**
 * A server with the Hub's protocol: what is asked about a repository, its tree by pages, `resolve` with redirects of large files to
 * another origin, Range, ETag, accounts. Plain files lie under `/plain/` by the name of their repository.
 */
export async function hubServer(repositories: Record<string, HubRepository> = {}): Promise<HubServer> {
  const counts = new Map<string, number>()
  const hub: HubServer = {
    endpoint: '',
    cdn: '',
    repositories: new Map(Object.entries(repositories)),
    accounts: new Map(),
    requests: [],
    fault: null,
    pushed: { objects: new Map(), commits: [], requests: 0, fault: null },
    close: async () => {
      for (const server of [main, cdn]) {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      }
    },
  }
  const receive = receiver(hub)
  const answer = (host: 'hub' | 'cdn') => (request: IncomingMessage, response: ServerResponse) => {
    for (const [name, value] of Object.entries(CORS)) response.setHeader(name, value)
    if (request.method === 'OPTIONS') return end(response, 204)
    const url = new URL(request.url ?? '/', 'http://x')
    const heard: HubRequest = {
      host,
      path: decodeURIComponent(url.pathname),
      range: request.headers.range ?? null,
      authorization: request.headers.authorization ?? null,
    }
    hub.requests.push(heard)
    if (request.method !== 'GET' && heard.path !== '/oauth/token') return receive(heard, request, response)
    if (host === 'cdn') return sendFile(heard.path.slice(1), heard, response)
    if (heard.path === '/.well-known/openid-configuration')
      return json(response, {
        authorization_endpoint: `${hub.endpoint}/oauth/authorize`,
        token_endpoint: `${hub.endpoint}/oauth/token`,
        userinfo_endpoint: `${hub.endpoint}/api/whoami-v2`,
      })
    if (heard.path === '/oauth/token') return giveToken(request, response)
    if (heard.path === '/api/whoami-v2') return whoAmI(heard, response)
    if (heard.path.startsWith('/plain/')) return sendFile(heard.path.slice('/plain/'.length), heard, response)
    const api = /^\/api\/models\/([^/]+\/[^/]+)(?:\/(revision|tree)\/(.+))?$/.exec(heard.path)
    const space = /^\/api\/(spaces\/[^/]+\/[^/]+)\/(revision)\/(.+)$/.exec(heard.path)
    if (space) return about(space[1]!, false, space[3]!, url, heard, response)
    if (api) return about(api[1]!, api[2] === 'tree', api[3] ?? 'main', url, heard, response)
    const file = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(heard.path)
    if (file) return resolveFile(file[1]!, file[2]!, file[3]!, heard, response)
    return end(response, 404)
  }
  const main = await listen(answer('hub'))
  const cdn = await listen(answer('cdn'))
  hub.endpoint = addressOf(main)
  hub.cdn = addressOf(cdn)
  return hub

  function tokenOf({ authorization }: HubRequest): string | null {
    return authorization?.replace(/^Bearer /, '') ?? null
  }

  /** Here the code is the token itself. */
  async function giveToken(request: IncomingMessage, response: ServerResponse) {
    let body = ''
    for await (const piece of request) body += piece
    const asked = new URLSearchParams(body)
    const token = asked.get('code') ?? ''
    if (!hub.accounts.has(token) || !asked.get('code_verifier')) return end(response, 400)
    json(response, { access_token: token, expires_in: 60, scope: '', token_type: 'bearer' })
  }

  function whoAmI(request: HubRequest, response: ServerResponse) {
    const name = hub.accounts.get(tokenOf(request) ?? '')
    if (name === undefined) return end(response, 401)
    json(response, { type: 'user', name })
  }

  /** The Hub tells the same of what is not there and of what is private. */
  function seen(name: string, request: HubRequest, response: ServerResponse): HubRepository | null {
    const token = tokenOf(request)
    const repository = hub.repositories.get(name)
    const hidden = repository?.private && !repository.private.includes(token ?? '')
    if (token !== null && !hub.accounts.has(token)) end(response, 401)
    else if (!repository || hidden) end(response, token === null ? 401 : 404)
    else return repository
    return null
  }

  function about(
    name: string,
    tree: boolean,
    revision: string,
    url: URL,
    request: HubRequest,
    response: ServerResponse,
  ) {
    const repository = seen(name, request, response)
    if (!repository) return
    const commit = repository.commit ?? COMMIT
    if (revision !== 'main' && revision !== commit) return end(response, 404)
    if (!tree) {
      const { gated, card = {}, info = {}, files } = repository
      const siblings = [...files].map(([rfilename, bytes]) => ({
        rfilename,
        size: bytes.length,
        blobId: gitHash(bytes),
        ...(LFS.test(rfilename) ? { lfs: { sha256: sha256(bytes), size: bytes.length } } : {}),
      }))
      return json(response, {
        id: name,
        sha: commit,
        gated: gated ? 'manual' : false,
        private: repository.private !== undefined,
        cardData: card,
        ...(url.searchParams.get('blobs') === 'true' ? { siblings } : {}),
        ...info,
      })
    }
    if (repository.closed && !repository.gated!.includes(tokenOf(request) ?? '')) return end(response, 401)
    const all = [...repository.files].map(([path, bytes]) => {
      const lfs = LFS.test(path) ? { lfs: { oid: sha256(bytes), size: bytes.length } } : {}
      return { type: 'file', path, size: bytes.length, oid: gitHash(bytes), ...lfs }
    })
    const at = Number(url.searchParams.get('cursor') ?? 0)
    url.searchParams.set('cursor', String(at + 3))
    if (at + 3 < all.length)
      response.setHeader('Link', `<${hub.endpoint}${url.pathname}${url.search}>; rel="next"`)
    json(response, all.slice(at, at + 3))
  }

  function resolveFile(
    name: string,
    revision: string,
    path: string,
    request: HubRequest,
    response: ServerResponse,
  ) {
    const repository = seen(name, request, response)
    if (!repository) return
    const { gated, files, commit = COMMIT } = repository
    if (gated && !gated.includes(tokenOf(request) ?? '')) return end(response, tokenOf(request) ? 403 : 401)
    if (!files.has(path) || (revision !== 'main' && revision !== commit)) return end(response, 404)
    if (!LFS.test(path)) return sendFile(`${name}/${path}`, request, response)
    response.setHeader('Location', `${hub.cdn}/${name}/${path}`)
    end(response, 302)
  }

  function sendFile(place: string, request: HubRequest, response: ServerResponse) {
    const [owner, name, ...path] = place.split('/')
    const file = hub.repositories.get(`${owner}/${name}`)?.files.get(path.join('/'))
    if (!file) return end(response, 404)
    const nth = counts.get(place) ?? 0
    counts.set(place, nth + 1)
    const fault: Fault = hub.fault?.(request, nth) ?? { cut: Number.POSITIVE_INFINITY }
    if ('status' in fault) {
      if (fault.retryAfter) response.setHeader('Retry-After', fault.retryAfter)
      return end(response, fault.status)
    }
    if ('silent' in fault) return
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(('noRange' in fault ? null : request.range) ?? '') ?? []
    const total = 'total' in fault ? fault.total : file.length
    const start = Number(from ?? 0)
    if (from !== undefined && start >= file.length) {
      response.setHeader('Content-Range', `bytes */${total}`)
      return end(response, 416)
    }
    const stop = Math.min(file.length, to ? Number(to) + 1 : file.length)
    const body = 'wrong' in fault ? file.slice(start, stop) : file.subarray(start, stop)
    if ('wrong' in fault) body[0] = body[0]! ^ 1
    response.writeHead(from === undefined ? 200 : 206, {
      'Content-Type': 'application/octet-stream',
      'Content-Length': from === undefined ? total : body.length,
      ETag: 'etag' in fault ? fault.etag : `"${sha256(file).slice(0, 16)}"`,
      ...(from === undefined ? {} : { 'Content-Range': `bytes ${start}-${stop - 1}/${total}` }),
    })
    if ('cut' in fault && fault.cut < body.length)
      response.write(body.subarray(0, fault.cut), () => response.socket?.end())
    else if ('trickle' in fault) trickle(body, fault.trickle, response)
    else response.end(body)
  }
}

function trickle(body: Uint8Array, ms: number, response: ServerResponse): void {
  let at = 0
  const timer = setInterval(() => {
    if (response.destroyed || at >= body.length) clearInterval(timer)
    else response.write(body.subarray(at, ++at))
  }, ms)
}

function listen(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<Server> {
  const server = createServer(answer)
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'Content-Type': 'application/json' })
  response.end(JSON.stringify(value))
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status)
  response.end()
}
