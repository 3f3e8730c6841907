import { readFileSync } from 'node:fs'
import AxeBuilder from '@axe-core/playwright'
import { expect, test } from '@playwright/test'
import { PATIENCE, watchForComplaints } from './helpers.ts'

test('a run is judged on rows that it never learnt from, a cell opens its rows, and all of it outlives a reload', async ({
  page,
}) => {
  const complaints = watchForComplaints(page)
  // The quicker one where WebGPU is software.
  await page.addInitScript(() =>
    localStorage.setItem('lapidary.engine', JSON.stringify({ choice: 'portable' })),
  )
  await page.goto('/')
  await page.getByRole('button', { name: /^Find the mood/ }).click()
  await page.getByText('To learn from', { exact: true }).waitFor()
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  await page.getByRole('textbox', { name: 'Steps' }).fill('8')
  await page.getByRole('button', { name: 'Start training' }).click()
  await expect(page.getByText('Done. The adapter is ready.')).toBeVisible({ timeout: PATIENCE })

  await page.getByRole('link', { name: 'Evaluate', exact: true }).click()
  await page.getByText('How it is judged').click()
  await expect(page.getByRole('button', { name: /^As One of a few labels \(guessed\)/ })).toBeVisible()
  const most = page.getByRole('textbox', { name: 'Rows at most' })
  await most.fill('6')
  await page.getByRole('button', { name: 'Evaluate 6 rows' }).click()
  const headline = page.getByTestId('headline')
  await expect(headline).toHaveText(/^[0-6] of 6 right; the base model [0-6]$/, { timeout: PATIENCE })
  const said = await headline.textContent()

  // What stands there belongs to what is chosen: with other rows it goes.
  await most.fill('5')
  await expect(page.getByRole('button', { name: 'Evaluate 5 rows' })).toBeVisible()
  await expect(headline).toHaveCount(0)
  await most.fill('6')
  await expect(headline).toHaveText(said!)

  // The matrix as a table opens the rows of a cell.
  await expect(
    page.getByRole('img', { name: /^Confusion matrix of [1-4] labels: \d of 6 rows/ }),
  ).toBeVisible()
  await page.getByLabel('As a table').check()
  const cell = page.getByRole('button', { name: /^Show the rows: / }).first()
  const count = Number(await cell.textContent())
  await cell.click()
  const rows = page.getByRole('region', { name: 'Judged rows' })
  await expect(rows.locator('tbody tr')).toHaveCount(count)
  await page.getByText('All figures', { exact: true }).click()
  await expect(page.getByRole('region', { name: 'All figures' })).toContainText('Nearest words')
  await page.getByText('How far its confidence can be trusted').click()
  await expect(page.getByRole('img', { name: /^Reliability/ })).toBeVisible()
  // Below a threshold it is silent: what that buys is said as the slider moves, and goes into the files.
  await page.getByText('Silent when unsure').click()
  const silence = page.getByTestId('silence')
  await expect(silence).toHaveText(/^It answers all 6 rows, [0-6] of them right/)
  const threshold = page.getByRole('slider', { name: 'Silent if less sure than' })
  await threshold.press('End')
  await expect(threshold).toHaveAttribute('aria-valuetext', '99%')
  await expect(silence).toHaveText(/^It (is so sure of none of the 6 rows|answers [0-5] of 6 rows)/)
  // A row, token by token before and after; what the data says of it put right; and where the adapter changed.
  await rows
    .getByRole('button', { name: /^Token by token, row/ })
    .first()
    .click()
  await expect(page.getByTestId('chances')).toHaveText(/likely before training, and .*% after/)
  const panel = page.getByRole('region', { name: /^Row \d+, token by token$/ })
  await panel.getByRole('radio', { name: 'As a table' }).check()
  await expect(panel.getByRole('row')).not.toHaveCount(1)
  await panel.getByLabel('The right answer').fill('puzzled')
  await panel.getByRole('button', { name: 'Keep this answer' }).click()
  await page.getByText('Where the adapter changed most').click()
  await expect(page.getByTestId('layers')).toHaveText(/changed (most|about alike)/)
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    const { violations } = await new AxeBuilder({ page }).analyze()
    expect(violations.map(({ id, nodes }) => `${id} at ${nodes[0]?.target.join(' ')}`)).toEqual([])
  }

  const waiting = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Rows (CSV)' }).click()
  const csv = readFileSync((await (await waiting).path())!, 'utf8')
  expect(csv.trim().split('\r\n')).toHaveLength(7)
  expect(csv).toMatch(/,false,-/)
  const figures = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Figures (JSON)' }).click()
  const { labels } = JSON.parse(readFileSync((await (await figures).path())!, 'utf8'))
  expect(labels.abstain.threshold).toBe(0.99)
  expect(labels.abstain.answered).toBeLessThan(1)

  await page.reload()
  await expect(headline).toHaveText(said!)
  // What was put right outlives it, too, and becomes a training row of a run that begins with this one's best checkpoint.
  await page.getByRole('button', { name: /^Train on with 1 correction, from step \d+$/ }).click()
  await expect(page.getByText(/^Begins with the adapter of /)).toBeVisible()
  await expect(page.getByText(/433 examples/)).toBeVisible()
  await expect(page.getByText('1 row is learnt as it was put right.')).toBeVisible()
  await expect(page.getByText('Also set, and not shown elsewhere on this page')).toHaveCount(0)
  await page.getByRole('button', { name: 'Start training' }).click()
  await expect(page.getByText('Done. The adapter is ready.')).toBeVisible({ timeout: PATIENCE })
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(
    'pebble on mood.csv · 1 row put right · begun with a run',
  )
  // What was measured first is no base model.
  await page.getByRole('link', { name: 'Evaluate', exact: true }).click()
  await expect(page.getByText('Before (as it began)')).toBeVisible()
  expect(complaints).toEqual([])
})
