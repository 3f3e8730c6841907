import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { parseAst } from 'vite'

/** Bytes as they are, and compressed as hosts do it (gzip level 6, brotli quality 11), each file by itself. */
export interface Bytes {
  raw: number
  gzip: number
  brotli: number
}

export interface FirstLoad {
  /** The document, its scripts and what they import, its styles: all before anything is pressed. */
  page: Bytes
  /** The scripts of the workers that the page makes at once, and what those import, before they are asked for anything. */
  workers: Bytes
  /** Every file counted, as paths within the build. */
  files: { page: string[]; workers: string[] }
}

/**
 * What a first visit fetches, read off a build: a chunk counts where it is imported, and not where it is only loaded later.
 * Icons and sample data are left out.
 * @param dist the folder of a build
 */
export function firstLoad(dist: string): FirstLoad {
  const read = (path: string) => readFileSync(join(dist, path))
  const html = read('index.html').toString()
  const linked = [...html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.(?:js|css))"/g)].map(
    ([, path]) => path!,
  )
  if (!linked.some((path) => path.endsWith('.js'))) throw new Error(`${dist}/index.html names no script`)
  const page = closure(dist, linked)
  const text = page.map((path) => read(path).toString()).join('\n')
  const made = readdirSync(join(dist, 'assets')).filter(
    (name) => /^(data|train)\.worker-[^.]+\.js$/.test(name) && text.includes(name),
  )
  // The entry of a worker imports nothing beforehand: what it loads, it loads at once.
  const entries = made.map((name) => `assets/${name}`)
  const loaded = entries.flatMap((path) => laterImports(read(path).toString()))
  const workers = closure(dist, [...entries, ...loaded.map((name) => `assets/${basename(name)}`)])
  const files = { page: ['index.html', ...page], workers }
  const sum = (paths: readonly string[]) => paths.map((path) => bytesOf(read(path))).reduce(plus, NONE)
  return { page: sum(files.page), workers: sum(files.workers), files }
}

/** A line for people. */
export function firstLoadLine({ page, workers }: FirstLoad): string {
  const said = ({ raw, gzip, brotli }: Bytes) => `${kB(raw)} (gzip ${kB(gzip)}, brotli ${kB(brotli)})`
  return `first load: page ${said(page)}, its workers ${said(workers)}`
}

const kB = (bytes: number) => `${(bytes / 1000).toFixed(0)} kB`

const NONE: Bytes = { raw: 0, gzip: 0, brotli: 0 }

const plus = (a: Bytes, b: Bytes): Bytes => ({
  raw: a.raw + b.raw,
  gzip: a.gzip + b.gzip,
  brotli: a.brotli + b.brotli,
})

const bytesOf = (bytes: Buffer): Bytes => ({
  raw: bytes.length,
  gzip: gzipSync(bytes).length,
  brotli: brotliCompressSync(bytes).length,
})

/** These files and all that they import, each once, in the order of finding. */
export function closure(dist: string, paths: readonly string[]): string[] {
  const found = new Set(paths)
  for (const path of found) {
    if (!path.endsWith('.js')) continue
    for (const name of staticImports(readFileSync(join(dist, path), 'utf8')))
      found.add(`assets/${basename(name)}`)
  }
  return [...found]
}

/** Modules that a built script loads with `import()`. */
export const laterImports = (code: string): string[] =>
  [...code.matchAll(/\bimport\(\s*[`'"](\.\/[^`'"]+)[`'"]\s*\)/g)].map(([, name]) => name!)

/** Modules that a script imports, or exports from, as it is loaded; not those of `import()`. */
function staticImports(code: string): string[] {
  return parseAst(code).body.flatMap((node) =>
    'source' in node && node.source && 'value' in node.source ? [String(node.source.value)] : [],
  )
}
