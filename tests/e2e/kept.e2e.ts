import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, expect, test } from '@playwright/test'
import { unzipSync } from 'fflate'
import { CHROMIUM_ARGS, findChromium } from '../../cli/chromium.mjs'
import { capitals, curve, facts, openFile, PATIENCE, startShort } from './helpers.ts'

/** On a processor alone this engine is the quicker one. */
const PORTABLE = () => localStorage.setItem('lapidary.engine', JSON.stringify({ choice: 'portable' }))

test('a run that finds no room to be stored trains on, says so, and is taken away', async ({
  page,
  baseURL,
}) => {
  await page.addInitScript(PORTABLE)
  // Room for the model (3 MB), the data and the log of the run, and for no checkpoint (23 MB). Chromium looks for room at the first
  // write, and then not for 30 s.
  const session = await page.context().newCDPSession(page)
  const { origin } = new URL(baseURL!)
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 14e6 })
  // The profile saves every 25 steps: once on the way, once at the end.
  await startShort(page, 30, { settings: { 'Adapter size (rank r)': '128' } })

  const notice = page
    .getByRole('main')
    .getByRole('status')
    .filter({ hasText: 'Not stored: what this run has learnt is lost when this page is closed' })
  await expect(notice).toBeVisible({ timeout: PATIENCE })
  await expect(notice).toContainText('The browser has no room left to store this.')
  await expect(page.getByText('Done. The adapter is ready.')).toBeVisible({ timeout: PATIENCE })
  await expect(notice).toBeVisible()
  expect((await curve(page)).training).toHaveLength(30)
  const downloading = page.waitForEvent('download')
  await notice.getByRole('button', { name: 'Download what it has learnt' }).click()
  const files = unzipSync(readFileSync(await (await downloading).path()))
  const weights = Object.entries(files).find(([name]) => name.endsWith('/adapter_model.safetensors'))
  expect(weights?.[1].byteLength).toBeGreaterThan(7e6)
  await page.getByRole('link', { name: 'Export', exact: true }).click()
  await expect(page.getByRole('button', { name: /^Download adapter \(/ })).toBeVisible()
})

test('"Stop now" gives up a long step at once, and the run begins again at one press', async ({ page }) => {
  await page.addInitScript(PORTABLE)
  // A step of 3,200 rows takes long on any machine; what it is done by can be seen while it is computed.
  await startShort(page, 3, { rows: capitals(4000), settings: { 'Accumulate (gradients)': '400' } })
  await expect(page.getByText(/% of step 1$/)).toBeVisible({ timeout: PATIENCE })
  await page.getByRole('button', { name: 'Stop', exact: true }).click()
  await expect(page.getByRole('button', { name: 'Stopping …' })).toBeDisabled()
  await expect(page.getByText(/^Finishing this step/)).toBeVisible()
  await page.getByRole('button', { name: 'Stop now' }).click()
  await expect(page.getByText('Stopped at once, after step 0 of 3.')).toBeVisible()
  const main = page.getByRole('main')
  await expect(
    main.getByText('No checkpoint had been saved: the run begins again from the start.'),
  ).toBeVisible()
  await main.getByRole('button', { name: 'Go on', exact: true }).click()
  await expect(page.getByText(/% of step 1$/)).toBeVisible({ timeout: PATIENCE })
})

test('what is learnt by heart is said, and the best checkpoint is offered, downloaded, asked and begun with', async ({
  page,
}) => {
  await page.addInitScript(PORTABLE)
  const rows = facts(40).map((row) => row.map((text) => `"${text}"`).join(','))
  await startShort(page, 100, { rows: `question,answer\n${rows.join('\n')}\n` })
  await expect(page.getByText('Done. The adapter is ready.')).toBeVisible({ timeout: PATIENCE })
  const main = page.getByRole('main')
  await expect(
    main.getByText(
      /^It learns its own rows by heart: their loss fell from [\d.]+ to [\d.]+, while .* rose from/,
    ),
  ).toContainText('For a skill or a style, train for fewer steps or on more rows.')

  // No question spoke for the newest: the best is offered first, with the reason, and each button says what it takes.
  const best = main.getByRole('radio', { name: /^Best on rows it never saw, at step \d+$/ })
  const newest = main.getByRole('radio', { name: 'Newest, at step 100' })
  await expect(best).toBeChecked()
  await expect(main.getByText(/so the best is offered first\. Where rows are facts/)).toBeVisible()
  const step = /\d+$/.exec((await best.locator('xpath=ancestor::label').textContent())!)![0]
  await newest.check()
  await expect(main.getByRole('button', { name: 'Download the adapter', exact: true })).toBeVisible()
  await best.check()
  const downloading = page.waitForEvent('download')
  await main.getByRole('button', { name: `Download the adapter of step ${step}` }).click()
  expect((await downloading).suggestedFilename()).toBe(`pebble-on-boxes.csv-step-${step}-adapter.zip`)

  await main.getByRole('link', { name: 'Other formats' }).click()
  await expect(best).toBeChecked()
  const figure = (text: string) => main.getByRole('definition').filter({ hasText: text })
  await expect(figure(`Best on rows it never saw, at step ${step}`)).toBeVisible()
  await expect(figure(`${step} of 100`)).toBeVisible()
  await newest.check()
  await expect(figure('100 of 100')).toBeVisible()

  // The answers say whose they are.
  await page.getByRole('link', { name: 'Evaluate', exact: true }).click()
  await expect(newest).toBeChecked()
  await best.check()
  await page.getByRole('textbox', { name: /^Your question/ }).fill('When was pier Elm 1 built?')
  await page.getByRole('button', { name: 'Ask both models' }).click()
  await expect(page.getByRole('heading', { name: `After ${step} steps (tuned)` })).toBeVisible()
  await expect(main.getByText(`pebble on boxes.csv, as it was at step ${step}`)).toBeVisible()
  await expect(page.getByRole('button', { name: 'Ask both models' })).toBeVisible({ timeout: PATIENCE })
  await expect(main.getByRole('alert')).toHaveCount(0)

  await page.getByRole('link', { name: 'Train', exact: true }).click()
  await main.getByRole('button', { name: 'Begin a new run with its adapter' }).click()
  await expect(
    main.getByText(`Begins with the adapter of pebble on boxes.csv at step ${step}, `),
  ).toBeVisible()
})

test('where site data is blocked the page says so, and nothing hangs', async ({ baseURL }) => {
  const profile = mkdtempSync(join(tmpdir(), 'lapidary-blocked-'))
  mkdirSync(join(profile, 'Default'))
  const preferences = { profile: { default_content_setting_values: { cookies: 2 } } }
  writeFileSync(join(profile, 'Default', 'Preferences'), JSON.stringify(preferences))
  const executablePath = await findChromium()
  const context = await chromium.launchPersistentContext(profile, {
    ...(executablePath ? { executablePath } : {}),
    args: CHROMIUM_ARGS,
    headless: true,
  })
  try {
    const page = context.pages()[0]!
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(baseURL!)
    const blocked = page.getByRole('alert').filter({ hasText: 'This browser lets the studio store nothing' })
    await expect(blocked).toHaveCount(1)
    await expect(blocked).toContainText('Allow site data (cookies) for this address')
    await openFile(page, 'boxes.csv', capitals(8))
    await expect(page.getByRole('main').getByRole('alert')).toContainText('lets the studio store nothing')
    await page.getByRole('link', { name: 'Model', exact: true }).click()
    await expect(
      page.getByText('Your processor (TensorFlow.js)').or(page.getByText('WebGPU')).first(),
    ).toBeVisible()
    await page.getByRole('link', { name: 'Train', exact: true }).click()
    await expect(page.getByRole('button', { name: 'Start training' })).toBeDisabled()
    expect(complaints).toEqual([])
  } finally {
    await context.close()
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  }
})
