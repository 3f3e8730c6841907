import { commit, readBlob, requireRoom, writeBlob } from './blobs.ts'
import type { Database, StoredDataset, StoredTokens } from './database.ts'

/** Stores a data set's rows (Arrow IPC, in pieces); one of the same id is replaced. */
export async function putDataset(
  database: Database,
  dataset: Omit<StoredDataset, 'rows' | 'created'>,
  rows: readonly Uint8Array[],
  signal?: AbortSignal,
): Promise<StoredDataset> {
  const size = rows.reduce((sum, piece) => sum + piece.byteLength, 0)
  await requireRoom(size, `Storing ${dataset.info.name}`)
  const ref = await writeBlob(database, rows, signal)
  const stored: StoredDataset = { ...dataset, rows: ref, created: Date.now() }
  await commit(database, ['datasets'], [ref], async (tx) => {
    const old = await tx.objectStore('datasets').get(dataset.id)
    await tx.objectStore('datasets').put(stored)
    return old ? [old.rows] : []
  })
  return stored
}

export function readRows(database: Database, dataset: StoredDataset): Promise<Uint8Array<ArrayBuffer>> {
  return readBlob(database, dataset.rows, dataset.info.name)
}

/** Removes a data set and the token tables made from it that no run needs. */
export async function removeDataset(database: Database, id: string): Promise<void> {
  await commit(database, ['datasets', 'tokens', 'runs'], [], async (tx) => {
    const old = await tx.objectStore('datasets').get(id)
    const needed = new Set((await tx.objectStore('runs').getAll()).map(({ tokens }) => tokens))
    const tables = (await tx.objectStore('tokens').getAll()).filter(
      (table) => table.dataset === id && !needed.has(table.id),
    )
    await tx.objectStore('datasets').delete(id)
    for (const table of tables) await tx.objectStore('tokens').delete(table.id)
    return [...(old ? [old.rows] : []), ...tables.map(({ table }) => table)]
  })
}

/** Stores a token table (Arrow IPC); one of the same id is replaced. */
export async function putTokens(
  database: Database,
  tokens: Omit<StoredTokens, 'table' | 'created'>,
  table: Uint8Array,
  signal?: AbortSignal,
): Promise<StoredTokens> {
  await requireRoom(table.byteLength, 'Storing the tokenised data')
  const ref = await writeBlob(database, [table], signal)
  const stored: StoredTokens = { ...tokens, table: ref, created: Date.now() }
  await commit(database, ['tokens'], [ref], async (tx) => {
    const old = await tx.objectStore('tokens').get(tokens.id)
    await tx.objectStore('tokens').put(stored)
    return old ? [old.table] : []
  })
  return stored
}

export function readTokens(database: Database, tokens: StoredTokens): Promise<Uint8Array<ArrayBuffer>> {
  return readBlob(database, tokens.table, 'the tokenised data')
}
