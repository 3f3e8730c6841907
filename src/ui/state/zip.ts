import { downloadZip, predictLength } from 'client-zip'
import type { Call, ExportedFile } from '../../protocol/studio.ts'
import { blobOnDisk } from './on-disk.ts'
import { whole } from './save.ts'

/** Bytes of `zipInto`'s zip. */
export const zipSize = (files: readonly ExportedFile[], folder: string): number =>
  Number(predictLength(files.map(({ path, size }) => ({ name: within(folder, path), size }))))

const within = (folder: string, path: string) => (folder === '' ? path : `${folder}/${path}`)

/**
 * All files in one zip, with their folders, within a folder of this name: unpacked anywhere they stay together. Without a name they lie
 * at its root.
 * @param into takes the zip, which is made as it is read. Where a file cannot be read, or the call is stopped, its stream
 *   fails: what was taken of it by then is not a zip.
 */
export async function zipInto<T>(
  files: readonly ExportedFile[],
  folder: string,
  into: (zip: ReadableStream<Uint8Array<ArrayBuffer>>) => Promise<T>,
  { signal, onProgress }: Call = {},
): Promise<T> {
  /** client-zip leaves the file that it is in as it is where its stream is cancelled; a worker would be kept for it. */
  const open = new Set<AsyncIterator<Uint8Array<ArrayBuffer>>>()
  const entries = files.map((file) => ({
    name: within(folder, file.path),
    size: file.size,
    input: {
      [Symbol.asyncIterator]() {
        const pieces = file.chunks()[Symbol.asyncIterator]()
        open.add(pieces)
        return pieces
      },
    },
  }))
  const total = zipSize(files, folder)
  let done = 0
  const counted = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(piece, out) {
      done += piece.byteLength
      onProgress?.({ share: done / total, bytes: { done, total } })
      out.enqueue(piece)
    },
  })
  try {
    signal?.throwIfAborted()
    const zip = downloadZip(entries).body as ReadableStream<Uint8Array<ArrayBuffer>>
    return await into(zip.pipeThrough(counted, signal ? { signal } : {}))
  } finally {
    for (const pieces of open) void pieces.return?.().catch(() => {})
  }
}

/** The same as a blob, which is whole or is not there. */
export async function zipped(
  files: readonly ExportedFile[],
  folder: string,
  call: Call = {},
  name = `${folder}.zip`,
): Promise<Blob> {
  const size = zipSize(files, folder)
  const made = zipInto(
    files,
    folder,
    (zip) => blobOnDisk({ path: name, size, chunks: () => read(zip) }),
    call,
  )
  return whole(made, size, name)
}

/** Not every browser iterates over a stream. */
async function* read<T>(stream: ReadableStream<T>): AsyncGenerator<T> {
  const reader = stream.getReader()
  for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value
}
