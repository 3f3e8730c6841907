/**
 * How long a second visit takes to the first words of an answer, with a model that is stored in the browser and the portable engine:
 * `npx tsx bench/second-visit.ts --model FOLDER|FILE.gguf [--visits 3]`. The studio's own client and workers, built as they are published.
 * Beside the time by the clock, what the page's busiest threads had of a processor until then: on cores that others work on the clock
 * says little (Linux only).
 */

import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { build } from 'vite'
import { parseFlags } from '../cli/args.ts'
import { openBrowser } from '../cli/browser.ts'
import { ROOT } from '../cli/build.ts'
import { serve } from '../cli/server.ts'
import { descendants } from './kills/processes.ts'

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
/** Processor time so far of each thread of the page's processes, seconds. */
function threads(): Map<string, number> {
  const times = new Map<string, number>()
  for (const { pid, command } of descendants(process.pid)) {
    if (!command.includes('--type=renderer')) continue
    try {
      for (const thread of readdirSync(`/proc/${pid}/task`)) {
        const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')
        const [user, system] = stat
          .slice(stat.lastIndexOf(') ') + 2)
          .split(' ')
          .slice(11, 13)
          .map(Number) as [number, number]
        times.set(`${pid} ${thread}`, (user + system) / 100)
      }
    } catch {
      // It has ended meanwhile.
    }
  }
  return times
}

let before = new Map<string, number>()
let used: number[] = []
await page.exposeFunction('toldVisit', (what: string) => {
  if (what !== 'first text') return
  used = [...threads()].map(([thread, time]) => time - (before.get(thread) ?? 0)).sort((a, b) => b - a)
})
try {
  await open()
  const began = performance.now()
  const address = `${server.url}given/${file ? basename(model) : ''}`
  const { id } = await page.evaluate((address) => window.visit!.fetchModel(address), address)
  console.log(`fetched, checked and stored in ${((performance.now() - began) / 1000).toFixed(1)} s`)
  for (let visit = 1; visit <= visits; visit++) {
    before = threads()
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
