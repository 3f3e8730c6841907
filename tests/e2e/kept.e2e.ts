import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, expect, test } from '@playwright/test'
import { unzipSync } from 'fflate'
import { CHROMIUM_ARGS, findChromium } from '../../cli/chromium.mjs'
import { capitals, curve, openFile, PATIENCE, startShort, stepsDone } from './helpers.ts'

/** On a processor alone this engine is the quicker one. */
const PORTABLE = () => localStorage.setItem('lapidary.engine', JSON.stringify({ choice: 'portable' }))

test('a run that finds no room to be stored trains on, says so, and is taken away', async ({
  page,
  baseURL,
}) => {
  await page.addInitScript(PORTABLE)
  // The profile saves every 25 steps: once on the way, once at the end.
  await startShort(page, 40)
  await expect.poll(() => stepsDone(page), { timeout: PATIENCE }).toBeGreaterThan(0)
  const session = await page.context().newCDPSession(page)
  await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(baseURL!).origin, quotaSize: 1000 })

  const notice = page
    .getByRole('main')
    .getByRole('status')
    .filter({ hasText: 'Not stored: what this run has learnt is lost when this page is closed' })
  await expect(notice).toBeVisible({ timeout: PATIENCE })
  await expect(notice).toContainText('room for')
  expect(await stepsDone(page)).toBeLessThan(40)
  await expect(page.getByText('Done. The adapter is ready.')).toBeVisible({ timeout: PATIENCE })
  await expect(notice).toBeVisible()
  const downloading = page.waitForEvent('download')
  await notice.getByRole('button', { name: 'Download what it has learnt' }).click()
  const files = unzipSync(readFileSync(await (await downloading).path()))
  const weights = Object.entries(files).find(([name]) => name.endsWith('/adapter_model.safetensors'))
  expect(weights?.[1].byteLength).toBeGreaterThan(10_000)
  await page.getByRole('link', { name: 'Export', exact: true }).click()
  await expect(page.getByRole('button', { name: /^Download adapter/ })).toBeVisible()
})

test('"Stop now" gives up a long step at once, and the run begins again at one press', async ({ page }) => {
  await page.addInitScript(PORTABLE)
  await page.goto('/')
  await openFile(page, 'boxes.csv', capitals(60))
  await page.getByText('To learn from', { exact: true }).waitFor()
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  await page.getByRole('textbox', { name: 'Steps' }).fill('3')
  await page.getByRole('textbox', { name: 'Batch size' }).fill('8')
  await page.getByText('More settings').click()
  await page.getByRole('textbox', { name: 'Accumulate (gradients)' }).fill('100')
  await page.getByRole('button', { name: 'Start training' }).click()
  // What a step is done by can be seen while it is computed.
  await expect(page.getByText(/% of step 1$/)).toBeVisible({ timeout: PATIENCE })
  await page.getByRole('button', { name: 'Stop', exact: true }).click()
  const now = page.getByRole('button', { name: 'Stop now' })
  await expect(now).toBeVisible()
  await now.click()
  await expect(page.getByText('Stopped at once, after step 0 of 3.')).toBeVisible({
    timeout: 2000,
  })
  await page.getByRole('main').getByRole('button', { name: 'Go on', exact: true }).click()
  await expect(page.getByText(/% of step 1$/)).toBeVisible({ timeout: PATIENCE })
})

test('the best checkpoint, once chosen, is downloaded, asked and gone on with', async ({ page }) => {
  await page.addInitScript(PORTABLE)
  await startShort(page, 60)
  await expect.poll(() => stepsDone(page), { timeout: PATIENCE }).toBeGreaterThan(26)
  await page.getByRole('button', { name: 'Stop', exact: true }).click()
  await expect(page.getByText(/^Stopped at step \d+ of 60\. What was learnt so far is kept\.$/)).toBeVisible({
    timeout: PATIENCE,
  })
  // Nothing was measured at the stop: the best one is that of the check before.
  const main = page.getByRole('main')
  await expect(main.getByRole('button', { name: 'Go on', exact: true })).toBeVisible()
  await main.getByText('Lowest validation loss (step 25)').click()
  await main.getByRole('link', { name: 'Other formats' }).click()
  await expect(page.getByRole('radio', { name: 'Lowest validation loss (step 25)' })).toBeChecked()
  await expect(
    main.getByRole('definition').filter({ hasText: 'Lowest validation loss (step 25)' }),
  ).toBeVisible()
  await expect(main.getByRole('definition').filter({ hasText: '25 of 60' })).toBeVisible()

  await page.getByRole('link', { name: 'Evaluate', exact: true }).click()
  await page.getByRole('textbox', { name: /^Your question/ }).fill('Where is the ball of Tom, number 0?')
  await page.getByRole('button', { name: 'Ask both models' }).click()
  await expect(page.getByRole('heading', { name: 'After 25 steps (tuned)' }).first()).toBeVisible()
  await expect(page.getByRole('button', { name: 'Ask both models' })).toBeVisible({ timeout: PATIENCE })
  await expect(main.getByRole('alert')).toHaveCount(0)

  await page.getByRole('link', { name: 'Train', exact: true }).click()
  await main.getByRole('button', { name: 'Go on from step 25' }).click()
  await expect(page.getByText('Done. The adapter is ready.')).toBeVisible({ timeout: PATIENCE })
  expect((await curve(page)).training.map(([step]) => step)).toEqual(
    Array.from({ length: 60 }, (_, i) => i + 1),
  )
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
