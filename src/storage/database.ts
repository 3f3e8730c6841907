import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB, type StoreNames } from 'idb'
import { type Failure, LapidaryError, toFailure } from '../protocol/errors.ts'
import type { RunEvent } from '../protocol/events.ts'
import type { GpuCheck } from '../protocol/gpu-check.ts'
import type { KernelReport } from '../protocol/gpu-report.ts'
import type { ModelConfig, Quantization, RoundedTable } from '../protocol/model.ts'
import { oneFile } from '../protocol/one-file.ts'
import type { Proof } from '../protocol/proof.ts'
import type {
  DatasetInfo,
  EvaluationInfo,
  JudgedRow,
  MeasuredSpeed,
  ModelAddress,
  ModelInfo,
  ModelLicence,
  ModelOrigin,
  PreparedInfo,
  Queue,
  RowEdit,
} from '../protocol/studio.ts'
import type { RunRecord } from '../runs/record.ts'
import { closedError, isBlocked, living, wasClosed, watchConnection } from './connection.ts'
import { migrate, type OldDatabase, VERSION, type VersionChange } from './migrations/index.ts'

/**
 * Everything that must survive a reload. Large values are sets of chunks; a manifest names its sets. Chunks are written
 * first and the manifest last, in one strict transaction: a crash leaves the old or the new, never half.
 */
export const DATABASE = 'lapidary'

/** Where a large value lies, as its manifest keeps it. */
export interface BlobRef {
  set: string
  /** Bytes in all. */
  size: number
  /** Bytes of every chunk but the last. */
  chunk: number
  /** SHA-256, hex; empty where nothing asks for it. */
  hash: string
  /** What git calls a file of these bytes (SHA-1), hex: hubs tell this alone of small files. */
  git?: string
}

/** A file of a download, whole or in part. */
export interface DownloadFile {
  name: string
  url: string
  size: number
  /** What it must have, hex, as far as that is known beforehand. */
  sha256: string | null
  git: string | null
  /** Of its server's answers, where it tells versions apart. */
  version: string | null
  /** Its chunks; one that was broken off has fewer bytes than the others. */
  set: string
  /** Bytes of a chunk; not there in downloads that earlier versions began: 8 MiB. */
  chunk?: number
  /** Where it is whole and has what it must have: here, or in a model that has the same file. */
  ref: BlobRef | null
}

/** A download that is not a model yet. */
export interface StoredDownload {
  id: string
  created: number
  /** Without a query. */
  address: ModelAddress
  name: string
  origin: ModelOrigin
  licence: ModelLicence | null
  files: DownloadFile[]
}

/** A token that is to be remembered, by hub. */
export interface StoredHub {
  endpoint: string
  token: string
  name?: string
}

export interface StoredModel {
  id: string
  name: string
  origin: ModelOrigin
  licence: ModelLicence | null
  /** What it came without, whose place Gemma's own takes; absent where that is nothing, or it was stored before this was noted. */
  replaced?: ModelInfo['replaced']
  /** What was fetched and converted to `files`, by name, where these are not what was fetched. */
  made?: Record<string, { size: number; hash: string }>
  created: number
  config: ModelConfig
  parameters: number
  practice: boolean
  /** SHA-256 over the files' names and hashes, hex. */
  hash: string
  files: Record<string, BlobRef>
  /** Its tokenizer.json as it opens the quickest, and the SHA-256 of the file that it is of. Made anew where it is not there. */
  tokenizer?: { table: BlobRef; of: string }
  /** Blocks that it was rounded to, and the `hash` of the model that they are of. Rounded anew where they are not there. */
  rounded?: Partial<Record<Exclude<Quantization, null>, { of: string; table: RoundedTable; blocks: BlobRef }>>
}

/** Sets of chunks that a model names. */
export function setsOfModel({ files, tokenizer, rounded }: StoredModel): BlobRef[] {
  return [
    ...Object.values(files),
    ...(tokenizer ? [tokenizer.table] : []),
    ...Object.values(rounded ?? {}).map(({ blocks }) => blocks),
  ]
}

export interface StoredDataset {
  id: string
  created: number
  info: DatasetInfo
  /** The rows as Arrow IPC. */
  rows: BlobRef
  /** Changes made since, applied when the rows are read: one entry a call, with what was before it. */
  edits?: { before: DatasetInfo; edits: RowEdit[] }[]
}

export interface StoredTokens {
  id: string
  created: number
  /** Data set and model that it was made from. */
  dataset: string
  model: string
  info: PreparedInfo
  /** The token table as Arrow IPC. */
  table: BlobRef
}

export interface StoredCheckpoint {
  run: string
  /** `previous`: the last before the last, for when that is damaged. The best is there twice, but for its tensors. */
  slot: 'last' | 'best' | 'previous' | `step-${number}`
  step: number
  /** The JSON half. */
  meta: object
  /** The safetensors half. */
  tensors: BlobRef
  /** Made when it is first wanted. */
  proof?: Proof
}

export interface DeviceTuning {
  /** Adapter and driver. */
  device: string
  /** Kernels that were chosen by measurement. */
  choices: Record<string, string>
  /** Build and browser that choices and findings are of, and since when they stand: of others they say nothing. */
  made?: { by: string; at: number }
  /** Kernels that are not fit here, as family and name, and why. */
  leftOut?: Record<string, string>
  /** Kernels that were found right here, by a digest of their text. */
  right?: string[]
  /** FLOP/s and bytes/s that were measured. */
  rates?: { flops: number; bandwidth: number }
  /** The last check of its operations, and the build that made it. */
  check?: GpuCheck & { build: string }
  /** The kernels of a model that were measured last, and the build and browser that they are of. */
  kernels?: KernelReport & { by: string }
  /** What was found of its memory, in bytes, and when (milliseconds since 1970): what went well, and what did not. */
  room?: { fits: number; fitsAt: number; short: number | null; shortAt: number }
  /** What is wrong with TensorFlow.js' WebGPU backend here; null: nothing. Asked where `check` did not pass. */
  portableWebgpu?: string | null
  /** Kept under a key of their own. */
  speeds?: MeasuredSpeed[]
}

export interface Schema extends DBSchema {
  chunks: { key: [set: string, index: number]; value: Uint8Array<ArrayBuffer> }
  /** Sets being written, and when they were last added to (milliseconds since 1970). */
  writes: { key: string; value: number }
  models: { key: string; value: StoredModel }
  datasets: { key: string; value: StoredDataset }
  tokens: { key: string; value: StoredTokens }
  runs: { key: string; value: RunRecord }
  events: { key: [run: string, index: number]; value: RunEvent }
  checkpoints: { key: [run: string, slot: string]; value: StoredCheckpoint }
  evaluations: { key: [run: string, id: string]; value: EvaluationInfo }
  /** Rows of an evaluation, from that index on. */
  judged: { key: [run: string, id: string, from: number]; value: JudgedRow[] }
  devices: { key: string; value: DeviceTuning }
  downloads: { key: string; value: StoredDownload }
  hubs: { key: string; value: StoredHub }
  queues: { key: string; value: Queue }
  /** `runs_limit`: bytes that runs may take; null: any. */
  choices: { key: 'runs_limit'; value: number | null }
}

export type Database = IDBPDatabase<Schema>
export type Writing<Stores extends StoreNames<Schema>[]> = IDBPTransaction<Schema, Stores, 'readwrite'>

/** A writer that has been silent for so long is gone: no chunk takes half a minute. */
const SILENT_MS = 60_000

/**
 * Studios that are files are of any version, and never become newer; browsers may have them share one place: those of a version do, and
 * no other is locked out by it.
 */
const usualName = () => (oneFile() ? `${DATABASE}-file-${VERSION}` : DATABASE)

export interface OpenOptions {
  name?: string
  now?: number
  /** Milliseconds that another tab's older studio has to let go of the database. */
  patience?: number
}

/**
 * Opens the database, bringing what an older version stored to this one.
 * @throws LapidaryError `bad_state` where a newer version of the studio has stored something here, or another tab with an
 * older one does not let go, `storage_blocked` where the browser lets nothing be stored
 */
export async function openDatabase(options: OpenOptions = {}): Promise<Database> {
  let failure: unknown = null
  let timer: ReturnType<typeof setTimeout> | undefined
  const database = await new Promise<Database>((resolve, reject) => {
    let late = false
    const opening = openDB<Schema>(options.name ?? usualName(), VERSION, {
      upgrade(db, from, _, change) {
        // An aborted change is told by opening itself.
        change.done.catch(() => {})
        const work = migrate(db as unknown as OldDatabase, change as unknown as VersionChange, from)
        work.catch((error: unknown) => {
          failure = error
          change.abort()
        })
      },
      // A newer version of the studio, opened in another tab, must not wait for this one.
      async blocking(_, wanted) {
        const database = await opening
        database.close()
        wasClosed(database, wanted === null ? 'deleted' : 'newer')
      },
      async terminated() {
        wasClosed(await opening, 'cleared')
      },
      blocked() {
        timer = setTimeout(() => {
          late = true
          reject(new LapidaryError(BLOCKED))
        }, options.patience ?? PATIENCE_MS)
      },
    })
    opening.then((database) => (late ? database.close() : resolve(database)), reject)
  })
    .catch((error: unknown) => {
      if (failure !== null) throw failure
      const name = error instanceof DOMException ? error.name : ''
      if (name === 'VersionError') throw new LapidaryError(NEWER)
      // A browser without a database has none to ask either: a TypeError, or a ReferenceError.
      throw globalThis.indexedDB && !REFUSALS.has(name) ? error : closedError('blocked')
    })
    .finally(() => clearTimeout(timer))
  watchConnection(database, () => openDatabase(options))
  await collectOrphans(database, options.now ?? Date.now())
  return database
}

/** The database, opened when it is first needed, and again after that failed or it was closed under the page. */
export function openedOnce(): () => Promise<Database> {
  let opened: Promise<Database> | null = null
  return async () => {
    opened ??= openDatabase().catch((error: unknown) => {
      opened = null
      if (toFailure(error).code === 'storage_blocked') isBlocked()
      throw error
    })
    return living(await opened)
  }
}

/**
 * What opening ends with where nothing may be stored: site data that is blocked (Chromium: `UnknownError`, others: `SecurityError`),
 * private windows of older Firefox (`InvalidStateError`), and profiles whose storage is broken (`UnknownError`).
 */
const REFUSALS = new Set(['SecurityError', 'NotAllowedError', 'InvalidStateError', 'UnknownError'])

/** An older studio lets go at once unless its tab is asleep. */
const PATIENCE_MS = 5000

const BLOCKED: Failure = {
  code: 'bad_state',
  message: 'An older version of the studio is open in another tab, and holds what is stored.',
  hint: "Close the studio's other tabs, then try again.",
}

const NEWER: Failure = {
  code: 'storage_newer',
  message:
    'A newer version of the studio has been used in this browser; this one cannot read what it stored.',
  hint: 'Reload this page to get the newer version. What is stored is kept.',
}

/** Every key of a set. */
export function chunksOf(set: string): IDBKeyRange {
  return IDBKeyRange.bound([set, 0], [set, Number.POSITIVE_INFINITY])
}

/** Deletes chunks that no manifest names and no living writer is adding to. @returns how many sets went */
export async function collectOrphans(database: Database, now: number): Promise<number> {
  const tx = database.transaction(
    ['chunks', 'writes', 'models', 'datasets', 'tokens', 'checkpoints', 'downloads'],
    'readwrite',
  )
  const models = await tx.objectStore('models').getAll()
  const datasets = await tx.objectStore('datasets').getAll()
  const tokens = await tx.objectStore('tokens').getAll()
  const checkpoints = await tx.objectStore('checkpoints').getAll()
  const downloads = await tx.objectStore('downloads').getAll()
  const wanted = new Set([
    ...models.flatMap((model) => setsOfModel(model).map(({ set }) => set)),
    ...datasets.map(({ rows }) => rows.set),
    ...tokens.map(({ table }) => table.set),
    ...checkpoints.map(({ tensors }) => tensors.set),
    ...downloads.flatMap(({ files }) => files.flatMap(({ set, ref }) => (ref ? [set, ref.set] : [set]))),
  ])
  const writes = tx.objectStore('writes')
  const announced = await writes.getAllKeys()
  const beats = await writes.getAll()
  for (const [i, set] of announced.entries()) if (now - beats[i]! < SILENT_MS) wanted.add(set)
  const stored = (await tx.objectStore('chunks').getAllKeys()).map(([set]) => set)
  const orphans = [...new Set([...stored, ...announced])].filter((set) => !wanted.has(set))
  for (const set of orphans) {
    tx.objectStore('chunks').delete(chunksOf(set))
    writes.delete(set)
  }
  await tx.done
  return orphans.length
}
