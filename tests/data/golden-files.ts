import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Made by peers/make_files.py with pyarrow and openpyxl, which say what is in them. */
const FOLDER = join(import.meta.dirname, '..', 'golden', 'files')
export const { files, tables } = JSON.parse(readFileSync(join(FOLDER, 'expected.json'), 'utf8')) as {
  files: Record<string, string>
  tables: Record<string, Record<string, unknown[]>>
}

export function goldenFile(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(join(FOLDER, name)))
}
