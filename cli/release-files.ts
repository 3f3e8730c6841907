import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { unzipSync, zipSync } from 'fflate'
import { type Build, namedBy } from '../src/service-worker/build.ts'
import { describeBuild, filesBelow, SERVICE_WORKER } from './service-worker.ts'
import { MOST, wholeApp } from './whole-app.ts'

/** The folder of an archive that holds the studio. */
const STUDIO = 'studio'

/** What is wrong with a built studio that is to be given away; nothing where all is right. @param dist its folder */
export async function faultsOf(dist: string): Promise<string[]> {
  const faults: string[] = []
  const read = (path: string) => readFileSync(join(dist, path), 'utf8')
  const all = filesBelow(dist)
  const build = await describeBuild(dist)
  for (const path of all) {
    if (path.endsWith('.map')) faults.push(`${path} is a source map`)
    if (/\.(js|css)$/.test(path) && /[#@] sourceMappingURL=/.test(read(path)))
      faults.push(`${path} names a source map`)
  }
  if (!all.includes('index.html')) faults.push('there is no index.html')
  else {
    const html = read('index.html')
    for (const [, address] of html.matchAll(/\b(?:src|href)="([^"]*)"/g))
      if (!address!.startsWith('./')) faults.push(`index.html names ${address}, which no sub-folder has`)
    for (const path of namedBy(html))
      if (!all.includes(path)) faults.push(`index.html names ${path}, which is missing`)
  }
  if (!all.includes(SERVICE_WORKER)) faults.push(`there is no ${SERVICE_WORKER}`)
  else if (!keeps(read(SERVICE_WORKER), build)) faults.push(`${SERVICE_WORKER} is of another build`)
  if (faults.length === 0) {
    const { transfer, stored } = await wholeApp(dist)
    if (transfer > MOST.transfer)
      faults.push(`it is ${transfer} bytes compressed, of at most ${MOST.transfer}`)
    if (stored > MOST.stored) faults.push(`it is ${stored} bytes, of at most ${MOST.stored}`)
  }
  return faults
}

const keeps = (script: string, { id, files }: Build): boolean =>
  script.includes(`"${id}"`) && Object.values(files).every(([, hash]) => script.includes(`"${hash}"`))

/** The archive for schools: the same bytes wherever and whenever it is made. @param texts what lies beside the studio */
export function archive(folder: string, dist: string, texts: Record<string, string>): Uint8Array {
  // Read as the parts of a day that it is: the same in every time zone.
  const mtime = new Date(1980, 0, 1)
  const files: Record<string, Uint8Array> = {}
  for (const [name, text] of Object.entries(texts))
    files[`${folder}/${name}`] = new TextEncoder().encode(text)
  for (const path of filesBelow(dist)) files[`${folder}/${STUDIO}/${path}`] = readFileSync(join(dist, path))
  const names = Object.keys(files).sort()
  return zipSync(Object.fromEntries(names.map((name) => [name, files[name]!])), { level: 9, mtime, os: 3 })
}

/** Lays the studio of an archive of an earlier version out again. @returns its version */
export function unpackArchive(path: string, site: string): string {
  const version = /^lapidary-(\d+\.\d+\.\d+)\.zip$/.exec(basename(path))?.[1]
  if (!version) throw new Error(`${path} is not named as an archive of a version is: lapidary-X.Y.Z.zip`)
  const inside = `lapidary-${version}/${STUDIO}/`
  const files = Object.entries(unzipSync(readFileSync(path))).filter(
    ([name]) => name.startsWith(inside) && !name.endsWith('/'),
  )
  if (files.length === 0) throw new Error(`${path} holds no ${inside}`)
  for (const [name, bytes] of files) {
    const relative = name.slice(inside.length)
    if (relative.split('/').includes('..')) throw new Error(`${path} names ${name}`)
    const to = join(site, `v${version}`, relative)
    mkdirSync(dirname(to), { recursive: true })
    writeFileSync(to, bytes)
  }
  return version
}

/** The site: this version at its own address, the same as the latest, and a document that leads there. */
export function layOut(site: string, dist: string, version: string): void {
  for (const folder of [`v${version}`, 'latest']) cpSync(dist, join(site, folder), { recursive: true })
  // GitHub Pages leaves out what begins with an underscore otherwise.
  writeFileSync(join(site, '.nojekyll'), '')
  writeFileSync(join(site, 'index.html'), LEAD)
}

/** Keeps what follows # and ?: a link to a run is one to the latest studio. */
const LEAD = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Lapidary</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="canonical" href="./latest/">
<script>location.replace('./latest/' + location.search + location.hash)</script>
<noscript><meta http-equiv="refresh" content="0; url=./latest/"></noscript>
<p><a href="./latest/">Lapidary</a></p>
</html>
`

/** As `sha256sum --check` reads them, of every file below a folder but this list itself. */
export function checksums(folder: string): string {
  return filesBelow(folder)
    .filter((path) => path !== 'SHA256SUMS')
    .map(
      (path) =>
        `${createHash('sha256')
          .update(readFileSync(join(folder, path)))
          .digest('hex')}  ${path}\n`,
    )
    .join('')
}
