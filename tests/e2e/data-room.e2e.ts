import { expect, test } from '@playwright/test'
import { dropFile, watchForComplaints } from './helpers.ts'

/** Questions and answers with much to mend: repeats, empty cells, white space, an answer to a question twice over. */
function messy(): string {
  const people = ['Tom', 'Anna', 'Ben', 'Lily', 'Max', 'Rose', 'Sam', 'Emma']
  const lines = Array.from(
    { length: 40 },
    (_, i) =>
      `"  Where is   the ball of ${people[i % 8]}, number ${i}? ","The ball of ${people[i % 8]} is in the red box."`,
  )
  lines.push(lines[0]!, lines[1]!, lines[2]!, '"Where is the lost hat?",', ',"It is here."')
  return `question,answer\n${lines.join('\n')}\n`
}

test('messy rows are mended by findings and steps, edited, undone, seen as tokens, and go on', async ({
  page,
}) => {
  const complaints = watchForComplaints(page)
  await page.goto('/')
  await dropFile(page, '.drop', 'messy.csv', messy())
  await expect(page.getByRole('heading', { name: 'messy.csv', level: 1 })).toBeVisible()

  // Findings bring their remedy along: at a press it becomes a step.
  const findings = page.locator('.findings')
  const fold = findings.locator('details.fold > summary')
  const repeated = findings
    .locator('.notice')
    .filter({ hasText: /repeat|duplicate|same/i })
    .getByRole('button', { name: 'Keep one of each' })
  await expect(findings).toBeVisible()
  if (!(await repeated.first().isVisible()) && (await fold.count()) > 0) await fold.click()
  await repeated.first().click()
  await expect(page.getByRole('tab', { name: 'Steps (1)' })).toBeVisible()
  await page.getByRole('tab', { name: /^Steps/ }).click()
  const steps = page.getByRole('list', { name: 'Steps in order' })
  await expect(steps.getByRole('listitem')).toHaveCount(1)
  await expect(steps.getByText(/45 rows in, 42 out/)).toBeVisible()

  // A step of one's own, from the menu, by keyboard.
  await page.getByRole('button', { name: 'Add a step' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('menuitem', { name: 'Tidy up spaces' }).press('Enter')
  await expect(steps.getByRole('listitem')).toHaveCount(2)
  await expect(steps.getByRole('listitem').nth(1)).toContainText(/\d+ changed/)
  await page.getByRole('button', { name: 'Move up: Tidy up spaces' }).press('Enter')
  await expect(steps.getByRole('listitem').first()).toContainText('Tidy up spaces')
  await expect(steps.getByRole('listitem').first()).toContainText('45 rows in')
  await steps.getByLabel('On: Tidy up spaces').uncheck()
  await expect(steps.getByRole('listitem').first()).toContainText('switched off')
  await steps.getByLabel('On: Tidy up spaces').check()
  await expect(steps.getByRole('listitem').first()).toContainText('45 rows in')

  // Rows by hand: a cell is changed by keyboard, a row added and deleted, all of it taken back.
  await page.getByRole('tab', { name: 'Rows' }).click()
  await page.getByRole('button', { name: 'Browse and edit all rows' }).click()
  const rows = page.getByRole('region', { name: 'All rows' })
  await expect(rows.locator('tbody tr')).toHaveCount(25)
  const cell = rows.getByRole('button', { name: /^Edit answer, row 2:/ })
  await cell.press('Enter')
  const editor = rows.getByRole('textbox', { name: 'Value of answer, row 2' })
  await editor.fill('It is with Anna.')
  await editor.press('Enter')
  await expect(cell).toHaveText('It is with Anna.')
  await expect(cell).toBeFocused()
  const undo = page.getByRole('button', { name: 'Undo' })
  await undo.click()
  await expect(cell).toHaveText('The ball of Anna is in the red box.')
  await expect(undo).toBeDisabled()
  await page.getByRole('button', { name: 'Delete row 1', exact: true }).click()
  await expect(page.getByText('44 rows · 2 columns')).toBeVisible()
  await undo.click()
  await expect(page.getByText('45 rows · 2 columns')).toBeVisible()
  await page.getByRole('button', { name: 'Next page' }).click()
  await expect(rows.locator('tbody tr')).toHaveCount(20)
  await page.getByRole('radio', { name: 'After the steps' }).check()
  await expect(page.getByText(/Rows 1 to 25 of 42/)).toBeVisible()
  await page.getByText('What the columns hold').click()
  await expect(page.getByRole('region', { name: 'What the columns hold' }).locator('tbody tr')).toHaveCount(2)

  // As the model will see it, and on.
  await page.getByRole('tab', { name: 'As the model sees it' }).click()
  await expect(page.locator('.learnt .token').first()).toBeVisible()
  await page.getByRole('link', { name: 'Next: Model' }).click()
  await expect(page.getByRole('heading', { name: 'Model', level: 1 })).toBeVisible()
  expect(complaints).toEqual([])
})

test('a table is pasted, another typed by hand, and several files are read at once', async ({ page }) => {
  await page.goto('/')
  await page.getByRole('button', { name: 'Paste a table' }).click()
  await page.getByLabel('Cells from a spreadsheet').fill('question\tanswer\nWho?\tTom\nWhere?\tHere\n')
  await page.getByRole('button', { name: 'Use this table' }).click()
  await expect(page.getByText('2 rows · 2 columns')).toBeVisible()
  await page.getByRole('button', { name: 'Choose other data' }).click()

  await page.getByRole('button', { name: 'Type examples' }).click()
  await page.getByLabel('question, example 1').fill('Who is there?')
  await page.getByLabel('answer, example 1').fill('It is Tom.')
  await page.getByRole('button', { name: 'Use these examples' }).click()
  await expect(page.getByRole('heading', { name: 'My examples', level: 1 })).toBeVisible()
  await expect(page.getByText('1 row · 2 columns')).toBeVisible()
  await page.getByRole('button', { name: 'Choose other data' }).click()

  await page.getByLabel('Choose a file').setInputFiles(
    ['a.csv', 'b.csv'].map((name) => ({
      name,
      mimeType: 'text/csv',
      buffer: Buffer.from(`question,answer\n${name}?,yes\nno?,no\n`),
    })),
  )
  await expect(page.getByText('4 rows · 2 columns')).toBeVisible()
})
