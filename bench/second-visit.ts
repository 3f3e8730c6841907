/**
 * The second visit: a model was stored and trained for a step on the first, the browser was closed, and a person opens the page
 * and asks a question at once. Seconds from opening to the first word and to the end of the first answer, and where they went:
 *
 *   npx tsx bench/second-visit.ts --model FOLDER [--engine portable] [--visits 3] [--words 16]
 *
 * FOLDER is a Hugging Face folder, of Gemma 3 270M say. Each visit is a browser of its own on the same profile.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { parseFlags } from '../cli/args.ts'
import { ensureBuilt } from '../cli/build.ts'
import { CHROMIUM_ARGS, findChromium } from '../cli/chromium.mjs'
import { serve } from '../cli/server.ts'

const given = parseFlags(process.argv.slice(2), {
  model: 'text',
  engine: 'text',
  visits: 'number',
  words: 'number',
})
const { engine = 'portable', visits = 3, words = 16 } = given
if (given.model === undefined) throw new Error('Give --model FOLDER, a Hugging Face folder.')
const folder = resolve(given.model)
const names = readdirSync(folder).filter((name) => /\.(json|jinja|safetensors)$/.test(name))
/** Of a model of some hundred million weights on two cores, a step may take so long. */
const PATIENCE = 600_000
const say = (text: string) => process.stderr.write(`${text}\n`)

const server = await serve({ root: await ensureBuilt(say), port: 0 })
const profile = mkdtempSync(join(tmpdir(), 'lapidary-visit-'))
const executablePath = await findChromium()

async function open(): Promise<{ context: BrowserContext; page: Page }> {
  const context = await chromium.launchPersistentContext(profile, {
    ...(executablePath ? { executablePath } : {}),
    args: CHROMIUM_ARGS,
    headless: true,
  })
  const page = context.pages()[0] ?? (await context.newPage())
  page.setDefaultTimeout(PATIENCE)
  return { context, page }
}

async function firstVisit(): Promise<void> {
  const { context, page } = await open()
  const complaints: string[] = []
  page.on('pageerror', ({ message }) => complaints.push(message))
  await page.goto(`${server.url}?engine=${engine}#/model`)
  // By their paths: the files of a model are too large to be sent.
  await page.getByLabel('Choose files').setInputFiles(names.map((name) => join(folder, name)))
  await page
    .locator('input[type=radio]:checked')
    .and(page.getByRole('radio', { name: /[1-9]\d{2}M/ }))
    .waitFor()
  say('stored')
  await page.getByRole('link', { name: 'Data', exact: true }).click()
  const rows = Array.from({ length: 12 }, (_, i) => `What is ${i}?,${i} it is.`)
  const buffer = Buffer.from(`question,answer\n${rows.join('\n')}\n`)
  await page.getByLabel('Choose a file').setInputFiles({ name: 'rows.csv', mimeType: 'text/csv', buffer })
  await page.getByText('To learn from', { exact: true }).waitFor()
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  await page.getByRole('textbox', { name: 'Steps' }).fill('1')
  await page.getByText('Questions asked along the way').click()
  const questions = page.getByRole('textbox', { name: /^Question \d/ })
  await questions.first().waitFor()
  for (const field of await questions.all()) await field.fill('')
  await page.getByRole('button', { name: 'Start training' }).click()
  await page.getByText('Done. The adapter is ready.').waitFor()
  say('trained')
  if (complaints.length > 0) throw new Error(complaints.join('\n'))
  await context.close()
}

async function visit(): Promise<Record<string, number>> {
  const { context, page } = await open()
  const began = performance.now()
  const at: Record<string, number> = {}
  const mark = (what: string) => {
    at[what] = (performance.now() - began) / 1000
  }
  await page.goto(`${server.url}?engine=${engine}#/evaluate`)
  const question = page.getByRole('textbox', { name: /^Your question/ })
  await question.waitFor()
  mark('page')
  await page.getByText('How it answers').click()
  await page.getByRole('textbox', { name: 'Longest answer' }).fill(String(words))
  await question.fill('What is the capital of France?')
  await page.getByRole('button', { name: 'Ask both models' }).click()
  mark('asked')
  const tuned = page.locator('.answer.tuned').first()
  // Three dots stand for what is still to come.
  await tuned
    .locator('p')
    .first()
    .filter({ hasNotText: /^\s*…?\s*$/ })
    .waitFor()
  mark('first word')
  await tuned.getByText(/^[\d.,]+ s/).waitFor()
  mark('answer')
  await context.close()
  return at
}

try {
  await firstVisit()
  for (let i = 0; i < visits; i++) console.log(JSON.stringify(await visit()))
} finally {
  await server.close()
  rmSync(profile, { recursive: true, force: true, maxRetries: 10 })
}
