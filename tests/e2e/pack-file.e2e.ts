import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type BrowserContext, chromium, expect, test } from '@playwright/test'
import { CHROMIUM_ARGS, findChromium } from '../../cli/chromium.mjs'
import { chooseForClass, saved, setUpForClass } from './class.ts'
import { PATIENCE, watchForComplaints } from './helpers.ts'

const LESSON = '# 我們的課\n\nWelcome.\n\n## Train {#train}\n\nPredict first.\n'

let folder = ''
let pupil: BrowserContext | null = null
test.afterEach(async () => {
  await pupil?.browser()?.close()
  if (folder) rmSync(folder, { recursive: true, force: true })
})

/** What a document says before its scripts do, where it is to be seen. */
function saidFirst(): string {
  const { content, visibility } = getComputedStyle(document.documentElement, '::before')
  return content === 'none' || visibility === 'hidden' ? '' : content
}

test('a class pack as one HTML file is opened from a stick, run, handed in, and scored by the teacher', async ({
  page,
}) => {
  folder = mkdtempSync(join(tmpdir(), 'lapidary stick-'))
  const complaints = watchForComplaints(page)
  await setUpForClass(page)
  await chooseForClass(page, 'Make a class pack …')
  await page.getByLabel('The lesson, in Markdown').fill(LESSON)
  // A press as fast as a machine's may come before the list takes any.
  await expect(async () => {
    await page.getByRole('button', { name: /^As/ }).click()
    await page.getByRole('option', { name: /One HTML file/ }).click({ timeout: 5_000 })
    await expect(page.getByRole('button', { name: /^As One HTML file/ })).toBeVisible({ timeout: 2_000 })
  }).toPass({ timeout: 60_000 })
  await page.getByRole('button', { name: 'Put it together' }).click()
  await expect(page.getByText(/^The pack will have \d(\.\d+)? MB/)).toBeVisible({ timeout: 120_000 })
  const pack = await saved(page, 'Save the pack', folder)
  expect(pack).toMatch(/我們的課\.lapidary-pack\.html$/)
  const making = page.getByRole('dialog', { name: 'A class pack' })
  await making.getByRole('button', { name: 'Close' }).click()
  await expect(making).toHaveCount(0)

  const executablePath = (await findChromium()) ?? undefined
  const browser = await chromium.launch({
    ...(executablePath ? { executablePath } : {}),
    args: CHROMIUM_ARGS,
  })
  pupil = await browser.newContext({ viewport: { width: 1400, height: 800 } })
  const there = await pupil.newPage()
  const complaintsThere = watchForComplaints(there)
  const asked: string[] = []
  pupil.on('request', (request) => asked.push(request.url().slice(0, 60)))
  there.setDefaultTimeout(60_000)

  // Cut off, or altered in its script, it says so and does nothing.
  const bytes = readFileSync(pack, 'utf8')
  const cut = join(folder, 'cut.html')
  writeFileSync(cut, bytes.slice(0, bytes.length * 0.7))
  await there.goto(pathToFileURL(cut).href)
  await expect(there.getByText(/This file was cut off/)).toBeVisible()
  // Also where it holds no script yet, or none that could say it.
  for (const length of [400, 1000, 3000, 30_000, bytes.indexOf('</head>') + 3000]) {
    writeFileSync(cut, bytes.slice(0, length))
    await there.goto(pathToFileURL(cut).href)
    await expect.poll(() => there.evaluate(saidFirst), { timeout: 10_000 }).toMatch(/This file was cut off/)
  }
  writeFileSync(cut, bytes.replace('<script id="studio">', '<script id="studio">;'))
  await there.goto(pathToFileURL(cut).href)
  await expect(there.getByText(/This file was altered/)).toBeVisible()
  complaintsThere.length = 0

  await there.goto(pathToFileURL(pack).href)
  const lesson = there.getByRole('complementary', { name: 'Lesson: 我們的課' })
  await expect(lesson.getByText('Welcome.')).toBeVisible({ timeout: 120_000 })
  await expect(lesson.getByText(/opened as a file/)).toBeVisible()
  expect(await there.evaluate(saidFirst)).toBe('')
  // What a browser saves of the open page, as pupils may do, is none.
  writeFileSync(cut, await there.content())
  await there.goto(pathToFileURL(cut).href)
  await expect(there.getByRole('heading', { name: 'Lapidary could not start' })).toBeVisible()
  await expect(there.getByText(/This is a copy of an open page/)).toBeVisible()
  complaintsThere.length = 0
  await there.goto(pathToFileURL(pack).href)
  await lesson.getByRole('button', { name: 'Next' }).click()
  await there.getByRole('button', { name: 'Start training' }).click()
  await expect(there.getByText('Done. The adapter is ready.')).toBeVisible({ timeout: PATIENCE })
  // Opened anew it goes on where it was.
  await there.reload()
  await expect(lesson.getByText('Step 2 of 2')).toBeVisible()
  await lesson.getByRole('button', { name: 'Hand in' }).click()
  await there.getByLabel('Your name').fill('=Ada')
  const run = await saved(there, 'Save the file', folder)
  expect(complaintsThere).toEqual([])
  // Nothing but the file itself, and what it holds.
  expect(asked.filter((url) => !/^(file:\/\/\/tmp|blob:|data:)/.test(url))).toEqual([])

  await chooseForClass(page, 'Handed-in runs …')
  const own = page.getByRole('dialog', { name: 'Handed-in runs' })
  await own
    .getByLabel('Open the files')
    .setInputFiles([{ name: basename(run), mimeType: 'application/zip', buffer: readFileSync(run) }])
  await expect(own.getByRole('cell', { name: '=Ada', exact: true })).toBeVisible()
  const set = Array.from({ length: 6 }, (_, i) => `This is day ${i}.,${i % 2 ? 'happy' : 'sad'}`)
  await own.getByLabel('A file of your own').setInputFiles({
    name: 'mine.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(`sentence,mood\n${set.join('\n')}\n`),
  })
  await own.getByRole('button', { name: 'Score all' }).click()
  await expect(own.getByText(/on the same 6 rows of mine\.csv/)).toBeVisible({ timeout: PATIENCE })
  const csv = readFileSync(await saved(page, 'Save as CSV', folder), 'utf8')
  expect(csv.split('\r\n')[1]).toMatch(/^'=Ada,.*,\d,6,mine\.csv,accuracy,/)

  // The command gives the same table, of the same file and the same rows.
  writeFileSync(join(folder, 'mine.csv'), `sentence,mood\n${set.join('\n')}\n`)
  const command = ['class', run, '--data', join(folder, 'mine.csv'), '--csv', join(folder, 'class.csv')]
  const printed = execFileSync(process.execPath, ['cli/bootstrap.mjs', ...command], { encoding: 'utf8' })
  expect(readFileSync(join(folder, 'class.csv'), 'utf8')).toBe(csv)
  expect(printed).toMatch(/^=Ada +\S.* \d of 6 +6 of 6 /m)
  expect(complaints).toEqual([])
})
