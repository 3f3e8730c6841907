import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { capitals, openFile, watchForComplaints } from './helpers.ts'

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

test('what was stored is deleted under the page: it says so, and opens data again', async ({ page }) => {
  await page.goto('/?engine=portable')
  await openFile(page, 'first.csv', capitals(30))
  await expect(page.getByRole('heading', { name: 'first.csv', level: 1 })).toBeVisible()
  await page.evaluate(
    () =>
      new Promise<void>((resolve, reject) => {
        const request = indexedDB.deleteDatabase('lapidary')
        request.onsuccess = () => resolve()
        request.onerror = () => reject(request.error)
      }),
  )
  const alert = page.getByRole('alert').filter({ hasText: 'was deleted while this page was open' })
  await expect(alert).toBeVisible()
  await alert.getByRole('button', { name: 'Dismiss' }).click()
  await page.getByRole('button', { name: 'Choose other data' }).click()
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
