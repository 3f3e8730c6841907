/**
 * How long it takes on a second visit from the press of "Start training" to the first step, with a model that the browser keeps and
 * the portable engine: the page itself, driven as a person does it, with the pirate sample and the settings that it proposes.
 *
 *   npx tsx bench/start-to-step.ts --model FOLDER [--visits 2]
 *
 * Beside the clock, which says little on cores that others work on, what the page's busiest threads had of a processor until then
 * (Linux only).
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Page } from 'playwright-core'
import { parseFlags } from '../cli/args.ts'
import { ensureBuilt } from '../cli/build.ts'
import { CHROMIUM_ARGS, findChromium } from '../cli/chromium.mjs'
import { serve } from '../cli/server.ts'
import { pageThreads, usedSince } from './thread-times.ts'

const PATIENCE = 300_000

const { model, visits = 2 } = parseFlags(process.argv.slice(2), { model: 'text', visits: 'number' })
if (!model) throw new Error('--model takes the folder of a model')
const root = await ensureBuilt((text) => console.error(text))
const server = await serve({ root })
const executablePath = await findChromium()
const profile = mkdtempSync(join(tmpdir(), 'lapidary-start-'))
const context = await chromium.launchPersistentContext(profile, {
  ...(executablePath ? { executablePath } : {}),
  args: [...CHROMIUM_ARGS.filter((arg) => !arg.includes('webgpu')), '--disable-features=WebGPU'],
  viewport: { width: 1280, height: 900 },
})

/** What the bar of the run says, each with seconds since the press, until a step is done. */
function untilStep(page: Page): Promise<[seconds: number, said: string][]> {
  return page.evaluate(
    (patience) =>
      new Promise((resolve, reject) => {
        const pressed = performance.now()
        const told: [number, string][] = []
        const look = () => {
          const seconds = (performance.now() - pressed) / 1000
          const said = document.querySelector('.progress-label')?.textContent ?? ''
          if (told.at(-1)?.[1] !== said) told.push([seconds, said])
          const alert = document.querySelector('[role=alert]')?.textContent
          if (alert) return reject(new Error(alert))
          if (/step [1-9]\d* of/.test(document.body.innerText)) return resolve([...told, [seconds, 'step 1']])
          if (seconds * 1000 > patience) return reject(new Error('no step'))
          setTimeout(look, 20)
        }
        const start = [...document.querySelectorAll('button')].find(
          ({ textContent }) => textContent === 'Start training',
        )
        start!.click()
        look()
      }),
    PATIENCE,
  )
}

try {
  const page = context.pages()[0] ?? (await context.newPage())
  page.setDefaultTimeout(PATIENCE)
  // What runs this file names functions by a helper, which a page does not have.
  await page.addInitScript('globalThis.__name = (named) => named')
  page.on('pageerror', ({ message }) => process.stderr.write(`page: ${message}\n`))
  await page.goto(`${server.url}#/model`)
  const files = readdirSync(model).filter((name) => /\.(json|safetensors)$/.test(name))
  await page.getByLabel('Choose its files').setInputFiles(files.map((name) => join(model, name)))
  await page.waitForFunction(() =>
    /^gemma/i.test(
      document.querySelector('input[type=radio]:checked')?.closest('label')?.querySelector('h3')
        ?.textContent ?? '',
    ),
  )
  for (let visit = 1; visit <= visits; visit++) {
    await page.goto('about:blank')
    const opened = performance.now()
    await page.goto(server.url)
    await page.getByRole('button', { name: /^Talk like a pirate/ }).click()
    await page.getByText('To learn from', { exact: true }).waitFor()
    await page.getByRole('link', { name: 'Train', exact: true }).click()
    const start = page.getByRole('button', { name: 'Start training' })
    await start.waitFor()
    await page.waitForFunction(() =>
      [...document.querySelectorAll('button')].some(
        ({ textContent, disabled }) => textContent === 'Start training' && !disabled,
      ),
    )
    const ready = (performance.now() - opened) / 1000
    const before = pageThreads()
    const told = await untilStep(page)
    const used = usedSince(before)
    console.log(
      `visit ${visit}: ready to start ${ready.toFixed(1)} s after the address; from the press: ` +
        `${told.map(([at, said]) => `${at.toFixed(1)} ${JSON.stringify(said)}`).join(', ')}; ` +
        `the page's busiest threads meanwhile: ${used
          .slice(0, 4)
          .map((seconds) => `${seconds.toFixed(1)} s`)
          .join(', ')}`,
    )
  }
} finally {
  await context.close()
  await server.close()
  rmSync(profile, { recursive: true, force: true })
}
