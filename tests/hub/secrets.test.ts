import 'fake-indexeddb/auto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type RunningServer, serve } from '../../cli/server.ts'
import { blobOf } from '../../src/protocol/exported.ts'
import { HUB_ENDPOINT } from '../../src/protocol/model-address.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { openDatabase } from '../../src/storage/database.ts'
import { addingRoom } from '../../src/workers/adding-room.ts'
import { dataRoom } from '../../src/workers/data-room.ts'
import { reaching } from '../../src/workers/hub-access.ts'
import { trainRooms } from '../../src/workers/train-room.ts'
import { type HubServer, hubServer } from '../support/hub-server.ts'

vi.mock('../../src/engine/webgpu-engine.ts', () => import('../workers/toy-engine.ts'))
vi.mock('../../src/engine/check/check-gpu.ts', () => import('../workers/toy-engine.ts'))
vi.mock('../../src/engine/check/check-plan.ts', () => import('../workers/toy-engine.ts'))
vi.mock('../../src/engine/plan.ts', async () => {
  const { TOY_PLAN } = await import('../workers/toy-engine.ts')
  return { planEngine: () => ({ memory: TOY_PLAN }) }
})

const PEBBLE = join(import.meta.dirname, '..', '..', 'public', 'models', 'pebble')
const TOKEN = 'hf_tokenthatnobodyseestwice'
const ROWS = `q,a\n${Array.from({ length: 24 }, (_, i) => `Where is ball ${i}?,In box ${i % 5}.`).join('\n')}\n`
let hub: HubServer
let own: RunningServer
beforeAll(async () => {
  own = await serve({ root: join(PEBBLE, '..', '..') })
  const files = new Map(
    readdirSync(PEBBLE).map((name) => [name, new Uint8Array(readFileSync(join(PEBBLE, name)))] as const),
  )
  hub = await hubServer({ 'school/pebble': { files, gated: [TOKEN] } })
  hub.accounts.set(TOKEN, 'teacher')
})
afterAll(() => Promise.all([hub.close(), own.close()]))

test.each([false, true])(
  'a token is in no run, event, export, log or store but its own; remembered: %s',
  async (remember) => {
    const logged: unknown[] = []
    for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const)
      vi.spyOn(console, level).mockImplementation((...said) => void logged.push(said))
    const [data, train, adding] = [dataRoom(), trainRooms(), addingRoom({ wait: 1 })]
    for (const room of [data, train, adding]) room.open({ base: own.url })
    const models = reaching(adding, () => {})
    const told: unknown[] = []
    await models.signIn(TOKEN, { remember, endpoint: hub.endpoint })
    const address = { kind: 'hub', repo: 'school/pebble', endpoint: hub.endpoint } as const
    told.push(
      await models.lookUp(address),
      await models.hubAccess(hub.endpoint),
      await models.hubAccess(HUB_ENDPOINT),
    )
    const model = await models.download(address, { onProgress: (progress) => told.push(progress) })
    const dataset = await data.openFile(new File([ROWS], 'rows.csv'))
    const settings = { max_steps: 2, max_length: 64, save_steps: 1, data: { prompt: 'q', response: 'a' } }
    const recipe = { dataset: dataset.id, model: model.id, config: parseRunConfig(settings) }
    await data.prepare(recipe)
    let ended = () => {}
    const end = new Promise<void>((resolve) => {
      ended = resolve
    })
    const run = await train.runs.start({ ...recipe, samplePrompts: [] }, (event) => {
      told.push(event)
      if (event.type === 'done' || event.type === 'error') ended()
    })
    await end
    expect(told.at(-1)).toMatchObject({ type: 'done' })
    const texts = [JSON.stringify([told, logged, model, await train.models.list(), await train.runs.list()])]
    for (const format of ['peft', 'checkpoint']) {
      const files = await train.runs.exportRun(run, format)
      expect(files.length).toBeGreaterThan(0)
      for (const file of files) texts.push(file.path, await (await blobOf(file)).text())
    }
    const database = await openDatabase()
    for (const store of [...database.objectStoreNames].filter((name) => name !== 'hubs')) {
      const values = await database.getAll(store)
      texts.push(
        ...values.map((value) =>
          value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : JSON.stringify(value),
        ),
      )
    }
    // The one place where it is kept, and only where that was wanted: what is looked for can be found.
    expect((await database.getAll('hubs')).map(({ token }) => token)).toEqual(remember ? [TOKEN] : [])
    database.close()
    expect(texts.length).toBeGreaterThan(30)
    for (const text of texts) expect(text.includes(TOKEN)).toBe(false)
    vi.restoreAllMocks()
    await train.models.remove(model.id)
  },
)
