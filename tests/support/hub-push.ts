import { createHash, randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type HubRequest, type HubServer, LFS } from './hub-server.ts'

/** What goes wrong with a request of a push: the connection is cut before it is done, or after, the answer lost. */
export type PushFault = 'before' | 'after' | { status: number }

export interface PushedTo {
  /** Large files that have come, by SHA-256. */
  objects: Map<string, Uint8Array>
  /** What each commit is called, the first first. */
  commits: string[]
  /** How many were asked so far; each fault is asked with its number, from 0. */
  requests: number
  fault: ((nth: number, path: string) => PushFault | null) | null
}

/** Larger files come in parts. */
const PART_BYTES = 200_000

interface Answer {
  status: number
  body?: unknown
  headers?: Record<string, string>
}

/** The Hub's side of a push: repositories, preupload, Git LFS (whole and in parts), commits of which each is all or nothing. */
export function receiver(hub: HubServer) {
  const parts = new Map<string, Map<number, Uint8Array>>()
  const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

  function answer({ path, authorization }: HubRequest, body: Buffer): Answer {
    const [, object, part] = /^\/lfs\/(\w+)(?:\/(\d+))?$/.exec(path) ?? []
    if (object !== undefined) return take(object, part === undefined ? null : Number(part), body)
    const token = authorization?.replace(/^Bearer /, '') ?? ''
    const account = hub.accounts.get(token)
    if (account === undefined) return { status: 401, body: { error: 'Invalid credentials' } }
    if (path === '/api/repos/create') {
      const asked = JSON.parse(body.toString()) as Record<string, string>
      const { name, organization, visibility, type, sdk } = asked
      if (type === 'space' && sdk !== 'gradio')
        return { status: 400, body: { error: 'A Space needs its SDK' } }
      if (organization !== account) return { status: 403, body: { error: 'Forbidden' } }
      const repo = `${type === 'space' ? 'spaces/' : ''}${organization}/${name}`
      if (hub.repositories.has(repo))
        return { status: 409, body: { error: 'You already created this model repo' } }
      hub.repositories.set(repo, {
        files: new Map([
          ['.gitattributes', new Uint8Array(Buffer.from('*.gguf filter=lfs\n'))],
          // A Space is begun with a card.
          ...(type === 'space'
            ? [['README.md', new Uint8Array(Buffer.from('---\nsdk: gradio\n---\n'))] as const]
            : []),
        ]),
        commit: randomBytes(20).toString('hex'),
        ...(visibility === 'private' ? { private: [token] } : {}),
      })
      return { status: 200, body: { url: `${hub.endpoint}/${repo}`, name: repo } }
    }
    const [, repo, what] =
      /^\/api\/models\/([^/]+\/[^/]+)\/(preupload|commit)\/main$/.exec(path) ??
      /^\/api\/(spaces\/[^/]+\/[^/]+)\/(preupload|commit)\/main$/.exec(path) ??
      /^\/((?:spaces\/)?[^/]+\/[^/]+)\.git\/info\/lfs\/objects\/(batch)$/.exec(path) ??
      []
    const repository = repo === undefined ? undefined : hub.repositories.get(repo)
    if (!repository || repo!.split('/').at(-2) !== account) return { status: 404 }
    if (what === 'preupload') {
      const { files } = JSON.parse(body.toString()) as { files: { path: string }[] }
      const modes = files.map(({ path }) => ({
        path,
        uploadMode: LFS.test(path) ? 'lfs' : 'regular',
        shouldIgnore: false,
      }))
      return { status: 200, body: { files: modes } }
    }
    if (what === 'batch') {
      const { objects } = JSON.parse(body.toString()) as { objects: { oid: string; size: number }[] }
      return {
        status: 200,
        body: { transfer: 'basic', objects: objects.map(({ oid, size }) => offered(oid, size)) },
      }
    }
    const [header, ...files] = body
      .toString()
      .split('\n')
      .map((line) => JSON.parse(line) as { key: string; value: Record<string, string> })
    if (header!.value.parentCommit !== undefined && header!.value.parentCommit !== repository.commit)
      return { status: 412, body: { error: 'A commit has happened since' } }
    const next = new Map(repository.files)
    for (const { key, value } of files) {
      const bytes =
        key === 'file' ? Buffer.from(value.content!, 'base64') : hub.pushed.objects.get(value.oid!)
      if (!bytes) return { status: 400, body: { error: `LFS object ${value.oid} is not there` } }
      next.set(value.path!, new Uint8Array(bytes))
    }
    repository.files = next
    hub.pushed.commits.push(header!.value.summary!)
    repository.commit = randomBytes(20).toString('hex')
    return {
      status: 200,
      body: { commitOid: repository.commit, commitUrl: `${hub.endpoint}/${repo}`, hookOutput: '' },
    }
  }

  function offered(oid: string, size: number): object {
    if (hub.pushed.objects.has(oid)) return { oid, size }
    const href = `${hub.cdn}/lfs/${oid}`
    const count = Math.ceil(size / PART_BYTES)
    if (count === 1) return { oid, size, actions: { upload: { href } } }
    const header: Record<string, string> = { chunk_size: String(PART_BYTES) }
    for (let i = 1; i <= count; i++) header[String(i).padStart(5, '0')] = `${href}/${i}`
    return { oid, size, actions: { upload: { href, header } } }
  }

  function take(oid: string, part: number | null, body: Buffer): Answer {
    const own = parts.get(oid) ?? new Map<number, Uint8Array>()
    parts.set(oid, own)
    if (part !== null) {
      own.set(part, body)
      return { status: 200, headers: { ETag: `"${sha256(body)}"`, 'Access-Control-Expose-Headers': 'ETag' } }
    }
    const whole =
      own.size === 0 ? body : Buffer.concat([...own].sort(([a], [b]) => a - b).map(([, bytes]) => bytes))
    if (sha256(whole) !== oid) return { status: 400, body: { error: 'another SHA-256' } }
    hub.pushed.objects.set(oid, whole)
    return { status: 200, body: {} }
  }

  return async (heard: HubRequest, request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const nth = hub.pushed.requests++
    const fault = hub.pushed.fault?.(nth, heard.path) ?? null
    if (fault === 'before') return void request.socket.destroy()
    const pieces: Buffer[] = []
    try {
      for await (const piece of request) pieces.push(piece as Buffer)
    } catch {
      // The other side has gone.
      return
    }
    const { status, body, headers } =
      typeof fault === 'object' && fault !== null
        ? { status: fault.status }
        : answer(heard, Buffer.concat(pieces))
    if (fault === 'after') return void request.socket.destroy()
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers })
    response.end(body === undefined ? '' : JSON.stringify(body))
  }
}
