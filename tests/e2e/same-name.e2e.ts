import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, type Page, test } from '@playwright/test'
import { capitals, openFile, PATIENCE, pebbleFolder } from './helpers.ts'

let place: string
test.beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'lapidary-names-'))
})
test.afterAll(() => rmSync(place, { recursive: true, force: true }))

const folder = (name: string, change: number) => pebbleFolder(place, name, change)
const add = (page: Page, path: string) => page.getByLabel('Choose its folder').setInputFiles(path)
const radio = (page: Page, name: string) =>
  page.getByRole('radio', { name: new RegExp(`^${name.replace(/[()]/g, '\\$&')} [^(]`) })
const picture = async (page: Page, name: string) => {
  const to = process.env.LAPIDARY_PICTURES
  if (to) await page.screenshot({ path: join(to, `${name}.png`), fullPage: true })
}

test('models of one name stand side by side, the same one is known again, and what hangs on one is said before it goes', async ({
  page,
  context,
}) => {
  await context.addInitScript(() =>
    localStorage.setItem('lapidary.engine', JSON.stringify({ choice: 'portable' })),
  )
  await page.goto('/#/model')
  await add(page, folder('gemma', 1))
  await expect(radio(page, 'gemma')).toBeChecked({ timeout: 60_000 })
  await add(page, folder('gemma', 2))
  await expect(radio(page, 'gemma (2)')).toBeChecked({ timeout: 60_000 })
  await expect(page.getByText('It is stored as gemma (2): another model here is called gemma')).toBeVisible()
  await expect(radio(page, 'gemma')).toBeVisible()
  await picture(page, 'apart')
  await add(page, folder('otherwise', 1))
  await expect(page.getByText('It is here already, as gemma', { exact: true })).toBeVisible({
    timeout: 60_000,
  })
  await expect(radio(page, 'gemma')).toBeChecked()
  await expect(radio(page, 'otherwise')).toHaveCount(0)
  await picture(page, 'known')

  // A run of the first, stopped on its way.
  await page.getByRole('link', { name: 'Data', exact: true }).click()
  await openFile(page, 'capitals.csv', capitals(40))
  await page.getByText('To learn from', { exact: true }).waitFor()
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  await page.getByRole('textbox', { name: 'Steps', exact: true }).fill('200')
  await page.getByRole('button', { name: 'Start training' }).click()
  await expect(page.getByText(/^step [1-9]/i).first()).toBeVisible({ timeout: PATIENCE })
  await page.getByRole('button', { name: 'Stop', exact: true }).click()
  const goOn = page.getByRole('main').getByRole('button', { name: 'Go on', exact: true })
  await expect(goOn).toBeVisible({ timeout: PATIENCE })

  // Another tab lists what is here, and follows.
  const other = await context.newPage()
  await other.goto('/#/model')
  await expect(radio(other, 'gemma (2)')).toBeVisible()
  await add(other, folder('third', 3))
  await expect(radio(other, 'third')).toBeChecked({ timeout: 60_000 })
  await page.getByRole('link', { name: 'Model', exact: true }).click()
  await expect(radio(page, 'third')).toBeVisible()
  await radio(other, 'gemma').check()

  await page.getByRole('button', { name: 'Delete gemma from this browser' }).click()
  const dialog = page.getByRole('dialog', { name: 'Delete this model?' })
  await expect(dialog).toContainText('Not at their end, and unable to go on without it: “gemma on capitals')
  await expect(dialog).toContainText('Another tab has it chosen.')
  await expect(dialog).toContainText(/[\d.]+ kB of it stay: other models or downloads have the same files/)
  await picture(page, 'delete')
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await expect(radio(page, 'gemma')).toHaveCount(0)
  await expect(radio(other, 'gemma')).toHaveCount(0)
  // Where it was to be trained as well.
  await other.getByRole('link', { name: 'Train', exact: true }).click()
  await expect(
    other.getByText('gemma was deleted in another tab: the practice model is chosen now.'),
  ).toBeVisible()
  await other.getByRole('link', { name: 'Model', exact: true }).click()

  // The run says what it needs; one that has only the name is not taken.
  await add(other, folder('gemma', 4))
  await expect(radio(other, 'gemma')).toBeChecked({ timeout: 60_000 })
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  await page.getByRole('button', { name: /^Runs: 1/ }).click()
  const runs = page.getByRole('dialog', { name: 'Runs' })
  await expect(runs).toContainText('Its base model, gemma, is not in this browser: it cannot go on.')
  await expect(runs.getByRole('button', { name: 'Go on' })).toHaveCount(0)
  await picture(page, 'runs')
  await runs.getByRole('button', { name: 'Show' }).click()
  const main = page.getByRole('main')
  await expect(main).toContainText('what is called gemma here has other weights')
  await expect(goOn).toHaveCount(0)
  await picture(page, 'needs')
})

test('data that another tab opens is listed here, and data that it deletes is put away with a word', async ({
  page,
  context,
}) => {
  await page.goto('/')
  const other = await context.newPage()
  await other.goto('/')
  await openFile(other, 'capitals.csv', capitals(40))
  await other.getByText('To learn from', { exact: true }).waitFor()
  await page.getByRole('button', { name: /^capitals\.csv/ }).click()
  await page.getByText('To learn from', { exact: true }).waitFor()
  await other.getByRole('button', { name: 'Choose other data' }).click()
  await other.getByRole('button', { name: 'Delete capitals.csv from this browser' }).click()
  await other.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await expect(page.getByText('capitals.csv was deleted in another tab.')).toBeVisible()
  await expect(page.getByRole('button', { name: /^capitals\.csv/ })).toHaveCount(0)
  await picture(page, 'data-gone')
})
