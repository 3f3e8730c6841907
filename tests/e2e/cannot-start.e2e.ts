import AxeBuilder from '@axe-core/playwright'
import { expect, type Page, test } from '@playwright/test'
import { watchForComplaints } from './helpers.ts'

const trouble = (page: Page) => page.getByRole('main').filter({ hasText: 'Lapidary could not start' })

/** Changes what the entry script is, on its way to the page. */
async function entryScript(page: Page, change: (text: string) => string | null): Promise<void> {
  await page.route(/\/assets\/index-[^/]+\.js$/, async (route) => {
    const response = await route.fetch()
    const body = change(await response.text())
    if (body === null) await route.abort()
    else await route.fulfill({ response, body })
  })
}

test.use({ permissions: ['clipboard-read', 'clipboard-write'] })

for (const colorScheme of ['light', 'dark'] as const)
  test(`a page whose script throws says so, with its details to copy (${colorScheme})`, async ({ page }) => {
    await page.emulateMedia({ colorScheme })
    await entryScript(page, () => "throw new TypeError('nothing here is as it was')")
    await page.goto('/?secret=1#/train')
    await expect(trouble(page).getByRole('heading', { level: 1 })).toBeFocused()
    await expect(page).toHaveTitle('Lapidary could not start')
    const details = trouble(page).getByRole('region', { name: 'What went wrong' })
    await expect(details).toContainText('TypeError: nothing here is as it was')
    await expect(details).toContainText(await page.evaluate(() => navigator.userAgent))
    await expect(details).not.toContainText('secret')
    await trouble(page).getByRole('button', { name: 'Copy the details' }).click()
    await expect(trouble(page).getByText('Copied.')).toBeVisible()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
      await details.locator('pre').textContent(),
    )
    const ground = await trouble(page).evaluate((element) => getComputedStyle(element).backgroundColor)
    expect(ground).toBe(colorScheme === 'dark' ? 'rgb(16, 20, 19)' : 'rgb(252, 252, 251)')
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])
    await page.setViewportSize({ width: 360, height: 640 })
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360)
  })

test('a page whose script does not load says which, and a reload mends it', async ({ page }) => {
  let broken = true
  await entryScript(page, (text) => (broken ? null : text))
  await page.goto('/')
  await expect(trouble(page)).toContainText(/A script could not be loaded: http:\S+\/assets\/index-\S+\.js/)
  broken = false
  await trouble(page).getByRole('button', { name: 'Reload the page' }).click()
  await expect(page.getByRole('heading', { name: /Teach a Gemma/ })).toBeVisible()
  await expect(trouble(page)).toBeHidden()
})

test('an error after the start is not told as one of the start', async ({ page }) => {
  await page.goto('/')
  await expect(page.getByRole('heading', { name: /Teach a Gemma/ })).toBeVisible()
  const thrown = page.waitForEvent('pageerror')
  await page.evaluate(() => setTimeout(() => Promise.reject(new Error('later'))))
  await thrown
  await expect(trouble(page)).toBeHidden()
})

test('a language that Intl does not know is taken for English', async ({ page }) => {
  const complaints = watchForComplaints(page)
  await page.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, 'language', { get: () => 'C', configurable: true })
    Object.defineProperty(Navigator.prototype, 'languages', { get: () => ['C', 'de'], configurable: true })
  })
  await page.goto('/')
  await expect(page.getByRole('heading', { name: /Teach a Gemma/ })).toBeVisible()
  expect(await page.evaluate(() => [navigator.language, ...navigator.languages])).toEqual(['en', 'de', 'en'])
  expect(complaints).toEqual([])
})
