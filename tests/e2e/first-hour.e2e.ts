import { expect, type Page, test } from '@playwright/test'
import { CHROMIUM_ARGS } from '../../cli/chromium.mjs'
import { capitals, facts, openFile, PATIENCE, watchForComplaints, workbook } from './helpers.ts'

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
  await expect(page.getByText(/step [1-9]\d* of/).first()).toBeVisible({ timeout: PATIENCE })

  // While it goes on, other data is chosen: the run is shown with its own name, settings and data.
  await page.getByRole('link', { name: 'Data', exact: true }).click()
  await page.getByRole('button', { name: 'Choose other data' }).click()
  await openFile(page, 'meanwhile.csv', capitals(40))
  await expect(page.getByRole('heading', { name: 'meanwhile.csv', level: 1 })).toBeVisible()
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  const settings = page.getByRole('region', { name: 'Settings of this run' })
  await expect(settings).toContainText('pirate.csv')
  await expect(page.getByText(/pebble on pirate\.csv/).first()).toBeVisible()
  await expect(page.getByText('meanwhile.csv')).toHaveCount(0)
  await expect(done).toBeVisible({ timeout: PATIENCE })

  // The stored run in view: its name, its own settings, what was learnt of rows that it saw and rows that it did not.
  const title = page.getByRole('heading', { level: 1 })
  await expect(title).toContainText('pebble on ')
  await expect(settings).toContainText('pirate.csv')
  await expect(
    page.getByText(/Questions answered as the data says: 2 of 2 that it learnt from, 2 of 2 that/),
  ).toBeVisible()
  await expect(page.getByText(/Rows that it never saw are known better: loss [\d.]+ before/)).toBeVisible()
  const samples = page.getByRole('region', { name: 'Before and after' })
  await expect(samples.getByText('learnt from this row')).toHaveCount(2)
  await expect(samples.getByText('never saw this row')).toHaveCount(2)
  await expect(page.getByText(/best \(validation\): [\d.]+ at step \d+/)).toBeVisible()
  await expect(page.getByRole('button', { name: 'Start training' })).toHaveCount(0)
  await page.screenshot({ path: test.info().outputPath('run.png'), fullPage: true })

  // Terms have a plain word beside them where they are met.
  for (const [term, words] of [
    ['Loss', /measured in nats: 0 is certain/],
    ['Learning rate', /Along a cosine it falls slowly/],
    ['Adapter (LoRA)', /r is how much it can hold, alpha how strongly it acts/],
    ['Where the adapter sits', /projections \(the weight matrices of each layer\)/],
  ] as const) {
    await page.getByRole('button', { name: `About: ${term}`, exact: true }).click()
    await expect(page.getByRole('dialog', { name: term }).getByText(words)).toBeVisible()
    await page.keyboard.press('Escape')
  }
  await page.getByRole('link', { name: 'Evaluate', exact: true }).click()
  await expect(page.getByText(/Perplexity says how many words it wavers between/)).toBeVisible()
  await page.getByRole('link', { name: 'Export', exact: true }).click()
  await expect(page.getByText(/PEFT, the library of Hugging Face for adapters/)).toBeVisible()

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

const openBook = (page: Page, sheets: Record<string, string[][]>) =>
  page.getByLabel('Choose a file').setInputFiles({
    name: 'facts.xlsx',
    mimeType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    buffer: workbook(sheets),
  })

test('a workbook says which sheet and which row of names were read, counts blank rows, and can be read otherwise', async ({
  page,
}) => {
  const complaints = watchForComplaints(page)
  const all = facts(40)
  await page.goto('/')
  await openBook(page, {
    Facts: [
      ['Facts of the Harbour Office'],
      [],
      ['Question', 'Answer'],
      ...all.slice(0, 9),
      [],
      ...all.slice(9),
    ],
    Prices: [['item', 'price'], ...Array.from({ length: 12 }, (_, i) => [`thing ${i}`, `${i} crowns`])],
  })
  // Findings that are opened as soon as they are seen stay open while the rest is looked through.
  const findings = page.locator('.findings')
  await findings.getByText(/^\d more findings?$/).click()
  await expect(page.getByText('40 rows · 2 columns')).toBeVisible()
  await expect(
    findings.getByText(/"Facts of the Harbour Office". Row 3 was taken as the names/),
  ).toBeVisible()
  await expect(
    findings.getByText(/1 blank row was left out of the sheet "Facts", row 13 of it/),
  ).toBeVisible()
  await expect(page.locator('.findings[aria-busy="false"]')).toBeVisible()
  await expect(page.getByText('To learn from', { exact: true })).toBeVisible()
  await expect(findings.getByText(/1 blank row was left out/)).toBeVisible()

  // A few steps teach the form of an answer, and no fact: a lower loss is not called knowledge.
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  await page.getByRole('textbox', { name: 'Steps' }).fill('12')
  await page.getByRole('button', { name: 'Start training' }).click()
  await expect(page.getByText('Done. The adapter is ready.')).toBeVisible({ timeout: PATIENCE })
  await expect(page.getByText(/0 of 2 that it never saw/)).toBeVisible()
  await expect(page.getByText(/Rows that it never saw are known better: loss [\d.]+ before/)).toBeVisible()
  await expect(page.getByText(/Where rows are facts, none can be known from another/)).toBeVisible()
  await page.getByRole('link', { name: 'Data', exact: true }).click()

  // The sheet is chosen from a list, which says what is chosen now.
  await page.getByText('How files are read').click()
  const sheet = page.getByRole('button', { name: /^Sheet of an Excel workbook/ })
  await expect(sheet).toHaveText('Automatic')
  await sheet.click()
  await page.getByRole('option', { name: 'Prices' }).click()
  await expect(sheet).toHaveText('Prices')
  await page.getByRole('button', { name: 'Read it again' }).click()
  await expect(page.getByText('12 rows · 2 columns')).toBeVisible()
  await page.getByText('How files are read').click()
  await sheet.click()
  await page.getByRole('option', { name: 'Automatic' }).click()
  await page.getByLabel('Row with the names of the columns').fill('1')
  await page.getByRole('button', { name: 'Read it again' }).click()
  await expect(page.getByText('41 rows · 2 columns')).toBeVisible()
  await expect(page.getByRole('columnheader', { name: /Facts of the Harbour Office/ })).toBeVisible()
  expect(complaints).toEqual([])
})

test('a file that begins with its test rows shows those that are learnt from, also while it is counted', async ({
  page,
}) => {
  const lines = Array.from(
    { length: 6000 },
    (_, i) =>
      `What is thing ${i}?,It is number ${i % 77}.,${i < 1500 ? 'test' : i < 2400 ? 'validation' : 'train'}`,
  )
  await page.goto('/')
  // It stands for a moment only.
  const estimated = page
    .waitForFunction(() => {
      if (!document.body.innerText.includes('Estimate from 2,000 of 6,000 rows')) return null
      const stats = [...document.querySelectorAll('.stat')]
      const held = stats.find((stat) => stat.querySelector('dt')?.textContent === 'Held out')
      return held?.querySelector('.stat-value')?.textContent?.replace(',', '')
    })
    .then((value) => value.jsonValue())
  await openFile(page, 'parted.csv', `question,answer,split\n${lines.join('\n')}\n`)
  const table = page.getByRole('region', { name: 'The first five rows' })
  await expect(table.locator('tbody tr')).toHaveCount(5)
  await expect(table.locator('tbody tr').first()).toContainText('What is thing 2400?')
  await expect(page.getByText('Rows that the column split holds out are not among them.')).toBeVisible()
  // What is said of a sample heeds the column, too: a tenth held out at random would be 600.
  expect(Number(await estimated)).toBeGreaterThan(800)
  await expect(
    page.locator('.stat', { has: page.getByText('Held out', { exact: true }) }).locator('.stat-value'),
  ).toHaveText('900')
})
