import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { LapidaryError } from '../../src/protocol/errors.ts'

/** What a promise is refused with. */
export async function refusal(work: Promise<unknown>): Promise<LapidaryError> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof LapidaryError)) throw new Error(`expected a LapidaryError, got ${error}`)
  return error
}

/** A server that does to each path what servers and connections do. */
export interface Behaviour {
  bytes?: Uint8Array
  /** Answers Range requests. */
  ranges?: boolean
  /** Hides the size, as a server without the right CORS headers does from a page. */
  hidden?: boolean
  /** Breaks the connection after so many bytes of an answer, so many times. */
  breaks?: { after: number; times: number }
  /** Sends so many bytes of an answer and then nothing, so many times; with `null` not even the headers. */
  stalls?: { after: number | null; times: number }
  /** Sends an answer in so many parts, so many milliseconds apart. */
  drips?: { parts: number; every: number }
  /** Answers so many times with a status before it works. */
  busy?: { status: number; times: number }
  /** Only for those with this bearer token. */
  token?: string
  headers?: Record<string, string>
  json?: unknown
  status?: number
}

export const paths = new Map<string, Behaviour>()
/** Requests as they came. */
export const asked: { path: string; range: string | undefined; token: string | undefined }[] = []
export let base = ''
const server = createServer((request, response) => answer(request, response))

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url!, 'http://x')
  const key = paths.has(request.url!) ? request.url! : url.pathname
  const token = request.headers.authorization?.replace('Bearer ', '')
  asked.push({ path: request.url!, range: request.headers.range, token })
  const found = paths.get(key)
  if (!found) return void response.writeHead(404).end()
  if (found.token && token !== found.token) return void response.writeHead(token ? 403 : 401).end()
  if (found.busy && found.busy.times-- > 0) return void response.writeHead(found.busy.status).end()
  if (found.json !== undefined || found.status)
    return void response
      .writeHead(found.status ?? 200, { 'Content-Type': 'application/json', ...found.headers })
      .end(JSON.stringify(found.json))
  const stalls = found.stalls && found.stalls.times-- > 0 ? found.stalls : null
  if (stalls?.after === null) return
  const all = found.bytes!
  const range = found.ranges ? /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') : null
  const [start, end] = range
    ? [Number(range[1]), Math.min(Number(range[2]) + 1, all.length)]
    : [0, all.length]
  response.writeHead(range ? 206 : 200, {
    'Content-Type': 'application/octet-stream',
    'Content-Length': end - start,
    ...(range && !found.hidden ? { 'Content-Range': `bytes ${start}-${end - 1}/${all.length}` } : {}),
    ...found.headers,
  })
  if (found.breaks && found.breaks.times > 0 && end - start > found.breaks.after) {
    found.breaks.times--
    response.write(all.subarray(start, start + found.breaks.after), () =>
      setTimeout(() => response.destroy(), 20),
    )
    return
  }
  if (stalls?.after) return void response.write(all.subarray(start, start + stalls.after))
  if (stalls) return void response.flushHeaders()
  if (found.drips) return void drip(response, all.subarray(start, end), found.drips)
  response.end(all.subarray(start, end))
}

async function drip(
  response: ServerResponse,
  bytes: Uint8Array,
  { parts, every }: { parts: number; every: number },
) {
  const size = Math.ceil(bytes.length / parts)
  for (let at = 0; at < bytes.length; at += size) {
    response.write(bytes.subarray(at, at + size))
    await new Promise((resolve) => setTimeout(resolve, every))
  }
  response.end()
}

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  paths.clear()
  asked.length = 0
})
