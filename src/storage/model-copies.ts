import { sha256Stream } from '../lib/hash.ts'
import { LapidaryError } from '../protocol/errors.ts'
import type { Call } from '../protocol/rooms/call.ts'
import { isThere, openBlob, type StoredBytes } from './blobs.ts'
import type { BlobRef, Database, StoredModel, Writing } from './database.ts'

/** A model folder's files before they are stored. */
export type ModelFiles = ReadonlyMap<string, StoredBytes>

/** Bytes compared at a time. */
const PIECE_BYTES = 4 * 2 ** 20

interface Placed {
  /** Those that models have already where that is: nothing of them is written, and no room is needed for it. */
  files: ModelFiles
  /** Sets of chunks that were read beside them and hold other bytes, or not all that they should. */
  others: ReadonlySet<string>
}

/** Files that are to be stored, each read beside what is stored of its length. */
export async function placedFiles(
  database: Database,
  files: ModelFiles,
  { signal, onProgress }: Call,
): Promise<Placed> {
  const models = await database.getAll('models')
  const there = new Map(models.flatMap((model) => Object.values(model.files).map((ref) => [ref.set, ref])))
  const placed = new Map<string, StoredBytes>()
  const others = new Set<string>()
  for (const [name, source] of files) {
    const tell = (share: number) => onProgress?.({ share, note: `Looking whether ${name} is here already` })
    let found: StoredBytes | null = null
    for (const ref of there.values()) {
      if (!mayBeSame(source, ref)) continue
      const stored = openBlob(database, ref, name)
      // What is stored and damaged is no copy.
      const same = source.ref
        ? await hasItsHash(database, ref, name, tell, signal)
        : await isSame(source, stored, tell, signal).catch(falseWhereDamaged)
      if (same) found = stored
      if (found) break
      others.add(ref.set)
    }
    placed.set(name, found ?? source)
  }
  return { files: placed, others }
}

function falseWhereDamaged(error: unknown): false {
  if (error instanceof LapidaryError && error.code === 'bad_file') return false
  throw error
}

/** Of a file that is stored, as a download's is, the hash is known: others need not be read. */
function mayBeSame({ size, ref: own }: StoredBytes, ref: BlobRef): boolean {
  return size === ref.size && (!own || (own.hash === ref.hash && own.set !== ref.set))
}

/** Whether both are the same bytes; read only as far as they are. @throws LapidaryError `bad_file` where one of them is damaged */
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

/** Whether a stored file is what it was when it was stored: read as a whole. */
async function hasItsHash(
  database: Database,
  ref: BlobRef,
  name: string,
  tell: (share: number) => void,
  signal?: AbortSignal,
): Promise<boolean> {
  const stored = openBlob(database, ref, name)
  const pieces = async function* () {
    for (let at = 0; at < ref.size; at += PIECE_BYTES)
      yield await stored.read(at, Math.min(ref.size, at + PIECE_BYTES), signal)
  }
  const onBytes = (bytes: number) => tell(bytes / ref.size)
  const read = sha256Stream(pieces(), { onBytes, ...(signal ? { signal } : {}) })
  return read.then((hash) => hash === ref.hash, falseWhereDamaged)
}

/** Sets of chunks of a model's files that are not what they were: each file is read and held against its SHA-256. */
export async function damagedSets(
  database: Database,
  { name, files }: StoredModel,
  { signal, onProgress }: Call,
): Promise<Set<string>> {
  const total = Object.values(files).reduce((sum, { size }) => sum + size, 0)
  const damaged = new Set<string>()
  let before = 0
  for (const [file, ref] of Object.entries(files)) {
    const tell = (share: number) =>
      onProgress?.({ share: (before + share * ref.size) / total, note: `Checking that ${name} is whole` })
    if (!(await hasItsHash(database, ref, file, tell, signal))) damaged.add(ref.set)
    before += ref.size
  }
  return damaged
}

/** Whether all chunks of a model's files are there. Told by keys alone: what they hold is not read. */
export async function hasAllChunks(
  database: Database,
  { files }: Pick<StoredModel, 'files'>,
): Promise<boolean> {
  for (const ref of Object.values(files)) if (!(await isThere(database, ref))) return false
  return true
}

/**
 * Puts whole files in the place of damaged ones, in all models and downloads that name these.
 * @param whole by the damaged one's set of chunks
 * @returns all models as they are now; those that were not damaged are the same objects
 */
export async function mend(
  tx: { objectStore(name: never): unknown },
  models: readonly StoredModel[],
  whole: ReadonlyMap<string, BlobRef>,
): Promise<StoredModel[]> {
  if (whole.size === 0) return [...models]
  const both = tx as unknown as Writing<['models', 'downloads']>
  const now: StoredModel[] = []
  for (const model of models) {
    const damaged = Object.values(model.files).some(({ set }) => whole.has(set))
    const files = Object.fromEntries(
      Object.entries(model.files).map(([name, ref]) => [name, whole.get(ref.set) ?? ref]),
    )
    // As if it was stored now: whoever has it open reads it from where it lies from now on.
    now.push(damaged ? { ...model, files, created: Date.now() } : model)
    if (damaged) await both.objectStore('models').put(now.at(-1)!)
  }
  for (const download of await both.objectStore('downloads').getAll()) {
    const files = download.files.map((file) => {
      const instead = file.ref && whole.get(file.ref.set)
      return instead ? { ...file, ref: instead } : file
    })
    if (files.some((file, i) => file !== download.files[i]))
      await both.objectStore('downloads').put({ ...download, files })
  }
  return now
}
