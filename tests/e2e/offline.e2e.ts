import { chromium, expect, test } from '@playwright/test'
import { serve } from '../../cli/server.ts'
import { firstVisit } from './journey.ts'

test('after one visit to a plain host the whole journey works with the server stopped, the network off and the browser restarted', async ({
  baseURL,
  launchOptions,
}, info) => {
  const port = new URL(baseURL!).port
  // A host that cannot send headers.
  const server = await serve({ root: `.cache/e2e${port === '4391' ? '' : `-${port}`}`, isolated: false })
  const address = server.url.replace('127.0.0.1', 'localhost')
  const open = () =>
    chromium.launchPersistentContext(info.outputPath('profile'), {
      ...launchOptions,
      baseURL: address,
      serviceWorkers: 'allow',
    })
  let browser = await open()
  try {
    const page = browser.pages()[0] ?? (await browser.newPage())
    await page.goto('/')
    // Whoever uses the page keeps it as it is, whatever would be gained by loading it anew.
    await page.keyboard.press('Shift')
    const session = await browser.newCDPSession(page)
    expect((await session.send('Page.getInstallabilityErrors')).installabilityErrors).toEqual([])
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null)
    await page.getByRole('button', { name: 'This app' }).click()
    await page.getByRole('menuitem', { name: 'Keep for use without internet' }).click()
    await expect(page.getByRole('menu')).toBeHidden()
    await page.getByRole('button', { name: 'This app' }).click()
    await expect(page.getByText(/^Works without internet/)).toBeVisible()
    await browser.close()
    await server.close()

    browser = await open()
    await browser.setOffline(true)
    const again = browser.pages()[0] ?? (await browser.newPage())
    await firstVisit(again, 30)
    expect(await again.evaluate(() => crossOriginIsolated)).toBe(true)
    await again.goto('/#/model')
    await expect(again.getByText(/WebAssembly with SIMD, [2-9]\d* threads/)).toBeVisible()
  } finally {
    await browser.close()
    await server.close().catch(() => {})
  }
})
