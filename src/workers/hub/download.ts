import { type ChunkedOptions, fetchChunked } from '../../files/chunked-fetch.ts'
import { sha256Hex } from '../../lib/hash.ts'
import { LapidaryError, toFailure } from '../../protocol/errors.ts'
import { modelAddressText } from '../../protocol/model-address.ts'
import type { AddedModel, Call, ModelAddress, ModelOrigin } from '../../protocol/studio.ts'
import { isThere, openBlob, requireRoom, withoutRoom } from '../../storage/blobs.ts'
import { living } from '../../storage/connection.ts'
import type { BlobRef, Database, DownloadFile, StoredDownload } from '../../storage/database.ts'
import {
  beginFile,
  chunkBytes,
  DownloadChunks,
  downloadedBytes,
  putDownload,
  removeDownload,
  storedFile,
} from '../../storage/downloads.ts'
import { tellKept } from '../kept-news.ts'
import type { Library } from '../library.ts'
import type { FindOptions, FoundFile, FoundModel } from './found.ts'
import { alone, inTurn } from './locks.ts'
import { gatedContext, gatedError } from './repository.ts'

/** Of what an address leads to: the same in every page, so that each can go on with it. */
export async function downloadId({ remote, origin }: Pick<FoundModel, 'remote' | 'origin'>): Promise<string> {
  return (await sha256Hex(JSON.stringify([modelAddressText(remote.address), origin]))).slice(0, 32)
}

/** Who has it is at the download. */
export const downloadLock = (id: string) => `lapidary.download.${id}`

/**
 * Fetches what is missing of a model and stores it. See `ModelRoom.download`.
 * @param damaged sets of chunks that are stored and no longer what they were: these files are fetched again
 */
export async function downloadModel(
  given: Database,
  library: Library,
  found: FoundModel,
  options: FindOptions,
  call: Call = {},
  damaged: ReadonlySet<string> = new Set(),
): Promise<AddedModel> {
  const id = await downloadId(found)
  return alone(downloadLock(id), found.remote.name, async () => {
    const database = await living(given)
    const download = await begin(database, id, found, damaged, call)
    tellKept('models')
    try {
      await new Downloading(database, download, found, options, call, damaged).run()
      return await store(database, library, download, found, call)
    } catch (error) {
      await settle(database, download, error)
      throw withoutRoom(error, `Downloading ${download.name}`)
    }
  })
}

/** The download as it was left, as far as its files are still the same. */
async function begin(
  database: Database,
  id: string,
  found: FoundModel,
  damaged: ReadonlySet<string>,
  call: Call,
): Promise<StoredDownload> {
  const before = await database.get('downloads', id)
  const files = found.files.map((file): DownloadFile => {
    const { name, url, size, sha256, git, version } = file
    const same = before?.files.find(
      (old) =>
        old.name === name &&
        old.size === size &&
        old.sha256 === sha256 &&
        old.git === git &&
        (sha256 !== null || git !== null || old.version === version),
    )
    const shown = url.replace(/\?.*$/s, '')
    if (!same && before?.files.some((old) => old.name === name))
      call.onProgress?.({
        share: null,
        note: `${name} was changed on its server: fetching it from the beginning`,
      })
    return same ? { ...same, url: shown } : beginFile({ name, url: shown, size, sha256, git, version })
  })
  // What was whole then may have lost a part since.
  for (const file of files)
    if (file.ref && (damaged.has(file.ref.set) || !(await isThere(database, file.ref)))) file.ref = null
  const { address, name, licence } = found.remote
  const download: StoredDownload = {
    id,
    created: before?.created ?? Date.now(),
    // A query may be a key, and is not kept.
    address: kept(address),
    name,
    origin: found.origin,
    licence,
    files,
  }
  await putDownload(database, download)
  return download
}

function kept(address: ModelAddress): ModelAddress {
  return address.kind === 'url' ? { kind: 'url', address: modelAddressText(address) } : address
}

/** What is left after a failure: a full disk is left as it was, and so is a store in which nothing has come. */
async function settle(database: Database, download: StoredDownload, error: unknown): Promise<void> {
  const { code } = toFailure(error)
  const nothing = async () => (await downloadedBytes(database, download)) === 0
  if (code === 'quota_exceeded' || (await nothing().catch(() => false)))
    await removeDownload(database, download.id).catch(() => {})
}

class Downloading {
  readonly #database: Database
  readonly #download: StoredDownload
  readonly #found: FoundModel
  readonly #options: FindOptions
  readonly #call: Call
  readonly #damaged: ReadonlySet<string>
  /** Bytes of each file that are here. */
  readonly #done = new Map<string, number>()
  #note = ''

  constructor(
    database: Database,
    download: StoredDownload,
    found: FoundModel,
    options: FindOptions,
    call: Call,
    damaged: ReadonlySet<string>,
  ) {
    this.#damaged = damaged
    this.#database = database
    this.#download = download
    this.#found = found
    this.#options = options
    this.#call = call
  }

  async run(): Promise<void> {
    await this.#requireRoom()
    for (const file of this.#download.files) {
      this.#call.signal?.throwIfAborted()
      const found = this.#found.files.find(({ name }) => name === file.name)!
      // Another download that has the same file is waited for: what it brings need not come twice.
      const key = file.sha256 ?? file.git ?? file.set
      file.ref ??= await inTurn(`lapidary.file.${key}`, this.#call.signal, () => this.#file(file, found))
      this.#done.set(file.name, file.size)
      await putDownload(this.#database, this.#download)
    }
  }

  async #requireRoom(): Promise<void> {
    const { files, name } = this.#download
    let wanted = 0
    for (const file of files)
      if (!file.ref && !(await storedFile(this.#database, file, this.#damaged))) wanted += file.size
    wanted -= Math.min(wanted, await this.#begun())
    // What is converted lies beside what was fetched until it is whole.
    if (this.#found.remote.format === 'gguf') wanted += this.#found.remote.keeps
    await requireRoom(wanted, `Downloading ${name}`)
  }

  async #begun(): Promise<number> {
    const unfinished = this.#download.files.filter(({ ref }) => !ref)
    return downloadedBytes(this.#database, { ...this.#download, files: unfinished })
  }

  async #file(file: DownloadFile, found: FoundFile): Promise<BlobRef> {
    const stored = await storedFile(this.#database, file, this.#damaged)
    if (stored) return stored
    this.#note = `Fetching ${file.name}`
    const chunks = new DownloadChunks(this.#database, file)
    const options: ChunkedOptions = {
      ...this.#options,
      token: this.#options.token ?? undefined,
      chunk: chunkBytes(file),
      signal: this.#call.signal,
      onBytes: (done) => {
        this.#done.set(file.name, done)
        this.#tell()
      },
      onNote: (note) => {
        this.#note = note
        this.#tell()
        this.#note = `Fetching ${file.name}`
      },
    }
    const context = gatedContext(this.#found)
    const fetched = await fetchChunked(found, chunks, options).catch((error: unknown) => {
      if (!context) throw error
      return gatedError(error, { ...context, options: this.#options })
    })
    Object.assign(file, { size: fetched.size, version: fetched.version })
    const { size, hash, git } = fetched
    return { set: file.set, size, chunk: chunkBytes(file), hash, ...(git === null ? {} : { git }) }
  }

  #tell(): void {
    const total = this.#download.files.reduce((sum, { size }) => sum + size, 0)
    let done = 0
    for (const bytes of this.#done.values()) done += bytes
    this.#call.onProgress?.({ share: done / Math.max(1, total), note: this.#note, bytes: { done, total } })
  }
}

/** Checks the whole model, then names its files: what lies in the store as it came is not written again. */
async function store(
  database: Database,
  library: Library,
  download: StoredDownload,
  found: FoundModel,
  call: Call,
): Promise<AddedModel> {
  const whole = download.files.map(({ name, ref }) => {
    if (!ref) throw new Error(`${name} is not there`)
    return [name, ref] as const
  })
  const files = new Map(
    whole.map(([name, ref]) => [name, openBlob(database, ref, `${name} of ${download.name}`)]),
  )
  const converted = found.remote.format === 'gguf'
  const made = Object.fromEntries(whole.map(([name, { size, hash }]) => [name, { size, hash }]))
  try {
    return await library.add(files, download.name, call, {
      origin: download.origin,
      licence: download.licence,
      ...(converted ? { made } : {}),
      download: download.id,
      ...apartOf(download.origin),
    })
  } catch (error) {
    // What came is what was asked for, and no model that can be used: nobody will go on with it.
    if (error instanceof LapidaryError && /^(bad_|missing_|unsupported_)/.test(error.code))
      await removeDownload(database, download.id).catch(() => {})
    throw error
  }
}

/** What tells a model from others of its name: the revision, or whose address it is. */
function apartOf(origin: ModelOrigin): { apart?: string } {
  if (origin.kind === 'hub') return { apart: origin.commit.slice(0, 8) }
  return origin.kind === 'url' ? { apart: new URL(origin.address).host } : {}
}
