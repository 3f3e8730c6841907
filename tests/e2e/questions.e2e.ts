import { expect, test } from '@playwright/test'
import { capitals, openFile, PATIENCE, watchForComplaints } from './helpers.ts'

test('rows of the data are found and picked as questions, and stay with the run', async ({ page }) => {
  const complaints = watchForComplaints(page)
  await page.goto('/')
  await openFile(page, 'boxes.csv', capitals(200))
  await page.getByText('To learn from', { exact: true }).waitFor()
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  await page.getByRole('textbox', { name: 'Steps' }).fill('4')
  await page.getByText('Questions asked along the way').click()
  const questions = page.getByRole('textbox', { name: /^Question \d/ })
  await expect(questions).toHaveCount(4)
  for (let left = 4; left > 0; left--) await page.getByRole('button', { name: 'Take question 1 off' }).click()
  await expect(questions).toHaveCount(0)

  await page.getByText('Pick rows of the data', { exact: true }).click()
  await expect(page.getByText(/^\d+ rows that the model will not learn from\.\s*$/)).toBeVisible()
  const rows = page.getByRole('list', { name: 'Rows to pick from' })
  const search = page.getByRole('textbox', { name: 'Search question and answer' })
  await search.fill('nothing has these words')
  await expect(rows.getByRole('checkbox')).toHaveCount(0)
  // Case does not count, and answers are searched as well.
  await search.fill('RED BOX')
  const all = await rows.getByRole('checkbox').count()
  expect(all).toBeGreaterThan(2)
  const picked = await rows.locator('label').nth(1).innerText()
  await rows.getByRole('checkbox').nth(1).check()
  await expect(page.getByText('1 of at most 8 questions chosen.')).toBeVisible()
  await expect(questions).toHaveValue(picked)

  await page.getByRole('button', { name: 'Start training' }).click()
  await expect(page.getByText('Done. The adapter is ready.')).toBeVisible({ timeout: PATIENCE })
  const samples = page.getByRole('region', { name: 'Before and after' })
  const shown = async () => {
    await expect(samples.getByRole('article')).toHaveCount(1)
    await expect(samples.getByText(picked, { exact: true })).toBeVisible()
    await expect(samples.getByText('never saw this row')).toBeVisible()
    await expect(samples.getByText(/is in the red box, thank you/).last()).toBeVisible()
  }
  await shown()
  await page.reload()
  await shown()
  expect(complaints).toEqual([])
})
