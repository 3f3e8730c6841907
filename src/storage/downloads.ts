import type { ModelOrigin } from '../protocol/studio.ts'
import { CHUNK_BYTES, commit, done, isThere, newSet } from './blobs.ts'
import { requireSame } from './connection.ts'
import { type BlobRef, chunksOf, type Database, type DownloadFile, type StoredDownload } from './database.ts'
import { setsOf, unshared } from './models.ts'

/**
 * The chunks of a download's file. One that was broken off lies under its number and the share of it that there is, so that keys
 * alone tell what has come; it goes when the whole one is there.
 */
export class DownloadChunks {
  readonly #database: Database
  readonly #set: string
  readonly #size: number
  readonly #chunk: number

  constructor(database: Database, file: Pick<DownloadFile, 'set' | 'chunk' | 'size'>) {
    this.#database = database
    this.#set = file.set
    this.#size = file.size
    this.#chunk = chunkBytes(file)
  }

  async lengths(): Promise<Map<number, number>> {
    return lengthsOf(await this.#keys(), this.#size, this.#chunk)
  }

  async read(index: number): Promise<Uint8Array> {
    requireSame(this.#database)
    const found = await this.#database.getAll('chunks', this.#of(index), 1)
    return found[0] ?? new Uint8Array(0)
  }

  async write(index: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    requireSame(this.#database)
    const length = Math.min(this.#chunk, this.#size - index * this.#chunk)
    const tx = this.#database.transaction('chunks', 'readwrite', { durability: 'strict' })
    tx.store.delete(this.#of(index))
    // A view would be stored with all of its buffer.
    const own = bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice()
    tx.store.put(own, [this.#set, index + (bytes.length === length ? 0 : bytes.length / this.#chunk)])
    await done(this.#database, tx)
  }

  async clear(): Promise<void> {
    requireSame(this.#database)
    await this.#database.delete('chunks', chunksOf(this.#set))
  }

  #of(index: number): IDBKeyRange {
    return IDBKeyRange.bound([this.#set, index], [this.#set, index + 1], false, true)
  }

  #keys() {
    requireSame(this.#database)
    return this.#database.getAllKeys('chunks', chunksOf(this.#set))
  }
}

/** Bytes of a chunk of a download's file. */
export const chunkBytes = ({ chunk }: Pick<DownloadFile, 'chunk'>) => chunk ?? 8 * 2 ** 20

function lengthsOf(keys: readonly [string, number][], size: number, chunk: number): Map<number, number> {
  return new Map(
    keys.map(([, key]) => {
      const index = Math.floor(key)
      const whole = Math.min(chunk, size - index * chunk)
      return [index, key === index ? whole : Math.round((key - index) * chunk)]
    }),
  )
}

/** Bytes of an unfinished download that are here. */
export async function downloadedBytes(database: Database, { files }: StoredDownload): Promise<number> {
  let bytes = 0
  for (const file of files) {
    if (file.ref) bytes += file.size
    else for (const length of (await new DownloadChunks(database, file).lengths()).values()) bytes += length
  }
  return bytes
}

/** What a stored file is known by before it is fetched. */
export interface Known {
  size: number
  sha256: string | null
  git: string | null
}

/**
 * Where exactly this file is stored already, under whatever name.
 * @param damaged sets of chunks that are known not to be what they should
 */
export async function storedFile(
  database: Database,
  wanted: Known,
  damaged: ReadonlySet<string> = new Set(),
): Promise<BlobRef | null> {
  if (wanted.sha256 === null && wanted.git === null) return null
  const models = await database.getAll('models')
  const downloads = await database.getAll('downloads')
  const refs = [
    ...models.flatMap(({ files }) => Object.values(files)),
    ...downloads.flatMap(({ files }) => files.flatMap(({ ref }) => (ref ? [ref] : []))),
  ]
  for (const ref of refs)
    if (isSame(ref, wanted) && !damaged.has(ref.set) && (await isThere(database, ref))) return ref
  return null
}

function isSame(ref: BlobRef, { size, sha256, git }: Known): boolean {
  return ref.size === size && (sha256 !== null ? ref.hash === sha256 : git !== null && ref.git === git)
}

/** A file of a download that is begun. */
export function beginFile(file: Omit<DownloadFile, 'set' | 'chunk' | 'ref'>): DownloadFile {
  return { ...file, set: newSet(), chunk: CHUNK_BYTES, ref: null }
}

/** Puts what is known of a download; chunks of files that it does not name any more go. */
export async function putDownload(database: Database, download: StoredDownload): Promise<void> {
  await commit(database, ['downloads', 'models'], [], async (tx) => {
    const old = await tx.objectStore('downloads').get(download.id)
    await tx.objectStore('downloads').put(download)
    return unshared(tx, old ? setsOf(old) : [])
  })
}

/** Forgets a download, and what it has that no model has. */
export async function removeDownload(database: Database, id: string): Promise<void> {
  await commit(database, ['downloads', 'models'], [], async (tx) => {
    const old = await tx.objectStore('downloads').get(id)
    await tx.objectStore('downloads').delete(id)
    return unshared(tx, old ? setsOf(old) : [])
  })
}

/** Whether two places are the same one. */
export function sameOrigin(a: ModelOrigin, b: ModelOrigin): boolean {
  return JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort())
}
