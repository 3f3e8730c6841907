import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A file of the server, and how it misbehaves. */
export interface ServedFile {
  body: Uint8Array | string
  type?: string
  etag?: string
  /** Whether ranges are answered; default true. */
  ranges?: boolean
  /** Answers with these statuses first. */
  statuses?: number[]
  /** Cuts the connection after so many bytes of each of the first answers. */
  cuts?: number[]
  /** Bearer token, or `key` of the query, without which it answers 401. */
  token?: string
  key?: string
  /** Never answers further after so many bytes. */
  stalls?: number
  /** A new state of the file for each answer: its ETag changes. */
  changes?: boolean
}

export interface Seen {
  path: string
  range: string | undefined
  authorization: string | undefined
}

/** A local server of files by path (query included where the path has one), which remembers what it was asked. */
export async function serve(
  files: Record<string, ServedFile>,
): Promise<{ base: string; seen: Seen[]; close: () => Promise<void> }> {
  const seen: Seen[] = []
  const answers = new Map<ServedFile, number>()
  const server: Server = createServer((request, response) => {
    const path = request.url ?? '/'
    const { range, authorization } = request.headers
    seen.push({ path, range, authorization })
    const file = files[path] ?? files[path.replace(/\?.*$/, '')]
    if (!file) return void response.writeHead(404).end('no such file')
    const number = answers.get(file) ?? 0
    answers.set(file, number + 1)
    answer(file, number, request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { base: `http://127.0.0.1:${port}`, seen, close }
}

function answer(file: ServedFile, number: number, request: IncomingMessage, response: ServerResponse): void {
  const status = file.statuses?.[number]
  if (status) return void response.writeHead(status, { 'retry-after': '0' }).end('busy')
  const authorised =
    (!file.token || request.headers.authorization === `Bearer ${file.token}`) &&
    (!file.key || new URL(request.url!, 'http://x').searchParams.get('key') === file.key)
  if (!authorised) return void response.writeHead(401).end('who are you?')
  const body = Buffer.from(file.body as Uint8Array)
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? []
  const ranged = from !== undefined && file.ranges !== false
  const [start, end] = ranged
    ? [Number(from), Math.min(body.length, to ? Number(to) + 1 : body.length)]
    : [0, body.length]
  const headers: Record<string, string> = {
    'content-type': file.type ?? 'application/octet-stream',
    'content-length': String(Math.max(0, end - start)),
  }
  if (file.etag) headers.etag = file.changes ? `"${file.etag}-${number}"` : `"${file.etag}"`
  if (ranged && start >= body.length)
    return void response.writeHead(416, { 'content-range': `bytes */${body.length}` }).end()
  if (ranged) headers['content-range'] = `bytes ${start}-${end - 1}/${body.length}`
  response.writeHead(ranged ? 206 : 200, headers)
  const cut = file.cuts?.[number]
  if (cut !== undefined) {
    response.write(body.subarray(start, Math.min(end, start + cut)), () => {
      // Lets what was written arrive first.
      setTimeout(() => response.destroy(), 20)
    })
    return
  }
  if (file.stalls !== undefined && number === 0) {
    response.write(body.subarray(start, start + file.stalls))
    return
  }
  response.end(body.subarray(start, end))
}
