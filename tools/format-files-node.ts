import { readdirSync } from 'node:fs'
import type { Exporter } from '../src/export/source.ts'

/** What `src/export/format-files.ts` is to a built page. */
const folder = new URL('../src/export/formats/', import.meta.url)

export const FORMAT_FILES: Record<string, () => Promise<Exporter>> = Object.fromEntries(
  readdirSync(folder).map((name) => [
    `./formats/${name}`,
    async () => ((await import(new URL(name, folder).href)) as { default: Exporter }).default,
  ]),
)
