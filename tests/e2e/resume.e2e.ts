import { expect, test } from '@playwright/test'
import { curve, stepsDone } from './helpers.ts'

test('a reload in the middle of a run loses nothing: it is offered, and goes on to the end', async ({
  page,
}) => {
  // The question asked on leaving is answered with yes.
  page.on('dialog', (dialog) => void dialog.accept())
  await page.goto('/')
  await page.getByRole('button', { name: 'Watch a model learn' }).click()
  await expect.poll(() => stepsDone(page), { timeout: 60_000 }).toBeGreaterThan(22)
  const before = await curve(page)
  await page.reload()

  const banner = page.getByRole('status').filter({ hasText: 'was interrupted' })
  await expect(banner).toBeVisible()
  await banner.getByRole('button', { name: 'Go on' }).click()
  await expect(page.getByText('Done. The adapter is ready.')).toBeVisible({ timeout: 90_000 })
  await expect(banner).toBeHidden()

  const after = await curve(page)
  expect(after.training.at(-1)![0]).toBe(60)
  // Up to the last checkpoint the curve is the one that was seen before the reload.
  const known = new Map(after.training)
  const shared = before.training.filter(([step]) => step <= 20)
  expect(shared.length).toBeGreaterThanOrEqual(20)
  for (const [step, loss] of shared) expect(known.get(step), `step ${step}`).toBe(loss)
  expect(after.validation.map(([step]) => step)).toEqual([0, 10, 20, 30, 40, 50, 60])
})

test('a stopped run keeps what it learnt and can go on; a run can be deleted', async ({ page }) => {
  await page.goto('/')
  await page.getByRole('button', { name: 'Watch a model learn' }).click()
  await expect.poll(() => stepsDone(page), { timeout: 60_000 }).toBeGreaterThan(2)
  await page.getByRole('button', { name: 'Stop', exact: true }).click()
  await expect(page.getByText('Stopped. What was learnt so far is kept.').first()).toBeVisible({
    timeout: 30_000,
  })

  await page.getByRole('button', { name: /^Runs: 1/ }).click()
  const runs = page.getByRole('dialog', { name: 'Runs' })
  await expect(runs.getByText('Stopped', { exact: true })).toBeVisible()
  await expect(runs.getByRole('button', { name: 'Go on' })).toBeEnabled()
  await runs.getByRole('button', { name: /^More for/ }).click()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await page.getByRole('dialog', { name: 'Delete this run?' }).getByRole('button', { name: 'Delete' }).click()
  await expect(runs.getByText('Each training you start is kept here')).toBeVisible()
})
