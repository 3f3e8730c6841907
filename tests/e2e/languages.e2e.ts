import { expect, test } from '@playwright/test'
import { PATIENCE, startShort } from './helpers.ts'

test('a sample has its name in the language of the page, and what points onward points where it reads', async ({
  page,
}) => {
  const onward = async (lang: string) => {
    await page.goto('about:blank')
    await page.goto(`#/data?v=1&lang=${lang}`)
    const icon = page.locator('.choice > svg').first()
    await expect(icon).toBeVisible()
    return icon.evaluate((svg) => getComputedStyle(svg).transform)
  }
  expect(await onward('en')).toBe('none')
  expect(await onward('ar-XB')).toBe('matrix(-1, 0, 0, 1, 0, 0)')
  // What opens along an edge lies at the other one, and its close button where a line ends.
  await page.locator('.runs-button').click()
  const drawer = page.getByRole('dialog')
  await expect(drawer).toBeVisible()
  const places = await drawer.evaluate(async (dialog) => {
    await Promise.all(dialog.getAnimations().map(({ finished }) => finished))
    const [title, close] = [dialog.querySelector('h2')!, dialog.querySelector('.icon-button')!]
    const whole = dialog.getBoundingClientRect()
    return {
      drawer: whole.left,
      close: close.getBoundingClientRect().left - whole.left,
      title: whole.right - title.getBoundingClientRect().right,
    }
  })
  expect(places).toEqual({ drawer: 0, close: 12, title: 20 })
  await page.goto('about:blank')
  await page.goto('#/data?v=1&data=sample:mood&lang=zh-Hant')
  await expect(page.getByRole('heading', { level: 1, name: '找出心情' })).toBeVisible()
  await page.getByRole('link', { name: '訓練', exact: true }).click()
  await expect(page.getByText('Pebble 從「找出心情」學習。')).toBeVisible()
})

test('after a reload in another language every sentence of the Train page is in that, and as it is written', async ({
  page,
}) => {
  await page.goto('#/train?v=1&data=sample:mood&training.max_steps=9')
  await expect(page.getByText('Settings of this link are opened.')).toBeVisible()
  await page.evaluate(() => localStorage.setItem('lapidary.language', '{"choice":"zh-Hant"}'))
  await page.reload()
  await expect(page.getByText('已打開這個連結的設定。')).toBeVisible()
  await expect(page.getByText(/已計入/)).toBeVisible()
  // No space behind a full stop that has its own.
  expect(await page.getByRole('main').innerText()).not.toMatch(/。 +\S/)
})

test('what a screen reader was told does not stay in the language of before', async ({ page }) => {
  await startShort(page, 2)
  // The button that was pressed is gone.
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused()
  await expect(page.getByText('Done. The adapter is ready.')).toBeVisible({ timeout: PATIENCE })
  const told = page.locator('.app > [aria-live]')
  await expect(told).toHaveText('Training is done. The adapter is ready to download.')
  await page.getByRole('button', { name: /^This app/ }).click()
  await page.locator('[role=menu] [lang=zh-Hant]').click()
  await expect(page.getByText('完成。適配器已就緒。')).toBeVisible()
  await expect(told).toHaveText('')
  // Nor does the focus fall out of the page, with all of it said anew.
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused()
})
