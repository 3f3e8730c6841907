import { expect, test } from '@playwright/test'
import { pebbleGguf, writeGguf } from '../support/gguf.ts'
import { dropFiles, watchForComplaints, watchForStrangers } from './helpers.ts'

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
  await expect(model).toBeChecked()
  await expect(page.locator('.choice', { hasText: 'my-gemma-it' })).toContainText('6 layers')
  await expect(page.locator('.choice', { hasText: 'my-gemma-it' })).toContainText('Instruction-tuned')

  await page.reload()
  await expect(model).toBeVisible()

  const cut = { ...whole, name: 'cut.gguf', buffer: bytes.subarray(0, bytes.length - 10_000) }
  await page.getByLabel('Choose its files').setInputFiles(cut)
  await expect(page.getByText(/cut\.gguf is not a valid GGUF file: tensor .* ends at byte/)).toBeVisible()
  await expect(page.getByRole('radio', { name: /cut/ })).toHaveCount(0)
  await expect(model).toBeVisible()

  // Anywhere on the page, from another place.
  await page.goto('/#/data')
  await dropFiles(page, 'body', [{ name: 'dropped.gguf', buffer: bytes }])
  await expect(page.getByRole('radio', { name: /dropped/ })).toBeChecked()
  expect(complaints).toEqual([])
  expect(strangers).toEqual([])
})
