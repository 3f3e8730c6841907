import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Exporter } from '../src/export/source.ts'
import { fail } from '../src/protocol/errors.ts'

/** A file a format. */
const FOLDER = join(import.meta.dirname, '..', 'src', 'export', 'formats')

/** What this version can write. */
export const formatIds = (): string[] => readdirSync(FOLDER).map((name) => basename(name, '.ts'))

/** The folder of a run that a format is written to. */
export const folderOf = (format: string) => (format === 'peft' ? 'adapter' : format)

export async function loadFormat(id: string): Promise<Exporter> {
  return (await import(pathToFileURL(join(FOLDER, `${id}.ts`)).href)).default
}

/**
 * @param further what the command writes besides
 * @throws LapidaryError `bad_config`, with all that there are
 */
export function requireFormats(
  given: readonly string[],
  flag: string,
  further: readonly string[] = [],
): void {
  const known = [...formatIds(), ...further]
  for (const format of given)
    if (!known.includes(format))
      fail('bad_config', `${flag} ${format} is no known format.`, `Choose from: ${known.join(', ')}.`, {
        flag,
        found: format,
      })
}
