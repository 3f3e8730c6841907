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

/** Newest first. */
export async function listDatasets(database: Database): Promise<StoredDataset['info'][]> {
  const all = await database.getAll('datasets')
  return all.sort((a, b) => b.created - a.created).map(({ info }) => info)
}

export function readRows(database: Database, dataset: StoredDataset): Promise<Uint8Array<ArrayBuffer>> {
  return readBlob(database, dataset.rows, dataset.info.name)
}

/**
 * Changes what is kept of a data set beside its rows. `change` sees the record as it is, and is not called where there is
 * none.
 */
export async function updateDataset(
  database: Database,
  id: string,
  change: (stored: StoredDataset) => StoredDataset,
): Promise<StoredDataset | null> {
  const tx = database.transaction('datasets', 'readwrite', { durability: 'strict' })
  const stored = await tx.store.get(id)
  const changed = stored ? change(stored) : null
  if (changed) await tx.store.put(changed)
  await tx.done
  return changed
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

/** Token tables of a data set that are kept though no run needs them: options are tried out, back and forth. */
const SPARE_TABLES = 4

/** Stores a token table (Arrow IPC); one of the same id is replaced, and of older ones of the data set a few are kept. */
export async function putTokens(
  database: Database,
  tokens: Omit<StoredTokens, 'table' | 'created'>,
  table: Uint8Array,
  signal?: AbortSignal,
): Promise<StoredTokens> {
  await requireRoom(table.byteLength, 'Storing the tokenised data')
  const ref = await writeBlob(database, [table], signal)
  const stored: StoredTokens = { ...tokens, table: ref, created: Date.now() }
  await commit(database, ['tokens', 'runs'], [ref], async (tx) => {
    const needed = new Set((await tx.objectStore('runs').getAll()).map((run) => run.tokens))
    const others = (await tx.objectStore('tokens').getAll()).filter(({ id }) => id !== tokens.id)
    const spare = others
      .filter(({ id, dataset }) => dataset === tokens.dataset && !needed.has(id))
      .sort((a, b) => b.created - a.created)
      .slice(SPARE_TABLES - 1)
    const old = await tx.objectStore('tokens').get(tokens.id)
    for (const { id } of spare) await tx.objectStore('tokens').delete(id)
    await tx.objectStore('tokens').put(stored)
    return [...(old ? [old.table] : []), ...spare.map((one) => one.table)]
  })
  return stored
}

export function readTokens(database: Database, tokens: StoredTokens): Promise<Uint8Array<ArrayBuffer>> {
  return readBlob(database, tokens.table, 'the tokenised data')
}
