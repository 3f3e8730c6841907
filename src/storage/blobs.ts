import type { StoreNames } from 'idb'
import { Sha256 } from '../lib/hash.ts'
import { fail, LapidaryError } from '../protocol/errors.ts'
import { explained, living, requireSame } from './connection.ts'
import { type BlobRef, chunksOf, type Database, type Schema, type Writing } from './database.ts'
import { HeldChunks } from './held-chunks.ts'

/**
 * Small: on its way into the database and out of it a browser holds a record several times, in buffers that go only with the next
 * collection of garbage. Much smaller ones take longer to find than to read.
 */
export const CHUNK_BYTES = 2 * 2 ** 20

/** Bytes read a range at a time; the shape of `files`' ByteSource. */
export interface StoredBytes {
  readonly size: number
  read(
    start: number,
    end: number,
    signal?: AbortSignal,
    into?: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>>
  /** Where it is stored, whole and as it is. */
  readonly ref?: BlobRef
}

/** A name for a set of chunks that no other has. */
export function newSet(): string {
  return crypto.getRandomValues(new Uint32Array(4)).reduce((id, x) => id + x.toString(36), '')
}

/** Writes one set of chunks. What is written counts only once `commit` has put a manifest that names it. */
export class BlobWriter {
  /** The one that was written to first: the chunks of a set lie in one database. */
  #database: Database
  readonly #set = newSet()
  readonly #chunk: number
  readonly #hash: Sha256 | null
  #buffer: Uint8Array<ArrayBuffer>
  #filled = 0
  #chunks = 0
  #size = 0

  /** @param hashed whether its SHA-256 is wanted, which takes as long as writing */
  constructor(database: Database, { chunk = CHUNK_BYTES, hashed = true } = {}) {
    this.#database = database
    this.#hash = hashed ? new Sha256() : null
    this.#chunk = chunk
    this.#buffer = new Uint8Array(chunk)
  }

  async write(bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    this.#hash?.update(bytes)
    this.#size += bytes.byteLength
    for (let at = 0; at < bytes.byteLength; ) {
      const part = bytes.subarray(at, at + this.#chunk - this.#filled)
      this.#buffer.set(part, this.#filled)
      this.#filled += part.byteLength
      at += part.byteLength
      if (this.#filled === this.#chunk) await this.#flush(signal)
    }
  }

  async finish(signal?: AbortSignal): Promise<BlobRef> {
    if (this.#filled > 0 || this.#chunks === 0) await this.#flush(signal)
    this.#buffer = new Uint8Array(0)
    return { set: this.#set, size: this.#size, chunk: this.#chunk, hash: this.#hash?.hex() ?? '' }
  }

  async #flush(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.#chunks === 0) this.#database = await living(this.#database)
    requireSame(this.#database)
    const tx = this.#database.transaction(['chunks', 'writes'], 'readwrite', { durability: 'strict' })
    const bytes = this.#filled === this.#chunk ? this.#buffer : this.#buffer.slice(0, this.#filled)
    tx.objectStore('chunks').put(bytes, [this.#set, this.#chunks])
    tx.objectStore('writes').put(Date.now(), this.#set)
    await done(this.#database, tx)
    this.#chunks++
    this.#filled = 0
  }

  /** Takes back what was written; for when it is known that no manifest will follow. */
  discard(): Promise<void> {
    return discardBlob(this.#database, { set: this.#set })
  }
}

/** Takes back a value that was written, and that no manifest will name. */
export async function discardBlob(database: Database, { set }: Pick<BlobRef, 'set'>): Promise<void> {
  const tx = (await living(database)).transaction(['chunks', 'writes'], 'readwrite')
  tx.objectStore('chunks').delete(chunksOf(set))
  tx.objectStore('writes').delete(set)
  await tx.done
}

/** Writes a whole value; takes it back where that fails. */
export async function writeBlob(
  database: Database,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<BlobRef> {
  const writer = new BlobWriter(database)
  try {
    for await (const piece of pieces) await writer.write(piece, signal)
    return await writer.finish(signal)
  } catch (error) {
    await writer.discard().catch(() => {})
    throw error
  }
}

/**
 * Puts manifests, in one strict transaction that also ends the writing of the sets that they name and deletes those
 * that they replace. `work` must await its requests, and nothing else: the transaction would end.
 */
export async function commit<Stores extends StoreNames<Schema>[]>(
  given: Database,
  stores: Stores,
  written: BlobRef[],
  work: (
    tx: Writing<[...Stores, 'chunks', 'writes']>,
  ) => Promise<Pick<BlobRef, 'set'>[]> | Pick<BlobRef, 'set'>[],
): Promise<void> {
  const names = [...new Set<StoreNames<Schema>>([...stores, 'chunks', 'writes'])]
  const database = await living(given)
  const tx = database.transaction(names, 'readwrite', { durability: 'strict' })
  try {
    const both = tx as unknown as Writing<['chunks', 'writes']>
    for (const { set } of written) {
      const announced = await both.objectStore('writes').get(set)
      if (announced === undefined)
        fail(
          'internal',
          'A stored value was cleared away while it was being written.',
          'The computer may have slept for long in the middle of it. Try again.',
          { set },
        )
      await both.objectStore('writes').delete(set)
    }
    const replaced = await work(tx as unknown as Writing<[...Stores, 'chunks', 'writes']>)
    for (const { set } of replaced) await both.objectStore('chunks').delete(chunksOf(set))
  } catch (error) {
    // Told by the error itself, not by the transaction, which may have aborted on its own (a full disk).
    tx.done.catch(() => {})
    try {
      tx.abort()
    } catch {}
    throw await explained(database, error)
  }
  await done(database, tx)
}

/** The end of a transaction. @throws LapidaryError `storage_*` where its database was closed meanwhile */
export async function done(database: Database, tx: { done: Promise<void> }): Promise<void> {
  try {
    await tx.done
  } catch (error) {
    throw await explained(database, error)
  }
}

/**
 * Bytes of a value that are kept while it is read. Reads go forward in small steps, but not quite: the tensors of a layer lie by
 * their names, and are read by their roles.
 */
const HELD_BYTES = 24 * 2 ** 20
/** And that are asked for before they are needed: the database fetches them while others are worked on. */
const AHEAD_BYTES = 4 * 2 ** 20

/**
 * Reads a stored value a range at a time.
 * @param bytes of it that are kept, and asked for ahead
 */
export function openBlob(
  database: Database,
  ref: BlobRef,
  what: string,
  bytes = { kept: HELD_BYTES, ahead: AHEAD_BYTES },
): StoredBytes {
  const fetchChunk = async (index: number) => {
    const bytes = await (await living(database)).get('chunks', [ref.set, index])
    const expected = Math.min(ref.chunk, ref.size - index * ref.chunk)
    if (bytes?.byteLength !== expected)
      fail(
        'bad_file',
        `Part of ${what} is no longer in this browser's storage.`,
        'The browser or another tab has cleared it: add it again, and it is mended in its place.',
        { chunk: index, expected, found: bytes?.byteLength ?? null },
      )
    return bytes
  }
  const chunks = new HeldChunks(fetchChunk, Math.max(1, Math.floor(bytes.kept / ref.chunk)))
  const ahead = Math.floor(bytes.ahead / ref.chunk)
  const count = Math.ceil(ref.size / ref.chunk)
  return {
    size: ref.size,
    ref,
    async read(start, end, signal, into) {
      if (!(start >= 0 && start <= end && end <= ref.size))
        fail(
          'bad_file',
          `${what} ends at byte ${ref.size}, but bytes ${start} to ${end} were needed.`,
          'It was probably cut off while being copied or downloaded; add it again.',
          { start, end, size: ref.size },
        )
      const length = end - start
      const out = into && into.byteLength >= length ? into.subarray(0, length) : new Uint8Array(length)
      for (let at = start; at < end; ) {
        signal?.throwIfAborted()
        const index = Math.floor(at / ref.chunk)
        const from = at - index * ref.chunk
        const read = chunks.read(index, (bytes) => {
          const part = bytes.subarray(from, Math.min(bytes.byteLength, from + end - at))
          out.set(part, at - start)
          return part.byteLength
        })
        for (let next = index + 1; next < Math.min(count, index + 1 + ahead); next++) chunks.ask(next)
        at += await read
      }
      return out
    },
  }
}

/** A whole stored value. */
export async function readBlob(
  database: Database,
  ref: BlobRef,
  what: string,
): Promise<Uint8Array<ArrayBuffer>> {
  return openBlob(database, ref, what).read(0, ref.size)
}

/** Whether all chunks of a stored value are there; what they hold is not read. */
export async function isThere(database: Database, { set, size, chunk }: BlobRef): Promise<boolean> {
  return (await database.count('chunks', chunksOf(set))) >= Math.ceil(size / chunk)
}

const FREE_ROOM = 'Delete a model or a run that is no longer needed, or free disk space, then try again.'

/** What a write has failed with: where the disk was full in its middle, with what it was that was written. */
export function withoutRoom(error: unknown, what: string): unknown {
  if (!(error instanceof DOMException && error.name === 'QuotaExceededError')) return error
  return new LapidaryError({
    code: 'quota_exceeded',
    message: `${what} needs more room than the browser has left.`,
    hint: FREE_ROOM,
  })
}

/**
 * Refuses a write that would not fit, before it begins.
 * @throws LapidaryError `quota_exceeded`
 */
export async function requireRoom(bytes: number, what: string): Promise<void> {
  const estimate = await globalThis.navigator?.storage?.estimate?.()
  if (estimate?.quota === undefined || estimate.usage === undefined) return
  const room = estimate.quota - estimate.usage
  if (bytes <= room) return
  const mb = (x: number) => `${Math.ceil(x / 1e6)} MB`
  fail(
    'quota_exceeded',
    `${what} needs ${mb(bytes)}, but the browser has room for ${mb(Math.max(0, room))} more.`,
    FREE_ROOM,
    { needed: bytes, room },
  )
}
