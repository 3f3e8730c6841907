import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type Page, test } from '@playwright/test'
import { safetensorsBytes } from '../../src/files/safetensors-writer.ts'
import { writeAdapterConfig } from '../../src/model/adapter-config.ts'
import { readModelConfig } from '../../src/model/config.ts'
import { initialAdapter } from '../../src/model/lora.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { type HubServer, hubServer } from '../support/hub-server.ts'
import { dropFiles, openFile, watchForComplaints } from './helpers.ts'

const PEBBLE = join(import.meta.dirname, '..', '..', 'public', 'models', 'pebble')
const pebble = new Map(
  readdirSync(PEBBLE).map((name) => [name, new Uint8Array(readFileSync(join(PEBBLE, name)))]),
)

/** An adapter that fits Pebble. */
async function adapter(base: string): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const { lora } = parseRunConfig({ lora: { r: 4, lora_alpha: 8 } })
  const config = readModelConfig(JSON.parse(readFileSync(join(PEBBLE, 'config.json'), 'utf8')))
  const tensors = Object.entries(initialAdapter(config, lora, 0)).map(([name, { shape, data }]) => ({
    name,
    shape,
    dtype: 'F32' as const,
    data,
  }))
  return new Map([
    ['adapter_config.json', new TextEncoder().encode(JSON.stringify(writeAdapterConfig(lora, base)))],
    ['adapter_model.safetensors', await safetensorsBytes(tensors)],
  ])
}

let hub: HubServer
test.beforeAll(async () => {
  hub = await hubServer({
    'school/pebble': { files: pebble },
    'school/tuned': { files: await adapter('school/pebble') },
  })
})
test.afterAll(() => hub.close())

const pictures = process.env.LAPIDARY_PICTURES
async function picture(page: Page, name: string): Promise<void> {
  if (!pictures) return
  for (const [mode, width, colorScheme] of [
    ['light', 1280, 'light'],
    ['dark', 1280, 'dark'],
    ['narrow', 360, 'light'],
  ] as const) {
    await page.setViewportSize({ width, height: 800 })
    await page.emulateMedia({ colorScheme })
    await page.screenshot({ path: join(pictures, `${name}-${mode}.png`), fullPage: true })
  }
  await page.setViewportSize({ width: 1280, height: 800 })
}

const kept = (page: Page) => page.evaluate(() => localStorage.getItem('lapidary.hub'))

test('an address that is no hub is told beside the field and never kept; one that was kept before is told, and the Hub itself asked', async ({
  page,
}) => {
  const complaints = watchForComplaints(page)
  await page.goto('/#/model')
  await page.getByText('Hugging Face account and mirrors').click()
  const field = page.getByLabel('Address of the hub')
  for (const [text, says] of [
    ['not a url', '"not a url" is no address of a hub.'],
    ['https://', '"https://" is no address of a hub.'],
    ['ftp://x', '"ftp://x" is no address of a hub.'],
    ['http://10.0.0.7:8080', 'A page cannot ask 10.0.0.7:8080 by http://'],
  ] as const) {
    await field.fill(text)
    await field.blur()
    await expect(field).toHaveAccessibleDescription(
      new RegExp(`${says.replace(/[.?]/g, '\\$&')}.*Until then huggingface.co is asked`),
    )
    expect(await kept(page)).toBe(null)
  }
  await picture(page, 'hub-refused')
  await field.fill(`${hub.endpoint}/`)
  await field.blur()
  await expect(field).toHaveAccessibleDescription(/^A mirror/)
  expect(await kept(page)).toBe(JSON.stringify({ endpoint: hub.endpoint }))
  // A mirror is not lost to a slip.
  await field.fill('ftp://x')
  await field.blur()
  await expect(field).toHaveAccessibleDescription(/Until then localhost:\d+ is asked|Until then 127/)
  expect(await kept(page)).toBe(JSON.stringify({ endpoint: hub.endpoint }))

  for (const bad of [{ endpoint: 'not a url' }, { endpoint: 7 }]) {
    await page.evaluate((value) => localStorage.setItem('lapidary.hub', JSON.stringify(value)), bad)
    await page.reload()
    await expect(page.getByText(`"${bad.endpoint}" is no address of a hub.`)).toBeVisible()
    await expect(page.getByText('Until then huggingface.co is asked.')).toBeVisible()
  }
  await page.getByLabel('Address of the hub').fill('')
  await page.getByLabel('Address of the hub').blur()
  await expect.poll(() => kept(page)).toBe(null)
  expect(complaints).toEqual([])
})

test('an adapter that is opened as a model is called one, and is a press away from the next run', async ({
  page,
}) => {
  const complaints = watchForComplaints(page)
  await page.goto('/#/data')
  await openFile(page, 'rows.csv', 'q,a\nWhere?,Here.\nWhen?,Now.\nWho?,Me.\nWhy?,Because.\n')
  await page.goto('/#/model')
  const files = [...(await adapter('school/pebble'))].map(([name, bytes]) => ({
    name,
    buffer: Buffer.from(bytes),
  }))
  // Dropped one beside the other, without their folder.
  await dropFiles(page, '.drop', files)
  const notice = page
    .getByRole('status')
    .filter({ hasText: 'This is an adapter of school/pebble, not a model.' })
  await expect(notice).toBeVisible()
  // What it asks is the one thing to press first.
  await expect(page.locator('main .button.primary')).toHaveCount(1)
  await picture(page, 'adapter-instead')
  await notice.getByRole('button', { name: 'Begin a run on Pebble with it' }).click()
  await expect(page).toHaveURL(/#\/train/)
  await expect(page.getByText(/Begins with the adapter pebble adapter/)).toBeVisible()

  // By a name on a hub, made for a model that is not here.
  hub.repositories.set('school/far', { files: await adapter('school/other-gemma') })
  await page.goto('/#/model')
  await page.getByLabel('Name or link').fill(`${hub.endpoint}/school/far/tree/main`)
  await page.getByRole('button', { name: 'Look it up' }).click()
  const far = page.getByRole('status').filter({ hasText: 'This is an adapter of school/other-gemma' })
  await expect(far.getByRole('button', { name: 'Look at school/other-gemma' })).toBeVisible()
  await far.getByRole('button', { name: 'Begin a run on Pebble with it' }).click()
  await expect(page).toHaveURL(/#\/train/)
  expect(complaints).toEqual([])
})
