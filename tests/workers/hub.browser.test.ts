import { deleteDB } from 'idb'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { commands } from 'vitest/browser'
import { blobOf } from '../../src/protocol/exported.ts'
import type { ModelAddress, Progress } from '../../src/protocol/studio.ts'
import { openDatabase } from '../../src/storage/database.ts'
import { createStudio } from '../../src/workers/client.ts'

const TOKEN = 'hf_averysecrettoken'
const WEIGHTS = 'model.safetensors'
let endpoint: string
beforeEach(async () => {
  await deleteDB('lapidary')
})
afterEach(() => commands.stopHub(endpoint))

const address = (): ModelAddress => ({ kind: 'hub', repo: 'school/pebble', endpoint })
const failureOf = (work: Promise<unknown>) => work.then(String, (error: unknown) => error)

/** Everything that is stored here, but for bytes. */
async function kept(): Promise<string> {
  const database = await openDatabase()
  const stores = ['writes', 'models', 'downloads', 'hubs'] as const
  const all = await Promise.all(stores.map((store) => database.getAll(store)))
  database.close()
  return JSON.stringify([all, { ...localStorage }, { ...sessionStorage }])
}

test('a gated model comes with a token, from the host that the hub sends to, and is there without a network', async () => {
  endpoint = await commands.startHub({ token: TOKEN, gated: true })
  const { models } = createStudio()
  expect(await models.lookUp(address())).toMatchObject({ gated: true, readable: false, config: null })
  expect(await failureOf(models.download(address()))).toMatchObject({
    code: 'gated',
    message: expect.stringContaining('Gemma Terms of Use'),
  })
  expect(await models.signIn(TOKEN, { endpoint })).toMatchObject({ signedIn: true, name: 'teacher' })
  await commands.hubRequests(endpoint)
  const { known, mended, asked, ...info } = await models.download(address())
  expect({ known, mended, asked }).toEqual({ known: false, mended: false, asked: info.name })
  const requests = await commands.hubRequests(endpoint)
  const far = requests.filter(({ host }) => host === 'cdn')
  expect(far.map(({ path }) => path)).toContain(`/school/pebble/${WEIGHTS}`)
  expect(far.filter(({ authorization }) => authorization !== null)).toEqual([])
  expect(await kept()).not.toContain(TOKEN)
  await commands.stopHub(endpoint)
  const again = createStudio().models
  expect((await again.list()).find(({ id }) => id === info.id)).toEqual(info)
  const files = await again.exportModel(info.id, 'stored')
  const weights = await blobOf(files.find(({ path }) => path === WEIGHTS)!)
  const bundled = new Uint8Array(await (await fetch(`/models/pebble/${WEIGHTS}`)).arrayBuffer())
  bundled[bundled.length - 2]! ^= 1
  expect(new Uint8Array(await weights.arrayBuffer())).toEqual(bundled)
  await again.remove(info.id)
  const database = await openDatabase()
  expect(await database.getAllKeys('chunks')).toEqual([])
  database.close()
})

/** Bytes of a download that has begun, more than those of its small files. */
const PART = 300_000

test('a download is one tab’s at a time; paused there, it goes on in the other behind its last byte', async () => {
  endpoint = await commands.startHub({ token: TOKEN, gated: false })
  // A part comes, and then nothing: what is asked next never answers. How much of a part that was cut off reaches the page is the browser's.
  await commands.breakHub(endpoint, WEIGHTS, [{ cut: 2_000_000 }, { silent: true }])
  const [one, two] = [createStudio().models, createStudio().models]
  // Both are there before anything begins: silence is given up after a while.
  for (const tab of [one, two]) expect(await tab.unfinished()).toEqual([])
  const pause = new AbortController()
  let arrived: () => void = () => {}
  const half = new Promise<void>((resolve) => {
    arrived = resolve
  })
  const onProgress = ({ bytes, note }: Progress) => {
    if (note?.includes(WEIGHTS) && bytes!.done > PART) arrived()
  }
  const first = failureOf(one.download(address(), { signal: pause.signal, onProgress }))
  await half
  expect(await failureOf(two.download(address()))).toMatchObject({ code: 'bad_state' })
  expect(await two.unfinished()).toMatchObject([{ going: true }])
  const news = new BroadcastChannel('lapidary-kept')
  const heard = new Promise((resolve) => news.addEventListener('message', ({ data }) => resolve(data)))
  pause.abort()
  expect(await first).toMatchObject({ code: 'cancelled' })
  await commands.breakHub(endpoint, WEIGHTS, [])
  expect(await heard).toBe('models')
  news.close()
  const [left] = await two.unfinished()
  expect(left!.going).toBe(false)
  expect(left!.done).toBeGreaterThan(PART)
  await commands.hubRequests(endpoint)
  const info = await two.download(left!.address)
  const ranges = (await commands.hubRequests(endpoint)).flatMap(({ host, path, range }) =>
    host === 'cdn' && path.endsWith(WEIGHTS) ? [range] : [],
  )
  expect(ranges).toEqual([expect.stringMatching(/^bytes=[1-9]/)])
  expect(await two.unfinished()).toEqual([])
  expect(info.bytes).toBe(left!.total)
})

test('what is pushed comes back byte for byte; the token goes to the hub alone, and is not kept', async () => {
  endpoint = await commands.startHub({ token: TOKEN, gated: false })
  const { models } = createStudio()
  const own = await models.download(address())
  const files = await models.exportModel(own.id, 'stored')
  const weights = async (all: typeof files) =>
    new Uint8Array(await (await blobOf(all.find(({ path }) => path === WEIGHTS)!)).arrayBuffer())
  const before = await weights(files)
  await commands.hubRequests(endpoint)
  const request = { repo: 'teacher/pebble', visibility: 'private', title: 'Pebble', endpoint } as const
  expect(await failureOf(models.push(files, request))).toMatchObject({ code: 'gated' })
  await models.signIn(TOKEN, { endpoint })
  const shares: (number | null)[] = []
  const { url } = await models.push(files, request, { onProgress: ({ share }) => shares.push(share) })
  expect(url).toBe(`${endpoint}/teacher/pebble`)
  expect(shares.at(-1)).toBeGreaterThan(0)
  const requests = await commands.hubRequests(endpoint)
  const far = requests.filter(({ host }) => host === 'cdn')
  expect([far.length > 0, far.filter(({ authorization }) => authorization !== null)]).toEqual([true, []])
  expect(await kept()).not.toContain(TOKEN)
  expect(await failureOf(models.push(files.slice(1), request))).toMatchObject({ code: 'output_exists' })
  await models.remove(own.id)
  const info = await models.download({ kind: 'hub', repo: 'teacher/pebble', endpoint })
  expect(info.known).toBe(false)
  expect(await weights(await models.exportModel(info.id, 'stored'))).toEqual(before)
  await models.remove(info.id)
})
