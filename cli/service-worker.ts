import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build as bundle } from 'esbuild'
import { type Build, hashOf } from '../src/service-worker/build.ts'
import { policyOf } from './trusted-build.ts'

/** Beside the document, so that all of the studio is in its scope. A host without this file serves the same studio, online. */
export const SERVICE_WORKER = 'service-worker.js'

/** Of a build, what is not needed to run it: where texts come from, this script itself, and what a folder hides. */
const isNeeded = (path: string) => !path.endsWith('.map') && path !== SERVICE_WORKER && !/(^|\/)\./.test(path)

/** Every file below a folder, in an order of its own. */
export function filesBelow(folder: string, below = ''): string[] {
  return readdirSync(join(folder, below))
    .sort()
    .flatMap((name) => {
      const path = below ? `${below}/${name}` : name
      return statSync(join(folder, path)).isDirectory() ? filesBelow(folder, path) : [path]
    })
}

/** All that a build needs to work without a network. @param dist its folder */
export async function describeBuild(dist: string): Promise<Build> {
  const files: Build['files'] = {}
  for (const path of filesBelow(dist).filter(isNeeded)) {
    const bytes = readFileSync(join(dist, path))
    files[path === 'index.html' ? '' : path] = [bytes.length, await hashOf(bytes)]
  }
  const id = await hashOf(new TextEncoder().encode(JSON.stringify(files)))
  return { id, files }
}

/** Of a build: the list of its files, by which it is taken along in a class pack. */
export const STUDIO_LIST = 'studio-files.json'

/** Writes that list into a build. It names neither itself nor the service worker, which knows it. */
export function writeStudioList(dist: string): void {
  const list = filesBelow(dist)
    .filter((path) => isNeeded(path) && path !== STUDIO_LIST)
    .map((path) => {
      const bytes = readFileSync(join(dist, path))
      return { path, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
    })
  writeFileSync(join(dist, STUDIO_LIST), `${JSON.stringify(list)}\n`)
}

/** Writes the service worker of a build into it. @param root of the repository */
export async function writeServiceWorker(root: string, dist: string): Promise<void> {
  await bundle({
    entryPoints: [join(root, 'src/service-worker/service-worker.ts')],
    outfile: join(dist, SERVICE_WORKER),
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    define: {
      LAPIDARY_BUILD: JSON.stringify(await describeBuild(dist)),
      LAPIDARY_POLICY: JSON.stringify(policyOf(readFileSync(join(dist, 'index.html'), 'utf8'))),
    },
    logLevel: 'warning',
  })
}
