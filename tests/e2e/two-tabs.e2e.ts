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
