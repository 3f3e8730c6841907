import { downloadZip } from 'client-zip'
import type { ExportedFile } from '../../src/protocol/studio.ts'

/** Files as one stored ZIP, in their order and under their own paths. */
export const zipOf = (files: readonly Pick<ExportedFile, 'path' | 'size' | 'chunks'>[]): Promise<Blob> =>
  downloadZip(files.map(({ path, size, chunks }) => ({ name: path, size, input: chunks() }))).blob()
