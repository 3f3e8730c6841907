import { readFileSync } from 'node:fs'
import { expect, type Page, test } from '@playwright/test'
import { openFile, watchForComplaints } from './helpers.ts'

const PLACES = ['river', 'castle', 'garden', 'harbour', 'meadow', 'forest', 'market', 'tower']

/** Sentences with a number for their mood, and a column that parts them. */
function moods(rows: number): string {
  const lines = Array.from({ length: rows }, (_, i) => {
    const place = PLACES[i % PLACES.length]
    const mood = i % 3 === 0 ? 0 : 1
    return `"The ${place} was ${mood ? 'lovely' : 'awful'} on day ${i}.",${mood},${i % 5 === 0 ? 'late' : 'early'}`
  })
  return `sentence,label,half\n${lines.join('\n')}\n`
}

async function choose(page: Page, label: string | RegExp, option: string | RegExp): Promise<void> {
  await page.getByRole('button', { name: label }).click()
  await page.getByRole('option', { name: option }).click()
}

async function open(page: Page, name: string, text: string): Promise<void> {
  await page.goto('/?engine=portable')
  await openFile(page, name, text)
  await expect(page.getByText('To learn from', { exact: true })).toBeVisible()
}

const tab = (page: Page, name: string | RegExp) => page.getByRole('tab', { name }).click()
const tokens = (page: Page) => page.getByRole('region', { name: 'Examples as tokens' })
const counts = (page: Page) => page.getByRole('region', { name: 'What the model gets' })
const figure = (page: Page, label: string) =>
  counts(page)
    .locator('.stat')
    .filter({ has: page.getByText(label, { exact: true }) })
    .locator('.stat-value')

test('numbers get words, a template asks, and rows are held out by each method', async ({ page }) => {
  const complaints = watchForComplaints(page)
  await open(page, 'moods.csv', moods(90))

  // The finding's remedy asks for a word for each number, and can be taken back.
  const findings = page.locator('.findings')
  const fold = findings.locator('details.fold > summary')
  const give = async () => {
    await fold.click()
    await findings.getByRole('button', { name: 'Give words for them' }).click()
    const dialog = page.getByRole('dialog', { name: 'Words for the answers' })
    await dialog.getByLabel('Word for 0').fill('bad')
    await dialog.getByLabel('Word for 1').fill('good')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await expect(dialog).toBeHidden()
  }
  await give()
  await page.getByRole('button', { name: 'Undo' }).click()
  await give()

  await page.getByText('Template, words for labels, chat format').click()
  await expect(page.getByLabel('Word for 1')).toHaveValue('good')
  await page.getByLabel(/^Question written over columns/).fill('Good or bad? {sentence')
  await expect(page.getByText(/brace at character 14 is never closed/)).toBeVisible()
  await page.getByLabel(/^Question written over columns/).fill('Good or bad? {sentence}')
  await expect(page.getByText('Good or bad? The river was awful on day 0.')).toBeVisible()
  await expect(page.getByText('The question is written by the template below.')).toBeVisible()
  await tab(page, 'As the model sees it')
  await expect(tokens(page).locator('.read').first()).toContainText('Good or bad? The')
  await expect(tokens(page).locator('.learnt').first()).toHaveText(/learnt: (good|bad)<end_of_turn>↵/)

  // kauldron's way ends the answer without a line end.
  await choose(page, /^Chat format/, /kauldron/)
  await expect(page.getByText(/Token for token what Seq2SeqTask/)).toBeVisible()
  await expect(tokens(page).locator('.learnt').first()).toHaveText(/learnt: (good|bad)<end_of_turn>$/)

  // Another kind of mapping and back: nothing is lost.
  await page.getByRole('radio', { name: 'Text' }).check()
  await expect(tokens(page).locator('.learnt').first()).not.toContainText('start_of_turn')
  await page.getByRole('radio', { name: 'Question, answer' }).check()
  await expect(tokens(page).locator('.read').first()).toContainText('Good or bad? The')

  await page.getByText('How rows are held out').click()
  await choose(page, /^Method/, /stratified/)
  await counts(page).getByRole('textbox', { name: 'Test set' }).fill('20')
  await expect(figure(page, 'Test set')).toHaveText('18')
  await expect(figure(page, 'Held out')).toHaveText('9')
  await tab(page, 'Lengths')
  const balance = page.getByRole('region', { name: 'Answers by how often they occur' })
  await expect(balance.locator('tbody tr')).toHaveCount(2)
  await expect(balance.locator('tbody tr').filter({ hasText: 'bad' }).locator('td').last()).toHaveText('3')
  await choose(page, /^Method/, /By a column/)
  await choose(page, /^Column label/, 'half')
  await counts(page).getByLabel('Values that mean held out').fill('late')
  await counts(page).getByLabel('Values that mean held out').blur()
  await expect(figure(page, 'Held out')).toHaveText('18')
  await expect(figure(page, 'To learn from')).toHaveText('72')
  expect(complaints).toEqual([])
})

/** Fifteen rows to mend among questions and answers. */
function rough(): string {
  const lines = Array.from(
    { length: 40 },
    (_, i) => `Where is the  ${PLACES[i % 8]} number ${i}?,It is   behind hill ${i}.`,
  )
  return `question,answer\n${[...lines, ...lines.slice(0, 3), 'Where is nothing?,'].join('\n')}\n`
}

test('findings are mended and taken back, steps edited, rows found again, made rows marked, all of it downloaded', async ({
  page,
}) => {
  const complaints = watchForComplaints(page)
  await open(page, 'rough.csv', rough())
  await expect(figure(page, 'To learn from')).toHaveText('39')

  const findings = page.locator('.findings')
  await findings.getByRole('button', { name: 'Keep one of each' }).click()
  await expect(page.getByRole('tab', { name: 'Steps (1)' })).toBeVisible()
  await expect(figure(page, 'To learn from')).toHaveText('36')
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(page.getByRole('tab', { name: 'Steps', exact: true })).toBeVisible()
  await expect(figure(page, 'To learn from')).toHaveText('39')
  await findings.getByRole('button', { name: 'Keep one of each' }).click()

  // A step with settings of its own shows what it does to which rows.
  await tab(page, /^Steps/)
  const steps = page.getByRole('list', { name: 'Steps in order' })
  await page.getByRole('button', { name: 'Add a step' }).click()
  await page.getByRole('menuitem', { name: 'Find and replace' }).click()
  const replace = steps.getByRole('listitem').nth(1)
  await expect(replace).toContainText('until then it does nothing')
  await replace.getByLabel('Find', { exact: true }).fill('hill 1')
  await replace.getByLabel('Put in its place').fill('lake 1')
  await expect(replace).toContainText(/41 rows in, 41 out · 11 changed/)
  await replace.getByText('Before and after').click()
  const sample = replace.getByRole('region', { name: 'Before and after' }).locator('tbody tr').first()
  await expect(sample).toContainText('It is   behind hill 1.')
  await expect(sample).toContainText('It is   behind lake 1.')
  await page.getByRole('button', { name: 'Add a step' }).click()
  await page.getByRole('menuitem', { name: 'Tidy up spaces' }).click()
  await page.getByRole('button', { name: 'Move up: Tidy up spaces' }).click()
  await expect(steps.getByRole('listitem').nth(1)).toContainText(/40 changed|41 changed/)
  await page.getByRole('button', { name: 'Remove: Find and replace' }).click()
  await expect(steps.getByRole('listitem')).toHaveCount(2)

  // From an example to its row, which is changed, and so is the example; then added, deleted, undone.
  await tab(page, 'As the model sees it')
  await expect(page.getByText(/^Examples 1 to 5 of \d+$/)).toBeVisible()
  await tokens(page).getByRole('button', { name: 'Show row 2', exact: true }).click()
  const rows = page.getByRole('region', { name: 'All rows' })
  const cell = rows.getByRole('button', { name: /^Edit question, row 2:/ })
  await expect(cell).toBeFocused()
  await expect(rows.locator('tr.sought')).toContainText('castle')
  await cell.press('Enter')
  await rows.getByRole('textbox').fill('Who lives here?')
  await rows.getByRole('textbox').press('Enter')
  await expect(cell).toHaveText('Who lives here?')
  await page.getByRole('button', { name: 'Add a row' }).click()
  await rows.getByRole('textbox', { name: 'Value of question, row 45' }).press('Escape')
  await expect(page.getByText('45 rows · 2 columns')).toBeVisible()
  await page.getByRole('button', { name: 'Delete row 45' }).click()
  await expect(page.getByText('44 rows · 2 columns')).toBeVisible()
  await tab(page, 'As the model sees it')
  await expect(tokens(page)).toContainText('Who lives here?')
  await tab(page, 'Rows')
  const undo = page.getByRole('tabpanel').getByRole('button', { name: 'Undo' })
  for (let i = 0; i < 3; i++) await undo.click()
  await expect(undo).toBeDisabled()

  // Made rows: half as many again, marked, and none of them held out.
  await tab(page, 'More examples')
  await page.getByRole('slider', { name: 'Asked in other words' }).focus()
  for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight')
  await expect(page.getByRole('textbox', { name: 'Asked in other words' })).toHaveValue('50')
  await expect(figure(page, 'To learn from')).toHaveText('54')
  await expect(figure(page, 'Held out')).toHaveText('4')
  await tab(page, 'As the model sees it')
  await page.getByLabel('Go to example').fill('54')
  await page.getByLabel('Go to example').press('Enter')
  await expect(page.getByText('Examples 51 to 54 of 54')).toBeVisible()
  await expect(tokens(page).locator('.badge-plain', { hasText: 'Reworded' })).toHaveCount(4)
  await page.getByRole('radio', { name: 'Held out' }).check()
  await expect(page.getByText('Examples 1 to 4 of 4')).toBeVisible()
  await expect(tokens(page).locator('.badge-plain')).toHaveCount(0)

  // All of it as files.
  await page.getByRole('button', { name: 'Download these examples' }).click()
  const dialog = page.getByRole('dialog', { name: 'Download the examples' })
  await dialog.getByRole('button', { name: 'Make the files' }).click()
  const waiting = page.waitForEvent('download')
  await dialog.getByRole('button', { name: 'Download train.jsonl' }).click()
  const lines = readFileSync((await (await waiting).path())!, 'utf8')
    .trim()
    .split('\n')
  expect(lines).toHaveLength(54)
  expect(JSON.parse(lines[0]!).messages[1].content).toMatch(/^It is behind hill \d+\.$/)
  await dialog.getByRole('radio', { name: 'kauldron' }).check()
  await dialog.getByRole('button', { name: 'Make the files' }).click()
  for (const name of ['train.json', 'validation.json', 'config.py'])
    await expect(dialog.getByText(name, { exact: true })).toBeVisible()
  const zipped = page.waitForEvent('download')
  await dialog.getByRole('button', { name: /All 3 files as \.zip/ }).click()
  const zip = await zipped
  expect(zip.suggestedFilename()).toBe('rough-kauldron.zip')
  expect(readFileSync((await zip.path())!).includes('Seq2SeqTask')).toBe(true)
  expect(complaints).toEqual([])
})

test('the practice model writes examples: it says that they will be poor, can be stopped, and what is kept is marked', async ({
  page,
}) => {
  await open(page, 'rough.csv', rough())
  await tab(page, 'More examples')
  await expect(page.getByText(/The practice model is too small for this/)).toBeVisible()
  await expect(page.getByRole('link', { name: 'Choose a Gemma' })).toBeVisible()
  await page.getByRole('textbox', { name: 'Examples wanted' }).fill('200')
  await page.getByRole('button', { name: 'Write examples' }).click()
  await expect(page.getByText(/[1-9]\d* of 200 kept, \d+ asked/)).toBeVisible({ timeout: 60_000 })
  await page.getByRole('tabpanel').getByRole('button', { name: 'Stop' }).click()
  const said = await page.getByText(/examples? (is|are) kept/).textContent()
  const kept = Number(/^\d+/.exec(said ?? '')![0])
  expect(kept).toBeGreaterThan(0)
  await expect(page.getByRole('button', { name: 'Write examples' })).toBeEnabled()

  // What was written is used at once, marked, never held out, and can be left out again.
  await expect(page.getByText(/written by Pebble (is|are) at hand for the training rows/)).toBeVisible()
  const used = Math.min(kept, 39)
  await expect(figure(page, 'To learn from')).toHaveText(String(39 + used))
  await expect(figure(page, 'Held out')).toHaveText('4')
  await tab(page, 'As the model sees it')
  await page.getByLabel('Go to example').fill(String(39 + used))
  await page.getByLabel('Go to example').press('Enter')
  await expect(tokens(page).locator('.badge-plain').last()).toHaveText('Written by a model')
  await expect(tokens(page).getByText(`Written example ${kept}`)).toBeVisible()
  await page.getByRole('radio', { name: 'Held out' }).check()
  await expect(page.getByText('Examples 1 to 4 of 4')).toBeVisible()
  await expect(tokens(page).locator('.badge-plain')).toHaveCount(0)
  await tab(page, 'More examples')
  await page.getByRole('button', { name: 'Do not use them' }).click()
  await expect(figure(page, 'To learn from')).toHaveText('39')
})
