/**
 * How much more memory a browser takes while a run of a real model is exported as a whole model:
 * `npx tsx bench/export-memory.ts --model DIR --run DIR [--formats merged,gguf-q8_0,h5-merged]`. The run is made into a file by
 * `npm run export`, with its proof, and opened in a Chromium of its own, without a debugger, which would keep what passes; then
 * every format is downloaded by a Chromium begun for it, both ways: into a file that was chosen, as it is made (a file of the page's own stands
 * for it, since nobody is there to press a button), and to the downloads, whose zip is looked for in its folder. Memory is what all processes of the
 * browser have written to memory, shared pages by their part, over what it was while the page stood open; Linux only.
 */

import { spawn, spawnSync } from 'node:child_process'
import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { createServer as createPages } from 'vite'
import { parseFlags } from '../cli/args.ts'
import { ROOT } from '../cli/build.ts'
import { CHROMIUM_ARGS, findChromium } from '../cli/chromium.mjs'
import { held, type Watched, watched } from './browser-memory.ts'

const flags = parseFlags(process.argv.slice(2), { model: 'text', run: 'text', formats: 'list', ways: 'list' })
if (!flags.model || !flags.run) throw new Error('--model DIR and --run DIR are needed')
const FORMATS = flags.formats ?? ['merged', 'gguf-q8_0', 'h5-merged']
/** Into a file that was chosen; to the downloads. */
const WAYS = flags.ways ?? ['chosen', 'downloads']
/** A page that stands open for so long has done what it does by itself, ms. */
const QUIET_MS = 3000

const work = mkdtempSync(join(tmpdir(), 'lapidary-export-memory-'))
const profile = join(work, 'profile')
const downloads = join(work, 'downloads')

/** Files by their address below the origin. */
const served = new Map<string, string>()
for (const name of readdirSync(flags.model)) served.set(`/model/${name}`, resolve(flags.model, name))

/** What the page tells, by its path: the first that waits for it hears it. */
const waiting = new Map<string, (text: string) => void>()
const heard = (path: string) => new Promise<string>((done) => waiting.set(path, done))

const source = createServer((request, response) => {
  const headers = {
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Expose-Headers': 'Content-Range, ETag',
  }
  if (request.method === 'POST') {
    let text = ''
    request.on('data', (piece) => {
      text += piece
    })
    request.on('end', () => {
      response.writeHead(204, headers).end()
      waiting.get(request.url!)?.(text)
    })
    return
  }
  const path = served.get(decodeURIComponent(request.url!))
  if (!path) return void response.writeHead(404, headers).end()
  const size = statSync(path).size
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
  const [start, end] = [Number(from ?? 0), Math.min(Number(to ?? size - 1), size - 1)]
  const range = from === undefined ? {} : { 'Content-Range': `bytes ${start}-${end}/${size}` }
  response.writeHead(from === undefined ? 200 : 206, {
    ...headers,
    ...range,
    'Content-Length': end - start + 1,
    ETag: '"1"',
  })
  createReadStream(path, { start, end }).pipe(response)
})
await new Promise<void>((done) => source.listen(0, '127.0.0.1', done))
const origin = `http://127.0.0.1:${(source.address() as AddressInfo).port}`

/** A page that does one thing and tells what came of it. */
const pageOf = (script: string) => `<!doctype html><script type="module">
  import { createStudio } from '/src/workers/client.ts'
  const tell = (path, body = '') => fetch('${origin}' + path, { method: 'POST', body })
  try {
    const studio = createStudio()
    ${script}
  } catch (error) {
    await tell('/done', 'failed: ' + (error?.message ?? error))
  }
</script>`

const OPENING = `
    await studio.models.download({ kind: 'url', address: '${origin}/model/' })
    const file = await (await fetch('${origin}/run')).blob()
    const { lacks } = await studio.runs.openRunFile(file, 'run.lapidary-run.zip')
    await tell('/done', lacks.model || lacks.checkpoint ? 'failed: it lacks ' + JSON.stringify(lacks) : '0')`

/** The page's own code: what is asked, where it goes, and the proof, which the run brought along. */
const taking = (format: string, way: string) => `
    const { createDownloads } = await import('/src/ui/state/downloads.ts')
    const folder = await navigator.storage.getDirectory()
    window.showSaveFilePicker = ${way === 'chosen' ? "() => folder.getFileHandle('taken.zip', { create: true })" : 'undefined'}
    const [run] = await studio.runs.list()
    const proofs = { ensure: () => Promise.reject(new Error('the run has brought no proof')) }
    const taken = createDownloads(studio, { label: () => 'taken', chosen: async () => ({ which: 'last', step: null }) }, proofs)
    const files = await studio.runs.exportRun(run.id, '${format}', 'last')
    const size = files.reduce((sum, file) => sum + file.size, 0)
    await new Promise((done) => setTimeout(done, ${QUIET_MS}))
    await tell('/ready')
    await new Promise((done) => setTimeout(done, 500))
    await taken.run(run, '${format}', { files, step: null, proven: true })
    const failure = taken.failureOf(run.id)
    const written = ${way === 'chosen' ? "(await (await folder.getFileHandle('taken.zip')).getFile()).size" : '0'}
    await tell('/done', failure ? 'failed: ' + failure.message : size + ' ' + written)`

const pages = await createPages({
  root: ROOT,
  logLevel: 'error',
  server: { port: 0, host: '127.0.0.1' },
  plugins: [
    {
      name: 'exporting-pages',
      configureServer({ middlewares }) {
        middlewares.use('/exporting', (request, response) => {
          const asked = new URL(request.url!, origin).searchParams
          const [format, way] = [asked.get('format'), asked.get('way')]
          response.setHeader('Content-Type', 'text/html')
          response.end(pageOf(format && way ? taking(format, way) : OPENING))
        })
      },
    },
  ],
})
await pages.listen()
const home = pages.resolvedUrls!.local[0]!

/** A Chromium without a debugger, on the profile that is kept, until `use` is over. */
async function alone<T>(path: string, use: () => Promise<T>): Promise<T> {
  const executable = await findChromium()
  if (!executable) throw new Error('there is no Chromium')
  const args = [
    ...CHROMIUM_ARGS,
    '--headless=new',
    '--no-first-run',
    `--user-data-dir=${profile}`,
    `${home}${path}`,
  ]
  const child = spawn(executable, args, { stdio: 'ignore' })
  const ended = new Promise((done) => child.once('exit', done))
  try {
    return await use()
  } finally {
    child.kill()
    await ended
  }
}

async function done(): Promise<string> {
  const text = await heard('/done')
  if (text.startsWith('failed')) throw new Error(text)
  return text
}

/** The zip in the downloads, once it is whole; its bytes. */
async function downloaded(least: number): Promise<number> {
  for (;;) {
    const zip = readdirSync(downloads).find((name) => name.endsWith('.zip'))
    const size = zip ? statSync(join(downloads, zip)).size : 0
    if (size >= least) return size
    await new Promise((wait) => setTimeout(wait, 100))
  }
}

async function measure(format: string, way: string): Promise<Watched<{ model: number; zip: number }>> {
  return alone(`exporting?format=${format}&way=${way}`, async () => {
    const failed = done()
    await Promise.race([heard('/ready'), failed])
    const before = held('written')
    const taken = failed.then(async (text) => {
      const [model, written] = text.split(' ').map(Number) as [number, number]
      return { model, zip: way === 'chosen' ? written : await downloaded(model) }
    })
    return watched(taken, { measure: 'written', everyMs: 100, before })
  })
}

const mega = (bytes: number) => `${Math.round(bytes / 1e6)} MB`
try {
  mkdirSync(join(profile, 'Default'), { recursive: true })
  mkdirSync(downloads)
  const preferences = { download: { default_directory: downloads, prompt_for_download: false } }
  writeFileSync(join(profile, 'Default', 'Preferences'), JSON.stringify(preferences))
  const command = [
    join(ROOT, 'cli/bootstrap.mjs'),
    'export',
    '--run',
    flags.run,
    '--model',
    flags.model,
    '--format',
    'run',
    '--out',
    work,
  ]
  if (spawnSync(process.execPath, command, { stdio: 'inherit' }).status !== 0)
    throw new Error('npm run export failed')
  const file = readdirSync(work).find((name) => name.endsWith('.lapidary-run.zip'))
  if (!file || !existsSync(join(work, file))) throw new Error('npm run export wrote no run')
  served.set('/run', join(work, file))
  console.log(
    `${basename(resolve(flags.model))} and the run's file: ${mega(statSync(join(work, file)).size)}`,
  )
  await alone('exporting', done)
  for (const format of FORMATS)
    for (const way of WAYS) {
      rmSync(downloads, { recursive: true })
      mkdirSync(downloads)
      const { value, seconds, pages, all } = await measure(format, way)
      if (value.zip < value.model) throw new Error(`${format} ${way}: ${value.zip} bytes of ${value.model}`)
      console.log(
        `${format}, ${way}: ${mega(value.zip)} in ${seconds.toFixed(1)} s; more held by the whole browser at most ${mega(all)}, by the page ${mega(pages)}`,
      )
    }
} finally {
  await pages.close()
  source.closeAllConnections()
  source.close()
  rmSync(work, { recursive: true, force: true, maxRetries: 10 })
}
