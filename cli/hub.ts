import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fetchChunked } from '../src/files/chunked-fetch.ts'
import { sha256Hex } from '../src/lib/hash.ts'
import { fail, LapidaryError, toFailure } from '../src/protocol/errors.ts'
import { parseHubEndpoint } from '../src/protocol/hub-endpoint.ts'
import { HUB_ENDPOINT, modelAddressText } from '../src/protocol/model-address.ts'
import { isAddress, isHubName, parseModelAddress } from '../src/protocol/read-address.ts'
import type { ModelAddress } from '../src/protocol/studio.ts'
import type { FindOptions, Found, FoundFile } from '../src/workers/hub/found.ts'
import { gatedContext, gatedError } from '../src/workers/hub/repository.ts'
import { alsoAs, cacheFolder, FileChunks, hubCacheFolder, hubHome, sha256Of } from './cache.ts'

export interface HubOptions extends Omit<FindOptions, 'token'> {
  env?: NodeJS.ProcessEnv
  /** Hears of what is being fetched, in a line. */
  tell?: (line: string) => void
}

/** A model or adapter that was fetched. */
export interface Fetched {
  /** As it can be given again: of the Hub with its commit. Without a query. */
  name: string
  /** Its folder, or `.gguf` file. */
  path: string
}

/**
 * What a text names that does not lie on this machine; null where it does, or where it is no address.
 * @param text of `--model` or `--start-from`
 */
export function remoteAddress(text: string, env = process.env): ModelAddress | null {
  if (existsSync(text) || !(isAddress(text) || isHubName(text))) return null
  return parseModelAddress(text, endpointOf(env))
}

/**
 * Fetches what an address leads to into the cache, as far as it is not there; goes on with what was broken off.
 * @param text the address as it was given, for errors
 * @param find what it leads to
 * @throws LapidaryError as `ModelRoom.lookUp` and `download`
 */
export function fetchToCache(
  text: string,
  address: ModelAddress,
  find: (address: ModelAddress, options: FindOptions) => Promise<Found>,
  options: HubOptions = {},
): Promise<Fetched> {
  return fetchMissing(text, address, find, options).catch((error: unknown) => {
    throw withToken(error)
  })
}

/** What is said of tokens is said of a page, where one signs in. */
function withToken(error: unknown): unknown {
  if (!(error instanceof LapidaryError) || !/\btokens?\b/.test(error.hint)) return error
  const { code, message, hint, detail } = error
  const here = 'On the command line the token is HF_TOKEN, or the one that "hf auth login" has kept.'
  return new LapidaryError({ code, message, hint: `${hint} ${here}`, ...(detail ? { detail } : {}) })
}

async function fetchMissing(
  text: string,
  address: ModelAddress,
  find: (address: ModelAddress, options: FindOptions) => Promise<Found>,
  options: HubOptions,
): Promise<Fetched> {
  const { env = process.env, tell = () => {}, ...rest } = options
  const there = cachedSnapshot(address, env)
  if (there) return there
  const access: FindOptions = { ...rest, token: tokenFor(address, env) }
  let found: Found
  try {
    found = await find(address, access)
  } catch (error) {
    const before = isOutOfReach(error) ? fetchedBefore(address, env) : null
    if (!before) return notHere(error, text, address)
    tell(`${toFailure(error).message} ${before.name} is taken as it was fetched on ${before.day}.`)
    return { name: before.name, path: before.path }
  }
  const folder = snapshotFolder(found.remote.address, env)
  const name = modelAddressText(found.remote.address)
  // Made under another name and renamed: one that is there is whole. What a URL leads to may be another by now.
  if (address.kind === 'url' || !existsSync(folder)) {
    const files: [name: string, path: string][] = []
    for (const file of found.files) files.push([file.name, await fetchFile(file, found, access, env, tell)])
    makeSnapshot(folder, files, env)
  }
  const path = entry(folder, found.remote.address)
  noteFetched(address, { name, path, day: new Date().toISOString().slice(0, 10) }, env)
  return { name, path }
}

/** What an address led to last: a branch moves on, and its hub may be out of reach. */
interface FetchedBefore extends Fetched {
  /** ISO 8601. */
  day: string
}

const noteOf = (address: ModelAddress, env: NodeJS.ProcessEnv) =>
  join(cacheFolder(env), 'addresses', `${safe(modelAddressText(address))}.json`)

function noteFetched(address: ModelAddress, fetched: FetchedBefore, env: NodeJS.ProcessEnv): void {
  const path = noteOf(address, env)
  mkdirSync(dirname(path), { recursive: true })
  const part = `${path}.${process.pid}.part`
  writeFileSync(part, JSON.stringify(fetched))
  renameSync(part, path)
}

/** Null where nothing was fetched from there, or what was is gone. */
function fetchedBefore(address: ModelAddress, env: NodeJS.ProcessEnv): FetchedBefore | null {
  try {
    const before = JSON.parse(readFileSync(noteOf(address, env), 'utf8')) as FetchedBefore
    return existsSync(before.path) ? before : null
  } catch {
    return null
  }
}

/** A server that is away, or too busy; not one that says no. */
function isOutOfReach(error: unknown): boolean {
  if (!(error instanceof LapidaryError) || error.code !== 'network') return false
  const { status } = error.detail ?? {}
  return typeof status !== 'number' || status === 429 || status >= 500
}

/** Of the hub that is configured. @throws LapidaryError `bad_config` */
export function endpointOf(env: NodeJS.ProcessEnv): string {
  try {
    return parseHubEndpoint(env.HF_ENDPOINT ?? '', 'command')
  } catch (error) {
    const { code, message, hint } = toFailure(error)
    return fail(code, `HF_ENDPOINT: ${message}`, hint, { variable: 'HF_ENDPOINT' })
  }
}

/** As huggingface_hub finds it. It is for the hub that is configured, and for no other. */
export function tokenFor(address: ModelAddress, env: NodeJS.ProcessEnv): string | null {
  if (address.kind !== 'hub' || (address.endpoint ?? HUB_ENDPOINT) !== endpointOf(env)) return null
  const given = env.HF_TOKEN || env.HUGGING_FACE_HUB_TOKEN
  if (given) return given.trim()
  const path = env.HF_TOKEN_PATH || join(hubHome(env), 'token')
  return existsSync(path) ? readFileSync(path, 'utf8').trim() || null : null
}

/** Of a commit, which says all: nothing need be asked. */
function cachedSnapshot(address: ModelAddress, env: NodeJS.ProcessEnv): Fetched | null {
  if (address.kind !== 'hub' || address.quant || !/^[0-9a-f]{40}$/.test(address.revision ?? '')) return null
  const folder = snapshotFolder(address, env)
  return existsSync(folder) ? { name: modelAddressText(address), path: entry(folder, address) } : null
}

const safe = (text: string) => text.replace(/[^\w.@-]+/g, '--')

/** Its last part is what the model is called. */
function snapshotFolder(address: ModelAddress, env: NodeJS.ProcessEnv): string {
  const root = join(cacheFolder(env), 'snapshots')
  if (address.kind === 'url') {
    const bare = modelAddressText(address)
    return join(root, safe(bare), safe(bare.split('/').filter(Boolean).at(-1) ?? 'model'))
  }
  const { endpoint = HUB_ENDPOINT, repo, revision = 'main', file } = address
  const [owner, name] = repo.split('/') as [string, string]
  return join(root, safe(new URL(endpoint).host), owner, safe(file ? `${revision}--${file}` : revision), name)
}

const entry = (folder: string, address: ModelAddress): string => {
  const file = address.kind === 'url' ? /[^/]*\.gguf$/i.exec(modelAddressText(address))?.[0] : address.file
  return file ? join(folder, file.replace(/^.*\//, '')) : folder
}

function makeSnapshot(folder: string, files: readonly [string, string][], env: NodeJS.ProcessEnv): void {
  const part = join(cacheFolder(env), `${process.pid}.part`)
  rmSync(part, { recursive: true, force: true })
  mkdirSync(part, { recursive: true })
  for (const [name, path] of files) alsoAs(path, join(part, name))
  mkdirSync(join(folder, '..'), { recursive: true })
  rmSync(folder, { recursive: true, force: true })
  renameSync(part, folder)
}

/** @returns where the file lies, by its hash */
async function fetchFile(
  file: FoundFile,
  found: Found,
  access: FindOptions,
  env: NodeJS.ProcessEnv,
  tell: (line: string) => void,
): Promise<string> {
  const files = join(cacheFolder(env), 'files')
  const bare = file.url.replace(/[?#].*$/s, '')
  const known = file.sha256 ?? file.git ?? file.version
  const hash = file.sha256 ?? file.git ?? (await sha256Hex(JSON.stringify([bare, known, file.size])))
  const path = join(files, hash)
  if (known !== null && existsSync(path) && statSync(path).size === file.size) return path
  const other = await ofHubCache(file, found, env)
  const part = new FileChunks(`${path}.part`, file.size)
  if (other) {
    alsoAs(other, path)
    return path
  }
  let told = -1
  const context = gatedContext(found)
  await fetchChunked(file, part, {
    ...access,
    token: access.token ?? undefined,
    onBytes: (done) => {
      const tenth = Math.floor((10 * done) / Math.max(1, file.size))
      if (file.size < 10e6 || tenth === told) return
      told = tenth
      tell(`${file.what}: ${10 * tenth}% of ${Math.ceil(file.size / 1e6)} MB`)
    },
    onNote: tell,
  }).catch((error: unknown) => {
    if (!context) throw error
    return gatedError(error, { ...context, options: access })
  })
  part.finish(path)
  return path
}

/** The same file where huggingface_hub has fetched it, if it is whole. */
async function ofHubCache(
  { size, sha256, git }: FoundFile,
  { origin }: Found,
  env: NodeJS.ProcessEnv,
): Promise<string | null> {
  if (origin.kind !== 'hub') return null
  const repository = join(hubCacheFolder(env), `models--${origin.repo.replace('/', '--')}`)
  const path = join(repository, 'blobs', sha256 ?? git ?? '')
  if ((sha256 ?? git) === null || !existsSync(path) || statSync(path).size !== size) return null
  return sha256 === null || (await sha256Of(path)) === sha256 ? realpathSync(path) : null
}

/** A name with a slash may have been meant as a folder. */
function notHere(error: unknown, text: string, address: ModelAddress): never {
  if (error instanceof LapidaryError && address.kind === 'hub' && isHubName(text) && !/[@:]/.test(text))
    if (error.code === 'missing_file' || error.code === 'network')
      fail(
        error.code,
        `There is no folder ${text} here. As a name on the Hub: ${error.message}`,
        error.hint,
        error.detail,
      )
  throw error
}
