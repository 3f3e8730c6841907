import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, type Page, test } from '@playwright/test'
import { unzipSync } from 'fflate'
import { openFile, PATIENCE, pebbleFolder } from './helpers.ts'

let place: string
test.beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'lapidary-export-tabs-'))
})
test.afterAll(() => rmSync(place, { recursive: true, force: true }))
test.beforeEach(async ({ context }) => {
  await context.addInitScript(() =>
    localStorage.setItem('lapidary.engine', JSON.stringify({ choice: 'portable' })),
  )
})

async function elsewhere(page: Page, place: RegExp): Promise<void> {
  await page.goto('/#/export')
  await page.getByRole('radio', { name: 'Use it elsewhere' }).check({ force: true })
  await page.getByRole('button', { name: /Where will it run/ }).click()
  await page.getByRole('option', { name: place }).click()
}

test('a base that another tab deletes is named, nothing is offered that needs it, and all is back once it is', async ({
  page,
  context,
}) => {
  const folder = pebbleFolder(place, 'quartz', 1)
  await page.goto('/#/model')
  await page.getByLabel('Choose its folder').setInputFiles(folder)
  await expect(page.getByRole('radio', { name: /^quartz/ })).toBeChecked({ timeout: 60_000 })
  await page.getByRole('link', { name: 'Data', exact: true }).click()
  await openFile(page, 'boxes.csv', `question,answer\n${'Where is it?,In the box.\n'.repeat(12)}`)
  await page.getByText('To learn from', { exact: true }).waitFor()
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  await page.getByRole('textbox', { name: 'Steps', exact: true }).fill('4')
  await page.getByRole('button', { name: 'Start training' }).click()
  await expect(page.getByText('Done. The adapter is ready.')).toBeVisible({ timeout: PATIENCE })
  await elsewhere(page, /llama\.cpp/)
  const main = page.getByRole('main')
  const download = main.getByRole('button', { name: /^Download \(/ })
  await expect(download).toBeVisible()

  const other = await context.newPage()
  await other.goto('/#/model')
  await other.getByRole('button', { name: 'Delete quartz from this browser' }).click()
  await other.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await expect(main.getByRole('alert')).toContainText('quartz, is not in this browser')
  await expect(download).toHaveCount(0)
  await expect(main.getByRole('link', { name: 'To the models' })).toBeVisible()
  // What needs no base is offered, and promises no proof, which does.
  await main.getByRole('button', { name: /Where will it run/ }).click()
  await page.getByRole('option', { name: /^Python with Transformers/ }).click()
  await expect(main.getByText(/^Comes without a proof/)).toBeVisible()
  const downloading = page.waitForEvent('download')
  const said = await main.getByText(/unpacks to a folder/).textContent()
  await main.getByRole('button', { name: /^Download adapter/ }).click()
  const files = Object.keys(unzipSync(readFileSync((await (await downloading).path())!)))
  expect(said).toContain(`a folder with ${files.length} files`)
  expect(files.filter((path) => /proof|check/.test(path))).toEqual([])
  await main.getByRole('button', { name: /Where will it run/ }).click()
  await page.getByRole('option', { name: /llama\.cpp/ }).click()

  await other.getByLabel('Choose its folder').setInputFiles(folder)
  await expect(download).toBeVisible({ timeout: 60_000 })
  await expect(main.getByRole('alert')).toHaveCount(0)
})
