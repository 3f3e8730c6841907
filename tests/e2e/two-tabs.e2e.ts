import { expect, type Page, test } from '@playwright/test'
import { curve, PATIENCE, startShort, stepsBeyond, stepsDone } from './helpers.ts'

const STEPS = 110
const interrupted = (page: Page) => page.getByRole('status').filter({ hasText: 'was interrupted' })

test('a run belongs to one tab: another sees it live, cannot touch it, and what offers it there does nothing', async ({
  page,
  context,
}) => {
  page.on('dialog', (dialog) => void dialog.accept())
  // Two tabs that compute at once are quicker so on a machine without a graphics card.
  await context.addInitScript(() =>
    localStorage.setItem('lapidary.engine', JSON.stringify({ choice: 'portable' })),
  )
  await startShort(page, STEPS)
  await stepsBeyond(page, 2)

  const other = await context.newPage()
  await other.goto('/')
  await other.getByRole('button', { name: /^Runs: 1/ }).click()
  const runs = other.getByRole('dialog', { name: 'Runs' })
  await expect(runs.getByText('Running in another tab')).toBeVisible()
  await expect(runs.getByRole('button', { name: 'Go on' })).toHaveCount(0)
  await runs.getByRole('button', { name: /^More for/ }).click()
  for (const name of ['Delete', 'Name and note'])
    await expect(other.getByRole('menuitem', { name: new RegExp(name) })).toBeDisabled()
  for (const _ of ['menu', 'drawer']) await other.keyboard.press('Escape')
  await expect(runs).toBeHidden()
  await other.getByRole('button', { name: /^Runs: 1/ }).click()
  await runs.getByRole('button', { name: 'Show' }).click()
  await expect(other.getByText('What it tells is shown here as it comes.')).toBeVisible()
  const seen = await stepsDone(other)
  await stepsBeyond(other, Math.max(seen, 26))

  // Its own tab is left in the middle: now it is nobody's, and every tab offers it.
  await page.reload()
  await expect(interrupted(page)).toBeVisible()
  await expect(interrupted(other)).toBeVisible()
  const deaf = await context.newPage()
  await deaf.addInitScript(() => {
    ;(window as unknown as { BroadcastChannel?: unknown }).BroadcastChannel = undefined
  })
  await deaf.goto('/')
  await expect(interrupted(deaf)).toBeVisible()
  await interrupted(page).getByRole('button', { name: 'Go on' }).click()
  await expect(interrupted(other)).toBeHidden()
  // One that has heard nothing of it still offers it: pressed, it sees how things are.
  await interrupted(deaf).getByRole('button', { name: 'Go on' }).click()
  await expect(deaf.getByText('Running in another tab').first()).toBeVisible()
  await expect(interrupted(deaf)).toBeHidden()

  const done = 'Done. The adapter is ready.'
  await expect(page.getByText(done)).toBeVisible({ timeout: PATIENCE })
  await expect(other.getByText(done)).toBeVisible()
  const whole = await curve(page)
  expect(whole.training.map(([step]) => step)).toEqual(Array.from({ length: STEPS }, (_, i) => i + 1))
  expect(await curve(other)).toEqual(whole)
})

test('a run that another tab deletes is no longer drawn over the chart, nor compared', async ({
  page,
  context,
}) => {
  await twoRuns(page)
  await page.getByRole('button', { name: 'Runs: 2' }).click()
  await page.getByRole('checkbox', { name: /^Draw over the chart/ }).check()
  await page.keyboard.press('Escape')
  const besides = page.getByRole('region', { name: 'Side by side' })
  await expect(besides).toContainText('Steps 3')

  const other = await context.newPage()
  await other.goto('/')
  await deleteRun(other, 'Steps 3')
  await expect(page.getByRole('button', { name: 'Runs: 1' })).toBeVisible()
  await expect(besides).toHaveCount(0)
  await expect(page.getByText('Steps 3')).toHaveCount(0)
  await expect(page.getByText('○ best (validation)')).toBeVisible()
})

test('a run in view that another tab deletes is told by its name, and the one that is shown in its place', async ({
  page,
  context,
}) => {
  await twoRuns(page)
  await page.getByRole('link', { name: 'Evaluate', exact: true }).click()
  const picker = page.getByRole('main').getByRole('button', { name: /^Run\b/ })
  await expect(picker).toContainText('Steps 4')

  const other = await context.newPage()
  await other.goto('/')
  await deleteRun(other, 'Steps 4')
  const told = page.getByRole('status').filter({ hasText: 'was deleted' })
  await expect(told).toContainText(/Steps 4.* was deleted in another tab/)
  await expect(told).toContainText(/What is shown now is “/)
  await page.screenshot({ path: test.info().outputPath('gone.png'), fullPage: true })
  // The other is put in view by a person: what was said is over.
  await page.getByRole('button', { name: 'Runs: 1' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Show' }).click()
  await expect(told).toHaveCount(0)
  await expect(page.getByText('Done. The adapter is ready.')).toBeVisible()
  await deleteRun(other, '.')
  await expect(told).toBeVisible()
  await expect(page.getByRole('button', { name: 'Start training' })).toBeVisible()
  await expect(page.getByText('What is shown now')).toHaveCount(0)
})

/** A run of 3 steps, and one of 4, which is in view, on the portable engine. */
async function twoRuns(page: Page): Promise<void> {
  await page
    .context()
    .addInitScript(() => localStorage.setItem('lapidary.engine', JSON.stringify({ choice: 'portable' })))
  await startShort(page, 3)
  await expect(page.getByText('Done. The adapter is ready.')).toBeVisible({ timeout: PATIENCE })
  await page.getByRole('button', { name: 'Set up another run' }).click()
  await page.getByRole('textbox', { name: 'Steps' }).fill('4')
  await page.getByRole('button', { name: 'Start training' }).click()
  await expect(page.getByText('Done. The adapter is ready.')).toBeVisible({ timeout: PATIENCE })
}

/** Deletes the run whose label holds this. */
async function deleteRun(page: Page, label: string): Promise<void> {
  const drawer = page.getByRole('dialog', { name: 'Runs' })
  if (!(await drawer.isVisible())) await page.getByRole('button', { name: /^Runs: / }).click()
  await page.getByRole('button', { name: new RegExp(`^More for .*(${label})`) }).click()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await page.getByRole('button', { name: 'Delete', exact: true }).click()
}
