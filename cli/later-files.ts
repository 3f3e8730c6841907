import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { LATER_LIST, type LaterFiles } from '../src/protocol/later-files.ts'
import { closure, laterImports } from './first-load.ts'

/** A frame has its language, and which engine it has shows with its first run: neither is fetched in case of need. */
const LEFT_OUT = /^(zh-Hant|pseudo|pseudo-said|said|english|portable-host)-/

/**
 * What page and workers of a build may load later, in the order of finding.
 * @param dist the folder of a build
 * @throws Error where the document names no script, or a worker is not there
 */
export function laterFiles(dist: string): LaterFiles {
  const assets = readdirSync(join(dist, 'assets'))
  const entryOf = (name: string) => {
    const found = assets.filter((file) => file.startsWith(`${name}.worker-`) && file.endsWith('.js'))
    if (found.length !== 1) throw new Error(`${dist} has ${found.length} scripts of the ${name} worker`)
    return `assets/${found[0]}`
  }
  const page = /src="\.\/(assets\/[^"]+\.js)"/.exec(readFileSync(join(dist, 'index.html'), 'utf8'))?.[1]
  if (!page) throw new Error(`${dist}/index.html names no script`)
  return { page: later(dist, page), data: later(dist, entryOf('data')), train: later(dist, entryOf('train')) }
}

/** Writes their list into a build. */
export function writeLaterFiles(dist: string): void {
  writeFileSync(join(dist, LATER_LIST), `${JSON.stringify(laterFiles(dist))}\n`)
}

/** All that a script comes to load, without what it imports at once. */
function later(dist: string, entry: string): string[] {
  const first = closure(dist, [entry])
  const found = new Set(first)
  for (const path of found) {
    if (!path.endsWith('.js')) continue
    const code = readFileSync(join(dist, path), 'utf8')
    for (const name of [...laterImports(code), ...styles(code)].map((name) => basename(name)))
      if (!LEFT_OUT.test(name)) for (const file of closure(dist, [`assets/${name}`])) found.add(file)
  }
  return [...found].slice(first.length)
}

/** Styles that come with what a script loads later. */
const styles = (code: string): string[] =>
  [...code.matchAll(/["'`]\.\/([\w.-]+\.css)["'`]/g)].map(([, name]) => name!)
