import { downloadZip } from 'client-zip'
import type { ExportedFile } from '../../../protocol/studio.ts'

export function baseName(path: string): string {
  return path.split('/').at(-1) ?? path
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

/** All files in one zip, with their folders. */
export async function zipped(files: ExportedFile[]): Promise<Blob> {
  return await downloadZip(files.map((file) => ({ name: file.path, input: file.blob }))).blob()
}
