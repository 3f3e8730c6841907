import { downloadZip } from 'client-zip'
import { blobOf } from '../../protocol/exported.ts'
import type { ExportedFile } from '../../protocol/studio.ts'

export function baseName(path: string): string {
  return path.split('/').at(-1) ?? path
}

/** Hands a file to the browser's downloads. Rejects with a Failure. */
export async function saveFile(file: ExportedFile): Promise<void> {
  save(await blobOf(file), baseName(file.path))
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

/** All files in one zip, with their folders, within a folder of this name: unpacked anywhere they stay together. */
export async function zipped(files: ExportedFile[], folder: string): Promise<Blob> {
  return await downloadZip(
    files.map((file) => ({ name: `${folder}/${file.path}`, input: file.chunks(), size: file.size })),
  ).blob()
}

/** A name that every file system takes. */
export function fileName(name: string): string {
  return name.replace(/[^\p{L}\p{N}.-]+/gu, '-').replace(/^[-.]+|[-.]+$/g, '') || 'lapidary'
}
