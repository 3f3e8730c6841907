import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, expect, type Page, test } from '@playwright/test'
import { serve } from '../../cli/server.ts'
import { writeServiceWorker } from '../../cli/service-worker.ts'
import { curve, PATIENCE, startShort, stepsBeyond, stepsDone } from './helpers.ts'
import { firstVisit } from './journey.ts'

/** Whether the page is of the build with a mark in its document. */
const isLater = (page: Page) => page.evaluate(() => document.querySelector('meta[name="later"]') !== null)

test('after a visit to a plain host a new version waits for the next opening, and the whole journey works with the server stopped, the network off and the browser restarted', async ({
  baseURL,
  launchOptions,
}, info) => {
  const port = new URL(baseURL!).port
  const dist = info.outputPath('studio')
  cpSync(`.cache/e2e${port === '4391' ? '' : `-${port}`}`, dist, { recursive: true })
  // A host that cannot send headers.
  const server = await serve({ root: dist, isolated: false })
  const open = async () => {
    const browser = await chromium.launchPersistentContext(info.outputPath('profile'), {
      ...launchOptions,
      baseURL: server.url.replace('127.0.0.1', 'localhost'),
      serviceWorkers: 'allow',
    })
    return { browser, page: browser.pages()[0] ?? (await browser.newPage()) }
  }
  let { browser, page } = await open()
  try {
    await page.goto('/')
    // Whoever uses the page keeps it as it is, whatever would be gained by loading it anew.
    await page.keyboard.press('Shift')
    const session = await browser.newCDPSession(page)
    expect((await session.send('Page.getInstallabilityErrors')).installabilityErrors).toEqual([])
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null)
    const menu = page.getByRole('button', { name: 'This app' })
    await menu.click()
    await page.getByRole('menuitem', { name: 'Keep for use without internet' }).click()
    await expect(page.getByRole('menu')).toBeHidden()
    await menu.click()
    await expect(page.getByText(/^Works without internet/)).toBeVisible()

    // While a run goes on: it is told, and the run goes on.
    await startShort(page, 2000)
    await stepsBeyond(page, 0)
    const document = join(dist, 'index.html')
    writeFileSync(document, readFileSync(document, 'utf8').replace('<head>', '<head><meta name="later">'))
    await writeServiceWorker(process.cwd(), dist)
    await page.evaluate(async () => (await navigator.serviceWorker.getRegistration())!.update())
    await expect(page.getByRole('button', { name: 'This app: a new version is ready' })).toBeVisible()
    await stepsBeyond(page, await stepsDone(page))
    await page.getByRole('button', { name: 'Stop', exact: true }).click()
    const stopped = page.getByText(/^Stopped at step \d+ of 2,000\. What was learnt so far is kept\.$/)
    await expect(stopped).toBeVisible({ timeout: PATIENCE })
    const { training } = await curve(page)
    await page.reload()
    expect(await isLater(page)).toBe(false)
    await browser.close()
    await server.close()
    ;({ browser, page } = await open())
    await browser.setOffline(true)
    // The new version has the run of the old one.
    await page.goto('/')
    expect(await isLater(page)).toBe(true)
    await page.getByRole('button', { name: /^Runs: 1/ }).click()
    await page.getByRole('dialog', { name: 'Runs' }).getByRole('button', { name: 'Show' }).click()
    expect((await curve(page)).training).toEqual(training)
    await page.getByRole('button', { name: /^Runs: 1/ }).click()
    await page.getByRole('button', { name: /^More for/ }).click()
    await page.getByRole('menuitem', { name: 'Delete' }).click()
    await page
      .getByRole('dialog', { name: 'Delete this run?' })
      .getByRole('button', { name: 'Delete' })
      .click()
    await expect(page.getByText('Each training you start is kept here')).toBeVisible()
    await page.evaluate(() => localStorage.clear())
    await firstVisit(page, 30)
    expect(await isLater(page)).toBe(true)
    expect(await page.evaluate(() => caches.keys())).toHaveLength(1)
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true)
    await page.goto('/#/model')
    const threads = await page.evaluate(() => Math.min(8, navigator.hardwareConcurrency))
    await expect(page.getByText(`WebAssembly with SIMD, ${threads} thread`)).toBeVisible()
  } finally {
    await browser.close()
    await server.close().catch(() => {})
  }
})
