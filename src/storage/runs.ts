import { fail, toFailure } from '../protocol/errors.ts'
import type { RunEvent } from '../protocol/events.ts'
import type { Proof } from '../protocol/proof.ts'
import { afterEvent, type RunRecord, replayed } from '../runs/record.ts'
import { keptSteps } from '../runs/retention.ts'
import { commit, discardBlob, readBlob, requireRoom, writeBlob } from './blobs.ts'
import type { BlobRef, Database, StoredCheckpoint } from './database.ts'
import { partsOf } from './evaluations.ts'

/** Events written at least so often while a run goes on. */
const FLUSH_MS = 1000

export async function putRun(database: Database, record: RunRecord): Promise<void> {
  await commit(database, ['runs'], [], async (tx) => {
    await tx.objectStore('runs').put(record)
    return []
  })
}

/** @throws LapidaryError `missing_file` where there is no such run */
export async function updateRun(
  database: Database,
  run: string,
  change: Pick<Partial<RunRecord>, 'name' | 'note' | 'shown'>,
): Promise<void> {
  await commit(database, ['runs'], [], async (tx) => {
    const store = tx.objectStore('runs')
    const record = await store.get(run)
    if (!record) fail('missing_file', `There is no run "${run}".`, 'Choose one of the list.', { run })
    await store.put({ ...record, ...change })
    return []
  })
}

/** Runs, newest first. */
export async function listRuns(database: Database): Promise<RunRecord[]> {
  return (await database.getAll('runs')).sort((a, b) => b.created - a.created)
}

/** Removes a run, and its token table where it was the last to need one whose data set is gone. */
export async function removeRun(database: Database, run: string): Promise<void> {
  const stores = ['runs', 'events', 'checkpoints', 'evaluations', 'judged', 'tokens', 'datasets'] as const
  await commit(database, [...stores], [], async (tx) => {
    const checkpoints = await tx.objectStore('checkpoints').getAll(slotsOf(run))
    const others = (await tx.objectStore('runs').getAll()).filter(({ id }) => id !== run)
    const datasets = await tx.objectStore('datasets').getAllKeys()
    const unneeded = (await tx.objectStore('tokens').getAll()).filter(
      ({ id, dataset }) => !datasets.includes(dataset) && !others.some(({ tokens }) => tokens === id),
    )
    for (const { id } of unneeded) await tx.objectStore('tokens').delete(id)
    await tx.objectStore('runs').delete(run)
    await tx.objectStore('events').delete(eventsOf(run, 0))
    await tx.objectStore('checkpoints').delete(slotsOf(run))
    for (const store of ['evaluations', 'judged'] as const) await tx.objectStore(store).delete(partsOf(run))
    return [...checkpoints.map(({ tensors }) => tensors), ...unneeded.map(({ table }) => table)]
  })
}

export function readEvents(database: Database, run: string): Promise<RunEvent[]> {
  return database.getAll('events', eventsOf(run, 0))
}

/** The checkpoints that are kept of a run: the newest, and as many others as its `save_total_limit` says; the best in a slot of its own too. */
export function listCheckpoints(database: Database, run: string): Promise<StoredCheckpoint[]> {
  return database.getAll('checkpoints', slotsOf(run))
}

export async function hasCheckpoint(database: Database, run: string): Promise<boolean> {
  return (await database.count('checkpoints', slotsOf(run))) > 0
}

/** Keeps a proof with each slot that has these tensors; with none where they have been replaced meanwhile. */
export async function putProof(
  database: Database,
  { run, tensors }: Pick<StoredCheckpoint, 'run' | 'tensors'>,
  proof: Proof,
): Promise<void> {
  await commit(database, ['checkpoints'], [], async (tx) => {
    const store = tx.objectStore('checkpoints')
    for (const stored of await store.getAll(slotsOf(run)))
      if (stored.tensors.set === tensors.set) await store.put({ ...stored, proof })
    return []
  })
}

export function readCheckpoint(
  database: Database,
  checkpoint: StoredCheckpoint,
): Promise<Uint8Array<ArrayBuffer>> {
  return readBlob(database, checkpoint.tensors, `the checkpoint of step ${checkpoint.step}`)
}

/**
 * The log of a run while it goes on. Events are gathered and written about once a second, together with the record as
 * they leave it; a checkpoint is written in one transaction with every event up to its own. Where the storage was cleared
 * meanwhile, the whole log is written again.
 */
export class RunLog {
  readonly #database: Database
  #record: RunRecord
  /** Of the whole run; those from `#stored` on wait to be written. */
  readonly #events: RunEvent[]
  #stored: number
  #timer: ReturnType<typeof setTimeout> | null = null
  #writing: Promise<void> = Promise.resolve()
  #error: unknown = null

  private constructor(database: Database, record: RunRecord, events: RunEvent[]) {
    this.#database = database
    this.#record = record
    this.#events = events
    this.#stored = events.length
  }

  /** Stores a new run's record; its log is empty. */
  static async begin(database: Database, record: RunRecord): Promise<RunLog> {
    await putRun(database, record)
    return new RunLog(database, record, [])
  }

  /**
   * Goes on with a stored run, its log cut to the first `count` events.
   * @param from the checkpoint that it goes on from, which becomes its last: a later one would count events that are gone; null: it
   * begins again
   */
  static async resume(
    database: Database,
    record: RunRecord,
    count: number,
    from: StoredCheckpoint | null,
  ): Promise<RunLog> {
    const kept = (await readEvents(database, record.id)).slice(0, count)
    const running: RunRecord = {
      ...replayed(record, kept),
      maxSteps: record.maxSteps,
      seconds: record.seconds,
      status: 'running',
    }
    await commit(database, ['runs', 'events', 'checkpoints'], [], async (tx) => {
      await tx.objectStore('runs').put(running)
      await tx.objectStore('events').delete(eventsOf(record.id, kept.length))
      const checkpoints = tx.objectStore('checkpoints')
      const before = await checkpoints.getAll(slotsOf(record.id))
      const stays = from === null ? [] : [...before.filter(({ step }) => step < from.step), from]
      // Of the evaluations up to there, where that one is kept still.
      const best = (from?.meta as { best?: { step: number } | null } | undefined)?.best?.step
      return arrange(checkpoints, record, before, stays, best ?? bestOf(stays))
    })
    return new RunLog(database, running, kept)
  }

  /** Events in the log, those included that wait to be written. */
  get count(): number {
    return this.#events.length
  }

  get record(): RunRecord {
    return this.#record
  }

  /** Changes what is known of the run; written with the next events. */
  note(change: Partial<RunRecord>): void {
    this.#record = { ...this.#record, ...change }
    this.#schedule()
  }

  add(event: RunEvent): void {
    this.#record = afterEvent(this.#record, event)
    this.#events.push(event)
    this.#schedule()
  }

  /** Resolves once everything added so far is stored. */
  async flush(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write([], () => []))
    await this.#writing
    if (this.#error) throw this.#error
  }

  /** Stores a checkpoint as the last (and the best) of its run, in one transaction with its event. */
  async saveCheckpoint(
    meta: { step: number },
    tensors: Uint8Array,
    event: RunEvent & { type: 'checkpoint' },
  ): Promise<void> {
    const written = await this.#blob(tensors).then(
      (ref) => ({ ref }),
      (error: unknown) => ({ error }),
    )
    // Logged in any case: a later checkpoint counts it.
    this.add(event)
    if ('error' in written) throw written.error
    const { ref } = written
    const { id: run } = this.#record
    const stored = { run, step: meta.step, meta, tensors: ref }
    this.#writing = this.#writing.then(() =>
      this.#write([ref], async (checkpoints) => {
        const before = await checkpoints.getAll(slotsOf(run))
        const all = [...before, { ...stored, slot: 'last' as const }]
        return arrange(checkpoints, this.#record, before, all, event.best ? meta.step : bestOf(before))
      }),
    )
    await this.#writing
    if (!this.#error) return
    await discardBlob(this.#database, ref).catch(() => {})
    throw this.#error
  }

  async #blob(tensors: Uint8Array): Promise<BlobRef> {
    await requireRoom(tensors.byteLength, 'Saving a checkpoint')
    const write = () => writeBlob(this.#database, [tensors])
    // Closed in the middle of it, the database is another one now.
    return write().catch((error: unknown) => {
      if (!/^storage_/.test(toFailure(error).code)) throw error
      return write()
    })
  }

  /** All events of the run, stored or not. */
  get events(): readonly RunEvent[] {
    return this.#events
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#writing = this.#writing.then(() => this.#write([], () => []))
    }, FLUSH_MS)
  }

  async #write(
    written: BlobRef[],
    work: (store: CheckpointStore) => Promise<BlobRef[]> | BlobRef[],
  ): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    const count = this.#events.length
    try {
      await commit(this.#database, ['runs', 'events', 'checkpoints'], written, async (tx) => {
        const gone = (await tx.objectStore('runs').getKey(this.#record.id)) === undefined
        for (let at = gone ? 0 : this.#stored; at < count; at++)
          await tx.objectStore('events').put(this.#events[at]!, [this.#record.id, at])
        await tx.objectStore('runs').put(this.#record)
        return work(tx.objectStore('checkpoints'))
      })
      this.#stored = count
      this.#error = null
    } catch (error) {
      // Kept for the next call that waits: a timer has nobody to tell.
      this.#error = error
    }
  }
}

/** Step of the best. */
const bestOf = (checkpoints: readonly StoredCheckpoint[]): number | null =>
  checkpoints.find(({ slot }) => slot === 'best')?.step ?? null

/**
 * Puts those that are kept in the place of what is stored.
 * @param all those that there are to choose from, the newest of a step last
 * @param best step of the best, whether there is one of it or not
 * @returns tensors that are kept no more
 */
export async function arrange(
  store: CheckpointStore,
  { id, config }: RunRecord,
  before: readonly StoredCheckpoint[],
  all: readonly StoredCheckpoint[],
  best: number | null,
): Promise<BlobRef[]> {
  const byStep = new Map(all.map((one) => [one.step, one]))
  const steps = [...byStep.keys()].sort((a, b) => a - b)
  // Runs of before have no limit of their own.
  const kept = keptSteps(steps, best, config.training.save_total_limit ?? null)
  const [last, previous] = [kept.at(-1), kept.at(-2)]
  const slotsFor = (step: number): StoredCheckpoint['slot'][] => {
    const newest = step === last ? 'last' : step === previous ? 'previous' : null
    if (step === best) return newest ? [newest, 'best'] : ['best']
    return [newest ?? `step-${step}`]
  }
  const after = kept.flatMap((step) => slotsFor(step).map((slot) => ({ ...byStep.get(step)!, slot })))
  for (const { slot } of before) await store.delete([id, slot])
  for (const one of after) await store.put(one)
  return unnamed(before, after)
}

/** Tensors of checkpoints that are kept no more. */
function unnamed(before: readonly StoredCheckpoint[], after: readonly StoredCheckpoint[]): BlobRef[] {
  const kept = new Set(after.map(({ tensors }) => tensors.set))
  return before.map(({ tensors }) => tensors).filter(({ set }) => !kept.has(set))
}

interface CheckpointStore {
  getAll(range: IDBKeyRange): Promise<StoredCheckpoint[]>
  delete(key: [run: string, slot: string]): Promise<void>
  put(value: StoredCheckpoint): Promise<unknown>
}

function eventsOf(run: string, from: number): IDBKeyRange {
  return IDBKeyRange.bound([run, from], [run, Number.POSITIVE_INFINITY])
}

function slotsOf(run: string): IDBKeyRange {
  return IDBKeyRange.bound([run, ''], [run, '\uffff'])
}
