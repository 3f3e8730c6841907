import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type Page, test } from '@playwright/test'
import { type HubServer, hubServer } from '../support/hub-server.ts'
import { capitals, openFile, PATIENCE, watchForComplaints } from './helpers.ts'

const PEBBLE = join(import.meta.dirname, '..', '..', 'public', 'models', 'pebble')
const FILES = ['config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json']

/** Pebble under another name, and not quite the same, so that nothing of its weights is here already. */
function almostPebble(): Map<string, Uint8Array> {
  const files = new Map(FILES.map((name) => [name, new Uint8Array(readFileSync(join(PEBBLE, name)))]))
  const weights = new Uint8Array(readFileSync(join(PEBBLE, 'model.safetensors')))
  // The last bit of a bf16.
  weights[weights.length - 2]! ^= 1
  return files.set('model.safetensors', weights)
}

let hub: HubServer
test.beforeAll(async () => {
  hub = await hubServer({
    'school/tiny-gemma-it': { files: almostPebble(), card: { license: 'gemma' } },
    'maker/closed-gemma': { files: almostPebble(), gated: ['hf_right'], card: { license: 'gemma' } },
  })
  hub.accounts.set('hf_right', 'teacher')
})
test.afterAll(() => hub.close())

/** For whoever wants to look at it. */
async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.LAPIDARY_PICTURES
  if (!folder) return
  for (const [mode, width, scheme] of [
    ['light', 1280, 'light'],
    ['dark', 1280, 'dark'],
    ['narrow', 360, 'light'],
  ] as const) {
    await page.setViewportSize({ width, height: 800 })
    await page.emulateMedia({ colorScheme: scheme })
    await page.screenshot({ path: join(folder, `${name}-${mode}.png`), fullPage: true })
  }
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.emulateMedia({ colorScheme: 'light' })
}

test('a model is found by its name, fetched, paused, gone on with after a reload, trained within the memory there is, and there again without the hub', async ({
  page,
}) => {
  test.setTimeout(2 * PATIENCE)
  const complaints = watchForComplaints(page)
  const asked: string[] = []
  page.on('request', (request) => asked.push(request.url()))
  // A trickle: the weights would take for ever.
  hub.fault = ({ path }) => (path.endsWith('model.safetensors') ? { trickle: 20 } : null)
  await page.goto('/#/model')
  const family = page.getByRole('button', { name: /^Download .*Gemma/ })
  await expect(family).toHaveCount(5)
  await expect(page.getByText(/Fits in memory: .* of /).first()).toBeVisible({ timeout: 60_000 })
  await picture(page, 'shelf')
  await page.getByText('All about this graphics adapter, for bug reports').click()
  await expect(page.getByRole('button', { name: /^Measure it with / })).toBeVisible()
  await picture(page, 'gpu')
  // Nobody has asked for anything yet.
  expect(asked.filter((url) => !url.includes('localhost'))).toEqual([])

  await page.getByLabel('Name or link').fill(`${hub.endpoint}/school/tiny-gemma-it/tree/main`)
  await page.getByRole('button', { name: 'Look it up' }).click()
  const found = page.getByRole('region', { name: 'Found: school/tiny-gemma-it' })
  // Its smaller files are Pebble's own, stored already.
  await expect(found).toContainText(/3\.1 MB, of which \d+ kB is here already/)
  await expect(found).toContainText('Gemma')
  await picture(page, 'preview')
  await found.getByRole('button', { name: /^Download \(/ }).click()
  await expect(page.getByText(/\d k?B of \d.* MB/).first()).toBeVisible({ timeout: 30_000 })
  await picture(page, 'download')
  await page.getByRole('button', { name: 'Pause' }).click()
  const goOn = page.getByRole('button', { name: 'Go on' })
  await expect(goOn).toBeEnabled({ timeout: 30_000 })

  await page.reload()
  await expect(page.getByText(/tiny-gemma-it: .* is here\./)).toBeVisible()
  await picture(page, 'paused')
  hub.fault = null
  await goOn.click()
  const model = page.getByRole('radio', { name: /^school\/tiny-gemma-it/ })
  await expect(model).toBeChecked({ timeout: 60_000 })
  await expect(goOn).toHaveCount(0)

  // Too little memory is told before anything is loaded, with what mends it a press away.
  await page.getByRole('link', { name: 'Data', exact: true }).click()
  await openFile(page, 'boxes.csv', capitals(40))
  await page.getByText('To learn from', { exact: true }).waitFor()
  await page.getByRole('link', { name: 'Model', exact: true }).click()
  await page.getByRole('checkbox', { name: 'Decide by itself how much' }).uncheck()
  await page.getByRole('textbox', { name: 'Memory of a run, at most' }).fill('0.0122')
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  await expect(page.getByText(/Too large: it needs/)).toBeVisible({ timeout: 60_000 })
  await picture(page, 'short')
  await page.getByRole('button', { name: /^Adapter rank 8 / }).click()
  await expect(page.getByText(/Fits in memory: it needs/)).toBeVisible({ timeout: 60_000 })
  await expect(page.getByText('Exact, for these settings and this data')).toBeVisible({ timeout: 60_000 })
  await picture(page, 'fit')
  await page.getByRole('textbox', { name: 'Steps', exact: true }).fill('2')
  await page.getByRole('button', { name: 'Start training' }).click()
  await expect(page.getByText('Done. The adapter is ready.')).toBeVisible({ timeout: PATIENCE })

  const before = hub.requests.length
  await page.reload()
  await page.getByRole('link', { name: 'Model', exact: true }).click()
  await expect(model).toBeChecked()
  expect(hub.requests.length).toBe(before)

  // Of what is stored a part has gone: it is not called whole, and the missing part alone is fetched.
  await loseWeights(page)
  await page.getByLabel('Name or link').fill(`${hub.endpoint}/school/tiny-gemma-it/tree/main`)
  await page.getByRole('button', { name: 'Look it up' }).click()
  await found.getByRole('button', { name: 'Download (3 MB)' }).click()
  await expect(page.getByText('school/tiny-gemma-it is whole again')).toBeVisible()
  await picture(page, 'mended')
  expect(hub.requests.slice(before).filter(({ path }) => path.endsWith('/tokenizer.json'))).toEqual([])
  expect(complaints).toEqual([])
})

/** As a cleaning program leaves it: a piece of a model's weights is no longer in the browser's storage. */
function loseWeights(page: Page): Promise<void> {
  return page.evaluate(async () => {
    const result = <Result>(request: IDBRequest<Result>) =>
      new Promise<Result>((resolve) => {
        request.onsuccess = () => resolve(request.result)
      })
    const database = await result(indexedDB.open('lapidary'))
    const models = await result(database.transaction('models').objectStore('models').getAll())
    const { files } = models.find(({ practice }: { practice: boolean }) => !practice)
    const chunks = database.transaction('chunks', 'readwrite').objectStore('chunks')
    await result(chunks.delete([files['model.safetensors'].set, 0]))
    database.close()
  })
}

test('a gated model says what it asks for, takes a token that is forgotten with the page, and tells one that is refused', async ({
  page,
}) => {
  await page.goto('/#/model')
  await page.getByText('Hugging Face account and mirrors').click()
  await page.getByLabel('Address of the hub').fill(hub.endpoint)
  await page.getByLabel('Address of the hub').blur()
  await page.getByLabel('Name or link').fill('maker/closed-gemma')
  await page.getByRole('button', { name: 'Look it up' }).click()
  const found = page.getByRole('region', { name: 'Found: maker/closed-gemma' })
  await expect(found).toContainText('accept their terms')
  await expect(found.getByRole('button', { name: /^Download \(/ })).toBeDisabled()
  await picture(page, 'gated')
  await expect(found.getByRole('checkbox', { name: 'Remember it in this browser' })).not.toBeChecked()
  await found.getByLabel('Access token').fill('hf_wrong')
  await found.getByRole('button', { name: 'Use this token' }).click()
  // Asked for, and told, in one place.
  await expect(page.getByRole('alert')).toHaveCount(1)
  await expect(page.getByLabel('Access token')).toHaveCount(1)
  await found.getByRole('button', { name: 'Close' }).click()
  await expect(page.getByRole('alert')).toHaveCount(0)
  await page.getByRole('button', { name: 'Look it up' }).click()
  await found.getByLabel('Access token').fill('hf_right')
  await found.getByRole('button', { name: 'Use this token' }).click()
  await expect(found.getByRole('button', { name: /^Download \(/ })).toBeEnabled()
  expect(await page.evaluate(() => JSON.stringify({ ...localStorage }))).not.toContain('hf_right')
  await page.reload()
  await page.getByText('Hugging Face account and mirrors').click()
  await expect(page.getByLabel('Access token')).toHaveValue('')
  await expect(page.getByText(/Signed in/)).toHaveCount(0)
})
