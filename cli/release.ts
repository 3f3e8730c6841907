import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fail } from '../src/protocol/errors.ts'
import { PACK_ENDING } from '../src/protocol/pack.ts'
import { READY_LESSONS } from '../src/runs/ready-lessons.ts'
import { parseFlags } from './args.ts'
import { ROOT } from './build.ts'
import { writeReadyLesson } from './pack-file.ts'
import { archive, checksums, faultsOf, layOut, unpackArchive } from './release-files.ts'
import { report } from './report.ts'
import { packageScript, runShown } from './stage.ts'
import { wholeApp, wholeAppLine } from './whole-app.ts'

const HELP = `npm run release -- [--out DIR] [--previous DIR] [--unchecked]

Builds the studio without source maps, checks types, lint and what was built, and writes

  site/                 for any static host: this version at /vX.Y.Z/, the same at /latest/, and a document that leads there
  lapidary-X.Y.Z.zip    for schools: the studio, and how it is served without internet
  lapidary-lesson-*.lapidary-pack.zip   class packs of the ready lessons; the same with .html, each one file that opens from a stick
  SHA256SUMS            of all of these

The same sources and packages give the same bytes. Tests are not run: npm test does that, and takes minutes.

  --out        default dist-release
  --previous   folder with archives of earlier versions, which stay at their addresses
  --unchecked  without types and lint`

try {
  const flags = parseFlags(process.argv.slice(2), {
    out: 'text',
    previous: 'text',
    unchecked: 'switch',
    help: 'switch',
  })
  if (flags.help) console.log(HELP)
  else await release(resolve(flags.out ?? join(ROOT, 'dist-release')), flags)
} catch (error) {
  process.exitCode = report(error)
}

async function release(out: string, how: { previous?: string; unchecked?: boolean }): Promise<void> {
  if (existsSync(out) && readdirSync(out).length > 0 && !existsSync(join(out, 'SHA256SUMS')))
    fail('output_exists', 'The folder holds something else than a release.', 'Name another one with --out.', {
      folder: out,
    })
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
  if (!how.unchecked) {
    await check('types', packageScript('typescript/bin/tsc'), ['--noEmit'])
    await check('lint', packageScript('@biomejs/biome/bin/biome'), ['check', '.'])
  }
  const dist = join(ROOT, '.cache', 'release')
  const { build } = await import('vite')
  await build({
    root: ROOT,
    logLevel: 'warn',
    build: { outDir: dist, emptyOutDir: true, sourcemap: false },
  })
  const faults = await faultsOf(dist)
  if (faults.length > 0)
    fail('internal', `The build cannot be released: ${faults.join('; ')}.`, 'See docs/hosting.md.')
  console.log(wholeAppLine(await wholeApp(dist)))

  rmSync(out, { recursive: true, force: true })
  const site = join(out, 'site')
  mkdirSync(site, { recursive: true })
  const earlier = how.previous
    ? archivesIn(how.previous, version).map((path) => unpackArchive(path, site))
    : []
  layOut(site, dist, version)
  const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
  const texts = { 'README.txt': read('hosting/school/README.txt'), LICENSE: read('LICENSE') }
  const name = `lapidary-${version}`
  writeFileSync(join(out, `${name}.zip`), archive(name, dist, texts))
  for (const [id, { languages }] of Object.entries(READY_LESSONS))
    for (const language of languages) {
      const ending = `${language === 'en' ? '' : `.${language}`}${PACK_ENDING}`
      await writeReadyLesson(id, language, dist, join(out, `lapidary-lesson-${id}${ending}`))
    }
  writeFileSync(join(out, 'SHA256SUMS'), checksums(out))
  console.log(`${out}: version ${version}${earlier.length > 0 ? `, beside ${earlier.join(', ')}` : ''}`)
}

/** This version's own is not an earlier one. */
function archivesIn(folder: string, version: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.zip') && name !== `lapidary-${version}.zip`)
    .sort()
    .map((name) => join(folder, name))
}

async function check(what: string, script: string, args: string[]): Promise<void> {
  const { status } = await runShown(process.execPath, [script, ...args])
  if (status !== 0)
    fail('internal', `The check of ${what} failed, see above.`, 'npm run check shows it again.')
}
