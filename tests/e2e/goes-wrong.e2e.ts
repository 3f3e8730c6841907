import { readFileSync } from 'node:fs'
import { expect, type Page, test } from '@playwright/test'
import { capitals, curve, openFile, PATIENCE, startShort, stepsBeyond } from './helpers.ts'

/** On a processor alone this engine is the quicker one. */
const portable = (page: Page) =>
  page.addInitScript(() => localStorage.setItem('lapidary.engine', JSON.stringify({ choice: 'portable' })))

test('a learning rate far above the usual is hinted at beside its field', async ({ page }) => {
  await portable(page)
  await page.goto('/')
  await openFile(page, 'boxes.csv', capitals(40))
  await page.getByText('To learn from', { exact: true }).waitFor()
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  const hint = page.getByText(/^Set by you\. Recommended: 0\.006\. .* Far above what suits Pebble \(0\.006\)/)
  const rate = page.getByRole('textbox', { name: 'Learning rate' })
  await rate.fill('0.01')
  await expect(page.getByText(/^Set by you\. Recommended: 0\.006\./)).toBeVisible()
  await expect(hint).toHaveCount(0)
  await rate.fill('1')
  await expect(hint).toBeVisible()
  await rate.fill('1e5')
  await expect(page.getByText(/^Must be at most/)).toBeVisible()
  await expect(hint).toHaveCount(0)
})

test('a run that has come apart is named as such, whatever its loss did since, with the press that mends it', async ({
  page,
}) => {
  await portable(page)
  // Of tales the practice model knows much: in a few such steps it loses that, and has no time to find back.
  const tales = readFileSync('public/datasets/mood.csv', 'utf8').split('\n').slice(1, 81)
  const told = tales.map((line) => line.replace(/,[a-z]+$/, '').replaceAll('"', '')).join('\n\n')
  await page.goto('/')
  await page
    .getByLabel('Choose a file')
    .setInputFiles({ name: 'tales.txt', mimeType: 'text/plain', buffer: Buffer.from(told) })
  await page.getByText('To learn from', { exact: true }).waitFor()
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  const rate = page.getByRole('textbox', { name: 'Learning rate' })
  await rate.fill('1')
  await page.getByRole('textbox', { name: 'Steps' }).fill('12')
  await page.getByRole('button', { name: 'Start training' }).click()
  const outcome = page.getByRole('status').filter({ hasText: 'This run has come apart: ' })
  await expect(outcome).toBeVisible({ timeout: 120_000 })
  await expect(outcome).toContainText('Ended after step 12 of 12, but what it has learnt is of no use.')
  await expect(page.getByText(/by heart|The adapter is ready\.$/)).toHaveCount(0)
  await outcome.getByRole('button', { name: 'Set it up again with 0.006' }).click()
  await expect(rate).toHaveValue('0.006')
})

test("a run of a single step is no shorter than a profile's warm-up, which gives way", async ({ page }) => {
  await portable(page)
  await startShort(page, 1)
  await expect(page.getByText('Done. The adapter is ready.')).toBeVisible({ timeout: PATIENCE })
  expect((await curve(page)).training).toHaveLength(1)
  // What was typed is refused as ever, beside its field.
  await page.getByRole('button', { name: 'Set up another run' }).click()
  await page.getByText('More settings').click()
  await page.getByRole('textbox', { name: 'Warm-up' }).fill('4')
  await expect(page.getByText(/The warm-up is as long as the run/).first()).toBeVisible()
  await expect(page.getByRole('button', { name: 'Start training' })).toBeDisabled()
})

test('a double click on Stop is one press: the run ends after its step, all of it is kept, and nothing else is pressed', async ({
  page,
}) => {
  await portable(page)
  // Steps that take longer than the presses are apart, and far more of them than the test waits for.
  await startShort(page, 5000, { rows: capitals(4000), settings: { 'Accumulate (gradients)': '40' } })
  await stepsBeyond(page, 1)
  const stop = page.getByRole('button', { name: 'Stop', exact: true })
  const { x, y, width, height } = (await stop.boundingBox())!
  for (let press = 0; press < 2; press++) {
    await page.mouse.click(x + width / 2, y + height / 2)
    await page.waitForTimeout(150)
  }
  const told = page.getByText(/^Stopped at step \d+ of 5,000\. What was learnt so far is kept\.$/)
  await expect(told).toBeVisible({ timeout: PATIENCE })
  const step = Number(/step (\d+)/.exec((await told.textContent())!)![1])
  // What it had computed is all there, up to the last step, and in its checkpoint.
  expect((await curve(page)).training.at(-1)![0]).toBe(step)
  const kept = await page.evaluate(async () => {
    const opening = indexedDB.open('lapidary')
    await new Promise((resolve) => opening.addEventListener('success', resolve))
    const asking = opening.result.transaction('checkpoints').objectStore('checkpoints').getAll()
    await new Promise((resolve) => asking.addEventListener('success', resolve))
    opening.result.close()
    return asking.result.find(({ slot }) => slot === 'last').step as number
  })
  expect(kept).toBe(step)
  await expect(page.getByText(/Stopped at once/)).toHaveCount(0)
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await expect(page.getByRole('main').getByRole('button', { name: 'Go on', exact: true })).toBeVisible()
})

test('and so it is where the run has stopped before the second press, which meets no other button', async ({
  page,
}) => {
  await portable(page)
  await startShort(page, 5000)
  await stepsBeyond(page, 3)
  const stop = page.getByRole('button', { name: 'Stop', exact: true })
  const { x, y, width, height } = (await stop.boundingBox())!
  const presses = async () => {
    await page.mouse.click(x + width / 2, y + height / 2)
    // As soon as what was pressed is another one.
    await page.waitForFunction(
      ([x, y]) => document.elementFromPoint(x, y)?.closest('button')?.textContent === 'Set up another run',
      [x + width / 2, y + height / 2] as const,
      { polling: 10, timeout: PATIENCE },
    )
    await page.mouse.click(x + width / 2, y + height / 2)
  }
  await presses()
  const told = page.getByText(/^Stopped at step \d+ of 5,000\. What was learnt so far is kept\.$/)
  await expect(told).toBeVisible()
  await page.waitForTimeout(1500)
  await expect(told).toBeVisible()
  // A press that comes later is meant.
  await page.getByRole('button', { name: 'Set up another run' }).click()
  await expect(page.getByRole('button', { name: 'Start training' })).toBeVisible()
})
