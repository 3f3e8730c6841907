import { fail } from '../protocol/errors.ts'
import type { RunEvent } from '../protocol/events.ts'
import type { Proof } from '../protocol/proof.ts'
import type { EvaluationInfo, JudgedRow } from '../protocol/studio.ts'
import type { RunRecord } from '../runs/record.ts'
import { commit, discardBlob, requireRoom, writeBlob } from './blobs.ts'
import type { BlobRef, Database, StoredCheckpoint, StoredTokens } from './database.ts'
import { arrange } from './runs.ts'

type Pieces = AsyncIterable<Uint8Array> | Iterable<Uint8Array>

/** A run as it came in a file. */
export interface RunToStore {
  record: RunRecord
  events: readonly RunEvent[]
  /** By step; of the best, whether it is kept is for the run's own limit to say. */
  checkpoints: readonly { meta: { step: number }; size: number; tensors: Pieces; proof: Proof | null }[]
  best: number | null
  evaluations: readonly { info: EvaluationInfo; rows: JudgedRow[] }[]
  /** The token table, where it came along and is not here. */
  tokens: (Omit<StoredTokens, 'table' | 'created'> & { table: Uint8Array }) | null
}

/**
 * Stores a run that trained elsewhere, whole or not at all.
 * @throws LapidaryError `quota_exceeded`; `bad_state` where a run of its id has come meanwhile
 */
export async function putOpenedRun(
  database: Database,
  { record, events, checkpoints, best, evaluations, tokens }: RunToStore,
  signal?: AbortSignal,
): Promise<void> {
  const bytes = checkpoints.reduce((sum, { size }) => sum + size, tokens?.table.byteLength ?? 0)
  await requireRoom(bytes, `Storing ${record.name}`)
  const written: BlobRef[] = []
  const write = async (pieces: Pieces) => {
    const ref = await writeBlob(database, pieces, signal)
    written.push(ref)
    return ref
  }
  try {
    const { id: run } = record
    const kept: StoredCheckpoint[] = []
    for (const { meta, tensors, proof } of checkpoints)
      kept.push({
        ...{ run, slot: 'last' as const, step: meta.step, meta, tensors: await write(tensors) },
        ...(proof && { proof }),
      })
    const table = tokens && (await write([tokens.table]))
    signal?.throwIfAborted()
    const stores = ['runs', 'events', 'checkpoints', 'evaluations', 'judged', 'tokens'] as const
    await commit(database, [...stores], written, async (tx) => {
      if ((await tx.objectStore('runs').getKey(run)) !== undefined)
        fail(
          'bad_state',
          `The run ${record.name} was opened in another tab meanwhile.`,
          'Choose it in the list.',
          {
            run,
          },
        )
      await tx.objectStore('runs').put(record)
      for (const [at, event] of events.entries()) await tx.objectStore('events').put(event, [run, at])
      if (tokens && table) {
        const { table: _, ...rest } = tokens
        await tx.objectStore('tokens').put({ ...rest, table, created: record.created })
      }
      for (const { info, rows } of evaluations) {
        await tx.objectStore('evaluations').put(info)
        await tx.objectStore('judged').put(rows, [run, info.id, 0])
      }
      await arrange(tx.objectStore('checkpoints'), record, [], kept, best)
      return []
    })
  } catch (error) {
    for (const ref of written) await discardBlob(database, ref).catch(() => {})
    throw error
  }
}
