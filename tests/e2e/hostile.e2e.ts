import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, type Page, test } from '@playwright/test'
import { unzipSync } from 'fflate'
import {
  capitals,
  openFile,
  PATIENCE,
  startShort,
  stepsBeyond,
  stepsDone,
  watchForComplaints,
} from './helpers.ts'

const PEBBLE = join(import.meta.dirname, '../../public/models/pebble')

/** A copy of Pebble's folder of which one file is another. */
function spoilt(file: string, text: (before: string) => string): string {
  const folder = join(mkdtempSync(join(tmpdir(), 'lapidary-')), 'spoilt')
  cpSync(PEBBLE, folder, { recursive: true })
  let before = ''
  try {
    before = readFileSync(join(folder, file), 'utf8')
  } catch {
    // A file that Pebble has not.
  }
  writeFileSync(join(folder, file), text(before))
  return folder
}

test('model folders that would never end are refused in words, one after the other, and the next one is added', async ({
  page,
}) => {
  const complaints = watchForComplaints(page)
  await page.goto('/?engine=portable#model')
  const folders = page.getByLabel('Choose its folder')
  const LOOP = '{% for i in range(99999) %}{% for j in range(99999) %}{% set x = i %}{% endfor %}{% endfor %}'
  const cases: [string, (before: string) => string, RegExp][] = [
    ['chat_template.jinja', () => `${LOOP}{{ messages[0].content }}`, /does not come to an end/],
    [
      'tokenizer.json',
      (json) => json.replace(/("vocab":\s*\{)/, '$1"zzzz":4000000000,'),
      /word "zzzz" is 4000000000/,
    ],
    [
      'config.json',
      (json) => json.replace(/"num_hidden_layers":\s*\d+/, '"num_hidden_layers":1000000000'),
      /1,000 at most/,
    ],
  ]
  for (const [file, change, message] of cases) {
    const folder = spoilt(file, change)
    await folders.setInputFiles(folder)
    await expect(page.getByRole('alert')).toContainText(message, { timeout: 60_000 })
    rmSync(join(folder, '..'), { recursive: true })
  }
  const good = spoilt('README.md', (text) => text)
  await folders.setInputFiles(good)
  await expect(page.getByRole('radio', { name: /spoilt/ }).or(page.getByText('spoilt').first())).toBeVisible({
    timeout: 60_000,
  })
  await expect(page.getByRole('alert')).toHaveCount(0)
  rmSync(join(good, '..'), { recursive: true })
  expect(complaints).toEqual([])
})

const deleteStored = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<void>((resolve, reject) => {
        const request = indexedDB.deleteDatabase('lapidary')
        request.onsuccess = () => resolve()
        request.onerror = () => reject(request.error)
      }),
  )

test('what was stored is deleted under the page: it says so, and opens data again', async ({ page }) => {
  await page.goto('/?engine=portable')
  await openFile(page, 'first.csv', capitals(30))
  await expect(page.getByRole('heading', { name: 'first.csv', level: 1 })).toBeVisible()
  await deleteStored(page)
  const alert = page.getByRole('alert').filter({ hasText: 'was deleted while this page was open' })
  await expect(alert).toBeVisible()
  await alert.getByRole('button', { name: 'Dismiss' }).click()
  // A page that has looked at the list again by then has put the data away itself.
  const other = page.getByRole('button', { name: 'Choose other data' })
  await expect(other.or(page.getByText('first.csv was deleted'))).toBeVisible()
  if (await other.isVisible()) await other.click({ timeout: 5000 }).catch(() => {})
  await openFile(page, 'second.csv', capitals(20))
  await expect(page.getByRole('heading', { name: 'second.csv', level: 1 })).toBeVisible()
  await expect(page.getByRole('region', { name: 'What the model gets' }).locator('dd').first()).toContainText(
    '18',
    { timeout: 60_000 },
  )
})

test('tokens are not shown as they are typed, nor addresses with what may be a key', async ({ page }) => {
  await page.goto('/')
  await page.getByRole('button', { name: 'From a link' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByLabel(/token/i)).toHaveAttribute('type', 'password')
  await dialog.getByLabel('Address').fill('http://127.0.0.1:1/rows.csv?key=S3CRET')
  await dialog.getByRole('button', { name: 'Read it' }).click()
  await expect(page.getByRole('alert')).toContainText('http://127.0.0.1:1/rows.csv', { timeout: 30_000 })
  expect(await page.locator('body').innerText()).not.toContain('S3CRET')
})

test('a run whose database is deleted under it trains to its end and can be taken away', async ({ page }) => {
  await page.addInitScript(() => localStorage.setItem('lapidary.engine', '{"choice":"portable"}'))
  await startShort(page, 120)
  await stepsBeyond(page, 1)
  await deleteStored(page)
  await expect(
    page.getByRole('alert').filter({ hasText: 'was deleted while this page was open' }),
  ).toBeVisible()
  expect(await stepsDone(page)).toBeLessThan(120)
  await expect(page.getByText('Done. The adapter is ready.')).toBeVisible({ timeout: PATIENCE })
  const waiting = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Download the adapter' }).click()
  const files = unzipSync(readFileSync((await (await waiting).path())!))
  expect(Object.keys(files).map((path) => path.split('/').at(-1))).toContain('adapter_model.safetensors')
})

test('preparing is stopped, and begun again at a press', async ({ page }) => {
  await page.goto('/?engine=portable')
  await openFile(page, 'many.csv', capitals(60_000))
  const counts = page.getByRole('region', { name: 'What the model gets' })
  await counts.getByRole('button', { name: 'Stop' }).click({ timeout: 120_000 })
  await expect(counts.getByRole('button', { name: 'Stop' })).toHaveCount(0)
  const again = page.getByRole('alert').getByRole('button', { name: 'Try again' })
  await again.click()
  await expect(page.getByRole('alert')).toHaveCount(0)
  await expect(counts.locator('dd').first()).toContainText('54,000', { timeout: 120_000 })
})

test('a table of 5,000 columns is drawn a few at a time, and each of them is found by its name', async ({
  page,
}) => {
  const elements = () => page.evaluate(() => document.querySelectorAll('*').length)
  const names = ['prompt', 'response', ...Array.from({ length: 4998 }, (_, i) => `c${i}`)]
  const row = (i: number) => names.map((name) => `${name} ${i}`).join(',')
  await page.goto('/?engine=portable')
  await openFile(
    page,
    'wide.csv',
    `${names.join(',')}\n${Array.from({ length: 30 }, (_, i) => row(i)).join('\n')}\n`,
  )
  await expect(page.getByText('The first 50 of 5,000 columns')).toBeVisible({ timeout: 60_000 })
  const first = page.getByRole('region', { name: 'The first five rows' })
  await expect(first.getByRole('columnheader')).toHaveCount(50)
  await expect(first.getByRole('columnheader').first()).toContainText('prompt')

  const answer = page.getByRole('combobox', { name: 'Answer (response)' })
  await expect(answer).toHaveValue('response')
  await answer.fill('c49')
  await expect(page.locator('datalist option[value="c4900"]')).toBeAttached()
  await answer.fill('none')
  await answer.blur()
  await expect(page.getByText('There is none of this name.')).toBeVisible()
  await answer.fill('c4321')
  await answer.blur()
  await expect(first.getByRole('columnheader').nth(1)).toContainText('c4321')
  expect(await elements()).toBeLessThan(2000)

  await page.getByRole('button', { name: 'Browse and edit all rows' }).click()
  const all = page.getByRole('region', { name: 'All rows' })
  await expect(all.getByRole('columnheader')).toHaveCount(21)
  await expect(page.getByText('Columns 1 to 20 of 5,000')).toBeVisible()
  await page.getByRole('button', { name: 'Further columns' }).click()
  await expect(page.getByText('Columns 21 to 40 of 5,000')).toBeVisible()
  await expect(all.getByRole('button', { name: 'Edit c18, row 1: c18 0' })).toBeVisible()
  await page.getByText('What the columns hold').click()
  await expect(page.getByText('Columns 1 to 20 of 5,000')).toBeVisible({ timeout: 60_000 })
  await page.getByRole('tab', { name: /^Steps/ }).click()
  expect(await elements()).toBeLessThan(4000)
})

test('what is more than the limit on memory is refused, and read at a press that raises it', async ({
  page,
}) => {
  await page.goto('/?engine=portable')
  await page.getByText('How files are read').click()
  const most = page.getByLabel('Most memory, in gigabytes')
  await most.fill('0.001')
  await openFile(page, 'rows.csv', `question,answer\n${`${'x'.repeat(1000)},y\n`.repeat(3000)}`)
  const alert = page.getByRole('alert').filter({ hasText: 'would take more than 1 MB' })
  await alert.getByRole('button', { name: 'Allow 1 GB and read again' }).click()
  await expect(page.getByRole('heading', { name: 'rows.csv', level: 1 })).toBeVisible({ timeout: 60_000 })
})
