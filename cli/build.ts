import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { firstLoad, firstLoadLine } from './first-load.ts'

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
export const DIST = join(ROOT, 'dist')
const STAMP = join(DIST, '.built-from')
const SOURCES = [
  ...['index.html', 'package-lock.json', 'vite.config.ts', 'tsconfig.json', 'src', 'public'],
  ...['docs', 'cli/guide', 'cli/trusted-build.ts', 'cli/embed-script.ts', 'cli/service-worker.ts'],
  'cli/one-file-build.ts',
  'cli/later-files.ts',
]

/** Builds the studio into dist/ unless it is there and of these very sources. */
export async function ensureBuilt(say: (text: string) => void): Promise<string> {
  const stamp = sourceStamp()
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === stamp) return DIST
  say('Building the studio ...')
  const { build } = await import('vite')
  const before = process.env.NODE_ENV
  // That of a test runner would take packages as they are for development, which the page's policy refuses.
  process.env.NODE_ENV = 'production'
  // Standard output belongs to the command.
  await build({
    root: ROOT,
    logLevel: 'error',
    build: {
      rolldownOptions: {
        input: { index: join(ROOT, 'index.html'), headless: join(ROOT, 'src/workers/headless-entry.ts') },
      },
    },
  }).finally(() => {
    if (before === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = before
  })
  say(firstLoadLine(firstLoad(DIST)))
  writeFileSync(STAMP, stamp)
  return DIST
}

/** Names the build in dist/. */
export function buildId(): string {
  return readFileSync(STAMP, 'utf8').slice(0, 16)
}

/** A page with nothing on it but the studio's workers, behind `window.lapidary`. */
export function headlessPage(): string {
  const script = readdirSync(join(DIST, 'assets')).find((name) => /^headless-.*\.js$/.test(name))
  if (!script) throw new Error('dist/ holds no headless entry; remove dist/ and try again')
  return `<!doctype html><meta charset="utf-8"><script type="module" src="./assets/${script}"></script>`
}

/** Names, sizes and times of every source file. */
function sourceStamp(): string {
  const hash = createHash('sha256')
  const visit = (path: string) => {
    const full = join(ROOT, path)
    if (!existsSync(full)) return
    const found = statSync(full)
    if (found.isDirectory()) for (const name of readdirSync(full).sort()) visit(join(path, name))
    else hash.update(`${path} ${found.size} ${found.mtimeMs}\n`)
  }
  for (const path of SOURCES) visit(path)
  return hash.digest('hex')
}
