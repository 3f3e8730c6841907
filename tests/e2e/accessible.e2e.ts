import { join } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import { expect, type Page, test } from '@playwright/test'
import { PAGES } from '../../cli/guide/pages.ts'
import { capitals, openFile, PATIENCE, stepsBeyond } from './helpers.ts'

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/**
 * @param part of the page alone, where what opens hides the rest
 * @param without frames that are pages of their own
 */
async function expectAccessible(page: Page, where: string, part?: string, without?: string): Promise<void> {
  const axe = new AxeBuilder({ page }).withTags(TAGS)
  if (without) axe.exclude(without)
  const { violations } = await (part ? axe.include(part) : axe).analyze()
  const told = violations.map(
    ({ id, nodes }) => `${where}: ${id} at ${nodes.map((node) => node.target.join(' ')).join(', ')}`,
  )
  expect(told).toEqual([])
}

async function expectNoOverflow(page: Page, where: string): Promise<void> {
  const over = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  )
  expect(over, `${where} scrolls sideways`).toBeLessThanOrEqual(0)
}

/** A folder for pictures of all places; absent: none are taken. */
const SCREENSHOTS = process.env.LAPIDARY_SCREENSHOTS

async function takePictures(page: Page, where: string): Promise<void> {
  if (!SCREENSHOTS) return
  const name = where.toLowerCase().replace(/[^a-z]+/g, '-')
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    for (const width of [360, 768, 1440]) {
      await page.setViewportSize({ width, height: 900 })
      await page.screenshot({
        path: join(SCREENSHOTS, `${name}-${width}-${colorScheme}.png`),
        fullPage: true,
      })
    }
  }
}

const go = async (page: Page, place: string) => {
  await page.getByRole('link', { name: place, exact: true }).click()
  await expect(page).toHaveURL(new RegExp(`#/${place.toLowerCase()}$`))
}

test('every place, before and after a run, in light and dark, at every size', async ({ page }) => {
  if (SCREENSHOTS) test.slow()
  await page.emulateMedia({ reducedMotion: 'reduce' })
  const sizes = [
    { width: 1280, height: 800 },
    { width: 600, height: 480 },
    { width: 360, height: 740 },
  ]
  const check = async (where: string) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await expectAccessible(page, `${where}, ${colorScheme}`)
    }
    for (const size of sizes) {
      await page.setViewportSize(size)
      await expectNoOverflow(page, `${where} at ${size.width} px`)
    }
    await takePictures(page, where)
    await page.setViewportSize(sizes[0]!)
  }

  await page.goto('/')
  await expect(page.getByText('Talk like a pirate')).toBeVisible()
  await check('first visit')
  for (const way of ['Paste a table', 'Type examples', 'From a link', 'Hugging Face Hub']) {
    await page.getByRole('button', { name: way }).click()
    const dialog = page.getByRole('dialog')
    if (way === 'From a link') await dialog.getByLabel('Address').fill('https://drive.google.com/file/d/1')
    await check(way)
    await page.keyboard.press('Escape')
    await expect(dialog).toHaveCount(0)
  }
  await page.getByRole('button', { name: 'This app' }).click()
  await expectAccessible(page, 'the menu', '.menu')
  await page.getByRole('menuitem', { name: 'Show hints again' }).click()
  for (const item of ['Sealed mode …', 'Leave this computer …']) {
    await page.getByRole('button', { name: 'This app' }).click()
    await page.getByRole('menuitem', { name: item }).click()
    await expect(
      page.getByRole('dialog').getByRole('button', { name: /^(Seal the studio|Remove everything)$/ }),
    ).toBeEnabled()
    await check(item)
    await page.keyboard.press('Escape')
    await expect(page.getByRole('dialog')).toHaveCount(0)
  }
  for (const place of ['Model', 'Train', 'Evaluate', 'Export']) {
    await go(page, place)
    await check(`${place}, empty`)
  }
  await go(page, 'Data')
  await openFile(page, 'boxes.csv', capitals(40))
  for (const tab of ['Rows', 'As the model sees it', 'Steps', 'More examples', 'Lengths']) {
    await page.getByRole('tab', { name: tab }).click()
    await expect(page.getByText('To learn from', { exact: true }).first()).toBeVisible()
    await check(`Data, ${tab}`)
  }
  await go(page, 'Train')
  await page.getByText('More settings').click()
  await page.getByText('Questions asked along the way').click()
  await check('Train, all settings')
  await page.getByRole('textbox', { name: 'Steps' }).fill('6')
  await page.getByRole('button', { name: 'Start training' }).click()
  await page.getByText('Under the hood').click()
  await stepsBeyond(page, 0)
  await expect(page.getByRole('button', { name: 'Hide this hint' })).toBeVisible()
  await expectAccessible(page, 'Train, running')
  await expect(page.getByText('Done. The adapter is ready.')).toBeVisible({ timeout: PATIENCE })
  // What it showed last is there, and of this run.
  const stages = page.locator('.stage')
  await expect(stages).toHaveCount(5)
  await expect(stages.nth(1)).toContainText(/On average [\d.]+ before and [\d.]+ now/)
  await expect(stages.nth(2)).toContainText('layers.0.self_attn.q_proj.lora_B')
  await check('Train, done')
  await page.getByLabel('As a table').check()
  await expectAccessible(page, 'Train, table')
  for (const place of ['Evaluate', 'Export']) {
    await go(page, place)
    await expect(page.getByRole('button', { name: /^Run / })).toBeVisible()
    if (place === 'Export')
      await expect(page.getByRole('button', { name: /^Download adapter \(/ })).toBeVisible()
    await check(`${place}, with a run`)
  }
  await page.getByText(/^Other formats/).click()
  await page.getByText(/^What is in it/).click()
  await check('Export, all of it')
  for (const way of ['Keep it', 'Try it']) {
    await page.getByRole('radio', { name: way }).check()
    await expect(page.getByRole('heading', { name: way })).toBeVisible()
    await check(`Export, ${way}`)
  }
  await page.getByRole('button', { name: /^Runs: 1/ }).click()
  await expect(page.getByRole('dialog', { name: 'Runs' })).toBeVisible()
  await check('runs')
  // In the page of another site it is another page: less of it, and what is told to that one.
  await page.goto('about:blank')
  await page.goto('/#/train?v=1&data=sample:pirate&embed=http://localhost')
  await expect(page.getByRole('button', { name: 'Start training' })).toBeVisible()
  await check('in a frame')
})

test('the keyboard alone reaches and works everything, and focus is always seen', async ({ page }) => {
  await page.goto('/')
  await expect(page.getByText('Talk like a pirate')).toBeVisible()
  await page.keyboard.press('Tab')
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('main')).toBeFocused()
  await page.keyboard.press('Tab')
  await expect(page.getByRole('button', { name: 'Watch a model learn' })).toBeFocused()

  // Each stop on the way round has a visible ring.
  for (let stop = 0; stop < 8; stop++) {
    const ring = await page.evaluate(() => {
      const at = document.activeElement
      if (!at || at === document.body) return 'left the page'
      const shown = at.matches('.drop-input') ? at.nextElementSibling! : at
      const { outlineStyle, outlineWidth } = getComputedStyle(shown)
      return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2
        ? 'seen'
        : `unseen: ${at.outerHTML.slice(0, 80)}`
    })
    if (ring === 'left the page') break
    expect(ring).toBe('seen')
    await page.keyboard.press('Tab')
  }

  // Menu: opens, moves and chooses by key, and gives the focus back.
  const theme = page.getByRole('button', { name: /^Colours/ })
  await theme.focus()
  await page.keyboard.press('Enter')
  const colours = page.getByRole('menuitemradio')
  await expect(colours).toHaveText(['As the system', 'Light', 'Dark'])
  await expect(colours.nth(0)).toBeFocused()
  for (const next of [1, 2]) {
    await page.keyboard.press('ArrowDown')
    await expect(colours.nth(next)).toBeFocused()
  }
  await page.keyboard.press('Enter')
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
  await page.reload()
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')

  // Dialog: holds the focus, closes by Escape, and gives it back.
  const runs = page.getByRole('button', { name: /^Runs/ })
  await runs.focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('dialog', { name: 'Runs' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await expect(runs).toBeFocused()

  // Help is a button of its own, for those who cannot hover.
  await openFile(page, 'boxes.csv', capitals(40))
  await page.getByRole('button', { name: 'About: Question (prompt)' }).focus()
  await page.keyboard.press('Enter')
  await expect(page.getByText('It is read, not learnt.')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByText('It is read, not learnt.')).toHaveCount(0)
})

test('every page of the guide, in light and dark', async ({ page }) => {
  for (const [language, colorScheme] of [
    ['en', 'light'],
    ['zh-Hant', 'dark'],
  ] as const) {
    await page.emulateMedia({ colorScheme })
    for (const name of PAGES) {
      await page.goto(`./guide/${language}/${name}.html`)
      await expectAccessible(page, `guide, ${language}, ${name}`, undefined, 'lapidary-studio')
    }
  }
})

test('what cannot be chosen is reached by key, says why, and stays unchosen', async ({ page }) => {
  await page.goto('/')
  await openFile(page, 'boxes.csv', capitals(40))
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  const menu = page.getByRole('button', { name: /^What the run is for/ })
  const before = await menu.textContent()
  await menu.focus()
  await page.keyboard.press('Enter')
  const json = page.getByRole('menuitemradio', { name: /JSON/ })
  await expect(json).toHaveAttribute('aria-disabled', 'true')
  const focused = () => json.evaluate((item) => item === document.activeElement)
  for (let presses = 0; presses < 5 && !(await focused()); presses++) await page.keyboard.press('ArrowDown')
  await expect(json).toBeFocused()
  await expect(json).toHaveAccessibleDescription('No answer in this data is JSON.')
  await page.keyboard.press('Enter')
  await expect(json).toBeFocused()
  await expect(json).toHaveAttribute('aria-checked', 'false')
  await page.keyboard.press('Escape')
  await expect(menu).toBeFocused()
  await expect(menu).toHaveText(before!)
})

test('from a dialog that a menu opened, or a menu within one, the focus goes back to its button', async ({
  page,
}) => {
  await page.goto('/')
  const app = page.getByRole('button', { name: 'This app' })
  for (const items of [['For a class', 'Make a class pack …'], ['Sealed mode …']]) {
    await app.click()
    for (const name of items) await page.getByRole('menuitem', { name }).click()
    await page.getByRole('dialog').waitFor()
    // A key pressed before the focus has come there is not the dialog's.
    await page.waitForFunction(() => document.activeElement?.closest('[role="dialog"]'))
    await page.keyboard.press('Escape')
    await expect(page.getByRole('dialog')).toHaveCount(0)
    await expect(app).toBeFocused()
  }
})
