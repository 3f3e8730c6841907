import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, expect, type Locator, type Page, test } from '@playwright/test'
import { damaged, file, type GivenFile, QUESTIONS, separated } from './formats/files.ts'
import type { Walk } from './formats/walk.ts'
import { WALKS } from './formats/walks.ts'
import { curve, dropFiles, dropFolder, PATIENCE, watchForComplaints } from './helpers.ts'

/**
 * Every format that a person may have, one after the other in one page: opened, looked at, mapped, mended, taken through a
 * step and seen as tokens; one of each kind is learnt from.
 */

/** Pages last until something fails. */
let page: Page
let complaints: string[]
let settled = false

async function freshPage(browser: Browser, baseURL: string | undefined): Promise<void> {
  page = await browser.newPage({ viewport: { width: 1280, height: 800 }, ...(baseURL ? { baseURL } : {}) })
  complaints = watchForComplaints(page)
  settled = false
  page.setDefaultTimeout(15_000)
  await page.goto('/?engine=portable')
}

test.beforeAll(({ browser, baseURL }) => freshPage(browser, baseURL))
test.afterAll(() => page.close())

async function open(files: GivenFile[], by: Walk['by']): Promise<void> {
  if (by === 'dropping it') return dropFiles(page, '.drop', files)
  if (by === undefined) return page.getByLabel('Choose a file').setInputFiles(files)
  const folder = test.info().outputPath('features')
  mkdirSync(folder, { recursive: true })
  for (const { name, buffer } of files) writeFileSync(join(folder, name), buffer)
  await dropFolder(page, '.drop', folder)
}

const tab = (name: string | RegExp) => page.getByRole('tab', { name }).click()

/** The label of a list is the beginning of its name, its value the end. */
const selectOf = (within: Page | Locator, label: string) =>
  within
    .locator('.field', { has: page.getByText(label, { exact: true }) })
    .getByRole('button', { name: label })
    .last()

async function choose(within: Page | Locator, label: string, option: string): Promise<void> {
  await selectOf(within, label).click()
  const options = page.getByRole('listbox', { name: label })
  await options.getByRole('option', { name: option, exact: true }).click()
  await expect(options).toHaveCount(0)
}

/** The table as it is shown, the texts of some columns. */
function shownColumns(table: Locator, names: string[]): Promise<Record<string, string[]>> {
  return table.evaluate((region, wanted) => {
    const heads = [...region.querySelectorAll('th')].map((head) => head.firstChild?.textContent ?? '')
    const rows = [...region.querySelectorAll('tbody tr')]
    return Object.fromEntries(
      wanted.map((name) => [
        name,
        rows.map((row) => row.querySelectorAll('td')[heads.indexOf(name)]?.textContent ?? 'no such column'),
      ]),
    )
  }, names)
}

const asShown = (value: unknown) =>
  value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value)

async function seeRows({ title, size, first }: Walk): Promise<void> {
  if (title) await expect(page.getByRole('heading', { name: title, level: 1, exact: true })).toBeVisible()
  await expect(page.getByText(size, { exact: true })).toBeVisible()
  const table = page.getByRole('region', { name: 'The first five rows' })
  const expected = Object.entries(first).map(([name, cells]) => [name, cells.slice(0, 5).map(asShown)])
  await expect.poll(() => shownColumns(table, Object.keys(first))).toEqual(Object.fromEntries(expected))
}

async function seeRoles(roles: NonNullable<Walk['guess']['roles']>): Promise<void> {
  for (const [label, column] of Object.entries(roles))
    await expect(selectOf(page, label)).toContainText(column.trim())
}

async function map({ guess, mapped }: Walk): Promise<void> {
  await expect(page.getByRole('radio', { name: guess.kind })).toBeChecked()
  await expect(page.getByText(guess.reason)).toBeVisible()
  await seeRoles(guess.roles ?? {})
  if (!mapped) return
  if (mapped.kind) await page.getByRole('radio', { name: mapped.kind }).check()
  for (const [label, column] of Object.entries(mapped.roles ?? {})) await choose(page, label, column)
  if (mapped.template || mapped.words) await page.getByText('Template, words for labels, chat format').click()
  if (mapped.template) await page.getByLabel(/^Question written over columns/).fill(mapped.template)
  if (!mapped.words) return
  await page.getByRole('button', { name: 'Find the values' }).click()
  for (const [value, word] of Object.entries(mapped.words))
    await page.getByLabel(`Word for ${value}`).fill(word)
}

async function seeFinding(says: RegExp): Promise<void> {
  const findings = page.locator('.findings')
  const found = findings.getByText(says).first()
  // Many findings are folded; the fold comes and goes while they are being looked for.
  await expect(async () => {
    if (!(await found.isVisible())) await findings.locator('summary').click({ timeout: 1000 })
    await expect(found).toBeVisible({ timeout: 1000 })
  }).toPass({ timeout: 30_000 })
}

async function addStep({ name, fill, check, choose: chosen, ...effect }: Walk['step']): Promise<void> {
  await tab(/^Steps/)
  await page.getByRole('button', { name: 'Add a step' }).click()
  await page.getByRole('menuitem', { name }).click()
  const step = page.getByRole('list', { name: 'Steps in order' }).getByRole('listitem')
  for (const [label, option] of Object.entries(chosen ?? {})) await choose(step, label, option)
  for (const label of check ?? []) await step.getByRole('checkbox', { name: label, exact: true }).check()
  for (const [label, text] of Object.entries(fill ?? {})) {
    const field = step.getByRole('textbox', { name: label, exact: true })
    await field.fill(text)
    await field.blur()
  }
  await expect(step).toContainText(effect.counts)
  await step.getByText('Before and after').click()
  const [row, column, before, after] = [effect.row, effect.column.trim(), effect.before, effect.after]
  const samples = step.getByRole('region', { name: 'Before and after' }).locator('tbody tr')
  await expect
    .poll(() =>
      samples.evaluateAll((all) => all.map((one) => [...one.children].map((cell) => cell.textContent))),
    )
    .toContainEqual([
      String(row),
      expect.stringContaining(column),
      expect.stringContaining(before),
      expect.stringContaining(after),
    ])
}

async function seeTokens({ read, learnt }: Walk): Promise<void> {
  await tab('As the model sees it')
  const tokens = page.getByRole('region', { name: 'Examples as tokens' })
  if (read) await expect(tokens.locator('.read').first()).toHaveText(read)
  await expect(tokens.locator('.learnt').filter({ hasText: learnt }).first()).toBeVisible()
}

/** Two steps on what was prepared, whatever kind it is. */
async function train(): Promise<void> {
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  if (!settled) await page.getByRole('textbox', { name: 'Steps' }).fill('2')
  settled = true
  await page.getByRole('button', { name: 'Start training' }).click()
  await expect(page.getByText('Done. The adapter is ready.')).toBeVisible({ timeout: PATIENCE })
  await expect(page.getByRole('button', { name: 'Set up another run' })).toBeVisible()
  expect((await curve(page)).training.at(-1)![0]).toBe(2)
  await page.getByRole('link', { name: 'Data', exact: true }).click()
}

for (const [name, given] of Object.entries(WALKS))
  test(name, async () => {
    await open(given.files, given.by)
    await seeRows(given)
    await map(given)
    await seeFinding(given.finding)
    await addStep(given.step)
    await seeTokens(given)
    if (given.trained) await train()
    await page.getByRole('button', { name: 'Choose other data' }).click()
    expect(complaints).toEqual([])
  })

test('what is damaged is refused where it lies, in plain words, and the page goes on', async () => {
  const alert = page.getByRole('main').getByRole('alert')
  for (const [name, { files, says }] of Object.entries(damaged()))
    await test.step(name, async () => {
      await page.getByLabel('Choose a file').setInputFiles(files)
      await expect(alert).toContainText(says)
      // What is wrong, what to do about it, and no word of what only its makers know.
      await expect(alert.locator('p').first()).toHaveText(/^Error: \S.{15,}/)
      await expect(alert.locator('p').nth(1)).toHaveText(/^[A-Z].{15,}\.$/)
      await expect(alert).not.toContainText(/undefined|\bNaN\b|TypeError|at \w+ \(/)
      await alert.getByRole('button', { name: 'Dismiss' }).click()
      await expect(alert).toBeHidden()
    })
  await page.getByLabel('Choose a file').setInputFiles(file('whole.csv', separated(QUESTIONS)))
  await expect(page.getByText('24 rows · 2 columns')).toBeVisible()
  expect(complaints).toEqual([])
})
