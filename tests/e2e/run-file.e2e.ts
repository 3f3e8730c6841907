import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { strFromU8, unzipSync } from 'fflate'
import { CHROMIUM_ARGS } from '../../cli/chromium.mjs'
import { type HubServer, hubServer } from '../support/hub-server.ts'
import { writeRunFolder } from '../support/run-folder.ts'
import { watchForComplaints } from './helpers.ts'

// On the processor: what is looked at here is what goes in and out.
test.use({
  storageState: { cookies: [], origins: [] },
  launchOptions: async ({ launchOptions }, use) => {
    const args = CHROMIUM_ARGS.filter((arg) => !arg.includes('webgpu'))
    await use({ ...launchOptions, args: [...args, '--disable-features=WebGPU', '--disable-webgpu'] })
  },
})

const NAME = 'run.lapidary-run.zip'
const SECRET = 'Who is Ada?'
/** What a run was called, and what is done with it, is its person's own. */
const OWN = 'For Ada, do not show'
let folder: string
let hub: HubServer

test.beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lapidary-run-file-'))
  const run = join(folder, 'run')
  await writeRunFolder(run)
  const bootstrap = join(import.meta.dirname, '..', '..', 'cli', 'bootstrap.mjs')
  const saved = (out: string, ...more: string[]) => {
    const asked = ['--run', run, '--out', out, '--format', 'run', '--no-proof', ...more]
    return spawnSync(process.execPath, [bootstrap, 'export', ...asked], { encoding: 'utf8' })
  }
  const { status, stderr } = saved(folder, '--rows', 'samples')
  expect([status, stderr]).toEqual([0, expect.stringContaining('changes nothing')])
  expect(saved(join(folder, 'bare'), '--checkpoints', 'none').status).toBe(0)
  hub = await hubServer({})
  hub.accounts.set('hf_right', 'teacher')
})
test.afterAll(async () => {
  await hub.close()
  rmSync(folder, { recursive: true, force: true })
})

test('a run of the command line is opened, says what its card and its file hold, is pushed and saved again', async ({
  page,
}) => {
  page.setDefaultTimeout(60_000)
  const complaints = watchForComplaints(page)
  await page.addInitScript(
    (endpoint) => localStorage.setItem('lapidary.hub', JSON.stringify({ endpoint })),
    hub.endpoint,
  )
  await page.goto('/#/export')
  await page.getByRole('button', { name: /^Runs/ }).click()
  const drawer = page.getByRole('dialog', { name: 'Runs' })
  await drawer
    .getByLabel('Open a run file')
    .setInputFiles({ name: 'notes.zip', mimeType: '', buffer: Buffer.from('x') })
  await expect(drawer.getByRole('alert')).toContainText('notes.zip is not the file of a run.')
  const file = join(folder, NAME)
  await drawer.getByLabel('Open a run file').setInputFiles(file)
  await expect(drawer).toContainText('is one of your runs now.')
  await expect(drawer).toContainText(`Opened from ${NAME}`)
  await drawer.getByRole('button', { name: /^More for/ }).click()
  await page.getByRole('menuitem', { name: 'Name and note' }).click()
  const naming = page.getByRole('dialog', { name: 'Name and note' })
  await naming.getByLabel('Name').fill(OWN)
  await naming.getByRole('button', { name: 'Save' }).click()
  await page.keyboard.press('Escape')

  // A card shows a question once it was chosen, and a push says so before it is one.
  await page.getByRole('radio', { name: 'Use it elsewhere' }).check({ force: true })
  await page.getByRole('button', { name: /Where will it run/ }).click()
  await page.getByRole('option', { name: /Hugging Face/ }).click()
  await expect(page.getByText('The card (README.md) shows no row of your data.')).toBeVisible()
  await page.getByText('Show examples in the card').click()
  await page.getByLabel(SECRET).check()
  await expect(page.getByText('shows 1 of your questions')).toBeVisible()
  await page.getByRole('button', { name: 'Push to the Hugging Face Hub' }).click()
  const push = page.getByRole('dialog', { name: 'Push to the Hugging Face Hub' })
  await expect(push).toContainText(SECRET)
  await expect(push).toContainText('proof.json')
  // All that is sent is said, what the commit is called too, which the run's own name is not.
  const said = await push.getByText(/^Their commit is called/).textContent()
  expect(said).toMatch(/“pebble, fine-tuned: .+, step 3”/i)
  await push.getByLabel('Access token').fill('hf_right')
  await push.getByRole('button', { name: 'Use this token' }).click()
  await push.getByLabel('Repository').fill('teacher/mood')
  // Stopped on its way it says what may lie there, and goes on at the next press.
  await page.route(/\/preupload\//, async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 3000))
    // It may have been stopped by then.
    await route.abort().catch(() => {})
  })
  const arrived = page.waitForRequest(/\/preupload\//)
  await push.getByRole('button', { name: 'Push', exact: true }).click()
  await arrived
  await push.getByRole('button', { name: 'Stop' }).click()
  await expect(push.getByText(/^Stopped\. .*\/teacher\/mood holds all of these files or none/)).toBeVisible()
  await page.unroute(/\/preupload\//)
  expect(hub.pushed.commits).toEqual([])
  await push.getByRole('button', { name: 'Push', exact: true }).click()
  await expect(push).toContainText('Pushed. It is at')
  const pushed = hub.repositories.get('teacher/mood')!.files
  expect(Buffer.from(pushed.get('README.md')!).toString()).toContain(SECRET)
  expect(hub.pushed.commits.map((title) => `Their commit is called “${title}”.`)).toEqual([said])
  const having = (repository: string, text: string) =>
    [...hub.repositories.get(repository)!.files].flatMap(([path, bytes]) =>
      Buffer.from(bytes).includes(text) ? [path] : [],
    )
  expect([having('teacher/mood', SECRET), having('teacher/mood', OWN)]).toEqual([['README.md'], []])
  expect([...pushed.keys()]).toContain('adapter_model.safetensors')
  await push.getByRole('button', { name: 'Close' }).click()

  // Not chosen, it is in nothing that is sent; without a network, or cut at the commit, nothing is there, and a press more ends it: its answer may be lost.
  await page.getByLabel(SECRET).uncheck()
  await expect(page.getByText('The card (README.md) shows no row of your data.')).toBeVisible()
  await page.getByRole('button', { name: 'Push to the Hugging Face Hub' }).click()
  await push.getByLabel('Repository').fill('teacher/kept')
  const press = push.getByRole('button', { name: 'Push', exact: true })
  await page.context().setOffline(true)
  await press.click()
  await expect(push.getByRole('alert')).toContainText('this device is offline.')
  await page.context().setOffline(false)
  hub.pushed.fault = (_, path) => (path.endsWith('/commit/main') ? 'before' : null)
  await press.click()
  await expect(push.getByRole('alert')).toBeVisible()
  expect(having('teacher/kept', '{')).toEqual([])
  hub.pushed.fault = (_, path) => (path.endsWith('/commit/main') ? 'after' : null)
  await press.click()
  await expect(push).toContainText('Pushed. It is at')
  hub.pushed.fault = null
  expect(hub.pushed.commits).toHaveLength(2)
  expect([having('teacher/kept', SECRET), having('teacher/kept', OWN)]).toEqual([[], []])
  expect([...hub.repositories.get('teacher/kept')!.files.keys()].sort()).toEqual([...pushed.keys()].sort())
  await push.getByRole('button', { name: 'Close' }).click()

  // The run's own file leaves it out again, unless it is chosen there.
  await page.getByRole('radio', { name: 'Keep it' }).check({ force: true })
  await page.getByRole('button', { name: 'Save this run' }).click()
  const save = page.getByRole('dialog', { name: 'Save this run' })
  await expect(save).toContainText('1 sample question')
  const saved = async () => {
    const waiting = page.waitForEvent('download', { timeout: 120_000 })
    await save.getByRole('button', { name: /^Save \(/ }).click()
    const download = await waiting
    expect(download.suggestedFilename()).toMatch(/\.lapidary-run\.zip$/)
    return unzipSync(readFileSync((await download.path())!))
  }
  const without = await saved()
  expect(Object.keys(without)[0]).toBe('lapidary-run.json')
  expect(
    Object.values(without)
      .map((bytes) => strFromU8(bytes, true))
      .join(''),
  ).not.toContain(SECRET)
  await save.getByLabel('Sample questions and their answers').check()
  await expect(save).toContainText('Nothing.')
  const [before, after] = [unzipSync(readFileSync(file)), await saved()]
  for (const name of ['run.json', 'metrics.jsonl', 'checkpoints/step-3.safetensors'])
    expect(Buffer.compare(before[name]!, after[name]!), name).toBe(0)
  expect(complaints).toEqual([])
})

test('a run without a checkpoint says so once, offers nothing that would fail, and is saved all the same', async ({
  page,
}) => {
  page.setDefaultTimeout(60_000)
  const complaints = watchForComplaints(page)
  await page.goto('/#/export')
  await page.getByRole('button', { name: /^Runs/ }).click()
  const drawer = page.getByRole('dialog', { name: 'Runs' })
  await drawer.getByLabel('Open a run file').setInputFiles(join(folder, 'bare', NAME))
  await expect(drawer).toContainText('is one of your runs now.')
  await page.keyboard.press('Escape')
  const main = page.getByRole('main')
  for (const way of ['Try it', 'Use it elsewhere', 'Keep it']) {
    await page.getByRole('radio', { name: way }).check({ force: true })
    await expect(main).toContainText('This run has nothing to try or to take elsewhere')
    await expect(main).toContainText('It came without a state to go on from')
    await expect(main.getByRole('alert')).toHaveCount(0)
    await expect(main.getByRole('button', { name: /^Download/ })).toHaveCount(0)
    await expect(main.getByRole('link', { name: 'Ask questions' })).toHaveCount(0)
  }
  await expect(main.getByText('State (checkpoint)')).toHaveCount(0)
  await expect(main.getByRole('button', { name: 'Save this run' })).toBeVisible()
  expect(complaints).toEqual([])
})
