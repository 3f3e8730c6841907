import { expect, type FrameLocator, type Page, test } from '@playwright/test'
import type { EmbedFile, EmbedProgress, LapidaryStudioElement } from '../../src/protocol/embed.ts'
import { embedPage, openPage } from '../browsers/embed.ts'
import { capitals, curve, PATIENCE, watchForComplaints } from './helpers.ts'
import { storingApart } from './storing-apart.ts'

/**
 * The studio in the pages of another site: what it stores there is apart from what it stores by itself. 127.0.0.1 is to a browser another
 * site than localhost.
 */
const pages: { close(): void }[] = []
test.afterEach(() => {
  for (const page of pages.splice(0)) page.close()
})

async function serve(html: string): Promise<string> {
  const page = await openPage(html)
  pages.push(page)
  return page.url
}

type Told = { type: string } & Partial<EmbedProgress> & { reason?: string }
const told = (page: Page, name: string) =>
  page.evaluate((name) => (window as unknown as { told: Record<string, Told[]> }).told[name]!, name)
const kinds = async (page: Page, name: string) => (await told(page, name)).map(({ type }) => type)
const losses = async (page: Page, name: string) =>
  (await told(page, name))
    .filter(({ type }) => type === 'progress')
    .map(({ step, loss }) => [step!, loss!] as const)

const start = (page: Page, name: string) =>
  page.evaluate((name) => document.querySelector<LapidaryStudioElement>(`#${name}`)!.start(), name)

/** What came of asking for the adapter, answered in the frame. */
async function askAdapter(page: Page, frame: FrameLocator, press: string) {
  const asked = page.evaluate(() =>
    document
      .querySelector<LapidaryStudioElement>('#a')!
      .adapter()
      .then(
        (files: EmbedFile[]) => files.map(({ path, bytes }) => [path, bytes.byteLength] as const),
        ({ code }) => code as string,
      ),
  )
  await expect(frame.getByRole('dialog')).toContainText('127.0.0.1')
  await frame.getByRole('button', { name: press }).click()
  return asked
}

test('two studios in a page of another site train, tell it so, and give nothing that is not agreed to', async ({
  baseURL,
}) => {
  const apart = await storingApart()
  try {
    await journey(apart.page, baseURL!)
  } finally {
    await apart.close()
  }
})

async function journey(page: Page, baseURL: string): Promise<void> {
  // Frames store apart; in the studio's own page the engine must be the same for the same figures.
  await page.context().addInitScript(() => {
    try {
      localStorage.setItem('lapidary.engine', JSON.stringify({ choice: 'portable' }))
    } catch {
      // Where there is none it is taken by itself.
    }
  })
  const complaints = watchForComplaints(page)
  await page.goto(await serve(embedPage(baseURL, capitals(40))))
  const [a, b] = ['#a', '#b'].map((id) => page.frameLocator(`${id} iframe`)) as [FrameLocator, FrameLocator]

  // Of the page around there is what was asked for, and no more.
  await expect(a.getByText('Pebble learns from data.csv.')).toBeVisible()
  await expect(a.getByRole('banner')).toHaveCount(0)
  await expect(a.getByRole('textbox', { name: 'Steps' })).toHaveValue('3')
  await expect(a.getByRole('textbox', { name: 'Steps' })).toBeDisabled()
  expect(await page.locator('#a iframe').boundingBox()).toMatchObject({ width: 600, height: 480 })
  await expect(b.getByRole('navigation').getByRole('link')).toHaveText(['Data', 'Train'])
  await expect(b.locator('html')).toHaveAttribute('data-theme', 'dark')
  // As high as its content: nothing in it is scrolled.
  await expect
    .poll(() => b.locator('html').evaluate((html) => html.scrollHeight - html.clientHeight))
    .toBeLessThanOrEqual(1)

  // Nobody but the frame speaks for it.
  await page.evaluate(() => window.postMessage({ lapidary: 1, type: 'finished', step: 1 }, '*'))

  await Promise.all([start(page, 'a'), start(page, 'b')])
  for (const name of ['a', 'b'])
    await expect.poll(() => kinds(page, name), { timeout: PATIENCE }).toContain('finished')
  for (const name of ['a', 'b']) {
    const all = await kinds(page, name)
    expect(all.filter((type) => type !== 'progress')).toEqual(['ready', 'started', 'finished'])
    expect((await losses(page, name)).at(-1)![0]).toBe(3)
    expect((await told(page, name)).at(-1)).toMatchObject({ reason: 'finished', step: 3 })
  }

  const files = await askAdapter(page, a, 'Give the adapter')
  expect(Object.fromEntries(files as [string, number][])['adapter_model.safetensors']).toBeGreaterThan(10_000)
  expect(await askAdapter(page, a, 'Keep it here')).toBe('bad_state')

  // The same link, the same run: in the studio's own page, where what frames store is not.
  const src = (await page.locator('#b iframe').getAttribute('src'))!
  const studio = await page.context().newPage()
  await studio.goto(src.replace(/&(embed|parts|theme)=[^&]*/g, ''))
  await studio.getByRole('link', { name: 'Train', exact: true }).click()
  await expect(studio.getByText('Pebble learns from Talk like a pirate.')).toBeVisible()
  await expect(
    studio.getByRole('status').filter({ hasText: 'Settings of this link are opened.' }),
  ).toBeVisible()
  await studio.getByRole('button', { name: 'Start training' }).click()
  await expect(studio.getByText('Done. The adapter is ready.')).toBeVisible({ timeout: PATIENCE })
  const own = new Map((await curve(studio)).training)
  for (const [step, loss] of await losses(page, 'b')) expect(own.get(step)).toBeCloseTo(loss, 3)
  await studio.close()
  expect(complaints).toEqual([])

  // A page that says to be another is not heard, and one cannot start what nobody may.
  const liar = await serve(
    `<iframe width="600" height="480" src="${baseURL}#/train?v=1&data=sample:pirate&embed=${new URL(page.url()).origin}"></iframe>`,
  )
  await page.goto(liar)
  const frame = page.frameLocator('iframe')
  await expect(frame.getByText(/The page around says that it is .*, and is not/)).toBeVisible()
  await expect(frame.getByRole('button', { name: 'Start training' })).toBeEnabled()
  await page.evaluate(() => window.frames[0]!.postMessage({ lapidary: 1, type: 'start' }, '*'))
  await expect(frame.getByRole('button', { name: 'Start training' })).toBeEnabled()
}

test('a frame that may store nothing says so, and leads to the full studio', async ({ page, baseURL }) => {
  // As Playwright starts Chromium, frames of other sites may not.
  await page.goto(await serve(embedPage(baseURL!, capitals(40))))
  const frame = page.frameLocator('#b iframe')
  await expect(frame.getByText(/lets the studio store nothing/).first()).toBeVisible()
  await expect(frame.getByRole('link', { name: /in the full studio/ }).first()).toBeVisible()
})

test('a link that was cut or altered is told plainly, and what is right in it is used', async ({ page }) => {
  await page.goto(
    '/#/train?v=1.abc&data=sample:mood&training.max_steps=9&training.learning_rate=7&lora.r=4&what=ever',
  )
  await expect(page.getByText('This link was cut off or altered on its way')).toBeVisible()
  await expect(
    page.getByText('"training.learning_rate" of the run config: 7 is above the most allowed, 1'),
  ).toBeVisible()
  await expect(page.getByText('what: the studio knows no such thing.')).toBeVisible()
  await expect(page.getByRole('textbox', { name: 'Steps' })).toHaveValue('9')
  await expect(page.getByText('Pebble learns from Find the mood.')).toBeVisible()
})
