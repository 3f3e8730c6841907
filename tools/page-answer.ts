/**
 * What a page that runs an export with wllama says, in Chromium.
 *
 *   npx tsx tools/page-answer.ts PAGE.html model.gguf=FILE [base.gguf=FILE ...]
 *
 * Serves the page with these files and wllama's package beside it, as the page's own comment has it, waits until `#answer` has been given, and prints it.
 * Exit 1 with what went wrong.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { wllamaFolder } from '../bench/processor/wllama.ts'
import { ROOT } from '../cli/build.ts'
import { CHROMIUM_ARGS, findChromium } from '../cli/chromium.mjs'
import { serve } from '../cli/server.ts'

/** A busy machine takes its time over a million weights, too. */
const PATIENCE = 300_000

const [page, ...beside] = process.argv.slice(2)
const files = beside.map((each) => /^([^=/]+)=(.+)$/.exec(each))
if (!page || files.length === 0 || files.includes(null))
  throw new Error('npx tsx tools/page-answer.ts PAGE.html NAME=FILE ...')
const found = wllamaFolder()
if ('reason' in found) throw new Error(found.reason)
const executablePath = await findChromium()
const server = await serve({
  root: join(ROOT, found.folder),
  texts: new Map([['/index.html', readFileSync(page, 'utf8')]]),
  files: new Map(files.map((each) => [`/${each![1]}`, each![2]!])),
  folders: new Map([['/node_modules/@wllama/wllama/esm/', join(ROOT, found.folder)]]),
})
const browser = await chromium.launch({ args: CHROMIUM_ARGS, ...(executablePath ? { executablePath } : {}) })
try {
  const tab = await browser.newPage()
  const wrong: string[] = []
  tab.on('pageerror', (error) => wrong.push(error.message))
  await tab.goto(`${server.url}index.html`)
  const said = tab.locator('#answer')
  const first = (await said.textContent()) ?? ''
  await tab
    .waitForFunction(
      (loading) => document.querySelector('#answer')?.textContent !== loading,
      first.startsWith('Loading') ? first : 'Loading the model …',
      { timeout: PATIENCE },
    )
    .catch((error: Error) => wrong.push(error.message))
  if (wrong.length > 0) throw new Error(wrong.join('; '))
  console.log((await said.textContent())?.trim())
} finally {
  await browser.close()
  await server.close()
}
