import { expect, test } from '@playwright/test'
import { TUTORIALS } from '../../cli/guide/pages.ts'
import type { LapidaryStudioElement } from '../../src/protocol/embed.ts'
import { PATIENCE, watchForComplaints } from './helpers.ts'

test.beforeEach(({ context }) =>
  context.addInitScript(() =>
    localStorage.setItem('lapidary.engine', JSON.stringify({ choice: 'portable' })),
  ),
)

test('each tutorial of the guide is trained in its page, in the language of the guide', async ({ page }) => {
  const complaints = watchForComplaints(page)
  await page.goto('./')
  await page.getByRole('button', { name: 'This app' }).click()
  const [guide] = await Promise.all([
    page.waitForEvent('popup', { timeout: PATIENCE }),
    page.getByRole('menuitem', { name: 'Guide and tutorials' }).click(),
  ])
  await expect(guide.getByRole('heading', { level: 1 })).toHaveText('Teach a Gemma model something new')
  await guide.close()

  for (const [name, language, start] of [
    ...TUTORIALS.map((name) => [name, 'en', 'Start training'] as const),
    ['labels', 'zh-Hant', '開始訓練'] as const,
  ]) {
    await page.goto(`./guide/${language}/${name}.html`)
    await page.evaluate(() => {
      const steps: number[] = []
      Object.assign(window, { steps })
      document
        .querySelector<LapidaryStudioElement>('lapidary-studio')!
        .addEventListener('progress', ({ detail }) => steps.push(detail.step))
    })
    const studio = page.locator('lapidary-studio').locator('iframe').contentFrame()
    await studio.getByRole('button', { name: start }).click({ timeout: PATIENCE })
    const steps = () => page.evaluate(() => (window as unknown as { steps: number[] }).steps.length)
    await expect.poll(steps, { timeout: PATIENCE, message: `${language}/${name}` }).toBeGreaterThan(2)
    await page.evaluate(() =>
      document.querySelector<LapidaryStudioElement>('lapidary-studio')!.stop({ now: true }),
    )
  }
  expect(complaints).toEqual([])
})

test('a page on a phone stands still as it opens, its list of pages closed', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 })
  await page.addInitScript(() => {
    const shifts: number[] = []
    Object.assign(window, { shifts })
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) shifts.push((entry as unknown as { value: number }).value)
    }).observe({ type: 'layout-shift', buffered: true })
  })
  // Slow enough that the page is drawn before all of it has come.
  const session = await page.context().newCDPSession(page)
  await session.send('Emulation.setCPUThrottlingRate', { rate: 4 })
  await page.goto('./guide/en/index.html', { waitUntil: 'load' })
  await expect(page.locator('nav details')).toHaveJSProperty('open', false)
  await page.waitForTimeout(1000)
  const shifts = await page.evaluate(() => (window as unknown as { shifts: number[] }).shifts)
  expect(shifts.reduce((sum, one) => sum + one, 0)).toBeLessThan(0.1)
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.goto('./guide/en/privacy.html')
  await expect(page.getByRole('navigation').getByRole('link', { name: 'Teach a style' })).toBeVisible()
})
