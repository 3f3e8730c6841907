import type { DataConfig } from '../protocol/run-config.ts'
import type { DatasetInfo } from '../protocol/studio.ts'

/** Whether data is what a config names: by its bytes where they are known, else by its name; a config that names none is of any. */
export function isNamed({ hash, name }: DataConfig, info: Pick<DatasetInfo, 'hash' | 'name'>): boolean {
  if (hash === null && name === '') return true
  return hash === info.hash || (name !== '' && baseName(name) === baseName(info.name))
}

/** The command line names a file by its path. */
export function baseName(path: string): string {
  return path.replace(/^.*[\\/]/, '')
}
