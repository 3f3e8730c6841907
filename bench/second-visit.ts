/**
 * How long a second visit takes to the first words of an answer, with a model that is stored in the browser and the portable engine:
 * `npx tsx bench/second-visit.ts --model FOLDER|FILE.gguf [--visits 3]`. The studio's own client and workers, built as they are published.
 * Beside the time by the clock, what the page's busiest threads had of a processor until then: on cores that others work on the clock
 * says little (Linux only).
 */

import { readdirSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { build } from 'vite'
import { parseFlags } from '../cli/args.ts'
import { openBrowser } from '../cli/browser.ts'
import { ROOT } from '../cli/build.ts'
import { serve } from '../cli/server.ts'
import { pageThreads, usedSince } from './thread-times.ts'

const { model, visits = 3 } = parseFlags(process.argv.slice(2), { model: 'text', visits: 'number' })
if (!model) throw new Error('--model takes a folder or a .gguf file')
const out = join(ROOT, '.cache', 'bench-second-visit')
await build({
  configFile: false,
  root: join(ROOT, 'bench', 'second-visit'),
  base: './',
  publicDir: false,
  logLevel: 'error',
  worker: { format: 'es' },
  build: { target: 'es2023', outDir: out, emptyOutDir: true },
})
const file = statSync(model).isFile()
const names = file ? [basename(model)] : readdirSync(model)
const folder = file ? dirname(model) : model
const server = await serve({
  root: out,
  files: new Map(names.map((name) => [`/given/${name}`, join(folder, name)])),
  folders: new Map([['/models/', join(ROOT, 'public', 'models')]]),
})
const { page, close } = await openBrowser()
const open = async () => {
  await page.goto('about:blank')
  await page.goto(server.url)
  await page.waitForFunction(() => window.visit !== undefined, undefined, { timeout: 60_000 })
}
let before = new Map<string, number>()
let used: number[] = []
await page.exposeFunction('toldVisit', (what: string) => {
  if (what !== 'first text') return
  used = usedSince(before)
})
try {
  await open()
  const began = performance.now()
  const address = `${server.url}given/${file ? basename(model) : ''}`
  const { id } = await page.evaluate((address) => window.visit!.fetchModel(address), address)
  console.log(`fetched, checked and stored in ${((performance.now() - began) / 1000).toFixed(1)} s`)
  for (let visit = 1; visit <= visits; visit++) {
    before = pageThreads()
    await open()
    const { told, text } = await page.evaluate((id) => window.visit!.ask(id, 'The capital of France is'), id)
    const parts = told.map(({ at, what }) => `${(at / 1000).toFixed(2)} ${what}`)
    console.log(
      `visit ${visit}, seconds since the page was opened: ${parts.join(', ')}; ` +
        `its busiest threads until the first text: ${used
          .slice(0, 4)
          .map((seconds) => `${seconds.toFixed(1)} s`)
          .join(', ')}; ${JSON.stringify(text)}`,
    )
  }
} finally {
  await close()
  await server.close()
  rmSync(out, { recursive: true, force: true })
}
