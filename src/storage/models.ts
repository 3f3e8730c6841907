import { Sha256 } from '../lib/hash.ts'
import type { Call } from '../protocol/rooms/call.ts'
import { commit, discardBlob, openBlob, requireRoom, type StoredBytes, writeBlob } from './blobs.ts'
import type { BlobRef, Database, StoredModel } from './database.ts'

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

export async function putModel(
  database: Database,
  model: Omit<StoredModel, 'files' | 'hash' | 'created'>,
  files: ModelFiles,
  { signal, onProgress }: Call = {},
): Promise<StoredModel> {
  const total = [...files.values()].reduce((sum, { size }) => sum + size, 0)
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
    for (const [name, source] of files) refs[name] = await writeBlob(database, pieces(name, source), signal)
    signal?.throwIfAborted()
  } catch (error) {
    // Files that were whole by then are taken back with the one that was not.
    for (const ref of Object.values(refs)) await discardBlob(database, ref).catch(() => {})
    throw error
  }
  const stored: StoredModel = { ...model, files: refs, hash: manifestHash(refs), created: Date.now() }
  await commit(database, ['models'], Object.values(refs), async (tx) => {
    const old = await tx.objectStore('models').get(model.id)
    await tx.objectStore('models').put(stored)
    return Object.values(old?.files ?? {})
  })
  return stored
}

/** Removes a model and the token tables made for it that no run needs. */
export async function removeModel(database: Database, id: string): Promise<void> {
  await commit(database, ['models', 'tokens', 'runs'], [], async (tx) => {
    const old = await tx.objectStore('models').get(id)
    const needed = new Set((await tx.objectStore('runs').getAll()).map(({ tokens }) => tokens))
    const tables = (await tx.objectStore('tokens').getAll()).filter(
      (table) => table.model === old?.hash && !needed.has(table.id),
    )
    await tx.objectStore('models').delete(id)
    for (const table of tables) await tx.objectStore('tokens').delete(table.id)
    return [...Object.values(old?.files ?? {}), ...tables.map(({ table }) => table)]
  })
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
