import { sha256Hex } from '../lib/hash.ts'
import { type OneFileStudio, oneFileStudio } from '../pack/one-file.ts'
import { fail } from '../protocol/errors.ts'
import { blobFile } from '../protocol/exported.ts'
import { gatedFetch } from '../protocol/gate.ts'
import type { PackEntry } from '../protocol/pack.ts'
import type { ExportedFile } from '../protocol/studio.ts'

/** Of a build: the list of its files, which does not name the service worker: that one knows the list. */
export const STUDIO_LIST = 'studio-files.json'
const SERVICE_WORKER = 'service-worker.js'

const missing = (path: string) =>
  fail(
    'missing_file',
    'This studio’s own files cannot be fetched.',
    'Go online, load the page anew and try again, or leave the studio out of the pack. While it is developed a studio has no such list; npm run build makes it.',
    { path },
  )

async function fetched(path: string, base: string, signal?: AbortSignal): Promise<Blob> {
  const response = await gatedFetch(new URL(path, base), signal ? { signal } : {}).catch(() => null)
  signal?.throwIfAborted()
  return response?.ok ? response.blob() : missing(path)
}

async function listAt(base: string, signal?: AbortSignal): Promise<{ text: string; list: PackEntry[] }> {
  const text = await (await fetched(STUDIO_LIST, base, signal)).text()
  // Development servers answer a missing file with their start page.
  return { text, list: text.startsWith('[') ? (JSON.parse(text) as PackEntry[]) : missing(STUDIO_LIST) }
}

async function checked(
  { path, bytes, sha256 }: PackEntry,
  base: string,
  signal?: AbortSignal,
): Promise<ExportedFile> {
  // The document's own name: hosts lead `index.html` elsewhere.
  const blob = await fetched(path === 'index.html' ? './' : path, base, signal)
  const same = blob.size === bytes && (await sha256Hex(new Uint8Array(await blob.arrayBuffer()))) === sha256
  return same ? blobFile(path, blob) : missing(path)
}

/**
 * The built studio's own files, each as it was built.
 * @param base address that they lie under
 * @throws LapidaryError `missing_file` where one cannot be fetched, or is of another build
 */
export async function studioFilesAt(base: string, signal?: AbortSignal): Promise<ExportedFile[]> {
  const { text, list } = await listAt(base, signal)
  const files = [blobFile(STUDIO_LIST, new Blob([text]))]
  for (const entry of list) files.push(await checked(entry, base, signal))
  // A host may leave it out: the studio then works only where it can be reached.
  const keeper = await gatedFetch(new URL(SERVICE_WORKER, base), signal ? { signal } : {}).catch(() => null)
  signal?.throwIfAborted()
  if (keeper?.ok && /javascript/.test(keeper.headers.get('content-type') ?? ''))
    files.push(blobFile(SERVICE_WORKER, await keeper.blob()))
  return files
}

/** What of them a pack as one HTML file is made of. @throws LapidaryError as `studioFilesAt` */
export async function oneFileStudioAt(base: string, signal?: AbortSignal): Promise<OneFileStudio> {
  const { list } = await listAt(base, signal)
  return oneFileStudio((wanted) => {
    const entry = list.find(({ path }) => path === wanted)
    return entry ? checked(entry, base, signal) : missing(wanted)
  })
}
