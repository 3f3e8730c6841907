import 'fake-indexeddb/auto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { IDBFactory } from 'fake-indexeddb'
import { zipSync } from 'fflate'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { checkModelPath } from '../../cli/model-path.ts'
import { loraGguf } from '../../src/export/gguf.ts'
import { writeAdapterConfig } from '../../src/model/adapter-config.ts'
import { blobFile } from '../../src/protocol/exported.ts'
import { parseModelAddress } from '../../src/protocol/read-address.ts'
import { defaultRunConfig } from '../../src/protocol/run-config.ts'
import type { ModelAddress, Progress } from '../../src/protocol/studio.ts'
import { openDatabase } from '../../src/storage/database.ts'
import { modelFiles } from '../../src/storage/models.ts'
import { adapterHash, openAdapter, readAdapter } from '../../src/workers/adapter-files.ts'
import { addingRoom } from '../../src/workers/adding-room.ts'
import { reaching } from '../../src/workers/hub-access.ts'
import { trainRooms } from '../../src/workers/train-room.ts'
import { failure } from '../data/helpers.ts'
import { goldenSource, written } from '../support/export-source.ts'
import { pebbleGguf, writeGguf } from '../support/gguf.ts'
import { type HubServer, hubServer } from '../support/hub-server.ts'

const PEBBLE = join(import.meta.dirname, '..', '..', 'public', 'models', 'pebble')
const pebble = (): Map<string, Uint8Array> =>
  new Map(
    readdirSync(PEBBLE)
      .filter((name) => name !== 'manifest.json')
      .map((name) => [name, new Uint8Array(readFileSync(join(PEBBLE, name)))]),
  )
const REPO = 'school/pebble'
const TOKEN = 'hf_averysecrettoken'
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

let hub: HubServer
beforeEach(async () => {
  globalThis.indexedDB = new IDBFactory()
  hub = await hubServer({ [REPO]: { files: pebble(), card: { license: 'apache-2.0' } } })
})
afterEach(async () => {
  vi.unstubAllGlobals()
  await hub.close()
})

/** A page of its own: its workers, and what it holds in memory. */
function page(options = {}) {
  const [adding, train] = [addingRoom({ wait: 1, ...options }), trainRooms()]
  // Nothing is bundled there: the Hub's own server answers 404.
  for (const room of [adding, train]) room.open({ base: `${hub.endpoint}/` })
  return { ...reaching(adding, () => {}), add: adding.add, train: train.models }
}
const at = (repo = REPO, rest: Partial<ModelAddress> = {}): ModelAddress =>
  ({ kind: 'hub', repo, endpoint: hub.endpoint, ...rest }) as ModelAddress

async function everything() {
  const database = await openDatabase()
  const chunks = (await database.getAllKeys('chunks')).map(([set]) => set)
  const found = {
    models: await database.getAll('models'),
    downloads: await database.getAll('downloads'),
    writes: await database.getAll('writes'),
    sets: [...new Set(chunks)],
  }
  database.close()
  return found
}
const fileRequests = (name: string) =>
  hub.requests.filter(
    ({ path, host }) =>
      path.endsWith(`/${name}`) && (host === 'cdn' || !/tokenizer.json$|safetensors$/.test(name)),
  )

async function bytesOf(id: string): Promise<Map<string, Buffer>> {
  const database = await openDatabase()
  const files = modelFiles(database, (await database.get('models', id))!)
  const read = new Map<string, Buffer>()
  for (const [name, source] of files) read.set(name, Buffer.from(await source.read(0, source.size)))
  database.close()
  return read
}

describe('a model on the Hub', () => {
  test('is described before it is fetched, and is the same byte for byte once it is', async () => {
    const { lookUp, download, train } = page()
    const found = await lookUp(at())
    expect(found).toMatchObject({
      address: { repo: REPO, revision: 'c0ffee'.padEnd(40, '0'), endpoint: hub.endpoint },
      name: REPO,
      licence: { id: 'apache-2.0', name: 'Apache License 2.0' },
      gated: false,
      readable: true,
      here: 0,
      stored: null,
      format: 'safetensors',
      parameters: 1_494_912,
    })
    expect(found.files.map(({ name }) => name).sort()).toEqual(
      [
        'config.json',
        'generation_config.json',
        'model.safetensors',
        'tokenizer.json',
        'tokenizer_config.json',
      ].sort(),
    )
    expect(fileRequests('model.safetensors')).toEqual([])
    const heard: Progress[] = []
    const info = await download(found.address, { onProgress: (progress) => heard.push(progress) })
    expect(info).toMatchObject({
      id: 'school-pebble',
      name: REPO,
      origin: { kind: 'hub', repo: REPO, endpoint: hub.endpoint, commit: 'c0ffee'.padEnd(40, '0') },
      licence: { id: 'apache-2.0' },
    })
    expect(heard.at(-1)!.bytes).toEqual({ done: found.bytes, total: found.bytes })
    for (const [name, bytes] of await bytesOf(info.id)) expect(bytes.equals(pebble().get(name)!)).toBe(true)
    const { downloads, writes, sets } = await everything()
    expect([downloads, writes, sets.length]).toEqual([[], [], found.files.length])
    // Once more: nothing of the files is asked for.
    expect(await lookUp(at())).toMatchObject({ here: found.bytes, stored: info.id })
    hub.requests = []
    expect(await page().download(at())).toMatchObject({ id: info.id })
    expect(fileRequests('model.safetensors')).toEqual([])
    expect((await train.exportModel(info.id, 'stored')).map(({ path }) => path)).toContain(
      'model.safetensors',
    )
  })

  test('files that another repository has are neither fetched nor stored again; what is shared outlives one of them', async () => {
    const changed = json({ do_sample: false })
    hub.repositories.set('other/copy', { files: pebble().set('generation_config.json', changed) })
    const { lookUp, download, train } = page()
    const [first] = [await download(at())]
    hub.requests = []
    const found = await lookUp(at('other/copy'))
    expect(found).toMatchObject({ here: found.bytes - changed.length, stored: null })
    const second = await download(at('other/copy'))
    expect(second.hash).not.toBe(first.hash)
    for (const name of ['model.safetensors', 'tokenizer.json', 'tokenizer_config.json'])
      expect(fileRequests(name)).toEqual([])
    expect((await everything()).sets).toHaveLength(found.files.length + 1)
    await train.remove(first.id)
    expect((await everything()).sets).toHaveLength(found.files.length)
    const files = pebble().set('generation_config.json', changed)
    for (const [name, bytes] of await bytesOf(second.id)) expect(bytes.equals(files.get(name)!)).toBe(true)
    await train.remove(second.id)
    expect((await everything()).sets).toEqual([])
  })

  test('the very files are the same model, whichever repository they are in; one of them is another file, and another model', async () => {
    hub.repositories.set('other/copy', { files: pebble() })
    const { lookUp, download, train } = page()
    const first = await download(at())
    expect(first).toMatchObject({ name: REPO, known: false })
    const copy = at('other/copy')
    expect(await lookUp(copy)).toMatchObject({ stored: first.id })
    hub.requests = []
    expect(await download(copy)).toMatchObject({ id: first.id, name: REPO, known: true, asked: 'other/copy' })
    expect(fileRequests('model.safetensors')).toEqual([])
    // As its maker goes on with it: of the same name.
    hub.repositories.set(REPO, { files: pebble().set('generation_config.json', json({ do_sample: false })) })
    const later = await download(at())
    expect(later.known).toBe(false)
    expect(later.name).toBe(`${REPO} (${(later.origin as { commit: string }).commit.slice(0, 8)})`)
    expect((await train.list()).map(({ id }) => id).sort()).toEqual([first.id, later.id].sort())
  })

  test('one that is stored and damaged is not here as a whole: what is wrong of it is fetched, and it is mended in its place', async () => {
    const { lookUp, download } = page()
    const { id } = await download(at())
    const database = await openDatabase()
    const setOf = async () => (await database.get('models', id))!.files['model.safetensors']!.set
    const lost = await setOf()
    await database.delete('chunks', [lost, 0])
    const weights = pebble().get('model.safetensors')!
    expect(await lookUp(at())).toMatchObject({ stored: null })
    hub.requests = []
    expect(await download(at())).toMatchObject({ id, known: true, mended: true })
    expect(fileRequests('tokenizer.json')).toEqual([])
    // A byte that is another is found when it is asked for again.
    const changed = (await database.get('chunks', [await setOf(), 0]))!.slice()
    changed[1000]! ^= 1
    await database.put('chunks', changed, [await setOf(), 0])
    expect(await download(at())).toMatchObject({ id, known: true, mended: true })
    expect((await bytesOf(id)).get('model.safetensors')!.equals(weights)).toBe(true)
    database.close()
    expect((await everything()).downloads).toEqual([])
    expect((await everything()).sets).toHaveLength(5)
    expect(await download(at())).toMatchObject({ id, known: true, mended: false })
  })

  test('files that were chosen on this machine count too', async () => {
    const { add, lookUp } = page()
    const files = [...pebble()].map(([name, bytes]) => new File([bytes.slice()], name))
    await add(files, 'mine')
    await add(files, 'mine again')
    const found = await lookUp(at())
    expect((await everything()).sets).toHaveLength(found.files.length)
    // Of small files the Hub tells what git calls them, which was not asked of these.
    const large = found.files.filter(({ sha256 }) => sha256 !== null)
    expect(found.here).toBe(large.reduce((sum, { size }) => sum + size, 0))
  })

  test('paused in one page, it is listed in the next one, and goes on there', async () => {
    const stop = new AbortController()
    hub.fault = ({ path }) => (path.endsWith('model.safetensors') ? { cut: 1_000_000 } : null)
    const first = page()
    const onProgress = ({ bytes, note }: Progress) => {
      if (note?.includes('model.safetensors') && bytes!.done > 900_000) stop.abort()
    }
    await failureOf(first.download(at(), { signal: stop.signal, onProgress }), 'AbortError')
    const second = page()
    const [unfinished, ...more] = await second.unfinished()
    expect(more).toEqual([])
    expect(unfinished).toMatchObject({ name: REPO, since: expect.any(Number) })
    expect(unfinished!.done).toBeGreaterThan(900_000)
    expect(unfinished!.done).toBeLessThan(unfinished!.total)
    expect((await second.lookUp(at())).here).toBe(unfinished!.done)
    expect((await everything()).models).toEqual([])
    hub.fault = null
    hub.requests = []
    const info = await second.download(unfinished!.address)
    for (const [name, bytes] of await bytesOf(info.id)) expect(bytes.equals(pebble().get(name)!)).toBe(true)
    expect(fileRequests('model.safetensors')[0]!.range).not.toMatch(/^bytes=0-/)
    expect(fileRequests('tokenizer.json')).toEqual([])
    expect(await second.unfinished()).toEqual([])
  })

  test('a file of it that was whole and has lost a part since is fetched again', async () => {
    hub.fault = ({ path }) => (path.endsWith('model.safetensors') ? { cut: 1_000_000 } : null)
    const stop = new AbortController()
    const onProgress = ({ note, bytes }: Progress) => {
      if (note?.includes('model.safetensors') && bytes!.done > 900_000) stop.abort()
    }
    await failureOf(page().download(at(), { signal: stop.signal, onProgress }), 'AbortError')
    const database = await openDatabase()
    const whole = (await database.getAll('downloads'))[0]!.files.filter(({ ref }) => ref)
    expect(whole.length).toBeGreaterThan(0)
    for (const { ref } of whole) await database.delete('chunks', [ref!.set, 0])
    database.close()
    hub.fault = null
    const { id } = await page().download(at())
    for (const [name, bytes] of await bytesOf(id)) expect(bytes.equals(pebble().get(name)!)).toBe(true)
  })

  test('one that is discarded leaves nothing', async () => {
    hub.fault = ({ path }) => (path.endsWith('model.safetensors') ? { status: 503 } : null)
    const { download, unfinished, discard } = page()
    await failure(() => download(at()), 'network')
    const [left] = await unfinished()
    await discard(left!.id)
    expect(await everything()).toEqual({ models: [], downloads: [], writes: [], sets: [] })
  })

  test('is downloaded by one page at a time', async () => {
    const [one, two] = [page(), page()]
    let told: unknown = null
    const first = one.download(at(), {
      onProgress: () => {
        told ??= two.download(at()).catch((error: unknown) => error)
      },
    })
    await first
    expect(await told).toMatchObject({ code: 'bad_state', message: expect.stringContaining('another tab') })
  })

  test('a revision that is moved on is another download', async () => {
    const { download, lookUp } = page()
    await download(at())
    const { files } = hub.repositories.get(REPO)!
    const config = { ...JSON.parse(new TextDecoder().decode(files.get('generation_config.json')!)), top_k: 3 }
    files.set('generation_config.json', json(config))
    hub.repositories.get(REPO)!.commit = 'd'.repeat(40)
    const found = await lookUp(at())
    expect(found.stored).toBe(null)
    expect(found.bytes - found.here).toBe(json(config).length)
    hub.requests = []
    const { origin } = await download(at())
    expect(origin).toMatchObject({ commit: 'd'.repeat(40) })
    expect(fileRequests('model.safetensors')).toEqual([])
  })
})

describe('what goes wrong leaves the store as it was', () => {
  const broken: [string, (files: Map<string, Uint8Array>) => void, string, RegExp][] = [
    [
      'not a Gemma',
      (files) => files.set('config.json', json({ model_type: 'llama', architectures: ['LlamaForCausalLM'] })),
      'unsupported_model',
      /llama/i,
    ],
    [
      'a broken index',
      (files) => {
        files.delete('model.safetensors')
        files.set('model-1.safetensors', new Uint8Array(9))
        files.set('model.safetensors.index.json', json({ weights: {} }))
      },
      'bad_file',
      /weight_map/,
    ],
    [
      'a shard missing',
      (files) => {
        const weights = files.get('model.safetensors')!
        files.delete('model.safetensors')
        files.set('model-00001-of-00002.safetensors', weights)
        const shards = { a: 'model-00001-of-00002.safetensors', b: 'model-00002-of-00002.safetensors' }
        files.set('model.safetensors.index.json', json({ weight_map: shards }))
      },
      'missing_file',
      /model-00002-of-00002.safetensors/,
    ],
    ['no tokenizer', (files) => files.delete('tokenizer.json'), 'missing_file', /tokenizer.json/],
    ['no weights', (files) => files.delete('model.safetensors'), 'unsupported_format', /safetensors/],
    [
      'an adapter',
      (files) => {
        files.clear()
        files.set('adapter_config.json', json({}))
        files.set('adapter_model.safetensors', new Uint8Array(9))
      },
      'unsupported_model',
      /adapter/,
    ],
    [
      'weights that are cut off',
      (files) => files.set('model.safetensors', files.get('model.safetensors')!.slice(0, 1_000_000)),
      'bad_file',
      /model.safetensors/,
    ],
  ]
  test.each(broken)('%s', async (_, damage, code, says) => {
    damage(hub.repositories.get(REPO)!.files)
    const { message } = await failure(() => page().download(at()), code as never)
    expect(message).toMatch(says)
    expect(await everything()).toEqual({ models: [], downloads: [], writes: [], sets: [] })
  })

  test('wrong bytes of one file: the others are kept for the next try', async () => {
    hub.fault = ({ path }) => (path.endsWith('model.safetensors') ? { wrong: true } : null)
    const { download, unfinished } = page()
    const { message } = await failure(() => download(at()), 'bad_file')
    expect(message).toMatch(/model.safetensors of school\/pebble .*SHA-256/)
    expect((await everything()).models).toEqual([])
    const [left] = await unfinished()
    expect(left!.done).toBe(left!.total - pebble().get('model.safetensors')!.length)
    hub.fault = null
    expect((await download(at())).bytes).toBe(left!.total)
  })

  test('too little room is found out before anything is fetched', async () => {
    vi.stubGlobal('navigator', { storage: { estimate: async () => ({ quota: 2e6, usage: 0 }) } })
    const { message } = await failure(() => page().download(at()), 'quota_exceeded')
    expect(message).toMatch(/Downloading school\/pebble needs \d+ MB, but the browser has room for 2 MB/)
    expect(fileRequests('model.safetensors')).toEqual([])
    vi.unstubAllGlobals()
    expect(await everything()).toEqual({ models: [], downloads: [], writes: [], sets: [] })
  })

  test('a disk that is full in the middle', async () => {
    const put = IDBObjectStore.prototype.put
    const full = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (
      this: IDBObjectStore,
      ...args: Parameters<typeof put>
    ) {
      if (this.name === 'chunks' && (args[0] as Uint8Array).length > 1e6)
        throw new DOMException('full', 'QuotaExceededError')
      return put.apply(this, args)
    })
    const { message } = await failure(() => page().download(at()), 'quota_exceeded')
    expect(message).toBe('Downloading school/pebble needs more room than the browser has left.')
    full.mockRestore()
    expect(await everything()).toEqual({ models: [], downloads: [], writes: [], sets: [] })
  })

  test.each([
    ['no/such', 401],
    ['school/pebble@v9', 404],
  ])('%s is not there', async (name, status) => {
    const [repo, revision] = name.split('@') as [string, string?]
    const { message, detail } = await failure(
      () => page().lookUp(at(repo, revision ? { revision } : {})),
      'missing_file',
    )
    expect(message).toContain(repo)
    expect(detail).toMatchObject({ status })
  })
})

describe('a gated model', () => {
  beforeEach(() => {
    hub.accounts.set(TOKEN, 'teacher').set('hf_other', 'other')
    hub.repositories.get(REPO)!.gated = [TOKEN]
    Object.assign(hub.repositories.get(REPO)!, {
      card: { license: 'gemma' },
      info: { safetensors: { total: 77 } },
    })
  })

  test('is described as far as it can be seen, and its refusal explains the licence', async () => {
    const { lookUp, download } = page()
    expect(await lookUp(at())).toMatchObject({
      gated: true,
      readable: false,
      config: null,
      parameters: 77,
      licence: { name: 'Gemma Terms of Use', link: 'https://ai.google.dev/gemma/terms' },
    })
    const error = await failure(() => download(at()), 'gated')
    expect(error.message).toBe(
      `${REPO} is given only to accounts that have accepted its licence (Gemma Terms of Use).`,
    )
    expect(error.hint).toContain(`${hub.endpoint}/${REPO}`)
    expect(error.detail).toMatchObject({
      status: 401,
      terms: 'https://ai.google.dev/gemma/terms',
      token: false,
    })
    expect(await everything()).toEqual({ models: [], downloads: [], writes: [], sets: [] })
  })

  test('is described from what else is told where its tree is closed too', async () => {
    const open = await page().lookUp(at())
    hub.repositories.get(REPO)!.closed = true
    expect(await page().lookUp(at())).toEqual(open)
  })

  test('an account that has not accepted it is told so', async () => {
    const { signIn, download } = page()
    await signIn('hf_other', { endpoint: hub.endpoint })
    const error = await failure(() => download(at()), 'gated')
    expect(error.detail).toMatchObject({ status: 403, token: true })
  })

  test.each([false, true])('comes with a token; remembered: %s', async (remember) => {
    const first = page()
    expect(await first.hubAccess(hub.endpoint)).toEqual({ signedIn: false, remembered: false })
    const access = { signedIn: true, remembered: remember, name: 'teacher' }
    expect(await first.signIn(` ${TOKEN}\n`, { remember, endpoint: hub.endpoint })).toEqual(access)
    expect(await first.hubAccess(hub.endpoint)).toEqual(access)
    expect(await first.lookUp(at())).toMatchObject({ gated: true, readable: true, parameters: 1_494_912 })
    const info = await first.download(at())
    expect(info.licence!.id).toBe('gemma')
    // Another page knows it only where it was to be remembered; nobody is shown it.
    const second = page()
    expect(await second.hubAccess(hub.endpoint)).toEqual(
      remember ? access : { signedIn: false, remembered: false },
    )
    expect((await second.lookUp(at())).readable).toBe(remember)
    const { sets: _, ...stored } = await everything()
    expect(JSON.stringify([info, stored])).not.toContain(TOKEN)
    expect(
      hub.requests.filter(({ host, authorization }) => host === 'cdn' && authorization !== null),
    ).toEqual([])
    await first.signOut(hub.endpoint)
    expect(await page().hubAccess(hub.endpoint)).toEqual({ signedIn: false, remembered: false })
    expect((await first.lookUp(at())).readable).toBe(false)
  })

  test('a token that is refused is not kept, and is part of no error', async () => {
    const { signIn, hubAccess } = page()
    for (const token of ['hf_wrong_one', '', 'two words'])
      for (const remember of [false, true]) {
        const error = await failure(() => signIn(token, { remember, endpoint: hub.endpoint }), 'gated')
        if (token) expect(JSON.stringify(error)).not.toContain(token)
      }
    expect(await hubAccess(hub.endpoint)).toEqual({ signedIn: false, remembered: false })
  })

  test('a token of one hub is not sent to another', async () => {
    const other = await hubServer({ [REPO]: { files: pebble() } })
    const { signIn, lookUp } = page()
    await signIn(TOKEN, { endpoint: hub.endpoint, remember: true })
    await signIn(TOKEN, { endpoint: hub.endpoint })
    await lookUp({ kind: 'hub', repo: REPO, endpoint: other.endpoint })
    await lookUp({ kind: 'url', address: `${hub.endpoint}/plain/${REPO}/` })
    expect(other.requests.some(({ authorization }) => authorization !== null)).toBe(false)
    expect(
      hub.requests.some(({ path, authorization }) => path.startsWith('/plain') && authorization !== null),
    ).toBe(false)
    await other.close()
  })

  test('whatever fails, its error holds no token', async () => {
    const { signIn, download, lookUp } = page({ silence: 500 })
    await signIn(TOKEN, { endpoint: hub.endpoint })
    const faults = [
      { status: 429 },
      { status: 500 },
      { status: 403 },
      { status: 404 },
      { cut: 5 },
      { wrong: true },
      { total: 7 },
    ] as const
    for (const fault of faults) {
      hub.fault = () => fault
      for (const call of [download, lookUp]) {
        const error = await call(at()).catch((error: unknown) => error)
        expect(JSON.stringify([error, String(error), (error as Error).stack ?? ''])).not.toContain(TOKEN)
      }
    }
  })
})

describe('a GGUF', () => {
  test('of a repository with several: they are there to choose from, and the chosen one becomes a model', async () => {
    const gguf = writeGguf((await pebbleGguf()).gguf)
    const files = new Map([
      ['pebble-F32.gguf', gguf],
      ['more/pebble-Q8_0.gguf', gguf],
      ['mmproj-pebble.gguf', new Uint8Array(9)],
    ])
    hub.repositories.set('school/ggufs', { files })
    const { lookUp, download } = page()
    const found = await lookUp(at('school/ggufs'))
    expect(found).toMatchObject({
      format: 'gguf',
      address: { file: 'more/pebble-Q8_0.gguf' },
      bytes: gguf.length,
      ggufs: [
        { file: 'pebble-F32.gguf', size: gguf.length },
        { file: 'more/pebble-Q8_0.gguf', size: gguf.length },
      ],
      parameters: 1_494_912,
    })
    const info = await download(at('school/ggufs', { file: 'pebble-F32.gguf' } as never))
    expect(info).toMatchObject({ id: 'school-ggufs-pebble-f32', origin: { file: 'pebble-F32.gguf' } })
    expect([...(await bytesOf(info.id)).keys()]).toContain('model.safetensors')
    // What was fetched is not kept beside what was made from it, and is not fetched again.
    const { downloads, writes, sets, models } = await everything()
    expect([downloads, writes, sets.length]).toEqual([[], [], Object.keys(models[0]!.files).length])
    hub.requests = []
    expect(await lookUp(at('school/ggufs', { file: 'pebble-F32.gguf' } as never))).toMatchObject({
      stored: info.id,
      here: gguf.length,
    })
    await failure(() => lookUp(at('school/ggufs', { file: 'none.gguf' } as never)), 'missing_file')
  })

  test('is chosen by its type as by its path', async () => {
    const gguf = writeGguf((await pebbleGguf()).gguf)
    const names = ['m-Q4_K_M.gguf', 'm-UD-Q4_K_M.gguf', 'm.q4_k_s.gguf', 'Q6_K/m.gguf', 'm-Q8_0.gguf']
    hub.repositories.set('school/types', { files: new Map(names.map((name) => [name, gguf])) })
    const chosen = async (quant: string) => {
      const address = parseModelAddress(`school/types:${quant}`, hub.endpoint)
      const found = await page().lookUp(address)
      return found.address.kind === 'hub' && found.address.file
    }
    expect(await chosen('Q4_K_M')).toBe('m-Q4_K_M.gguf')
    expect(await chosen('ud-q4_k_m')).toBe('m-UD-Q4_K_M.gguf')
    expect(await chosen('Q4_K_S')).toBe('m.q4_k_s.gguf')
    expect(await chosen('Q6_K')).toBe('Q6_K/m.gguf')
    expect(await chosen('latest')).toBe('m-Q8_0.gguf')
    for (const quant of ['Q4_K', 'Q5_0']) {
      const { message, hint } = await failure(() => chosen(quant), 'missing_file')
      expect(message).toBe(`school/types has no .gguf file of type ${quant}.`)
      expect(hint).toContain('m.q4_k_s.gguf')
    }
  })

  test('asks for the room that it and what is made of it take, and a block that is not read is told before it is fetched', async () => {
    const { gguf } = await pebbleGguf()
    const bytes = writeGguf(gguf)
    hub.repositories.set('school/gguf', { files: new Map([['pebble.gguf', bytes]]) })
    const { keeps } = await page().lookUp(at('school/gguf'))
    const room = (quota: number) =>
      vi.stubGlobal('navigator', { storage: { estimate: async () => ({ quota, usage: 0 }) } })
    room(bytes.length + keeps - 1)
    const { detail } = await failure(() => page().download(at('school/gguf')), 'quota_exceeded')
    expect(detail!.needed).toBe(bytes.length + keeps)
    room(bytes.length + keeps)
    const info = await page().download(at('school/gguf'))
    vi.unstubAllGlobals()
    expect(keeps).toBeGreaterThanOrEqual(info.bytes)
    expect(keeps).toBeLessThan(1.05 * info.bytes)

    const unread = { ...gguf, tensors: gguf.tensors.map((tensor) => ({ ...tensor, type: 17 })) }
    hub.repositories.set('school/iq2', { files: new Map([['pebble.gguf', writeGguf(unread)]]) })
    hub.requests = []
    const { message } = await failure(() => page().download(at('school/iq2')), 'unsupported_format')
    expect(message).toContain('IQ2_XS')
    expect(await everything()).toMatchObject({ models: [{ id: info.id }], downloads: [] })
  })
})

describe('an adapter', () => {
  const adapter = (json: object) =>
    new Map([
      ['adapter_config.json', new TextEncoder().encode(JSON.stringify(json))],
      ['adapter_model.safetensors', new Uint8Array(3000).fill(7)],
    ])

  test('of a hub comes with what a run needs to begin with it, and is not stored', async () => {
    const lora = { ...defaultRunConfig().lora, r: 4 }
    hub.repositories.set('school/tuned', { files: adapter(writeAdapterConfig(lora, 'school/pebble')) })
    const { name, base, lora: read, files } = await page().fetchAdapter(at('school/tuned'))
    expect(name).toBe(`${hub.endpoint}/school/tuned/tree/${'c0ffee'.padEnd(40, '0')}`)
    expect(base).toBe('school/pebble')
    expect(read.r).toBe(4)
    expect(files.config).toMatchObject({ peft_type: 'LORA' })
    expect(new Uint8Array(await files.tensors.arrayBuffer())).toEqual(new Uint8Array(3000).fill(7))
    expect(await everything()).toEqual({ models: [], downloads: [], writes: [], sets: [] })
  })

  test('that is asked for as a model is told as one, with its base, wherever it lies', async () => {
    const files = adapter(writeAdapterConfig(defaultRunConfig().lora, 'school/pebble'))
    // A run of TRL leaves its tokenizer beside it.
    for (const name of ['tokenizer.json', 'tokenizer_config.json'])
      files.set(name, pebble().get(name)! as never)
    hub.repositories.set('school/tuned', { files })
    const { lookUp, add } = page()
    const chosen = [...files].map(([name, bytes]) => new File([bytes], name))
    const folder = mkdtempSync(join(tmpdir(), 'lapidary-adapter-'))
    for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes)
    const packed = zipSync(
      Object.fromEntries([...files].map(([name, bytes]) => [`tuned/${name}`, bytes])),
    ) as Uint8Array<ArrayBuffer>
    for (const [what, ask] of [
      ['school/tuned', () => lookUp(at('school/tuned'))],
      [
        `${hub.endpoint}/plain/school/tuned/adapter_config.json`,
        () => lookUp({ kind: 'url', address: `${hub.endpoint}/plain/school/tuned/` }),
      ],
      ['mine', () => add(chosen, 'mine')],
      ['mine.zip', () => add([new File([packed], 'mine.zip')], 'mine')],
      [folder, async () => checkModelPath(folder)],
    ] as [string, () => Promise<unknown>][]) {
      const { message, detail } = await failure(ask, 'unsupported_model')
      expect(message).toBe(
        `${what} is an adapter of school/pebble, not a model: it holds only what was learnt on top of one.`,
      )
      expect(detail).toMatchObject({ adapter: true, base: 'school/pebble' })
    }
    rmSync(folder, { recursive: true })
    expect(await everything()).toEqual({ models: [], downloads: [], writes: [], sets: [] })
  })

  test('in GGUF is read as PEFT has it; one that is not there is told', async () => {
    const { golden, source } = await goldenSource('gemma3-tiny')
    const file = (await written(await loraGguf(source, {}))).get('adapter.gguf')!
    const bytes = new Uint8Array(await file.read(0, file.size))
    hub.repositories.set('school/lora', { files: new Map([['sub/adapter.gguf', bytes]]) })
    const wanted = at('school/lora', { file: 'sub/adapter.gguf' } as never)
    const { lora, files, base } = await page().fetchAdapter(wanted)
    expect([lora.r, base]).toEqual([golden.lora.r, 'gemma3-tiny'])
    expect(adapterHash(await readAdapter(await openAdapter(files)))).toBe(adapterHash(golden.state.lora))
    const other = at('school/lora', { file: 'other.gguf' } as never)
    expect((await failure(() => page().fetchAdapter(other), 'missing_file')).message).toContain('other.gguf')
  })

  test('of another kind is told by its kind', async () => {
    hub.repositories.set('school/tuned', { files: adapter({ peft_type: 'PREFIX_TUNING' }) })
    const { message } = await failure(() => page().fetchAdapter(at('school/tuned')), 'unsupported_format')
    expect(message).toContain('PREFIX_TUNING')
  })
})

describe('a push', () => {
  const file = blobFile('adapter_model.safetensors', new Blob([new Uint8Array(3000).fill(7)]))
  const request = () =>
    ({ repo: 'me/mine', visibility: 'private', title: 'Mine', endpoint: hub.endpoint }) as const
  const files = () => [...(hub.repositories.get('me/mine')?.files.keys() ?? [])]

  test('asks for a token, takes the page’s or the remembered one, and keeps nothing of it', async () => {
    hub.accounts.set(TOKEN, 'me')
    const { push, signIn } = page()
    const { message } = await failure(() => push([file], request()), 'gated')
    expect([message.includes('access token'), files()]).toEqual([true, []])
    await signIn(TOKEN, { endpoint: hub.endpoint })
    expect((await push([file], request())).url).toBe(`${hub.endpoint}/me/mine`)
    expect(files()).toContain('adapter_model.safetensors')
    expect(JSON.stringify(await everything())).not.toContain(TOKEN)
    // Another page has no token, and another still the remembered one.
    await failure(() => page().push([file], request()), 'gated')
    await signIn(TOKEN, { endpoint: hub.endpoint, remember: true })
    await page().push([file], { ...request(), repo: 'me/second' })
    expect(hub.repositories.has('me/second')).toBe(true)
  })
})

describe('an address of any server', () => {
  test('the page of a repository, at a hub that nobody told of', async () => {
    const { lookUp, fetchAdapter } = page()
    for (const text of [`${hub.endpoint}/${REPO}`, `${hub.endpoint}/${REPO}/?library=transformers`]) {
      const found = await lookUp(parseModelAddress(text))
      expect(found).toMatchObject({ name: REPO, address: { repo: REPO, endpoint: hub.endpoint } })
    }
    // What neither is nor has a folder is told as the address that it is.
    const { message } = await failure(
      () => lookUp(parseModelAddress(`${hub.endpoint}/school/none`)),
      'missing_file',
    )
    expect(message).toContain(`${hub.endpoint}/school/none/config.json`)
    await failure(() => fetchAdapter(parseModelAddress(`${hub.endpoint}/${REPO}`)), 'missing_file')
  })

  const plain = (path = '') => ({ kind: 'url', address: `${hub.endpoint}/plain/${REPO}/${path}` }) as const

  test('a folder is a model, and a query of its address is not kept', async () => {
    const { lookUp, download } = page()
    const address = { kind: 'url', address: `${plain().address}?key=${TOKEN}` } as const
    const found = await lookUp(address)
    expect(found).toMatchObject({ name: 'pebble', licence: null, format: 'safetensors', here: 0 })
    const info = await download(address)
    expect(info.origin).toEqual(plain())
    for (const [name, bytes] of await bytesOf(info.id)) expect(bytes.equals(pebble().get(name)!)).toBe(true)
    const { sets: _, ...stored } = await everything()
    expect(JSON.stringify([info, stored])).not.toContain(TOKEN)
    expect((await lookUp(plain())).stored).toBe(info.id)
  })

  test('a folder without a model is told by what is missing', async () => {
    hub.repositories.get(REPO)!.files.delete('model.safetensors')
    const { message } = await failure(() => page().lookUp(plain()), 'missing_file')
    expect(message).toContain('model.safetensors')
    hub.repositories.get(REPO)!.files.delete('config.json')
    await failure(() => page().lookUp(plain()), 'missing_file')
  })

  test('a file of another version than what was begun is begun anew, and that is said', async () => {
    const { files } = hub.repositories.get(REPO)!
    let asked = 0
    hub.fault = ({ path, range }) => {
      if (!path.endsWith('model.safetensors') || range === 'bytes=0-0') return null
      return asked++ === 0 ? { cut: 1_000_000 } : { status: 503 }
    }
    await failure(() => page().download(plain()), 'network')
    expect((await page().unfinished())[0]!.done).toBeGreaterThan(1_000_000)
    const weights = files.get('model.safetensors')!.slice()
    weights[weights.length - 1] = weights[weights.length - 1]! ^ 1
    files.set('model.safetensors', weights)
    hub.fault = null
    const notes = new Set<string>()
    const info = await page().download(plain(), { onProgress: ({ note }) => note && notes.add(note) })
    expect((await bytesOf(info.id)).get('model.safetensors')!.equals(weights)).toBe(true)
    expect(notes).toContain('model.safetensors was changed on its server: fetching it from the beginning')
  })
})

/** A failure that is not one of ours yet: it becomes one at the worker's border. */
async function failureOf(work: Promise<unknown>, name: string): Promise<void> {
  await expect(work).rejects.toMatchObject({ name })
}
