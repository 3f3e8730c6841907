import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB, type StoreNames } from 'idb'
import type { RunEvent } from '../protocol/events.ts'
import type { GpuCheck } from '../protocol/gpu-check.ts'
import type { ModelConfig } from '../protocol/model.ts'
import type { DatasetInfo, MeasuredSpeed, PreparedInfo, RowEdit } from '../protocol/studio.ts'
import type { RunRecord } from '../runs/record.ts'

/**
 * Everything that must survive a reload. Large values are sets of chunks; a manifest names its sets. Chunks are written
 * first and the manifest last, in one strict transaction: a crash leaves the old or the new, never half.
 */
export const DATABASE = 'lapidary'
const VERSION = 1

/** Where a large value lies, as its manifest keeps it. */
export interface BlobRef {
  set: string
  /** Bytes in all. */
  size: number
  /** Bytes of every chunk but the last. */
  chunk: number
  /** SHA-256, hex. */
  hash: string
}

export interface StoredModel {
  id: string
  name: string
  /** Where it came from, in words or as an address. */
  origin: string
  created: number
  config: ModelConfig
  parameters: number
  practice: boolean
  /** SHA-256 over the files' names and hashes, hex. */
  hash: string
  files: Record<string, BlobRef>
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
  slot: 'last' | 'best'
  step: number
  /** The JSON half. */
  meta: object
  /** The safetensors half. */
  tensors: BlobRef
}

export interface DeviceTuning {
  /** Adapter and driver. */
  device: string
  choices: Record<string, string>
  /** FLOP/s and bytes/s that were measured. */
  rates?: { flops: number; bandwidth: number }
  /** The last check of its operations, and the build that made it. */
  check?: GpuCheck & { build: string }
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
  devices: { key: string; value: DeviceTuning }
}

export type Database = IDBPDatabase<Schema>
export type Writing<Stores extends StoreNames<Schema>[]> = IDBPTransaction<Schema, Stores, 'readwrite'>

/** A writer that has been silent for so long is gone: no chunk takes half a minute. */
const SILENT_MS = 60_000

export async function openDatabase(options: { name?: string; now?: number } = {}): Promise<Database> {
  const database = await openDB<Schema>(options.name ?? DATABASE, VERSION, {
    upgrade(db) {
      db.createObjectStore('chunks')
      db.createObjectStore('writes')
      for (const store of ['models', 'datasets', 'tokens', 'runs'] as const)
        db.createObjectStore(store, { keyPath: 'id' })
      db.createObjectStore('events')
      db.createObjectStore('checkpoints', { keyPath: ['run', 'slot'] })
      db.createObjectStore('devices', { keyPath: 'device' })
    },
    // A newer version of the studio, opened in another tab, must not wait for this one.
    blocking: () => database.close(),
  })
  await collectOrphans(database, options.now ?? Date.now())
  return database
}

/** Every key of a set. */
export function chunksOf(set: string): IDBKeyRange {
  return IDBKeyRange.bound([set, 0], [set, Number.POSITIVE_INFINITY])
}

/** Deletes chunks that no manifest names and no living writer is adding to. @returns how many sets went */
export async function collectOrphans(database: Database, now: number): Promise<number> {
  const tx = database.transaction(
    ['chunks', 'writes', 'models', 'datasets', 'tokens', 'checkpoints'],
    'readwrite',
  )
  const models = await tx.objectStore('models').getAll()
  const datasets = await tx.objectStore('datasets').getAll()
  const tokens = await tx.objectStore('tokens').getAll()
  const checkpoints = await tx.objectStore('checkpoints').getAll()
  const wanted = new Set([
    ...models.flatMap(({ files }) => Object.values(files).map(({ set }) => set)),
    ...datasets.map(({ rows }) => rows.set),
    ...tokens.map(({ table }) => table.set),
    ...checkpoints.map(({ tensors }) => tensors.set),
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
