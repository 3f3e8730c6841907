import { join } from 'node:path'
import { expect, type Page, type Route, test } from '@playwright/test'
import { golden } from './formats/files.ts'
import { watchForStrangers } from './helpers.ts'

const PARQUET = golden('files', 'text-snappy.parquet').buffer
const FILE = 'https://huggingface.co/datasets/owner/name/resolve/refs%2Fconvert%2Fparquet/main'

/** With Range, as the Hub and Drive serve files, and open to pages from everywhere. */
async function serve(route: Route, bytes: Buffer): Promise<void> {
  const range = /bytes=(\d+)-(\d*)/.exec(route.request().headers().range ?? '')
  const [from, to] = range ? [Number(range[1]), Number(range[2] || bytes.length - 1)] : [0, bytes.length - 1]
  const end = Math.min(to, bytes.length - 1)
  await route.fulfill({
    status: range ? 206 : 200,
    headers: {
      'access-control-allow-origin': '*',
      'access-control-expose-headers': '*',
      'access-control-allow-headers': '*',
      'accept-ranges': 'bytes',
      ...(range ? { 'content-range': `bytes ${from}-${end}/${bytes.length}` } : {}),
    },
    body: bytes.subarray(from, end + 1),
  })
}

const OPEN = { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' }
const json = (route: Route, body: unknown, status = 200) =>
  route.fulfill({ status, json: body, headers: OPEN })

/** The Hub's two services, in the shapes of their answers. */
async function fakeHub(page: Page): Promise<string[]> {
  const asked: string[] = []
  const context = page.context()
  await context.route(/huggingface\.co/, async (route) => {
    const request = route.request()
    if (request.method() === 'OPTIONS') return route.fulfill({ status: 204, headers: { ...OPEN } })
    const url = new URL(request.url())
    asked.push(url.pathname)
    const allowed = request.headers().authorization === 'Bearer hf_1'
    if (url.pathname === '/api/datasets')
      return json(route, [
        {
          id: 'owner/name',
          gated: false,
          private: false,
          likes: 7,
          downloads: 500_000,
          description: 'Grade school words.',
          tags: ['license:mit', 'size_categories:n<1K'],
        },
        { id: 'owner/gated', gated: 'auto', private: false, likes: 1, downloads: 3, tags: [] },
      ])
    if (url.pathname === '/parquet') {
      if (url.searchParams.get('dataset') === 'owner/gated' && !allowed)
        return json(route, { error: 'The dataset is gated.' }, 401)
      const file = (split: string) => ({
        dataset: url.searchParams.get('dataset'),
        config: 'main',
        split,
        url: `${FILE}/${split}/0000.parquet`,
        filename: '0000.parquet',
        size: PARQUET.length,
      })
      return json(route, {
        parquet_files: [file('train'), file('test')],
        pending: [],
        failed: [],
        partial: false,
      })
    }
    if (url.pathname.endsWith('.parquet')) return serve(route, PARQUET)
    return json(route, { error: 'Access to this dataset is restricted.' }, 401)
  })
  return asked
}

test('the Hub is searched when asked to, a split is chosen by its size and opened; a gated one says what to do', async ({
  page,
}) => {
  const strangers = watchForStrangers(page)
  const asked = await fakeHub(page)
  await page.goto('/?engine=portable')
  await page.getByRole('button', { name: 'Hugging Face Hub' }).click()
  const dialog = page.getByRole('dialog', { name: 'Data sets of the Hugging Face Hub' })
  await dialog.getByLabel('Search, or owner/name').fill('grade school')
  // Nothing is asked while a person types.
  expect([...asked, ...strangers]).toEqual([])
  await dialog.getByRole('button', { name: 'Search', exact: true }).press('Enter')
  const found = dialog.getByRole('region', { name: 'Data sets found' }).getByRole('button')
  await expect(found).toHaveCount(2)
  await expect(found.first()).toContainText('fewer than 1,000 rows · licence mit · 500,000 downloads')
  await expect(found.last()).toContainText('Gated')

  await found.last().click()
  // The focus stays in the dialog.
  await expect(dialog.getByRole('heading', { name: 'owner/gated' })).toBeFocused()
  await expect(dialog.getByRole('alert')).toContainText(/token|terms|gated/i)
  await dialog.getByLabel(/^Access token of the Hub/).fill('hf_1')
  await dialog.getByRole('button', { name: 'Ask again' }).click()
  await expect(dialog.getByText(/to download, in 1 file/)).toBeVisible()
  await dialog.getByRole('button', { name: 'Back to the search' }).click()
  await expect(dialog.getByLabel('Search, or owner/name')).toHaveValue('grade school')

  await found.first().click()
  await dialog.getByLabel('Split (part of the data)').selectOption('test')
  await dialog.getByRole('button', { name: /^Download and open/ }).click()
  await expect(page.getByRole('heading', { name: 'owner/name (main, test)', level: 1 })).toBeVisible()
  await expect(page.getByText('300 rows · 5 columns')).toBeVisible()
  await expect(page.getByRole('tabpanel').getByText('数据 很多 1').first()).toBeVisible()
  expect(asked).toContain('/datasets/owner/name/resolve/refs%2Fconvert%2Fparquet/main/test/0000.parquet')
  // It is kept: a reload asks for nothing again.
  const before = asked.length
  await page.reload()
  await expect(page.getByText('300 rows · 5 columns')).toBeVisible()
  expect(asked).toHaveLength(before)
})

test('a link to Google Drive asks for a key of one’s own, and is read with it', async ({ page }) => {
  const keys: (string | null)[] = []
  await page.context().route(/googleapis\.com/, async (route) => {
    const url = new URL(route.request().url())
    keys.push(url.searchParams.get('key'))
    if (url.searchParams.get('key') !== 'AIza-own')
      return json(route, { error: { code: 403, message: 'The request is missing a valid API key.' } }, 403)
    if (url.searchParams.get('alt') === 'media')
      return serve(route, Buffer.from('question,answer\nWho?,Tom\n'))
    return json(route, { name: 'shared.csv', size: '25', mimeType: 'text/csv' })
  })
  await page.goto('/?engine=portable')
  await page.getByRole('button', { name: 'From a link' }).click()
  const dialog = page.getByRole('dialog', { name: 'Read rows from a link' })
  await dialog
    .getByLabel('Address')
    .fill('https://drive.google.com/file/d/1aBcDeFgHiJkLmNoP/view?usp=sharing')
  await expect(dialog.getByText('Or download it, then drop it here.')).toBeVisible()
  await dialog.getByRole('button', { name: 'Read it' }).click()
  await expect(page.getByRole('alert')).toContainText('Google Drive does not let web pages read')
  expect(keys).toEqual([])
  // What was typed is still there.
  await page.getByRole('button', { name: 'From a link' }).click()
  await dialog.getByLabel('Google API key or access token').fill('AIza-own')
  await dialog.getByRole('button', { name: 'Read it' }).click()
  await expect(page.getByRole('heading', { name: 'shared.csv', level: 1 })).toBeVisible()
  await expect(page.getByText('1 row · 2 columns')).toBeVisible()
})

test('first rows come before the rest, reading can be stopped, and what was typed stays', async ({
  page,
}) => {
  const line = `"Where is the ball, and why is it there again today?","${'In the box. '.repeat(20)}"\n`
  const bytes = Buffer.from(`question,answer\n${line.repeat(60_000)}`)
  const held: { go?: () => void } = {}
  await page.context().route(/example\.org/, async (route) => {
    const range = /bytes=(\d+)-/.exec(route.request().headers().range ?? '')
    // All but the first block of 4 MiB waits.
    if (range && Number(range[1]) > 0) await new Promise<void>((resolve) => (held.go = resolve))
    await serve(route, bytes).catch(() => {})
  })
  await page.goto('/?engine=portable')
  await page.getByRole('button', { name: 'From a link' }).click()
  const dialog = page.getByRole('dialog', { name: 'Read rows from a link' })
  await dialog.getByLabel('Address').fill('https://example.org/large.csv')
  await dialog.getByRole('button', { name: 'Read it' }).click()
  const first = page.getByRole('region', { name: 'First rows of large.csv' })
  await expect(first.getByText('Where is the ball').first()).toBeVisible()
  await expect(page.getByText(/MB of .* MB/)).toBeVisible()
  await page.getByRole('main').getByRole('button', { name: 'Stop' }).click()
  await expect(first).toBeHidden()
  held.go?.()
  await page.getByRole('button', { name: 'From a link' }).click()
  await expect(dialog.getByLabel('Address')).toHaveValue('https://example.org/large.csv')
})

test('a folder is read as one, text by the paragraph, and a stored data set goes only after a question', async ({
  page,
}) => {
  await page.goto('/?engine=portable')
  await page
    .getByLabel('Choose a folder')
    .setInputFiles(join(import.meta.dirname, '../golden/tfds/features/tfrecord'))
  await expect(page.getByText('12 rows · 28 columns')).toBeVisible()
  await page.getByRole('button', { name: 'Choose other data' }).click()

  await page.getByText('How files are read').click()
  await page.getByRole('button', { name: /^A row of plain text/ }).click()
  await page.getByRole('option', { name: 'a paragraph' }).click()
  await page.getByLabel('Choose a file').setInputFiles({
    name: 'story.txt',
    mimeType: 'text/plain',
    buffer: Buffer.from('One line.\nAnother line.\n\nA second paragraph.\n'),
  })
  await expect(page.getByText('2 rows · 1 column')).toBeVisible()
  // And read again in another way, while it is open.
  await page.getByText('How files are read').click()
  await page.getByRole('button', { name: /^A row of plain text/ }).click()
  await page.getByRole('option', { name: 'a line', exact: true }).click()
  await page.getByRole('button', { name: 'Read it again' }).click()
  await expect(page.getByText('3 rows · 1 column')).toBeVisible()
  await page.getByRole('button', { name: 'Choose other data' }).click()

  const stored = page.getByRole('button', { name: 'story.txt (by paragraph)', exact: true })
  await page.getByRole('button', { name: 'Delete story.txt (by paragraph) from this browser' }).click()
  const dialog = page.getByRole('dialog', { name: 'Delete this data set?' })
  await dialog.getByRole('button', { name: 'Keep it' }).click()
  await expect(stored).toBeVisible()
  await page.getByRole('button', { name: 'Delete story.txt (by paragraph) from this browser' }).click()
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await expect(stored).toBeHidden()
})

test('how a file looks likely to be meant is said, done at a press, and taken back', async ({ page }) => {
  await page.goto('/?engine=portable')
  await page.getByLabel('Choose a file').setInputFiles({
    name: 'sums.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from('"What is 2+2?","4"\n"What is 3+3?","6"\n"Capital of France?","Paris"\n'),
  })
  await expect(page.getByText('2 rows · 2 columns')).toBeVisible()
  // It stays when the rows have been looked through.
  await expect(page.locator('.findings[aria-busy="false"]').first()).toBeVisible()
  await page.getByRole('button', { name: 'There are no names: take it as a row' }).click()
  await expect(page.getByText('3 rows · 2 columns')).toBeVisible()
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(page.getByText('2 rows · 2 columns')).toBeVisible()
})
