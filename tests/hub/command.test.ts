import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { fetchToCache, remoteAddress } from '../../cli/hub.ts'
import { openModelPath } from '../../cli/model-path.ts'
import { trainJob } from '../../cli/train-job.ts'
import { exitCode } from '../../src/protocol/errors.ts'
import { findModel } from '../../src/workers/hub/find.ts'
import { findAdapter } from '../../src/workers/hub/find-adapter.ts'
import { failure } from '../data/helpers.ts'
import { type HubServer, hubServer } from '../support/hub-server.ts'

const PEBBLE = join(import.meta.dirname, '..', '..', 'public', 'models', 'pebble')
const REPO = 'school/pebble'
const COMMIT = 'c0ffee'.padEnd(40, '0')
const TOKEN = 'hf_averysecrettoken'
const pebble = () =>
  new Map(readdirSync(PEBBLE).map((name) => [name, new Uint8Array(readFileSync(join(PEBBLE, name)))]))

let hub: HubServer
let folder: string
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lapidary-hub-'))
  hub = await hubServer({ [REPO]: { files: pebble() } })
  hub.accounts.set(TOKEN, 'teacher')
})
afterEach(async () => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
  await hub.close()
})

const env = (more = {}) => ({
  LAPIDARY_CACHE: join(folder, 'cache'),
  HF_HOME: join(folder, 'hf'),
  HF_ENDPOINT: hub.endpoint,
  ...more,
})
const fetched = (text: string, more = {}, tell = (_: string) => {}) => {
  const own = env(more)
  return fetchToCache(text, remoteAddress(text, own)!, findModel, { env: own, wait: 1, tell })
}
const large = () => hub.requests.filter(({ host }) => host === 'cdn')
/** Everything that is kept, in one text. */
const kept = () =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) =>
      /safetensors|tokenizer/.test(path) || !/\.json$/.test(path) ? path : path + readFileSync(path, 'utf8'),
    )
    .join('\n')

describe('--model of the command line', () => {
  test('what lies here is no address, and what reads as one is', () => {
    expect(remoteAddress('tests/hub', env())).toBe(null)
    expect(remoteAddress('./no/such', env())).toBe(null)
    expect(remoteAddress('no-such', env())).toBe(null)
    expect(remoteAddress('google/gemma-3-270m-it', {})).toEqual({
      kind: 'hub',
      repo: 'google/gemma-3-270m-it',
    })
    expect(remoteAddress('o/n', env())).toEqual({ kind: 'hub', repo: 'o/n', endpoint: hub.endpoint })
    expect(remoteAddress('https://x.test/m.gguf', {})).toEqual({
      kind: 'url',
      address: 'https://x.test/m.gguf',
    })
  })

  test('a Hub name is fetched once, is the model byte for byte, and is named with its commit', async () => {
    const { name, path } = await fetched(REPO)
    expect(name).toBe(`${hub.endpoint}/${REPO}/tree/${COMMIT}`)
    for (const [file, source] of await openModelPath(path))
      expect(Buffer.from(await source.read(0, source.size)).equals(pebble().get(file)!)).toBe(true)
    hub.requests = []
    expect(await fetched(REPO)).toEqual({ name, path })
    expect(large()).toEqual([])
    // By its commit it needs nobody.
    hub.requests = []
    expect(await fetched(name)).toEqual({ name, path })
    expect(hub.requests).toEqual([])
  })

  test('where the hub is out of reach, what its name led to last is taken, and that is said', async () => {
    const lines: string[] = []
    const { name, path } = await fetched(REPO)
    const [address, away] = [
      hub.endpoint,
      () => fetched(REPO, { HF_ENDPOINT: address }, (line) => lines.push(line)),
    ]
    await hub.close()
    expect(await away()).toEqual({ name, path })
    expect(lines).toEqual([expect.stringContaining(`${name} is taken as it was fetched on 20`)])
    await failure(() => fetched('school/other', { HF_ENDPOINT: address }), 'network')
    // Of a plain address, too; not where a server says that it is there no more.
    hub = await hubServer({ [REPO]: { files: pebble() } })
    const plain = `${hub.cdn}/${REPO}/`
    const there = await fetched(plain)
    hub.repositories.clear()
    await failure(() => fetched(plain), 'missing_file')
    await hub.close()
    expect(await fetched(plain)).toEqual(there)
    rmSync(there.path, { recursive: true })
    await failure(() => fetched(plain), 'network')
    hub = await hubServer()
  })

  test('broken off, it goes on where it was', async () => {
    const weights = 'model.safetensors'
    let asked = 0
    hub.fault = ({ path }) => {
      if (!path.endsWith(weights)) return null
      return asked++ === 0 ? { cut: 1_000_000 } : { status: 503 }
    }
    await failure(() => fetched(REPO), 'network')
    hub.fault = null
    hub.requests = []
    await fetched(REPO)
    expect(large().map(({ range }) => range)).toEqual([expect.stringMatching(/^bytes=[1-9]/)])
  })

  test('wrong bytes are no model', async () => {
    hub.fault = ({ path }) => (path.endsWith('.safetensors') ? { wrong: true } : null)
    await failure(() => fetched(REPO), 'bad_file')
    hub.fault = null
    await fetched(REPO)
  })

  test('a gated one explains its licence; HF_TOKEN opens it and is kept nowhere', async () => {
    Object.assign(hub.repositories.get(REPO)!, { gated: [TOKEN], card: { license: 'gemma' } })
    const error = await failure(() => fetched(REPO), 'gated')
    expect(error.message).toContain('Gemma Terms of Use')
    expect(error.hint).toContain('HF_TOKEN')
    expect(exitCode(error)).toBe(2)
    const lines: string[] = []
    const { name } = await fetched(REPO, { HF_TOKEN: TOKEN }, (line) => lines.push(line))
    expect(name + lines.join() + kept()).not.toContain(TOKEN)
    expect(large().every(({ authorization }) => authorization === null)).toBe(true)
  })

  test('the token that huggingface_hub keeps is used, for its own endpoint only', async () => {
    mkdirSync(join(folder, 'hf'))
    writeFileSync(join(folder, 'hf', 'token'), `${TOKEN}\n`)
    hub.repositories.get(REPO)!.gated = [TOKEN]
    const other = await hubServer({ [REPO]: { files: pebble() } })
    await fetched(REPO)
    await fetched(`${other.endpoint}/${REPO}/tree/main`)
    expect(other.requests.length).toBeGreaterThan(0)
    expect(other.requests.some(({ authorization }) => authorization !== null)).toBe(false)
    await other.close()
  })

  test('what huggingface_hub has fetched is not fetched again, if it is whole', async () => {
    const blobs = join(folder, 'hf', 'hub', 'models--school--pebble', 'blobs')
    mkdirSync(blobs, { recursive: true })
    const bytes = pebble().get('model.safetensors')!
    const name = createHash('sha256').update(bytes).digest('hex')
    writeFileSync(join(blobs, name), bytes.slice().fill(0))
    await fetched(REPO)
    expect(large().some(({ path }) => path.endsWith('.safetensors'))).toBe(true)
    rmSync(join(folder, 'cache'), { recursive: true })
    rmSync(join(blobs, name))
    writeFileSync(join(blobs, name), bytes)
    hub.requests = []
    const { path } = await fetched(REPO)
    expect(large().some(({ path }) => path.endsWith('.safetensors'))).toBe(false)
    expect(readFileSync(join(path, 'model.safetensors')).equals(bytes)).toBe(true)
  })

  test('a plain address is asked each time whether it is still the same', async () => {
    const address = `${hub.cdn}/${REPO}/?key=${TOKEN}`
    const { name, path } = await fetched(address)
    expect(name).toBe(`${hub.cdn}/${REPO}/`)
    expect(kept()).not.toContain(TOKEN)
    const config = pebble().get('generation_config.json')!
    hub.repositories.get(REPO)!.files.set('generation_config.json', new Uint8Array([...config, 32]))
    await fetched(address)
    expect(readFileSync(join(path, 'generation_config.json')).length).toBe(config.length + 1)
  })

  test('an adapter to begin with is fetched like a model; a model is none', async () => {
    const config = new TextEncoder().encode('{"peft_type": "LORA"}')
    const files = new Map([
      ['adapter_config.json', config],
      ['adapter_model.safetensors', new Uint8Array(999)],
      ['README.md', config],
    ])
    hub.repositories.set('school/adapter', { files })
    const own = env()
    const adapter = (repo: string) =>
      fetchToCache(repo, remoteAddress(repo, own)!, findAdapter, { env: own, wait: 1 })
    const { name, path } = await adapter('school/adapter')
    expect(name).toBe(`${hub.endpoint}/school/adapter/tree/${COMMIT}`)
    expect(readdirSync(path).sort()).toEqual(['adapter_config.json', 'adapter_model.safetensors'])
    const { hint } = await failure(() => adapter(REPO), 'missing_file')
    expect(hint).toContain('choose it as the model')
    const { message } = await failure(() => fetched('school/adapter'), 'unsupported_model')
    expect(message).toContain('is an adapter')
    hub.repositories.set('school/lora', {
      files: new Map([
        ['a.gguf', new Uint8Array(99)],
        ['b.gguf', config],
      ]),
    })
    const lora = await adapter('school/lora/a.gguf')
    expect(lora.path).toMatch(/a\.gguf$/)
    expect(readFileSync(lora.path)).toHaveLength(99)
  })

  test('a name that is neither a folder nor on the Hub says both', async () => {
    const { message } = await failure(() => fetched('no/such'), 'missing_file')
    expect(message).toMatch(/no folder no\/such here.*has no model no\/such/)
  })

  test('is part of a job under its name with the commit; bad data is told before anything is fetched', async () => {
    for (const [name, value] of Object.entries(env())) vi.stubEnv(name, value)
    const data = join(folder, 'rows.csv')
    const job = (file: string) => trainJob(['--model', REPO, '--data', file, '--out', join(folder, 'run')])
    await failure(() => job(data), 'missing_file')
    expect(hub.requests).toEqual([])
    writeFileSync(data, 'q,a\n1,2\n')
    const { model } = (await job(data))!
    expect(model).toEqual({ name: `${hub.endpoint}/${REPO}/tree/${COMMIT}`, path: expect.any(String) })
    expect(existsSync(join(model.path!, 'config.json'))).toBe(true)
  })
})
