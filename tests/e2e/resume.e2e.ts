import { expect, test } from '@playwright/test'
import { curve, PATIENCE, startShort, stepsBeyond } from './helpers.ts'

test('a reload in the middle of a run loses nothing: it is offered, and goes on to the end', async ({
  page,
}) => {
  // The question asked on leaving is answered with yes.
  page.on('dialog', (dialog) => void dialog.accept())
  // The profile saves and evaluates every 25 steps.
  await startShort(page, 45)
  await stepsBeyond(page, 25)
  const before = await curve(page)
  // What the browser remembers of the page may be gone: the run itself is stored elsewhere.
  await page.addInitScript(() => localStorage.clear())
  await page.reload()

  const banner = page.getByRole('status').filter({ hasText: 'was interrupted' })
  await expect(banner).toBeVisible()
  await page.getByRole('link', { name: 'Data', exact: true }).click()
  await expect(page.getByRole('heading', { name: 'boxes.csv' })).toBeVisible()
  await banner.getByRole('button', { name: 'Go on' }).click()
  await expect(page.getByText('Done. The adapter is ready.')).toBeVisible({ timeout: PATIENCE })
  await expect(banner).toBeHidden()

  // Up to the last checkpoint the curve is the one that was seen before the reload; behind it, it is the same again.
  const after = await curve(page)
  expect(after.training.map(([step]) => step)).toEqual(Array.from({ length: 45 }, (_, i) => i + 1))
  expect(after.training.slice(0, before.training.length)).toEqual(before.training)
  expect(after.validation.map(([step]) => step)).toEqual([0, 25, 45])
})

test('a run that was cut off before its first checkpoint says that it begins again, and does', async ({
  page: first,
}) => {
  await startShort(first, 40, { at: '/?engine=portable' })
  await first.waitForFunction(() => /step [1-9]\d* of 40/.test(document.body.innerText), null, {
    polling: 20,
  })
  // A page that is left saves what it has, as it does on its way to chrome://crash; one that is killed where it stands has no time to.
  const crashed = first.waitForEvent('crash')
  const devtools = await first.context().newCDPSession(first)
  await Promise.race([crashed, devtools.send('Page.crash').catch(() => {})])
  await crashed
  const page = await first.context().newPage()
  await page.goto('/?engine=portable')
  const banner = page.getByRole('status').filter({ hasText: 'was interrupted' })
  await expect(banner).toContainText('It had no checkpoint yet: it begins again, with the same curve.')
  await page.getByRole('button', { name: /^Runs: 1/ }).click()
  await page.getByRole('dialog', { name: 'Runs' }).getByRole('button', { name: 'Show' }).click()
  await expect(page.getByText(/^Interrupted before its first checkpoint/)).toBeVisible()
  await banner.getByRole('button', { name: 'Go on' }).click()
  await expect(page.getByText('Done. The adapter is ready.')).toBeVisible({ timeout: PATIENCE })
  expect((await curve(page)).training.map(([step]) => step)).toEqual(
    Array.from({ length: 40 }, (_, i) => i + 1),
  )
})

test('a stopped run keeps what it learnt and goes on to the end; a run can be deleted', async ({ page }) => {
  const steps = 30
  await startShort(page, steps)
  await stepsBeyond(page, 5)
  await page.getByRole('button', { name: 'Stop', exact: true }).click()
  await expect(page.getByText(/^Stopped at step \d+ of 30\. What was learnt so far is kept\.$/)).toBeVisible({
    timeout: PATIENCE,
  })

  await page.getByRole('button', { name: /^Runs: 1/ }).click()
  const runs = page.getByRole('dialog', { name: 'Runs' })
  await expect(runs.getByText('Stopped', { exact: true })).toBeVisible()
  await page.keyboard.press('Escape')
  const before = await curve(page)
  expect(before.training.length).toBeGreaterThan(5)
  expect(before.training.length).toBeLessThan(steps)

  await page.getByRole('button', { name: /^Runs: 1/ }).click()
  await runs.getByRole('button', { name: 'Go on' }).click()
  await expect(page.getByText('Done. The adapter is ready.')).toBeVisible({ timeout: PATIENCE })
  const after = await curve(page)
  expect(after.training.map(([step]) => step)).toEqual(Array.from({ length: steps }, (_, i) => i + 1))
  expect(after.training.slice(0, before.training.length)).toEqual(before.training)
  // What was learnt before the stop was not learnt again from nothing: the first step after it is below the first of all.
  expect(after.training[before.training.length]![1]).toBeLessThan(after.training[0]![1])

  await page.getByRole('button', { name: /^Runs: 1/ }).click()
  await expect(runs.getByText('Done', { exact: true })).toBeVisible()
  await expect(runs.getByRole('button', { name: 'Go on' })).toHaveCount(0)
  await runs.getByRole('button', { name: /^More for/ }).click()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await page.getByRole('dialog', { name: 'Delete this run?' }).getByRole('button', { name: 'Delete' }).click()
  await expect(runs.getByText('Each training you start is kept here')).toBeVisible()
})

test('a damaged checkpoint is refused by name, and the one before it goes on at one press', async ({
  page,
}) => {
  // Whatever computes, what is stored is the same; on a processor alone this is quicker so.
  await page.addInitScript(() =>
    localStorage.setItem('lapidary.engine', JSON.stringify({ choice: 'portable' })),
  )
  await startShort(page, 90)
  await stepsBeyond(page, 26)
  await page.getByRole('button', { name: 'Stop', exact: true }).click()
  await expect(page.getByText(/^Stopped at step \d+ of 90\. What was learnt so far is kept\.$/)).toBeVisible({
    timeout: PATIENCE,
  })
  // The best is at hand, and the newest is what it goes on from.
  await expect(page.getByRole('radio', { name: /^Best on rows it never saw, at step \d+$/ })).toBeVisible()
  await expect(page.getByRole('radio', { name: /^Newest, at step \d+$/ })).toBeChecked()
  const step = await page.evaluate(async () => {
    const opening = indexedDB.open('lapidary')
    await new Promise((resolve) => opening.addEventListener('success', resolve))
    const tx = opening.result.transaction(['checkpoints', 'chunks'], 'readwrite')
    const asking = tx.objectStore('checkpoints').getAll()
    await new Promise((resolve) => asking.addEventListener('success', resolve))
    const last = asking.result.find(({ slot }) => slot === 'last')
    const key = [last.tensors.set, 0]
    const reading = tx.objectStore('chunks').get(key)
    await new Promise((resolve) => reading.addEventListener('success', resolve))
    const bytes = reading.result as Uint8Array
    bytes[bytes.length - 3]! ^= 1
    tx.objectStore('chunks').put(bytes, key)
    await new Promise((resolve) => tx.addEventListener('complete', resolve))
    opening.result.close()
    return last.step as number
  })
  await page.getByRole('main').getByRole('button', { name: 'Go on', exact: true }).click()
  const refused = page.getByRole('alert')
  await expect(refused).toContainText(`The checkpoint of step ${step} is damaged: its tensor`)
  // It is said of this run alone: not of another that is set up, and here again when this one is.
  await page.getByRole('button', { name: 'Set up another run' }).click()
  await expect(page.getByRole('button', { name: 'Start training' })).toBeVisible()
  await expect(refused).toHaveCount(0)
  await page.getByRole('button', { name: /^Look at the last run/ }).click()
  await refused.getByRole('button', { name: /^Go on from step \d+$/ }).click()
  await expect(page.getByText('Done. The adapter is ready.')).toBeVisible({ timeout: PATIENCE })
  await expect(refused).toHaveCount(0)
  expect((await curve(page)).training.map(([step]) => step)).toEqual(
    Array.from({ length: 90 }, (_, i) => i + 1),
  )
})
