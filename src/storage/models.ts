import { Sha256 } from '../lib/hash.ts'
import { fail, LapidaryError } from '../protocol/errors.ts'
import type { Call } from '../protocol/rooms/call.ts'
import {
  commit,
  discardBlob,
  openBlob,
  readBlob,
  requireRoom,
  type StoredBytes,
  withoutRoom,
  writeBlob,
} from './blobs.ts'
import {
  type BlobRef,
  chunksOf,
  type Database,
  type StoredDownload,
  type StoredModel,
  type StoredTokens,
  setsOfModel,
  type Writing,
} from './database.ts'

/** A model folder's files before they are stored. */
export type ModelFiles = ReadonlyMap<string, StoredBytes>

/** Read at a time while storing. */
const PIECE_BYTES = 4 * 2 ** 20

/** SHA-256 over the names and hashes of a model's files, hex. */
export function manifestHash(files: Record<string, { hash: string }>): string {
  const lines = Object.entries(files)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { hash }]) => `${hash}  ${name}\n`)
  return new Sha256().update(new TextEncoder().encode(lines.join(''))).hex()
}

type NewModel = Omit<StoredModel, 'files' | 'hash' | 'created'>

/** Under which id and name a model is stored beside those that are there. */
export type Place = (there: readonly StoredModel[]) => Pick<StoredModel, 'id' | 'name'>

interface Putting {
  /** Id of a download that ends with it. */
  download?: string | undefined
}

/** Stores a model in the place of the one of its id. Files as `addModel`. */
export async function putModel(
  database: Database,
  model: NewModel,
  files: ModelFiles,
  call: Call = {},
): Promise<StoredModel> {
  const { id, name } = model
  return (await store(database, model, files, call, {}, () => ({ id, name }))).stored
}

/**
 * Stores a model beside those that are there, unless one of the very same files is: then that one is it, whatever its name, and what
 * is known of it from now on is where it came from. A file that is stored already, be it part of another model or of a download, is
 * named and not stored again.
 * @param place says where it goes, asked in the transaction that puts it there
 * @returns `known`: it was here before
 */
export function addModel(
  database: Database,
  model: Omit<NewModel, 'id'>,
  files: ModelFiles,
  place: Place,
  call: Call = {},
  putting: Putting = {},
): Promise<{ stored: StoredModel; known: boolean }> {
  return store(database, { ...model, id: '' }, files, call, putting, place)
}

async function store(
  database: Database,
  model: NewModel,
  given: ModelFiles,
  call: Call,
  { download }: Putting,
  place: Place,
): Promise<{ stored: StoredModel; known: boolean }> {
  const { signal, onProgress } = call
  const files = await placedFiles(database, given, call)
  const written = new Map([...files].filter(([, { ref }]) => !ref))
  const total = [...written.values()].reduce((sum, { size }) => sum + size, 0)
  await requireRoom(total, `Storing ${model.name}`)
  let done = 0
  const refs: Record<string, BlobRef> = {}
  const pieces = async function* (name: string, source: StoredBytes) {
    for (let at = 0; at < source.size; at += PIECE_BYTES) {
      const end = Math.min(source.size, at + PIECE_BYTES)
      yield await source.read(at, end, signal)
      done += end - at
      onProgress?.({ share: done / Math.max(1, total), note: `Storing ${name}`, bytes: { done, total } })
    }
  }
  try {
    for (const [name, source] of written) refs[name] = await writeBlob(database, pieces(name, source), signal)
    signal?.throwIfAborted()
  } catch (error) {
    // Files that were whole by then are taken back with the one that was not.
    for (const ref of Object.values(refs)) await discardBlob(database, ref).catch(() => {})
    throw withoutRoom(error, `Storing ${model.name}`)
  }
  let stored: StoredModel = { ...model, files: {}, hash: '', created: Date.now() }
  let known = false
  await commit(database, ['models', 'downloads'], Object.values(refs), async (tx) => {
    const models = await tx.objectStore('models').getAll()
    const there = models.flatMap((other) => Object.values(other.files))
    const spare: BlobRef[] = []
    for (const [name, { ref }] of files) {
      const same = (other: BlobRef) => other.hash === (ref ?? refs[name]!).hash
      const earlier = there.find(same) ?? Object.values(stored.files).find(same)
      stored.files[name] = earlier ?? ref ?? refs[name]!
      if (earlier) spare.push(ref ?? refs[name]!)
    }
    for (const { set } of Object.values(stored.files))
      if (!(await tx.objectStore('chunks').getKey(chunksOf(set))))
        fail('bad_state', `Part of ${model.name} was removed while it was being added.`, 'Add it again.', {
          model: model.name,
        })
    const hash = manifestHash(stored.files)
    const twin = model.id === '' ? models.find((other) => other.hash === hash) : undefined
    known = twin !== undefined
    stored = twin ? betterKnown(twin, stored) : { ...stored, hash, ...place(models) }
    const old = twin ? undefined : models.find(({ id }) => id === stored.id)
    await tx.objectStore('models').put(stored)
    const ended = download === undefined ? undefined : await tx.objectStore('downloads').get(download)
    if (ended) await tx.objectStore('downloads').delete(ended.id)
    return unshared(tx, [...spare, ...(old ? setsOfModel(old) : []), ...(ended ? setsOf(ended) : [])])
  })
  return { stored, known }
}

/** A model that came from this machine first, and from an address now, has that address. */
function betterKnown(twin: StoredModel, { origin, licence, made }: StoredModel): StoredModel {
  if (twin.origin.kind !== 'files' || origin.kind === 'files') return twin
  return { ...twin, origin, licence: licence ?? twin.licence, ...(made && { made }) }
}

/** Files, and of those that models have already where that is: nothing of them is written, and no room is needed for it. */
async function placedFiles(
  database: Database,
  files: ModelFiles,
  { signal, onProgress }: Call,
): Promise<ModelFiles> {
  const models = await database.getAll('models')
  const there = new Map(models.flatMap((model) => Object.values(model.files).map((ref) => [ref.set, ref])))
  const placed = new Map<string, StoredBytes>()
  for (const [name, source] of files) {
    const alike = source.ref ? [] : [...there.values()].filter(({ size }) => size === source.size)
    const tell = (share: number) => onProgress?.({ share, note: `Looking whether ${name} is here already` })
    let found: StoredBytes | null = null
    for (const ref of alike) {
      const stored = openBlob(database, ref, name)
      // What is stored and damaged is no copy.
      const same = await isSame(source, stored, tell, signal).catch((error: unknown) => {
        if (error instanceof LapidaryError && error.code === 'bad_file') return false
        throw error
      })
      if (same) found = stored
      if (found) break
    }
    placed.set(name, found ?? source)
  }
  return placed
}

/** Whether both are the same bytes; read only as far as they are. */
async function isSame(
  a: StoredBytes,
  b: StoredBytes,
  tell: (share: number) => void,
  signal?: AbortSignal,
): Promise<boolean> {
  for (let at = 0; at < a.size; at += PIECE_BYTES) {
    const end = Math.min(a.size, at + PIECE_BYTES)
    const [one, other] = await Promise.all([a.read(at, end, signal), b.read(at, end, signal)])
    for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false
    tell(end / a.size)
  }
  return true
}

/** Of sets of chunks those that neither a model nor a download names (any more). To be asked once these are as they will be. */
export async function unshared(
  tx: { objectStore(name: never): unknown },
  sets: readonly Pick<BlobRef, 'set'>[],
): Promise<Pick<BlobRef, 'set'>[]> {
  const both = tx as unknown as Writing<['models', 'downloads']>
  const models = await both.objectStore('models').getAll()
  const downloads = await both.objectStore('downloads').getAll()
  const named = new Set([
    ...models.flatMap((model) => setsOfModel(model).map(({ set }) => set)),
    ...downloads.flatMap((download) => setsOf(download).map(({ set }) => set)),
  ])
  return sets.filter(({ set }) => !named.has(set))
}

/** Sets of chunks that a download names. */
export function setsOf({ files }: StoredDownload): Pick<BlobRef, 'set'>[] {
  return files.flatMap(({ set, ref }) => (ref && ref.set !== set ? [{ set }, ref] : [{ set }]))
}

/** Removes a model and the token tables made for it that no run needs. */
export async function removeModel(database: Database, id: string): Promise<void> {
  await commit(database, ['models', 'tokens', 'runs', 'downloads'], [], async (tx) => {
    const old = await tx.objectStore('models').get(id)
    const runs = await tx.objectStore('runs').getAll()
    const tables = old ? unneededTables(old, await tx.objectStore('tokens').getAll(), runs) : []
    await tx.objectStore('models').delete(id)
    // Runs say what they need, and whence it came, when it is gone.
    if (old)
      for (const run of runs)
        if (run.modelHash === old.hash && !run.base)
          await tx.objectStore('runs').put({ ...run, base: { name: old.name, origin: old.origin } })
    for (const table of tables) await tx.objectStore('tokens').delete(table.id)
    return [...(await unshared(tx, old ? setsOfModel(old) : [])), ...tables.map(({ table }) => table)]
  })
}

/** Token tables that go with a model: those made for it that no run needs. */
export function unneededTables(
  { hash }: Pick<StoredModel, 'hash'>,
  tables: readonly StoredTokens[],
  runs: readonly { tokens: string }[],
): StoredTokens[] {
  const needed = new Set(runs.map(({ tokens }) => tokens))
  return tables.filter(({ id, model }) => model === hash && !needed.has(id))
}

/** What is kept of a stored model's tokenizer; null where nothing is, or of another file. */
export async function keptTokenizer(
  database: Database,
  id: string,
  of: string,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const model = await database.get('models', id)
  if (model?.tokenizer?.of !== of) return null
  return readBlob(database, model.tokenizer.table, `the tokenizer of ${model.name}`)
}

/** Keeps a model's tokenizer as it opens the quickest; not where the model is gone by then, or has another one. */
export async function keepTokenizer(
  database: Database,
  id: string,
  of: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const table = await writeBlob(database, [bytes])
  try {
    await commit(database, ['models', 'downloads'], [table], async (tx) => {
      const model = await tx.objectStore('models').get(id)
      if (model?.files['tokenizer.json']?.hash !== of) return [table]
      await tx.objectStore('models').put({ ...model, tokenizer: { table, of } })
      return unshared(tx, model.tokenizer ? [model.tokenizer.table] : [])
    })
  } catch (error) {
    await discardBlob(database, table).catch(() => {})
    throw error
  }
}

/** A stored model's files, read where they lie. */
export function modelFiles(database: Database, model: StoredModel): Map<string, StoredBytes> {
  return new Map(
    Object.entries(model.files).map(([name, ref]) => [
      name,
      openBlob(database, ref, `${name} of ${model.name}`),
    ]),
  )
}
