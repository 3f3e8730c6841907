import { expect, test } from '@playwright/test'
import { capitals, dropFile, openFile, watchForComplaints } from './helpers.ts'

test('a dropped CSV is read, mapped, shown as tokens, and its split follows the share', async ({ page }) => {
  const complaints = watchForComplaints(page)
  await page.goto('/')
  await dropFile(page, '.drop', 'boxes.csv', capitals(80))
  await expect(page.getByRole('heading', { name: 'boxes.csv', level: 1 })).toBeVisible()
  await expect(page.getByText('80 rows · 2 columns')).toBeVisible()
  await expect(page.getByRole('button', { name: /Question \(prompt\).*question/ })).toBeVisible()
  await expect(page.getByRole('button', { name: /Answer \(response\).*answer/ })).toBeVisible()
  const table = page.getByRole('region', { name: 'The first five rows' })
  await expect(table.locator('tbody tr')).toHaveCount(5)

  const counts = page.getByRole('region', { name: 'What the model gets' })
  await expect(counts.getByText('To learn from', { exact: true })).toBeVisible()
  await expect(counts.locator('dd').nth(0)).toContainText('72')
  await expect(counts.locator('dd').nth(1)).toContainText('8')
  const share = counts.getByRole('textbox', { name: 'Held out (validation)' })
  await share.fill('25')
  await expect(counts.locator('dd').nth(0)).toContainText('60')
  await expect(counts.locator('dd').nth(1)).toContainText('20')

  await page.getByRole('tab', { name: 'As the model sees it' }).click()
  const tokens = page.getByRole('tabpanel')
  await expect(tokens.locator('.learnt .token').first()).toBeVisible()
  const learnt = await tokens
    .locator('.tokens')
    .filter({ hasText: 'start_of_turn' })
    .first()
    .locator('.learnt .token')
    .allTextContents()
  const read = await tokens
    .locator('.tokens')
    .filter({ hasText: 'start_of_turn' })
    .first()
    .locator('.read .token')
    .allTextContents()
  // The answer and the end of its turn are learnt; the question is not.
  expect(learnt.join('')).toMatch(/^The ball of Tom is in the red box, thank you\.<end_of_turn>/)
  expect(read.join('')).toContain('Where is the ball of Tom')
  expect(read.join('')).not.toContain('red box')

  await page.getByRole('tab', { name: 'Lengths' }).click()
  await expect(page.getByRole('img', { name: /Histogram of lengths/ })).toBeVisible()
  expect(complaints).toEqual([])
})

test('a bad CSV is refused with its place and the way out, and a good one then opens', async ({ page }) => {
  await page.goto('/')
  await openFile(page, 'bad.csv', 'question,answer\nWho?,Tom\nWhere?,"here\nWhen?,now\n')
  const alert = page.getByRole('alert')
  await expect(alert).toBeVisible()
  // Row or line, and something to do about it.
  await expect(alert).toContainText(/(row|line)\D*\d/i)
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Teach a Gemma')
  await openFile(page, 'good.csv', capitals(20))
  await expect(page.getByRole('heading', { name: 'good.csv', level: 1 })).toBeVisible()
  await expect(page.getByRole('alert')).toHaveCount(0)
})

test('an empty file says so', async ({ page }) => {
  await page.goto('/')
  await openFile(page, 'empty.csv', '')
  await expect(page.getByRole('alert')).toContainText(/empty/i)
})

test('columns without familiar names wait for a choice, and nothing starts before it', async ({ page }) => {
  await page.goto('/')
  await openFile(
    page,
    'odd.csv',
    'alpha,beta,gamma\none fish,two fish,red\nblue fish,old fish,green\nno fish,new fish,pink\n',
  )
  await expect(page.getByRole('heading', { name: 'odd.csv', level: 1 })).toBeVisible()
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  const start = page.getByRole('button', { name: 'Start training' })
  await expect(page.getByText('Say which columns ask and answer first.')).toBeVisible()
  await expect(start).toBeDisabled()
  await page.getByRole('link', { name: 'Go to Data' }).click()
  for (const [role, column] of [
    ['Question (prompt)', 'alpha'],
    ['Answer (response)', 'gamma'],
  ] as const) {
    await page.getByRole('button', { name: `${role} None` }).click()
    await page.getByRole('option', { name: new RegExp(`^${column}`) }).click()
  }
  await expect(page.getByText('To learn from', { exact: true })).toBeVisible()
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  await expect(start).toBeEnabled()
})

test('a wrong setting is told at its field and nothing can start; the slider and 1e-3 put it right', async ({
  page,
}) => {
  await page.goto('/')
  await openFile(page, 'boxes.csv', capitals(40))
  await expect(page.getByRole('heading', { name: 'boxes.csv', level: 1 })).toBeVisible()
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  const start = page.getByRole('button', { name: 'Start training' })
  await expect(start).toBeEnabled()
  const memory = page.locator('.stat').filter({ hasText: 'Memory' })
  await expect(memory.getByText(/^[\d.]+ [kMG]B$/)).toBeVisible()

  const rate = page.getByRole('textbox', { name: 'Learning rate' })
  for (const [typed, told] of [
    ['5', 'Must be at most 1.'],
    ['0', 'Must be above 0.'],
    ['fast', 'Type a number'],
    ['', 'Type a number'],
  ] as const) {
    await rate.fill(typed)
    await expect(page.getByText(told)).toBeVisible()
    await expect(start).toBeDisabled()
  }
  await rate.fill('1e-3')
  await expect(start).toBeEnabled()
  const slider = page.getByRole('slider', { name: 'Learning rate' })
  await slider.focus()
  await page.keyboard.press('ArrowRight')
  await expect(rate).toHaveValue('0.002')
  await rate.press('ArrowDown')
  await expect(rate).toHaveValue('0.001')
})
