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
  await page.getByText('What varies is the run that is set up under Train: boxes.csv with Pebble.').waitFor()
  await page.getByText('Its settings').click()
  await expect(page.getByRole('definition').filter({ hasText: /^20$/ })).toBeVisible()

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
  await queue.getByText('The run that is varied: boxes.csv with Pebble').click()
  await expect(queue.getByRole('definition').filter({ hasText: /^20$/ })).toBeVisible()
  const [best, other] = await ranks.evaluateAll((rows) =>
    rows.map((row) => Number(row.querySelectorAll('td')[2]?.textContent)),
  )
  expect(best).toBeLessThan(other!)
  await expect(page.getByRole('button', { name: 'Runs: 2' })).toBeVisible()
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])
  expect(complaints).toEqual([])
})

test('whether more data would help: stopped half-way, gone on with after a reload, and said with what chance may do', async ({
  page,
}) => {
  test.setTimeout(2 * PATIENCE)
  const complaints = watchForComplaints(page)
  await page.addInitScript(() =>
    localStorage.setItem('lapidary.engine', JSON.stringify({ choice: 'portable' })),
  )
  await page.goto('/')
  await page.getByRole('button', { name: /^Find the mood/ }).click()
  await page.getByText('To learn from', { exact: true }).waitFor()
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  const curve = async (steps: number) => {
    await page.getByRole('textbox', { name: 'Steps' }).fill(String(steps))
    await page.getByRole('button', { name: 'Try several' }).click()
    await page.getByRole('radio', { name: 'Do I need more data?' }).check()
    await page.getByText(/^3 runs/).waitFor()
    await page.getByRole('button', { name: 'Start the queue' }).click()
  }
  const queue = page.getByRole('region', { name: 'More data? · mood.csv' }).first()

  // Of 48 rows held out a handful more or fewer may be chance: nothing is made of it.
  await curve(12)
  await expect(queue).toContainText('3 of 3 runs done', { timeout: PATIENCE })
  await expect(queue).toContainText(/cannot be told from this|More data would likely help/)
  await expect(queue).not.toContainText('would likely change little')

  await page.getByRole('button', { name: 'Back to one run' }).click()
  await page.getByRole('button', { name: 'Set up another run' }).click()
  await curve(120)
  await expect(queue).toContainText(/0 of 3 runs done · About .* left/, { timeout: PATIENCE })
  await expect(queue).toContainText(/step \d+ of 120/, { timeout: PATIENCE })
  await queue.getByRole('button', { name: 'Stop the queue' }).click()
  await expect(queue).toContainText('Stopped', { timeout: PATIENCE })
  await page.reload()
  await page.getByRole('button', { name: 'Back to the queue' }).click()
  await queue.getByRole('button', { name: 'Go on', exact: true }).click()
  // The last run is counted as well.
  await expect(queue).toContainText(/2 of 3 runs done · About .* left/, { timeout: PATIENCE })
  await expect(queue).toContainText('3 of 3 runs done', { timeout: PATIENCE })
  await expect(queue).toContainText('the score is 100.0% with 216 rows, and with 432.')
  const picture = queue.getByRole('img', { name: /100\.0% at 432 rows$/ })
  const shares = (await picture.locator('text').allTextContents()).filter((text) => text.endsWith('%'))
  expect(shares).toHaveLength(3)
  for (const share of shares) expect(Number.parseFloat(share)).toBeLessThanOrEqual(100)
  expect(complaints).toEqual([])
})

test('that the rows which runs are ranked by have one answer is said before any is trained', async ({
  page,
}) => {
  await page.goto('/')
  const rows = Array.from({ length: 24 }, (_, i) => `Is ${i} even?,${i === 3 ? 'seldom' : 'often'}`)
  await openFile(page, 'even.csv', `q,a\n${rows.join('\n')}\n`)
  await page.getByText('To learn from', { exact: true }).waitFor()
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  await page.getByRole('button', { name: 'Try several' }).click()
  await expect(page.getByText(/held out say “often”/)).toBeVisible()
})
