import { expect, test } from '@playwright/test'
import { pebbleGguf, writeGguf } from '../support/gguf.ts'
import { capitals, dropFiles, openFile, PATIENCE, watchForComplaints, watchForStrangers } from './helpers.ts'

test('a GGUF is chosen or dropped, stored, and there again after a reload; a cut one is told by name', async ({
  page,
}) => {
  const complaints = watchForComplaints(page)
  const strangers = watchForStrangers(page)
  const bytes = Buffer.from(writeGguf((await pebbleGguf()).gguf))
  const whole = { name: 'my-gemma-it.gguf', mimeType: 'application/octet-stream', buffer: bytes }
  await page.goto('/#/model')

  await page.getByLabel('Choose its files').setInputFiles(whole)
  const model = page.getByRole('radio', { name: /my-gemma-it/ })
  await expect(model).toBeChecked({ timeout: 60_000 })
  await expect(page.locator('.choice', { hasText: 'my-gemma-it' })).toContainText('6 layers')
  await expect(page.locator('.choice', { hasText: 'my-gemma-it' })).toContainText('Instruction-tuned')

  await page.reload()
  await expect(model).toBeVisible()

  const cut = { ...whole, name: 'cut.gguf', buffer: bytes.subarray(0, bytes.length - 10_000) }
  await page.getByLabel('Choose its files').setInputFiles(cut)
  await expect(page.getByText(/cut\.gguf is not a valid GGUF file: tensor .* ends at byte/)).toBeVisible()
  await expect(page.getByRole('radio', { name: /cut/ })).toHaveCount(0)
  await expect(model).toBeVisible()

  // Anywhere on the page, from another place. Of other weights: the same bytes would be the model that is here.
  const other = Buffer.from(bytes)
  other[other.length - 2]! ^= 1
  await page.goto('/#/data')
  await dropFiles(page, 'body', [{ name: 'dropped-pt.gguf', buffer: other }])
  await expect(page.getByRole('radio', { name: /dropped-pt/ })).toBeChecked({ timeout: 60_000 })
  // What only continues text is told from what answers already.
  await expect(page.locator('.choice', { hasText: 'dropped-pt' })).toContainText(
    'Pre-trained only: it continues text and does not answer yet.',
  )
  expect(complaints).toEqual([])
  expect(strangers).toEqual([])
})

test('a quick look that turns out slow stays in view at its end and over a reload; the next one is made shorter', async ({
  page,
}) => {
  test.setTimeout(2 * PATIENCE)
  await page.addInitScript(() =>
    localStorage.setItem('lapidary.engine', JSON.stringify({ choice: 'portable' })),
  )
  await page.goto('/#/model')
  const buffer = Buffer.from(writeGguf((await pebbleGguf()).gguf))
  await page
    .getByLabel('Choose its files')
    .setInputFiles({ name: 'my-gemma-it.gguf', mimeType: 'application/octet-stream', buffer })
  await expect(page.getByRole('radio', { name: /my-gemma-it/ })).toBeChecked({ timeout: 60_000 })
  await page.getByRole('link', { name: 'Data', exact: true }).click()
  await openFile(page, 'boxes.csv', capitals(20))
  await page.getByText('To learn from', { exact: true }).waitFor()
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  const start = page.getByRole('button', { name: 'Start training' })
  await start.click()
  const done = page.getByText('Done. The adapter is ready.')
  await expect(done).toBeVisible({ timeout: PATIENCE })

  // How quick it was stands with the device at once.
  await page.getByRole('link', { name: 'Model', exact: true }).click()
  await expect(page.locator('dl.facts dt', { hasText: 'my-gemma-it' })).toBeVisible()

  // As if this machine had taken a thousand times as long.
  await page.evaluate(async () => {
    const opening = indexedDB.open('lapidary')
    await new Promise((resolve) => opening.addEventListener('success', resolve))
    const tx = opening.result.transaction('devices', 'readwrite')
    const asking = tx.objectStore('devices').get('speeds')
    await new Promise((resolve) => asking.addEventListener('success', resolve))
    for (const { timing } of asking.result.speeds) timing.token *= 1000
    tx.objectStore('devices').put(asking.result)
    await new Promise((resolve) => tx.addEventListener('complete', resolve))
    opening.result.close()
  })
  await page.reload()
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  await expect(done).toBeVisible()
  // The data is prepared anew meanwhile, and what a next run would be could be foretold.
  await page.getByRole('link', { name: 'Data', exact: true }).click()
  await page.getByText('To learn from', { exact: true }).waitFor()
  await page.waitForTimeout(3000)
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  await expect(done).toBeVisible()
  await page.getByRole('button', { name: 'Set up another run' }).click()
  await expect(page.getByRole('textbox', { name: 'Steps', exact: true })).toHaveValue('10')
})
