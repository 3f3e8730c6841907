import AxeBuilder from '@axe-core/playwright'
import { expect, test } from '@playwright/test'
import { capitals, openFile, PATIENCE, watchForComplaints } from './helpers.ts'

test('two values are tried one after the other: said beforehand, stopped, gone on with after a reload, and ranked', async ({
  page,
}) => {
  test.setTimeout(2 * PATIENCE)
  const complaints = watchForComplaints(page)
  await page.goto('/')
  await openFile(page, 'boxes.csv', capitals(40))
  await page.getByText('To learn from', { exact: true }).waitFor()
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  await page.getByRole('textbox', { name: 'Steps' }).fill('20')
  await page.getByRole('button', { name: 'Try several' }).click()
  const values = page.getByRole('textbox', { name: 'Values of Learning rate' })
  await values.fill('1e-3')
  await expect(page.getByText('learning_rate has one value only, 0.001: it does not vary.')).toBeVisible()
  await values.fill('1e-3, 6e-3')
  await expect(page.getByText('2 runs.')).toBeVisible()

  await page.getByRole('button', { name: 'Start the queue' }).click()
  const queue = page.getByRole('region', { name: 'Learning rate · boxes.csv' })
  await expect(queue).toContainText(/step \d+ of 20/, { timeout: PATIENCE })
  await queue.getByRole('button', { name: 'Stop the queue' }).click()
  await expect(queue).toContainText('Stopped', { timeout: PATIENCE })

  await page.reload()
  await page.getByRole('button', { name: 'Back to the queue' }).click()
  await queue.getByRole('button', { name: 'Go on', exact: true }).click()
  await expect(queue).toContainText('2 of 2 runs done', { timeout: PATIENCE })
  const ranks = queue.getByRole('region', { name: 'Settings, best first' }).locator('tbody tr')
  await expect(ranks).toHaveCount(2)
  await expect(ranks.first()).toContainText('best')
  const [best, other] = await ranks.evaluateAll((rows) =>
    rows.map((row) => Number(row.querySelectorAll('td')[2]?.textContent)),
  )
  expect(best).toBeLessThan(other!)
  await expect(page.getByRole('button', { name: 'Runs: 2' })).toBeVisible()
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])
  expect(complaints).toEqual([])
})
