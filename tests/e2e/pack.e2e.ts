import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import { type BrowserContext, chromium, expect, test } from '@playwright/test'
import { unzipSync } from 'fflate'
import { CHROMIUM_ARGS, findChromium } from '../../cli/chromium.mjs'
import { type RunningServer, serve } from '../../cli/server.ts'
import { chooseForClass, saved, setUpForClass } from './class.ts'
import { PATIENCE, watchForComplaints } from './helpers.ts'

/** A name that is not localhost: over plain http a browser gives it no GPU, service worker, locks or cryptography. */
const HOST = 'school.test'

const LESSON =
  '# Our lesson\n\nWelcome.\n\n## Train {#train}\n\nPredict first.\n\n<script>document.title = "hurt"</script>\n\n## The end\n\nHand it in.\n'

let folder = ''
let server: RunningServer | null = null
let pupil: BrowserContext | null = null
test.afterEach(async () => {
  await pupil?.browser()?.close()
  await server?.close()
  if (folder) rmSync(folder, { recursive: true, force: true })
})

test('a class pack is made, opened from a plain http server, run, handed in, and opened by the teacher', async ({
  page,
}) => {
  folder = mkdtempSync(join(tmpdir(), 'lapidary-pack-'))
  const complaints = watchForComplaints(page)
  await setUpForClass(page)

  await chooseForClass(page, 'Make a class pack …')
  await page.getByLabel('The lesson, in Markdown').fill(LESSON)
  await page.getByLabel('The settings', { exact: true }).check()
  const { violations } = await new AxeBuilder({ page }).include('.dialog').analyze()
  expect(violations.map(({ id, nodes }) => `${id} at ${nodes[0]?.target.join(' ')}`)).toEqual([])
  await page.getByRole('button', { name: 'Put it together' }).click()
  await expect(page.getByText(/^The pack will have 1\d(\.\d)? MB/)).toBeVisible({ timeout: 120_000 })
  const pack = await saved(page, 'Save the pack', folder)
  expect(pack).toMatch(/Our-lesson\.lapidary-pack\.zip$/)
  const making = page.getByRole('dialog', { name: 'A class pack' })
  await making.getByRole('button', { name: 'Close' }).click()
  await expect(making).toHaveCount(0)
  const heading = page.getByRole('heading', { level: 1 })
  await expect(heading).toBeVisible()

  // One that was altered on its way is refused by the file, and the studio is as it was.
  const bytes = readFileSync(pack)
  const altered = Buffer.from(bytes)
  altered[bytes.indexOf('Predict first.')] = 'p'.charCodeAt(0)
  await page
    .locator('input[type=file][accept=".zip"][hidden]')
    .setInputFiles({ name: 'altered.lapidary-pack.zip', mimeType: 'application/zip', buffer: altered })
  await expect(page.getByText(/lesson\.md does not have the hash that is listed/)).toBeVisible()
  await expect(heading).toBeVisible()
  await expect(page.getByRole('complementary')).toHaveCount(0)
  await page.getByRole('button', { name: 'Dismiss' }).click()

  // Unzipped on a server of files it is the studio with this lesson.
  for (const [name, content] of Object.entries(unzipSync(bytes))) {
    mkdirSync(dirname(join(folder, 'site', name)), { recursive: true })
    writeFileSync(join(folder, 'site', name), content)
  }
  server = await serve({ root: join(folder, 'site'), isolated: false })
  const executablePath = (await findChromium()) ?? undefined
  const browser = await chromium.launch({
    ...(executablePath ? { executablePath } : {}),
    args: [...CHROMIUM_ARGS, `--host-resolver-rules=MAP ${HOST} 127.0.0.1`],
  })
  pupil = await browser.newContext({ viewport: { width: 1400, height: 800 } })
  const there = await pupil.newPage()
  const complaintsThere = watchForComplaints(there)
  there.setDefaultTimeout(60_000)
  await there.goto(`http://${HOST}:${new URL(server.url).port}/app/`)
  const lesson = there.getByRole('complementary', { name: 'Lesson: Our lesson' })
  await expect(lesson.getByText('Welcome.')).toBeVisible({ timeout: 120_000 })
  expect(await there.evaluate(() => [isSecureContext, crypto.subtle === undefined])).toEqual([false, true])
  await expect(lesson.getByText(/opened without https/)).toBeVisible()
  await lesson.getByRole('button', { name: 'Next' }).click()
  await expect(there.getByRole('heading', { level: 1, name: 'Train' })).toBeVisible()
  await expect(lesson.getByText(/This lesson holds script/)).toBeVisible()
  await expect(there).not.toHaveTitle('hurt')
  await expect(there.getByText('Whoever made this page has set it.').first()).toBeVisible()
  await there.getByRole('button', { name: 'Start training' }).click()
  await expect(there.getByText('Done. The adapter is ready.')).toBeVisible({ timeout: PATIENCE })
  // A reload finds the step again, and does not open the pack a second time.
  await there.reload()
  await expect(lesson.getByText('Step 2 of 3')).toBeVisible()
  await lesson.getByRole('button', { name: 'Next' }).click()
  await lesson.getByRole('button', { name: 'Hand in' }).click()
  await there.getByLabel('Your name').fill('Ada')
  const run = await saved(there, 'Save the file', folder)
  expect(complaintsThere).toEqual([])

  await chooseForClass(page, 'Handed-in runs …')
  const own = page.getByRole('dialog', { name: 'Handed-in runs' })
  await own.getByLabel('Open the files').setInputFiles([
    { name: basename(run), mimeType: 'application/zip', buffer: readFileSync(run) },
    { name: 'torn.lapidary-run.zip', mimeType: 'application/zip', buffer: bytes.subarray(0, 900) },
  ])
  await expect(own.getByRole('cell', { name: 'Ada', exact: true })).toBeVisible()
  await expect(own.getByRole('alert')).toContainText('torn.lapidary-run.zip')
  const csv = readFileSync(await saved(page, 'Save as CSV', folder), 'utf8')
  expect(csv).toMatch(/^\ufeffname,run,model,data,step,/)
  expect(csv.split('\r\n')[1]).toMatch(/^Ada,.*,6,6,\d/)
  expect(complaints).toEqual([])
})
