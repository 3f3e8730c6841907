import type { Quantization, RoundedTable } from '../protocol/model.ts'
import { BlobWriter, commit, discardBlob, openBlob, type StoredBytes } from './blobs.ts'
import type { Database } from './database.ts'
import { unshared } from './models.ts'

type Held = Exclude<Quantization, null>

/** Of the room that is left they take no more than so much: they can be made again. */
const SHARE_OF_ROOM = 1 / 4

/** Blocks that a stored model was rounded to. @param of hash of the model that they must be of */
export async function keptRounding(
  database: Database,
  id: string,
  { of, to, version }: { of: string; to: Held; version: number },
): Promise<{ table: RoundedTable; bytes: StoredBytes } | null> {
  const model = await database.get('models', id)
  const kept = model?.rounded?.[to]
  if (!model || kept?.of !== of || kept.table.version !== version) return null
  return { table: kept.table, bytes: openBlob(database, kept.blocks, `${to} of ${model.name}`) }
}

/** Whether the browser has room to spare for so many bytes. */
export async function hasRoomToSpare(bytes: number): Promise<boolean> {
  const { quota, usage } = (await globalThis.navigator?.storage?.estimate?.()) ?? {}
  return quota === undefined || usage === undefined || bytes <= (quota - usage) * SHARE_OF_ROOM
}

/** Writes blocks of a stored model, in place of those that it has; not where it is gone by the end, or another one. */
export function roundingWriter(database: Database, id: string, of: string, to: Held) {
  const writer = new BlobWriter(database, { hashed: false })
  return {
    write: (bytes: Uint8Array) => writer.write(bytes),
    discard: () => writer.discard(),
    async finish(table: RoundedTable): Promise<void> {
      const blocks = await writer.finish()
      try {
        await commit(database, ['models', 'downloads'], [blocks], async (tx) => {
          const model = await tx.objectStore('models').get(id)
          if (model?.hash !== of) return [blocks]
          const before = model.rounded?.[to]
          await tx
            .objectStore('models')
            .put({ ...model, rounded: { ...model.rounded, [to]: { of, table, blocks } } })
          return unshared(tx, before ? [before.blocks] : [])
        })
      } catch (error) {
        await discardBlob(database, blocks).catch(() => {})
        throw error
      }
    },
  }
}

/** Forgets blocks that are not whole any more. @param set of their chunks: those that another tab has put in their place stay */
export async function dropRounding(database: Database, id: string, to: Held, set: string): Promise<void> {
  await commit(database, ['models', 'downloads'], [], async (tx) => {
    const model = await tx.objectStore('models').get(id)
    const old = model?.rounded?.[to]
    if (!model || old?.blocks.set !== set) return []
    const { [to]: _, ...rounded } = model.rounded!
    await tx.objectStore('models').put({ ...model, rounded })
    return unshared(tx, [old.blocks])
  })
}
