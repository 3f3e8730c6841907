import { toFailure } from '../../protocol/errors.ts'
import { blobOf } from '../../protocol/exported.ts'
import type { ExportedFile } from '../../protocol/studio.ts'
import { type ChosenFile, DISK_FOLDER, failFull, writeAll } from './save-as.ts'

/**
 * Large files that are handed to the browser's downloads: they lie on the disk, in the page's own part of it. A blob that is put together of
 * pieces is kept in memory, up to GBs of it.
 */

/** Smaller ones are made in memory. */
export const DISK_BYTES = 64 * 2 ** 20
/** By then the browser has copied a file to where it was to go, ms. It does not say when it has. */
export const COPIED_MS = 20 * 60_000

/**
 * A file as a blob. Where the browser gives the page no part of the disk, or cannot write there from a page, it is in memory.
 * @throws LapidaryError `quota_exceeded`, `not_saved`; and what the file fails with: then nothing of it is left
 */
export async function blobOnDisk(file: ExportedFile): Promise<Blob> {
  const place = file.size < DISK_BYTES ? null : await newPlace()
  if (!place) return blobOf(file)
  const name = file.path.replace(/^.*\//, '')
  try {
    await writeAll(place.file, streamOf(file.chunks()), name)
    const made = await place.file.getFile()
    setTimeout(place.remove, COPIED_MS)
    return made
  } catch (error) {
    await place.remove()
    // Nobody else writes there: Chromium says of a full disk that a pipe broke.
    if (toFailure(error).code === 'not_saved' && (await lacksRoom(file.size))) failFull(name, file.size)
    throw error
  }
}

async function lacksRoom(bytes: number): Promise<boolean> {
  const { quota, usage } = await navigator.storage.estimate().catch(() => ({}) as StorageEstimate)
  return quota !== undefined && usage !== undefined && quota - usage < bytes
}

/** Removes what downloads of an earlier visit have left. @param now ms */
export async function sweepDownloads(now = Date.now()): Promise<void> {
  const folder = await ownFolder(false)
  if (!folder) return
  const names: string[] = []
  for await (const [name, handle] of entriesOf(folder)) {
    const { lastModified } = await (handle as FileSystemFileHandle)
      .getFile()
      .catch(() => ({ lastModified: 0 }))
    if (now - lastModified >= COPIED_MS) names.push(name)
  }
  for (const name of names) await folder.removeEntry(name).catch(() => {})
}

async function newPlace(): Promise<{ file: ChosenFile; remove: () => Promise<void> } | null> {
  const folder = await ownFolder(true)
  if (!folder) return null
  const name = crypto.randomUUID()
  const remove = () => folder.removeEntry(name).catch(() => {})
  try {
    const file = (await folder.getFileHandle(name, { create: true })) as ChosenFile
    if ('createWritable' in file) return { file, remove }
  } catch {
    // As where there is no folder.
  }
  await remove()
  return null
}

/** Null where there is none; browsers refuse it in private windows. */
async function ownFolder(create: boolean): Promise<FileSystemDirectoryHandle | null> {
  try {
    const root = await navigator.storage?.getDirectory?.()
    return (await root?.getDirectoryHandle(DISK_FOLDER, { create })) ?? null
  } catch {
    return null
  }
}

type Entries = AsyncIterable<[string, FileSystemHandle]>
const entriesOf = (folder: FileSystemDirectoryHandle) =>
  (folder as unknown as { entries(): Entries }).entries()

function streamOf(pieces: AsyncIterable<Uint8Array<ArrayBuffer>>): ReadableStream<Uint8Array<ArrayBuffer>> {
  const each = pieces[Symbol.asyncIterator]()
  return new ReadableStream(
    {
      async pull(control) {
        const { done, value } = await each.next()
        if (done) control.close()
        else control.enqueue(value)
      },
      async cancel() {
        await each.return?.()
      },
    },
    { highWaterMark: 0 },
  )
}
