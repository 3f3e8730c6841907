import { expect, test } from '@playwright/test'
import { CHROMIUM_ARGS } from '../../cli/chromium.mjs'
import { capitals, openFile, PATIENCE } from './helpers.ts'

// On the processor: what is looked at here is what the page says of a run.
test.use({
  storageState: { cookies: [], origins: [] },
  launchOptions: async ({ launchOptions }, use) => {
    const args = CHROMIUM_ARGS.filter((arg) => !arg.includes('webgpu'))
    await use({ ...launchOptions, args: [...args, '--disable-features=WebGPU', '--disable-webgpu'] })
  },
})

test('what the page says is of one run: after the demo, a file of one’s own is before a run', async ({
  page,
}) => {
  await page.goto('/')
  await page.getByRole('button', { name: 'Watch a model learn' }).click()
  const done = page.getByText('Done. The adapter is ready.')
  await expect(done).toBeVisible({ timeout: PATIENCE })

  // The stored run in view: its name, its own settings, what was learnt of rows that it saw and rows that it did not.
  const title = page.getByRole('heading', { level: 1 })
  await expect(title).toContainText('pebble on ')
  const settings = page.getByRole('region', { name: 'Settings of this run' })
  await expect(settings).toBeVisible()
  await expect(
    page.getByText(/Questions answered as the data says: \d of 2 that it learnt from, \d of 2 that/),
  ).toBeVisible()
  const samples = page.getByRole('region', { name: 'Before and after' })
  await expect(samples.getByText('learnt from this row')).toHaveCount(2)
  await expect(samples.getByText('never saw this row')).toHaveCount(2)
  await expect(page.getByText(/best \(validation\): [\d.]+ at step \d+/)).toBeVisible()
  await expect(page.getByRole('button', { name: 'Start training' })).toHaveCount(0)
  await page.screenshot({ path: test.info().outputPath('run.png'), fullPage: true })

  // A file of one's own: nothing of the demo is left over it, and one press starts it.
  await page.getByRole('link', { name: 'Data', exact: true }).click()
  await page.getByRole('button', { name: 'Choose other data' }).click()
  await openFile(page, 'boxes.csv', capitals(40))
  await expect(page.getByRole('heading', { name: 'boxes.csv', level: 1 })).toBeVisible()
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  await expect(title).toHaveText('Train')
  await expect(page.getByText('learns from boxes.csv')).toBeVisible()
  await expect(done).toHaveCount(0)
  await expect(page.getByRole('button', { name: /Download the adapter/ })).toHaveCount(0)
  await expect(samples).toHaveCount(0)
  await expect(page.getByRole('button', { name: 'Start training' })).toBeEnabled()

  // The run is a press away, and back again; another setting is before a run, too.
  const back = page.getByRole('button', { name: /^Look at the last run: pebble on / })
  await back.click()
  await expect(done).toBeVisible()
  await page.getByRole('button', { name: 'Set up another run' }).click()
  await expect(page.getByText('learns from boxes.csv')).toBeVisible()
  await back.click()
  await page.reload()
  await expect(done).toBeVisible()
})
