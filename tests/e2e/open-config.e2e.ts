import { expect, type Page, test } from '@playwright/test'
import { capitals, curve, openFile, PATIENCE, startShort, watchForComplaints } from './helpers.ts'

const CONFIG = {
  model: { id: '/models/my-gemma' },
  data: { name: '/there/boxes.csv', prompt: 'answer', response: 'question', validation_share: 0.25 },
  training: { max_steps: 7, learning_rate: 0.003, max_length: 96 },
  lora: { r: 4, lora_alpha: 8 },
  engine: { recompute: 'layer' },
}

const setting = (page: Page, name: string) => page.getByRole('textbox', { name, exact: true })

const paste = (page: Page, settings: object) =>
  page.evaluate((text) => {
    const clipboardData = new DataTransfer()
    clipboardData.setData('text/plain', text)
    document.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }))
  }, JSON.stringify(settings))

async function choose(page: Page, name: string, text: string): Promise<void> {
  await page
    .getByLabel('Choose run.json')
    .setInputFiles({ name, mimeType: 'application/json', buffer: Buffer.from(text) })
}

test('a run.json opens the page; what is missing is said, and the file is prepared as it says once it is opened', async ({
  page,
}) => {
  const complaints = watchForComplaints(page)
  await page.goto('/#/train')
  await page.getByText('Open settings from a file').click()
  await choose(page, 'broken.json', '{"training": {"learning_rate": 7}}')
  await expect(page.getByRole('alert')).toContainText('training.learning_rate')
  await choose(page, 'run.json', JSON.stringify(CONFIG))
  const note = page.getByRole('status').filter({ hasText: 'Settings of run.json are opened.' })
  await expect(note).toContainText('boxes.csv is not in this browser')
  await expect(note).toContainText('my-gemma is not in this browser')
  await expect(page.getByRole('alert')).toHaveCount(0)
  await expect(setting(page, 'Steps')).toHaveValue('7')
  await expect(page.getByText('engine.recompute: "layer"')).toBeVisible()

  // What waits for its file still does after a reload.
  await page.reload()
  await expect(note).toContainText('boxes.csv is not in this browser')
  await expect(note).toContainText('my-gemma is not in this browser')

  await note.getByRole('link', { name: 'To the data' }).click()
  await openFile(page, 'boxes.csv', capitals(80))
  await expect(page.getByRole('button', { name: /Question \(prompt\).*answer/ })).toBeVisible()
  await expect(page.getByRole('button', { name: /Answer \(response\).*question/ })).toBeVisible()
  const counts = page.getByRole('region', { name: 'What the model gets' })
  await expect(counts.locator('dd').nth(1)).toContainText('20')

  // A reload changes nothing of it.
  await page.reload()
  await expect(page.getByRole('button', { name: /Question \(prompt\).*answer/ })).toBeVisible()
  await expect(counts.locator('dd').nth(1)).toContainText('20')
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  await expect(setting(page, 'Steps')).toHaveValue('7')
  await page.getByRole('button', { name: 'Back to the defaults' }).click()
  await expect(page.getByText('engine.recompute')).toHaveCount(0)

  // Pasted beside a field, a config is opened too: what is here is chosen.
  const here = { ...CONFIG, model: { id: 'pebble' }, engine: {}, training: { max_steps: 9 } }
  await paste(page, here)
  await expect(setting(page, 'Steps')).toHaveValue('9')
  await expect(page.getByText('Settings of pasted settings are opened.')).toBeVisible()
  await expect(page.getByText('is not in this browser')).toHaveCount(0)

  // Columns without a name of data are of the data in view, which stays.
  const { prompt, response } = here.data
  await paste(page, { ...here, data: { prompt: response, response: prompt }, training: { max_steps: 11 } })
  await expect(setting(page, 'Steps')).toHaveValue('11')
  await expect(page.getByText('Pebble learns from boxes.csv.')).toBeVisible()
  await expect(page.getByText('is not in this browser')).toHaveCount(0)
  await page.getByRole('link', { name: 'Data', exact: true }).click()
  await expect(page.getByRole('button', { name: /Question \(prompt\).*question/ })).toBeVisible()
  await page.getByRole('link', { name: 'Train', exact: true }).click()

  // What there is no room for is refused before it is started, in the page's units, and nothing else is.
  const start = page.getByRole('button', { name: 'Start training' })
  await expect(start).toBeEnabled()
  await paste(page, { ...here, engine: { kind: 'portable', memory_budget: 1_000_000 } })
  await expect(page.getByText(/Too large: it needs \d+ MB, and you let a run take 1 MB\.$/)).toBeVisible()
  await expect(start).toBeDisabled()
  await page.getByRole('link', { name: 'Model', exact: true }).click()
  await page.getByRole('checkbox', { name: /Decide by itself how much memory/ }).check()
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  await expect(start).toBeEnabled()
  expect(complaints).toEqual([])
})

test("a run's settings are used again, and a new run begins with what it has learnt", async ({ page }) => {
  const menu = async (item: string) => {
    await page.getByRole('button', { name: /^Runs: / }).click()
    const runs = page.getByRole('dialog', { name: 'Runs' })
    await runs
      .getByRole('button', { name: /^More for/ })
      .last()
      .click()
    await page.getByRole('menuitem', { name: item }).click()
    await expect(runs).toBeHidden()
  }
  await startShort(page, 3)
  const done = page.getByText('Done. The adapter is ready.')
  await expect(done).toBeVisible({ timeout: PATIENCE })
  const first = await curve(page)

  // Settings pasted while a run is in view are opened, and the page is before a run; two values for one are told.
  await paste(page, { learning_rate: 1e-3, training: { learning_rate: 2e-3 } })
  await expect(page.getByRole('alert')).toContainText('"learning_rate" stands twice in the run config')
  await expect(done).toBeVisible()
  await paste(page, { max_steps: 4 })
  await expect(page.getByText('Settings of pasted settings are opened.')).toBeVisible()
  await expect(done).toHaveCount(0)
  await expect(page.getByRole('alert')).toHaveCount(0)
  await expect(setting(page, 'Steps')).toHaveValue('4')

  await setting(page, 'Steps').fill('5')
  await menu('Use these settings')
  await expect(setting(page, 'Steps')).toHaveValue('3')
  await expect(page.getByText(/Settings of .* are opened/)).toBeVisible()
  await expect(page.getByText(/will differ|not in this browser/)).toHaveCount(0)
  // Once more, the same data prepared in the same way: its figures are there again.
  await expect(page.locator('.train-live dl.stats')).toContainText('Tokens to learn from')
  await setting(page, 'Steps').fill('5')
  await menu('Use these settings')
  await expect(setting(page, 'Steps')).toHaveValue('3')
  await expect(page.locator('.train-live dl.stats')).toContainText('Tokens to learn from')

  await menu('Begin a new run with its adapter')
  await expect(page.getByText(/Begins with the adapter of/)).toBeVisible()
  await page.getByRole('button', { name: 'Start training' }).click()
  await paste(page, { max_steps: 4 })
  await expect(page.getByRole('alert')).toContainText('cannot be opened while a run goes on')
  await expect(done).toBeHidden()
  await expect(done).toBeVisible({ timeout: PATIENCE })
  const second = await curve(page)
  expect(second.validation[0]).toEqual([0, first.validation.at(-1)![1]])
  await page.getByRole('button', { name: 'Set up another run' }).click()
  await page.getByRole('button', { name: 'Begin with nothing' }).click()
  await expect(page.getByText(/Begins with the adapter of/)).toHaveCount(0)
})
