import { expect, type Page, test } from '@playwright/test'
import { type RunningServer, serve } from '../../cli/server.ts'
import { capitals, openFile, PATIENCE, stepsBeyond, watchForComplaints } from './helpers.ts'

// A machine without a graphics card, at a host that cannot send the headers for shared memory.
test.use({ serviceWorkers: 'allow', storageState: { cookies: [], origins: [] } })

let server: RunningServer
let at = ''

test.beforeAll(async ({ browserName: _ }, info) => {
  const port = new URL(info.project.use.baseURL!).port
  server = await serve({ root: `.cache/e2e${port === '4391' ? '' : `-${port}`}`, isolated: false })
  at = server.url.replace('127.0.0.1', 'localhost')
})
test.afterAll(() => server.close())

/** How often a document was loaded from now on. */
function loads(page: Page): () => number {
  let count = 0
  page.on('load', () => count++)
  return () => count
}

const isolated = (page: Page) => page.evaluate(() => crossOriginIsolated)

test('the first press on a first visit trains with shared memory, in a page that was loaded anew for it', async ({
  page,
}) => {
  const complaints = watchForComplaints(page)
  const loaded = loads(page)
  await page.goto(at)
  // As soon as it can be pressed: a service worker may not be there yet.
  await page.getByRole('button', { name: 'Watch a model learn' }).click()
  await stepsBeyond(page, 0)
  expect(await isolated(page)).toBe(true)
  expect(loaded()).toBe(2)
  await expect(page).toHaveURL(/#\/train$/)
  // It is done once.
  await page.getByRole('button', { name: 'Stop', exact: true }).click()
  await expect(page.getByText(/^Stopped at step/)).toBeVisible({ timeout: PATIENCE })
  await page.reload()
  await expect(page.getByRole('button', { name: /^Runs: 1/ })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Stop', exact: true })).toBeHidden()
  expect(complaints).toEqual([])
})

test('a run of own data and settings begins after it as it was set up', async ({ page }) => {
  const loaded = loads(page)
  await page.goto(at)
  await openFile(page, 'own.csv', capitals(40))
  await page.getByText('To learn from', { exact: true }).waitFor()
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  await page.getByRole('textbox', { name: 'Steps' }).fill('57')
  await page.getByRole('textbox', { name: 'Batch size' }).fill('3')
  await page.getByRole('button', { name: 'Start training' }).click()
  await stepsBeyond(page, 0)
  expect([await isolated(page), loaded()]).toEqual([true, 2])
  await expect(page.getByText(/step \d+ of 57/).first()).toBeVisible()
})

test('on a page with something written in a field it is not loaded anew, and trains all the same', async ({
  page,
}) => {
  const loaded = loads(page)
  await page.goto(at)
  await page.getByRole('button', { name: /^Talk like a pirate/ }).click()
  await page.getByText('To learn from', { exact: true }).waitFor()
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  await page.getByText('Questions asked along the way').click()
  const question = page.getByRole('textbox', { name: /^Question/ }).first()
  await question.fill('Who are you?')
  await page.getByRole('button', { name: 'Start training' }).click()
  await stepsBeyond(page, 0)
  expect([await isolated(page), loaded()]).toEqual([false, 1])
})
