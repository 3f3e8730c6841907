import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../build.ts'
import type { Figure } from './figures.ts'

const PAGE = join(ROOT, 'docs', 'verified.md')

export interface Report {
  figures: Figure[]
  /** Versions by name. */
  versions: Record<string, string>
  /** SHA-256 of what went in, by file name. */
  hashes: Record<string, string>
  /** Sentences of how it was run. */
  notes: string[]
  date: string
}

/** The section of docs/verified.md that the command keeps. */
export function reportSection({ figures, versions, hashes, notes, date }: Report): string {
  const rows = (entries: string[][]) => entries.map((cells) => `| ${cells.map(cell).join(' | ')} |`)
  const failed = figures.filter(({ ok }) => !ok).length
  const outcome = failed === 0 ? 'every limit is kept' : `${failed} of ${figures.length} limits are not kept`
  return [
    `Written by \`npm run verify:gemma\` on ${date}: ${outcome}.`,
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join('; '),
    ...notes,
    [
      '| what | limit | found |',
      '|---|---|---|',
      ...rows(figures.map(({ what, limit, found, ok }) => [what, limit, ok ? found : `**${found}**`])),
    ].join('\n'),
    [
      '| input | SHA-256 |',
      '|---|---|',
      ...rows(Object.entries(hashes).map(([n, h]) => [n, `\`${h}\``])),
    ].join('\n'),
  ].join('\n\n')
}

const cell = (text: string) => text.replaceAll('|', '\\|')

/** A text with its part between the markers of a name replaced. @throws Error where it has no markers */
export function withSection(page: string, section: string, name = 'verify:gemma'): string {
  const [begin, finish] = [`<!-- ${name} begin -->`, `<!-- ${name} end -->`]
  const [start, end] = [page.indexOf(begin), page.indexOf(finish)]
  if (start < 0 || end < start) throw new Error(`docs/verified.md lacks "${begin}" and "${finish}"`)
  return `${page.slice(0, start + begin.length)}\n${section}\n${page.slice(end)}`
}

/** @param name of the section */
export function rewritePage(report: Report, name?: string): void {
  writeFileSync(PAGE, withSection(readFileSync(PAGE, 'utf8'), reportSection(report), name))
}
