import { Sha256 } from '../lib/hash.ts'
import { fail } from '../protocol/errors.ts'
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
import { type ModelFiles, mend, placedFiles } from './model-copies.ts'

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

interface Added {
  stored: StoredModel
  known: boolean
  mended: boolean
}

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
 * named and not stored again; where it is stored and damaged, what is added takes its place in whatever has it.
 * @param place says where it goes, asked in the transaction that puts it there
 * @returns `known`: it was here before; `mended`: and was damaged
 */
export function addModel(
  database: Database,
  model: Omit<NewModel, 'id'>,
  files: ModelFiles,
  place: Place,
  call: Call = {},
  putting: Putting = {},
): Promise<Added> {
  return store(database, { ...model, id: '' }, files, call, putting, place)
}

async function store(
  database: Database,
  model: NewModel,
  given: ModelFiles,
  call: Call,
  { download }: Putting,
  place: Place,
): Promise<Added> {
  const { signal, onProgress } = call
  const { files, others } = await placedFiles(database, given, call)
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
  let mended = false
  await commit(database, ['models', 'downloads'], Object.values(refs), async (tx) => {
    const before = await tx.objectStore('models').getAll()
    const there = before.flatMap((other) => Object.values(other.files))
    const spare: Pick<BlobRef, 'set'>[] = []
    const whole = new Map<string, BlobRef>()
    for (const [name, { ref }] of files) {
      const own = ref ?? refs[name]!
      // What should be the same by its hash, and was read and is not, is damaged.
      const same = (other: BlobRef) => other.hash === own.hash && !others.has(other.set)
      const earlier = there.find(same) ?? Object.values(stored.files).find(same)
      stored.files[name] = earlier ?? own
      if (earlier) spare.push(own)
      for (const { hash, set } of there)
        if (hash === own.hash && others.has(set)) whole.set(set, earlier ?? own)
    }
    const models = await mend(tx, before, whole)
    spare.push(...[...whole.keys()].map((set) => ({ set })))
    for (const { set } of Object.values(stored.files))
      if (!(await tx.objectStore('chunks').getKey(chunksOf(set))))
        fail('bad_state', `Part of ${model.name} was removed while it was being added.`, 'Add it again.', {
          model: model.name,
        })
    const hash = manifestHash(stored.files)
    const twin = model.id === '' ? models.find((other) => other.hash === hash) : undefined
    known = twin !== undefined
    mended = twin !== undefined && !before.includes(twin)
    stored = twin ? betterKnown(twin, stored) : { ...stored, hash, ...place(models) }
    const old = twin ? undefined : models.find(({ id }) => id === stored.id)
    await tx.objectStore('models').put(stored)
    const ended = download === undefined ? undefined : await tx.objectStore('downloads').get(download)
    if (ended) await tx.objectStore('downloads').delete(ended.id)
    return unshared(tx, [...spare, ...(old ? setsOfModel(old) : []), ...(ended ? setsOf(ended) : [])])
  })
  return { stored, known, mended }
}

/** A model that came from this machine first, and from an address now, has that address. */
function betterKnown(twin: StoredModel, { origin, licence, made }: StoredModel): StoredModel {
  if (twin.origin.kind !== 'files' || origin.kind === 'files') return twin
  return { ...twin, origin, licence: licence ?? twin.licence, ...(made && { made }) }
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
