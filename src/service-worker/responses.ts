import { SEALED_POLICY } from '../protocol/policy.ts'

/**
 * What browsers ask for before they share memory between threads. A host's own are left as they are; cli/server.ts sends the
 * same ones. A frame of this page in a page that is isolated itself needs the last.
 */
const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'cross-origin',
}

const POLICY = 'Content-Security-Policy'

/** The same response, with the headers that let a page and its workers share memory. */
export function isolated(response: Response): Response {
  // An error, or a way to another address, which the browser goes by itself: nothing can be said with it.
  if (response.status === 0) return response
  const { status, statusText } = response
  const headers = new Headers(response.headers)
  for (const [name, value] of Object.entries(ISOLATION)) if (!headers.has(name)) headers.set(name, value)
  const bare = [101, 204, 205, 304].includes(status)
  return new Response(bare ? null : response.body, { status, statusText, headers })
}

/**
 * The same response, with the policy of the page: a worker that is started at an address has that of its answer alone. Sealed it has two, and
 * both hold. A header of the host's stays.
 */
export function bound(response: Response, policy: string, sealed: boolean): Response {
  if (response.status === 0) return response
  const { status, statusText } = response
  const headers = new Headers(response.headers)
  if (!headers.has(POLICY)) headers.set(POLICY, policy)
  if (sealed) headers.append(POLICY, SEALED_POLICY)
  return new Response(response.body, { status, statusText, headers })
}

/** The part of a whole file that a request asks for; the whole where it asks for none, or for what is not understood. */
export async function ranged(request: Request, whole: Response): Promise<Response> {
  const match = /^bytes=(\d*)-(\d*)$/.exec(request.headers.get('range')?.trim() ?? '')
  if (!match || (match[1] === '' && match[2] === '')) return whole
  const bytes = await whole.blob()
  const [, from, to] = match as unknown as [string, string, string]
  const start = from === '' ? Math.max(0, bytes.size - Number(to)) : Number(from)
  const end = from === '' || to === '' ? bytes.size : Math.min(bytes.size, Number(to) + 1)
  const headers = new Headers(whole.headers)
  if (start >= end) {
    headers.set('Content-Range', `bytes */${bytes.size}`)
    return new Response(null, { status: 416, headers })
  }
  headers.set('Content-Range', `bytes ${start}-${end - 1}/${bytes.size}`)
  return new Response(bytes.slice(start, end), { status: 206, headers })
}
