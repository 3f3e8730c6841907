import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Exporter } from '../src/export/source.ts'

/** What `src/export/format-files.ts` is to a built page. */
const folder = new URL('../src/export/formats/', import.meta.url)

export const FORMAT_FILES: Record<string, () => Promise<Exporter>> = Object.fromEntries(
  readdirSync(folder).map((name) => [
    `./formats/${name}`,
    async () => ((await import(new URL(name, folder).href)) as { default: Exporter }).default,
  ]),
)

const checkers = new URL('../src/export/checkers/', import.meta.url)

export const CHECKER_FILES: Record<string, () => Promise<string>> = Object.fromEntries(
  readdirSync(checkers).map((name) => [
    `./checkers/${name}`,
    () => readFile(new URL(name, checkers), 'utf8'),
  ]),
)
