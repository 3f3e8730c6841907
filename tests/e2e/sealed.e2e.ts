import { expect, type Page, test, type Worker } from '@playwright/test'
import { serve } from '../../cli/server.ts'
import { foundUnder, openOutside, policyPage, SEALED_HASH } from '../browsers/policy.ts'
import { startShort, watchForComplaints, watchForStrangers } from './helpers.ts'
import { probe } from './probe.ts'

test.use({
  serviceWorkers: 'allow',
  // The portable engine has workers in workers.
  storageState: { cookies: [], origins: [] },
})

/** The page, and the workers for data and for runs that it has as soon as it is open. */
async function places(page: Page): Promise<(Page | Worker)[]> {
  await expect.poll(() => page.workers().length).toBe(2)
  return [page, ...page.workers()]
}

/** Everything that a page can store, of whomever. */
const kept = (page: Page) =>
  page.evaluate(async () => {
    const folder = await navigator.storage.getDirectory()
    const files: string[] = []
    for await (const name of (folder as unknown as { keys(): AsyncIterable<string> }).keys()) files.push(name)
    return {
      databases: (await indexedDB.databases()).map(({ name }) => name),
      caches: await caches.keys(),
      settings: [...Object.keys(localStorage), ...Object.keys(sessionStorage)],
      files,
      serviceWorkers: (await navigator.serviceWorker.getRegistrations()).length,
      cookies: document.cookie,
    }
  })

const NOTHING = { databases: [], caches: [], settings: [], files: [], serviceWorkers: 0, cookies: '' }

test('sealed by a link, page and workers reach nothing but the studio; unsealed, what the policy names; and a computer that is left keeps nothing', async ({
  page,
  context,
  baseURL,
}) => {
  const complaints = watchForComplaints(page)
  const strangers = watchForStrangers(page)
  const port = new URL(baseURL!).port
  // Pages share memory here: the portable engine has threads.
  const outside = await openOutside()
  const texts = await policyPage(outside)
  const server = await serve({ root: `.cache/e2e${port === '4391' ? '' : `-${port}`}`, texts })
  const studio = server.url.replace('127.0.0.1', 'localhost')
  try {
    // Nobody but the policy stands in the way.
    for (const url of [outside.allowed, outside.forbidden]) expect((await fetch(url)).status).toBe(200)
    outside.asked.length = 0

    // Started as the studio's are, workers of workers as well; a host that sends no header of the policy.
    for (const sealed of [false, true]) {
      await page.goto('about:blank')
      await page.goto(`${studio}policy.html${sealed ? SEALED_HASH : ''}`)
      await page.waitForFunction(() => 'found' in window, undefined, { timeout: 60_000 })
      expect(await page.evaluate(() => (window as unknown as { found: unknown }).found)).toEqual(
        foundUnder(sealed),
      )
    }
    await page.evaluate(() => localStorage.clear())
    complaints.length = strangers.length = outside.asked.length = 0
    await page.goto(studio)
    await page.evaluate(() => localStorage.setItem('lapidary.engine', JSON.stringify({ choice: 'portable' })))

    // In a page that is open, as in a new one.
    await page.goto(`${studio}#/model?v=1&sealed=1`)
    await expect(page.getByRole('img', { name: /^Sealed/ })).toBeVisible()
    await expect(page.getByText('Models and data come from files.').first()).toBeVisible()
    await expect(page.getByRole('button', { name: 'Look it up' })).toHaveCount(0)
    await expect(page).toHaveURL(/#\/model$/)
    // A whole run, from a file of one's own to the adapter.
    await startShort(page, 4, { at: studio })
    await expect(page.getByText('Done. The adapter is ready.')).toBeVisible()
    const waiting = page.waitForEvent('download', { timeout: 60_000 })
    await page.getByRole('button', { name: 'Download the adapter' }).click()
    await waiting
    expect(complaints).toEqual([])

    // It stays: in the page, in its workers, and in workers of theirs.
    await page.goto(studio)
    for (const place of await places(page))
      expect(await probe(place, outside, studio)).toEqual({
        allowed: 'refused',
        forbidden: 'refused',
        own: 'answered',
        program: 'EvalError',
      })
    expect(outside.asked).toEqual([])

    // A person switches it off.
    await page.getByRole('button', { name: 'This app' }).click()
    await page.getByRole('menuitem', { name: 'Sealed mode …' }).click()
    await expect(page.getByText(/Content Security Policy under which the browser refuses/)).toContainText(
      new URL(studio).host,
    )
    const reloaded = page.waitForEvent('load', { timeout: 60_000 })
    await page.getByRole('button', { name: 'Switch sealed mode off' }).click()
    await reloaded
    await expect(page.getByRole('img', { name: /^Sealed/ })).toHaveCount(0)
    for (const place of await places(page))
      expect(await probe(place, outside, studio)).toEqual({
        allowed: 'answered',
        forbidden: 'refused',
        own: 'answered',
        program: 'EvalError',
      })
    expect(new Set(outside.asked)).toEqual(new Set([new URL(outside.allowed).host]))
    expect(
      strangers.filter((url) => !url.startsWith(outside.allowed) && !url.startsWith(outside.forbidden)),
    ).toEqual([])

    // Left, in two tabs.
    const other = await context.newPage()
    await other.goto(studio)
    await other.getByRole('heading', { level: 1 }).waitFor()
    const before = await kept(page)
    expect(before.databases).toEqual(['lapidary'])
    expect(before.settings.length).toBeGreaterThan(0)
    expect(before.serviceWorkers).toBe(1)
    await page.getByRole('button', { name: 'This app' }).click()
    await page.getByRole('menuitem', { name: 'Leave this computer …' }).click()
    await expect(page.getByText(/^1, .*B$/).first()).toBeVisible()
    await page.getByRole('button', { name: 'Remove everything' }).click()
    await expect(page.getByText('Nothing of the studio’s is left in this browser')).toBeVisible()
    await expect(other.getByText(/In another tab all that the studio kept/)).toBeVisible()
    expect(await kept(page)).toEqual(NOTHING)
  } finally {
    outside.close()
    await server.close()
  }
})
