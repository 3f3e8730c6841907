import { gunzipSync } from 'fflate'
import { fromBase64 } from '../lib/base64.ts'
import { sha256Hex } from '../lib/hash.ts'
import type { OneFile, OneFileList } from '../protocol/one-file.ts'

/**
 * The files of a document that is the whole studio, each held against its hash.
 * @param text of an element, by its id
 * @throws Error, in words for people, where one is not what the list says
 */
export async function unpackFiles(
  { entries }: OneFileList,
  text: (id: string) => string | null,
): Promise<Map<string, Blob>> {
  const files = new Map<string, Blob>()
  const known = new Map<string, Blob>()
  for (const { path, bytes, sha256, at } of entries) {
    const held = known.get(at)
    const blob = held ?? new Blob([await unpacked(text(at) ?? '', bytes, sha256, path)])
    known.set(at, blob)
    files.set(path, blob)
  }
  return files
}

async function unpacked(
  text: string,
  bytes: number,
  sha256: string,
  path: string,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    // No more is made than was said.
    const found = gunzipSync(fromBase64(text), { out: new Uint8Array(bytes) }) as Uint8Array<ArrayBuffer>
    if (found.length === bytes && (await sha256Hex(found)) === sha256) return found
  } catch {
    // Told below: what is no base64 or gzip was altered like all else.
  }
  throw new Error(
    `This file was altered: what it holds of ${path} is not what was put into it. Copy it again from where it came from, or ask for it again.`,
  )
}

/**
 * Answers requests for the document's own files in place of a server; there is no other file at its address. To be called in page and
 * workers alike, before anything is asked for.
 */
export function answerRequests({ base, files }: OneFile, scope: { fetch: typeof fetch } = globalThis): void {
  const out = scope.fetch.bind(globalThis)
  scope.fetch = async (input, init) => {
    const address = new URL(input instanceof Request ? input.url : input, base).href
    if (!address.startsWith(base)) return out(input, init)
    init?.signal?.throwIfAborted()
    const path = decodeURIComponent(address.slice(base.length).replace(/[?#].*$/, ''))
    const held = files.get(path)
    if (!held) return new Response(null, { status: 404 })
    const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined))
    return answer(held, headers.get('range'))
  }
}

/** As servers answer that know ranges (RFC 9110, section 14). */
async function answer(blob: Blob, range: string | null): Promise<Response> {
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? []
  // Of bytes, not of a Blob: WebKit does not read one in a worker here.
  if (from === undefined) return new Response(await blob.arrayBuffer())
  const [start, end] = [Number(from), Math.min(blob.size, to === '' ? blob.size : Number(to) + 1)]
  if (start >= blob.size) return new Response(null, { status: 416 })
  return new Response(await blob.slice(start, end).arrayBuffer(), {
    status: 206,
    headers: { 'content-range': `bytes ${start}-${end - 1}/${blob.size}` },
  })
}
