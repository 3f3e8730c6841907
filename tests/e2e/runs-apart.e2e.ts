import { readFileSync } from 'node:fs'
import { expect, type Page, test } from '@playwright/test'
import { strFromU8, unzipSync } from 'fflate'
import { CHROMIUM_ARGS } from '../../cli/chromium.mjs'
import { capitals, openFile, PATIENCE, startShort } from './helpers.ts'

// On the processor, and short: what is looked at here is what the page says of runs, and what it gives away.
test.use({
  storageState: { cookies: [], origins: [] },
  launchOptions: async ({ launchOptions }, use) => {
    const args = CHROMIUM_ARGS.filter((arg) => !arg.includes('webgpu'))
    await use({ ...launchOptions, args: [...args, '--disable-features=WebGPU', '--disable-webgpu'] })
  },
})

const BASE_FOLDER = [
  'config.json',
  'generation_config.json',
  'model.safetensors',
  'tokenizer.json',
  'tokenizer_config.json',
]
const ADAPTER_FOLDER = [
  'README.md',
  'adapter_config.json',
  'adapter_model.safetensors',
  ...BASE_FOLDER.map((name) => `base/${name}`),
  'chat_template.jinja',
  'check.py',
  'proof.json',
]

/** What a press brings: a zip with one folder in it, by the paths in that folder. */
async function downloaded(page: Page, press: () => Promise<void>) {
  const waiting = page.waitForEvent('download')
  await press()
  const download = await waiting
  expect(download.suggestedFilename()).toMatch(/\.zip$/)
  const files = unzipSync(readFileSync((await download.path())!))
  const folder = download.suggestedFilename().replace(/\.zip$/, '')
  const names = Object.keys(files).map((path) => path.slice(folder.length + 1))
  return { names: names.sort(), text: (name: string) => strFromU8(files[`${folder}/${name}`]!) }
}

/** Pictures for whoever looks; where the window is 360 px wide, nothing reaches beyond it. */
async function look(page: Page, name: string): Promise<void> {
  for (const [colorScheme, width] of [
    ['light', 1280],
    ['dark', 1280],
    ['light', 360],
  ] as const) {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width, height: 800 })
    await page.screenshot({
      path: test.info().outputPath(`${name}-${colorScheme}-${width}.png`),
      fullPage: true,
    })
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
  }
  await page.setViewportSize({ width: 1280, height: 800 })
}

test('a run is foretold, taken away with one press, named, told apart and made once more, bit for bit', async ({
  page,
}) => {
  const stat = (name: string) => page.locator('.train-live dl.stats > div').filter({ hasText: name })
  const done = page.getByText('Done. The adapter is ready.')

  /** Where the places of the bar stand, in windows from wide to narrow. */
  const places = async () => {
    const found: number[] = []
    for (const width of [1280, 700, 600, 360]) {
      await page.setViewportSize({ width, height: 800 })
      found.push((await page.getByRole('link', { name: 'Data', exact: true }).boundingBox())!.x)
    }
    await page.setViewportSize({ width: 1280, height: 800 })
    return found
  }

  // Before anything was trained here, the time is not known, and that is said.
  await page.goto('/')
  const before = await places()
  await openFile(page, 'boxes.csv', capitals(40))
  await page.getByText('To learn from', { exact: true }).waitFor()
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  await page.getByRole('textbox', { name: 'Steps' }).fill('4')
  await expect(stat('Steps').getByText('4', { exact: true })).toBeVisible()
  await expect(stat('Memory').getByText(/^[\d.]+ MB$/)).toBeVisible()
  await expect(page.getByText('the time is known after the first steps')).toBeVisible()
  // On a phone too, what a start would take stands in view with the button that starts it.
  await page.setViewportSize({ width: 360, height: 740 })
  const bar = (await page.getByRole('navigation', { name: 'Places' }).getByRole('list').boundingBox())!
  for (const name of ['Steps', 'Tokens to learn from', 'Memory', 'Time']) {
    const { y, height } = (await stat(name).boundingBox())!
    expect(y + height, name).toBeLessThan(bar.y)
  }
  await expect(page.getByRole('button', { name: 'Start training' })).toBeInViewport({ ratio: 1 })
  await look(page, 'unknown')

  await startShort(page, 4)
  await expect(done).toBeVisible({ timeout: PATIENCE })

  // One press gives a folder that loads: the adapter, and the base, which is on no hub.
  const folder = await downloaded(page, () =>
    page.getByRole('button', { name: 'Download the adapter' }).click(),
  )
  expect(folder.names).toEqual(ADAPTER_FOLDER)
  expect(folder.text('README.md')).toContain('AutoModelForCausalLM.from_pretrained("base", dtype="float32")')
  expect(folder.text('README.md')).toContain('PeftModel.from_pretrained(base, ".")')
  expect(JSON.parse(folder.text('adapter_config.json'))).toMatchObject({
    peft_type: 'LORA',
    base_model_name_or_path: 'base',
  })
  await page.getByRole('link', { name: 'Other formats' }).click()
  await expect(page).toHaveURL(/#\/export$/)
  const exported = await downloaded(page, () =>
    page.getByRole('button', { name: /^Download adapter \(/ }).click(),
  )
  expect(exported.names).toEqual(ADAPTER_FOLDER)
  await look(page, 'export')
  const more = () => page.getByRole('button', { name: /^More for / }).first()
  await page.getByRole('button', { name: /^Runs: 1/ }).click()
  await more().click()
  const fromDrawer = await downloaded(page, () =>
    page.getByRole('menuitem', { name: 'Download', exact: true }).click(),
  )
  expect(fromDrawer.names).toEqual(ADAPTER_FOLDER)
  await page.keyboard.press('Escape')
  await page.getByRole('link', { name: 'Model', exact: true }).click()
  const base = await downloaded(page, () =>
    page.getByRole('button', { name: 'Save Pebble to a file, for another machine' }).click(),
  )
  expect(base.names).toEqual(BASE_FOLDER)

  // The badge of the first run moved nothing.
  await expect(page.getByRole('button', { name: /^Runs: 1/ })).toBeVisible()
  expect(await places()).toEqual(before)

  // Now the machine's speed is known.
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  await page.getByRole('button', { name: 'Set up another run' }).click()
  await expect(stat('Time').getByText(/^about \d/)).toBeVisible()
  await expect(page.getByText('Time from the speed of Pebble on this machine.')).toBeVisible()
  await look(page, 'foretold')

  // Another run of the same name is told apart by what differs, here the seed.
  await page.getByText('More settings').click()
  await page.getByRole('textbox', { name: 'Seed' }).fill('7')
  await page.getByRole('button', { name: 'Start training' }).click()
  await expect(done).toBeVisible({ timeout: PATIENCE })
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('pebble on boxes.csv · Seed 7')

  // In a picker too, on a phone too: nothing of what tells them apart is cut off.
  await page.setViewportSize({ width: 360, height: 740 })
  await page.getByRole('link', { name: 'Evaluate', exact: true }).click()
  const picker = page.getByRole('button', { name: /^Run / })
  await expect(picker).toHaveText('pebble on boxes.csv · Seed 7')
  await picker.click()
  const choices = page.getByRole('option')
  await expect(choices).toHaveText([/^pebble on boxes\.csv · Seed 7/, /^pebble on boxes\.csv · Seed 42/])
  const cut = (element: Element) =>
    [element, ...element.querySelectorAll('*')].some(
      (part) => part.scrollWidth > part.clientWidth + 1 && part.clientWidth > 0,
    )
  for (const each of [picker, ...(await choices.all())]) expect(await each.evaluate(cut)).toBe(false)
  await page.keyboard.press('Escape')
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.getByRole('link', { name: 'Train', exact: true }).click()

  // Once more, from the drawer: the same bits, and it says so.
  await page.getByRole('button', { name: /^Runs: 2/ }).click()
  await look(page, 'drawer')
  await page.getByRole('button', { name: 'More for pebble on boxes.csv · Seed 7' }).click()
  await page.getByRole('menuitem', { name: /^Run it once more/ }).click()
  await expect(page.getByText(/Same recipe and seed as .*: all 4 steps are equal bit for bit/)).toBeVisible({
    timeout: PATIENCE,
  })

  // Named and noted by hand, over a reload.
  await page.getByRole('button', { name: /^Runs: 3/ }).click()
  await more().click()
  await page.getByRole('menuitem', { name: 'Name and note' }).click()
  const dialog = page.getByRole('dialog', { name: 'Name and note' })
  await dialog.getByRole('textbox', { name: 'Name' }).fill('The red box')
  await dialog.getByRole('textbox', { name: 'Note' }).fill('made twice')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('heading', { name: 'The red box' }).first()).toBeVisible()
  await page.reload()
  await expect(page.getByRole('heading', { name: 'The red box', level: 1 })).toBeVisible()
  await expect(page.getByText('made twice')).toBeVisible()
  await look(page, 'again')
  await page.getByRole('link', { name: 'Model', exact: true }).click()
  // Without a graphics card there is none to check.
  await expect(page.getByText('Device', { exact: true })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Check now' })).toHaveCount(0)
  await look(page, 'model')
})
