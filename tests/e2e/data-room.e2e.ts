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
    .getByRole('button')
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
})
