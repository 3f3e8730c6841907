import { expect, type Locator, type Page, test } from '@playwright/test'
import { capitals, openFile } from './helpers.ts'

/** Whatever comes or goes above a menu while it is open, nothing moves under the pointer: what is pressed is what is done. */

const menu = (page: Page) => page.locator('.step-menu')
const topOf = (page: Page) => menu(page).evaluate((list) => list.getBoundingClientRect().top)

/** The page grows above the menu's button, or shrinks again, as when what is wrong with the data is found. */
const lay = (page: Page, height: number) =>
  page.evaluate(async (height) => {
    const given = document.querySelector<HTMLElement>('#given') ?? document.createElement('p')
    given.id = 'given'
    given.style.height = `${height}px`
    document.querySelector('main')!.prepend(given)
    // Whatever follows the page's layout has done so two frames later.
    for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame)
  }, height)

async function openSteps(page: Page): Promise<void> {
  await page.goto('/?engine=portable')
  await openFile(page, 'boxes.csv', capitals(40))
  await page.getByRole('tab', { name: /^Steps/ }).click()
  await page.getByText('To learn from', { exact: true }).waitFor()
  await lay(page, 0)
}

/** Presses an item where it is seen, with something done between the pointer's going down and up. */
async function pressWhile(page: Page, name: string, meanwhile: () => Promise<unknown>): Promise<void> {
  const item = page.getByRole('menuitem', { name, exact: true })
  await item.hover()
  await page.mouse.down()
  await meanwhile()
  await page.mouse.up()
}

const added = (page: Page) => page.getByRole('list', { name: 'Steps in order' }).locator('h3')

for (const width of [1280, 360])
  test(`a page that grows above an open menu, ${width} px wide`, async ({ page }) => {
    await page.setViewportSize({ width, height: 800 })
    await openSteps(page)
    const trigger = page.getByRole('button', { name: 'Add a step' })
    await trigger.click()
    await page.getByRole('menuitem', { name: 'Drop repeated rows' }).hover()
    const before = await topOf(page)
    await pressWhile(page, 'Drop repeated rows', async () => {
      await lay(page, 46)
      expect(await topOf(page)).toBe(before)
    })
    await expect(added(page)).toHaveText(['Drop repeated rows'])

    // And shrinks, while the menu was opened and is gone through by keyboard.
    // The new step takes the focus first.
    await expect(page.getByRole('list', { name: 'Steps in order' }).locator('summary').first()).toBeFocused()
    await trigger.focus()
    await page.keyboard.press('Enter')
    await expect(page.getByRole('menuitem', { name: 'Tidy up spaces' })).toBeFocused()
    await page.keyboard.press('ArrowDown')
    await expect(page.getByRole('menuitem', { name: 'Find and replace' })).toBeFocused()
    const opened = await topOf(page)
    await lay(page, 0)
    expect(await topOf(page)).toBe(opened)
    await page.keyboard.press('Enter')
    await expect(added(page)).toHaveText(['Drop repeated rows', 'Find and replace'])
  })

test('a pointer that goes up on another item than it went down on chooses none', async ({ page }) => {
  await openSteps(page)
  await page.getByRole('button', { name: 'Add a step' }).click()
  await pressWhile(page, 'Tidy up spaces', () => menu(page).evaluate((list) => list.scrollBy(0, 40)))
  await expect(menu(page)).toBeVisible()
  await expect(added(page)).toHaveCount(0)
  await page.getByRole('menuitem', { name: 'Tidy up spaces', exact: true }).click()
  await expect(added(page)).toHaveText(['Tidy up spaces'])

  // From the button into the list in one drag, as in menus of the desktop, is a press too.
  await page.getByRole('button', { name: 'Add a step' }).hover()
  await page.mouse.down()
  await page.getByRole('menuitem', { name: 'Find and replace', exact: true }).hover()
  await page.mouse.up()
  await expect(added(page)).toHaveText(['Tidy up spaces', 'Find and replace'])
})

test('an open menu goes along with the page that is scrolled, and is placed anew where the window changes its size', async ({
  page,
}) => {
  await openSteps(page)
  await page.getByRole('button', { name: 'Add a step' }).click()
  const onPage = () => menu(page).evaluate((list) => list.getBoundingClientRect().top + window.scrollY)
  const before = await onPage()
  await page.evaluate(() => window.scrollBy(0, 60))
  await expect.poll(() => page.evaluate(() => window.scrollY)).toBe(60)
  await expect.poll(onPage).toBe(before)
  await page.setViewportSize({ width: 900, height: 800 })
  const left = (at: Locator) => at.evaluate((element) => element.getBoundingClientRect().left)
  const trigger = page.locator('[aria-haspopup][aria-expanded="true"]')
  await expect.poll(async () => Math.abs((await left(menu(page))) - (await left(trigger)))).toBeLessThan(1)
})
