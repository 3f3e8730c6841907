import type { ExportedFile } from '../../protocol/studio.ts'
import { failFull } from './save-as.ts'

export function baseName(path: string): string {
  return path.split('/').at(-1) ?? path
}

/** Hands a file to the browser's downloads. Rejects with a Failure. */
export async function saveFile(file: ExportedFile): Promise<void> {
  const { blobOnDisk } = await import('./on-disk.ts')
  save(await whole(blobOnDisk(file), file.size, baseName(file.path)), baseName(file.path))
}

/** Hands a blob to the browser's downloads. */
export function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The download has begun by then; an early revoke would cut it off in some browsers.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

/** A blob for which the browser has found no room says so only to whoever reads it. */
export async function whole(made: Promise<Blob>, size: number, name: string): Promise<Blob> {
  const blob = await made
  const end = await blob
    .slice(-1)
    .arrayBuffer()
    .catch(() => null)
  if (blob.size !== size || end?.byteLength !== Math.min(1, size)) failFull(name, size)
  return blob
}

/** A name that every file system takes. */
export function fileName(name: string): string {
  return name.replace(/[^\p{L}\p{N}.-]+/gu, '-').replace(/^[-.]+|[-.]+$/g, '') || 'lapidary'
}
