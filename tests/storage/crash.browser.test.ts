import { deleteDB } from 'idb'
import { afterEach, describe, expect, test } from 'vitest'
import { openBlob } from '../../src/storage/blobs.ts'
import { chunksOf, collectOrphans, type Database, openDatabase } from '../../src/storage/database.ts'
import { modelFiles, putModel } from '../../src/storage/models.ts'
import { MODEL } from './model.ts'

const NAME = 'lapidary-crash-test'
const CHUNK = 1 << 20

let open: Database[] = []
const database = async (now?: number) => {
  const db = await openDatabase({ name: NAME, ...(now === undefined ? {} : { now }) })
  open.push(db)
  return db
}

afterEach(async () => {
  for (const db of open) db.close()
  open = []
  await deleteDB(NAME)
})

function source(length: number, value: number) {
  return {
    size: length,
    read: async (start: number, end: number) => new Uint8Array(end - start).fill(value),
  }
}

/** A writer in a worker of its own, which is killed in the middle. Resolves with the set and the chunks written. */
function killedWriter(chunks: number): Promise<{ set: string; chunks: number }> {
  const worker = new Worker(new URL('./writer.worker.ts', import.meta.url), { type: 'module' })
  return new Promise((resolve, reject) => {
    worker.onerror = (event) => reject(new Error(event.message))
    worker.onmessage = ({ data }: MessageEvent<{ set: string; chunks: number }>) => {
      if (data.chunks < chunks) return
      worker.terminate()
      resolve(data)
    }
    worker.postMessage({ name: NAME, chunk: CHUNK })
  })
}

describe('a crash between chunks and manifest', () => {
  test('leaves the old model whole, and the orphans go on a later open', async () => {
    const before = await database()
    await putModel(before, MODEL, new Map([['w', source(3 * CHUNK, 7)]]))
    const killed = await killedWriter(3)
    const written = (await before.getAllKeys('chunks', chunksOf(killed.set))).length
    expect(written >= 3).toBe(true)
    before.close()

    // At once: the writer might still be alive in another tab, so its chunks are let be.
    const soon = await database()
    expect((await soon.getAllKeys('chunks', chunksOf(killed.set))).length >= 3).toBe(true)
    soon.close()

    const later = await database(Date.now() + 120_000)
    expect((await later.getAllKeys('chunks', chunksOf(killed.set))).length).toBe(0)
    expect(await later.count('writes')).toBe(0)
    const files = modelFiles(later, (await later.get('models', 'm'))!)
    expect(await files.get('w')!.read(3 * CHUNK - 2, 3 * CHUNK)).toEqual(Uint8Array.of(7, 7))
  })

  test('a reader of the old model is not disturbed by its replacement being written', async () => {
    const db = await database()
    const stored = await putModel(db, MODEL, new Map([['w', source(2 * CHUNK, 1)]]))
    const reader = openBlob(db, stored.files.w!, 'w')
    expect(await reader.read(0, 1)).toEqual(Uint8Array.of(1))
    await killedWriter(2)
    expect(await reader.read(2 * CHUNK - 1, 2 * CHUNK)).toEqual(Uint8Array.of(1))
  })
})

describe('a real browser', () => {
  test('stores a model of many chunks, and gives back every byte', async () => {
    const db = await database()
    const size = 20 * 2 ** 20 + 3
    const pattern = {
      size,
      read: async (start: number, end: number) =>
        Uint8Array.from({ length: end - start }, (_, i) => ((start + i) * 2654435761) >>> 24),
    }
    const stored = await putModel(db, MODEL, new Map([['w', pattern]]))
    const read = modelFiles(db, stored).get('w')!
    for (const start of [0, 8 * 2 ** 20 - 5, size - 10]) {
      const bytes = await read.read(start, start + 10)
      expect(bytes).toEqual(await pattern.read(start, start + 10))
    }
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await read.read(0, size)))
    const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
    expect(stored.files.w!.hash).toBe(hex)
  })

  test('two connections at once: one collects, the other writes on', async () => {
    const db = await database()
    const writing = putModel(db, MODEL, new Map([['w', source(6 * CHUNK, 3)]]))
    const other = await database()
    await collectOrphans(other, Date.now())
    const stored = await writing
    expect(await modelFiles(other, stored).get('w')!.read(0, 1)).toEqual(Uint8Array.of(3))
  })
})
