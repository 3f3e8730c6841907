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
