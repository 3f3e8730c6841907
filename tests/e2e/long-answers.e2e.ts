import { expect, test } from '@playwright/test'
import { capitals, openFile, PATIENCE, watchForComplaints } from './helpers.ts'

const TALES = `question,answer\n${Array.from(
  { length: 12 },
  (_, i) => `Tell tale ${i}.,${'The cat sat on the mat. '.repeat(40)}Fin.`,
).join('\n')}\n`

test('a profile allows what the longest answer needs; below that, cut answers are told on Data, on Train and of the run', async ({
  page,
}) => {
  test.setTimeout(PATIENCE)
  const complaints = watchForComplaints(page)
  await page.goto('/')
  await openFile(page, 'tales.csv', TALES)
  const cut = page.getByText('12 rows were cut at 64 tokens.')
  const press = page.getByRole('button', { name: /^Allow \d+ tokens$/ })
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  // By itself nothing is cut.
  await expect(page.getByText(/An example may have \d+ tokens, not the usual 128/)).toBeVisible()
  await expect(page.getByText(/were cut at/)).toHaveCount(0)

  await page.getByText('More settings').click()
  const limit = page.getByRole('textbox', { name: 'Longest example' })
  const followed = Number((await limit.inputValue()).replace(/\D/g, ''))
  expect(followed).toBeGreaterThan(128)
  await limit.fill('64')
  await expect(cut).toBeVisible()
  await expect(press).toBeVisible()
  await page.getByRole('link', { name: 'Data', exact: true }).click()
  await expect(cut.first()).toBeVisible()
  // What is recommended beside a limit of one's own is of the data in view.
  const field = page.locator('.field', { has: limit })
  const back = `Recommended: ${followed}`
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  await page.getByText('More settings').click()
  await expect(field).toContainText(back)
  // What nothing can be learnt from is told of that data alone.
  await limit.fill('8')
  await expect(page.getByRole('alert').first()).toBeVisible()
  await page.getByRole('link', { name: 'Data', exact: true }).click()
  await expect(page.getByRole('alert').first()).toBeVisible()
  await page.getByRole('button', { name: 'Choose other data' }).click()
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  await expect(page.getByText('Choose some data to learn from first.')).toBeVisible()
  await expect(page.getByRole('alert')).toHaveCount(0)
  await page.getByText('More settings').click()
  await limit.fill('64')
  await page.getByRole('link', { name: 'Data', exact: true }).click()
  await openFile(page, 'boxes.csv', capitals(20))
  await page.getByText('To learn from', { exact: true }).waitFor()
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  await page.getByText('More settings').click()
  await expect(field).toContainText('Recommended: 128')
  await expect(limit).toHaveValue('64')
  await page.getByRole('link', { name: 'Data', exact: true }).click()
  await page.getByRole('button', { name: 'Choose other data' }).click()
  await openFile(page, 'tales.csv', TALES)
  await expect(cut.first()).toBeVisible()
  await page.getByRole('link', { name: 'Train', exact: true }).click()

  // A run over cut answers, however low its loss, is not called better.
  await page.getByRole('textbox', { name: 'Steps' }).fill('2')
  await page.getByRole('button', { name: 'Start training' }).click()
  await expect(page.getByText(/That is no sign that they are known better: 12 of 12 examples/)).toBeVisible({
    timeout: PATIENCE,
  })
  await page.getByRole('link', { name: 'Export', exact: true }).click()
  await expect(page.getByText(/That is no sign/)).toBeVisible()
  await page.getByRole('link', { name: 'Evaluate', exact: true }).click()
  await expect(page.getByText(/That is no sign/)).toBeVisible()
  await expect(page.getByText('Change', { exact: true })).toHaveCount(0)
  // So is an answer that the model did not end.
  await page.getByLabel('Your question (prompt)').fill('Tell tale 3.')
  await page.getByText('How it answers').click()
  await page.getByRole('textbox', { name: 'Longest answer' }).fill('1')
  await page.getByRole('button', { name: 'Ask both models' }).click()
  await expect(page.getByText(/not ended: it met the length limit/)).toHaveCount(2)

  await page.getByRole('link', { name: 'Train', exact: true }).click()
  await page.getByRole('button', { name: 'Set up another run' }).click()
  await press.click()
  await expect(page.getByText(/were cut at/)).toHaveCount(0)
  await page.getByText('More settings').click()
  await expect(limit).toHaveValue(String(followed))
  expect(complaints).toEqual([])
})
