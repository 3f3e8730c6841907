import { expect, type Page, test, type Worker } from '@playwright/test'
import { serve } from '../../cli/server.ts'
import { openFile, PATIENCE, watchForComplaints } from './helpers.ts'

const choose = (page: Page, group: string, choice: string) =>
  page.getByRole('group', { name: group }).getByRole('radio', { name: choice, exact: true }).check()

test('every operation can be checked on this adapter, and what was found stays', async ({ page }) => {
  test.setTimeout(PATIENCE)
  const complaints = watchForComplaints(page)
  await page.goto('/#/model')
  await choose(page, 'Engine', 'WebGPU')
  await page.getByRole('button', { name: 'Check now' }).click()
  // Stopped, it says nothing; begun again, it goes through.
  await page.getByRole('button', { name: 'Stop' }).click()
  await expect(page.getByRole('alert')).toHaveCount(0)
  await page.getByRole('button', { name: 'Check now' }).click()
  await expect(page.getByText(/All 17 operations are right, in \d+ comparisons/)).toBeVisible({
    timeout: PATIENCE,
  })
  await page.getByText('Each operation').click()
  const table = page.getByRole('region', { name: 'Each operation' })
  await expect(table.getByRole('row')).toHaveCount(18)
  await expect(table.getByRole('row', { name: /Attention over a cache/ })).toContainText('%')
  await page.reload()
  await expect(page.getByText(/All 17 operations are right/)).toBeVisible()
  await expect(page.getByRole('button', { name: 'Check again' })).toBeVisible()
  expect(complaints).toEqual([])
})

test('WebAssembly that cannot start leaves plain JavaScript, and says so; asked for by name, it is an error', async ({
  page,
}) => {
  await page.route('**/*.wasm', (route) => route.abort())
  await page.goto('/#/model')
  await choose(page, 'Engine', 'Portable')
  await expect(page.getByText(/plain JavaScript \(not WebAssembly: /)).toBeVisible()
  await choose(page, 'TensorFlow.js runs on', 'WebAssembly')
  await expect(page.getByText(/TensorFlow.js cannot start \(WebAssembly: /)).toBeVisible()
})

test('what TensorFlow.js runs on can be chosen, and is kept', async ({ page }) => {
  const complaints = watchForComplaints(page)
  await page.goto('/#/model')
  await choose(page, 'Engine', 'Portable')
  for (const [choice, device] of [
    ['WebAssembly', /WebAssembly with SIMD, 1 thread/],
    ['WebGPU', /TensorFlow.js [\d.]+, WebGPU/],
    ['JavaScript', /TensorFlow.js [\d.]+, plain JavaScript/],
  ] as const) {
    await choose(page, 'TensorFlow.js runs on', choice)
    await expect(page.getByText(device)).toBeVisible()
    // The host that these tests run on sends no headers for it.
    await expect(page.getByText(/may not share memory between threads/)).toHaveCount(
      choice === 'WebAssembly' ? 1 : 0,
    )
  }
  await page.reload()
  await expect(page.getByText(/plain JavaScript/)).toBeVisible()
  expect(complaints).toEqual([])
})

test('where the page may share memory, the head computes on several threads', async ({ page, baseURL }) => {
  test.setTimeout(PATIENCE)
  const port = new URL(baseURL!).port
  // The command's own server sends what isolates a page.
  const server = await serve({ root: `.cache/e2e${port === '4391' ? '' : `-${port}`}` })
  try {
    const complaints = watchForComplaints(page)
    await page.goto(`${server.url}?engine=portable#/model`)
    const threads = await page.evaluate(() => Math.min(8, navigator.hardwareConcurrency))
    test.skip(threads === 1, 'this machine has one core')
    await expect(page.getByText(`WebAssembly with SIMD, ${threads} threads`)).toBeVisible()
    await page.goto(`${server.url}?engine=portable#/data`)
    await page.getByRole('button', { name: 'Watch a model learn' }).click()
    // They begin as blobs, whose addresses say nothing; one that waits for its turn on shared memory does not answer at all.
    const isHead = (worker: Worker) =>
      Promise.race([
        worker.evaluate(() => self.name === 'head').catch(() => false),
        page.waitForTimeout(2000).then(() => false),
      ])
    const head = async () => (await Promise.all(page.workers().map(isHead))).filter(Boolean).length
    await expect.poll(head, { timeout: PATIENCE }).toBe(threads - 1)
    await expect(page.getByText('Done. The adapter is ready.')).toBeVisible({ timeout: PATIENCE })
    expect(complaints).toEqual([])
  } finally {
    await server.close()
  }
})

test('how much memory a run may take is set beside its help; what is no amount is refused there, and what is too little before the start', async ({
  page,
}) => {
  test.setTimeout(PATIENCE)
  const complaints = watchForComplaints(page)
  await page.goto('/?engine=portable#/data')
  await openFile(
    page,
    'pairs.csv',
    `question,answer\n${Array.from({ length: 20 }, (_, i) => `What is ${i}?,It is ${i}.`).join('\n')}\n`,
  )
  const start = page.getByRole('button', { name: 'Start training' })
  const to = (name: string) => page.goto(`/?engine=portable#/${name}`)
  await to('train')
  await expect(start).toBeEnabled({ timeout: PATIENCE })
  await to('model')
  await page.getByRole('checkbox', { name: /Decide by itself how much memory/ }).uncheck()
  const field = page.getByRole('textbox', { name: 'Memory of a run, at most' })
  await expect(field).toHaveValue('2')
  await field.fill('plenty')
  await expect(page.getByText('Type a number, such as 0.001 or 1e-3.')).toBeVisible()
  await to('train')
  await expect(start).toBeDisabled()
  await expect(page.getByText('The memory that a run may take needs another value.')).toBeVisible()
  await page.getByRole('link', { name: 'Go to Model' }).click()
  await field.fill('0')
  await expect(page.getByText('Must be at least 0.001.')).toBeVisible()
  // A number, but no run fits into it.
  await field.fill('0.004')
  await to('train')
  await expect(page.getByText(/Too large: it needs .*, and you let a run take 4 MB\.$/)).toBeVisible({
    timeout: PATIENCE,
  })
  await expect(start).toBeDisabled()
  await page.reload()
  await expect(page.getByText(/Too large: it needs .*, and you let a run take 4 MB\.$/)).toBeVisible({
    timeout: PATIENCE,
  })
  await to('model')
  await expect(field).toHaveValue('0.004')
  await field.fill('1')
  await to('train')
  await expect(start).toBeEnabled({ timeout: PATIENCE })
  await expect(page.getByText(/^Fits in memory: it needs .*, and you let a run take 1 GB\.$/)).toBeVisible()
  expect(complaints).toEqual([])
})
