import 'fake-indexeddb/auto'
import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { LapidaryError } from '../../src/protocol/errors.ts'
import { BlobWriter, commit, openBlob, readBlob, requireRoom, writeBlob } from '../../src/storage/blobs.ts'
import { chunksOf, collectOrphans, type Database, openDatabase } from '../../src/storage/database.ts'

let database: Database
let name = 0

beforeEach(async () => {
  database = await openDatabase({ name: `blobs-${name++}` })
})
afterEach(() => {
  database.close()
  vi.unstubAllGlobals()
})

const bytes = (length: number, seed = 1) => Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 17) & 255)

async function stored(value: Uint8Array, chunk: number) {
  const writer = new BlobWriter(database, { chunk })
  for (let at = 0; at < value.length; at += 7) await writer.write(value.subarray(at, at + 7))
  return writer.finish()
}

const chunkCount = async (set: string) => (await database.getAllKeys('chunks', chunksOf(set))).length

describe('a stored value', () => {
  test('comes back whole and in any range, over chunk borders', async () => {
    const value = bytes(100)
    const ref = await stored(value, 16)
    expect(await chunkCount(ref.set)).toBe(7)
    expect(ref).toMatchObject({
      size: 100,
      chunk: 16,
      hash: createHash('sha256').update(value).digest('hex'),
    })
    const source = openBlob(database, ref, 'it')
    for (const [start, end] of [
      [0, 100],
      [0, 0],
      [15, 17],
      [16, 32],
      [3, 97],
      [99, 100],
    ] as const)
      expect(await source.read(start, end)).toEqual(value.slice(start, end))
  })

  test('is fetched once where reads go back and forth by a chunk or two, as those of a layer do', async () => {
    const value = bytes(96)
    const ref = await stored(value, 16)
    const get = vi.spyOn(IDBObjectStore.prototype, 'get')
    const source = openBlob(database, ref, 'it', { kept: 3 * 16, ahead: 0 })
    for (const at of [33, 3, 20, 40, 5, 17])
      expect(await source.read(at, at + 7)).toEqual(value.slice(at, at + 7))
    expect(get).toHaveBeenCalledTimes(3)
    await source.read(50, 55)
    await source.read(33, 34)
    expect(get).toHaveBeenCalledTimes(5)
    get.mockRestore()
  })

  test('is asked for ahead of what is read, each part once', async () => {
    const value = bytes(96)
    const ref = await stored(value, 16)
    const get = vi.spyOn(IDBObjectStore.prototype, 'get')
    const asked = () => get.mock.calls.map(([key]) => (key as [string, number])[1])
    const source = openBlob(database, ref, 'it', { kept: 4 * 16, ahead: 2 * 16 })
    await source.read(0, 3)
    expect(asked()).toEqual([0, 1, 2])
    for (let at = 3; at < 96; at += 11)
      expect(await source.read(at, Math.min(96, at + 11))).toEqual(value.slice(at, at + 11))
    expect(asked()).toEqual([0, 1, 2, 3, 4, 5])
    get.mockRestore()
  })

  test('is right in reads at the same time', async () => {
    const value = bytes(160)
    const source = openBlob(database, await stored(value, 16), 'it')
    const reads = Array.from({ length: 40 }, (_, i) => [(i * 37) % 100, ((i * 37) % 100) + 60] as const)
    const found = await Promise.all(reads.map(([start, end]) => source.read(start, end)))
    for (const [i, [start, end]] of reads.entries()) expect(found[i]).toEqual(value.slice(start, end))
  })

  test('is put in the memory that is given for it, where that is large enough', async () => {
    const value = bytes(40)
    const source = openBlob(database, await stored(value, 16), 'it')
    const given = new Uint8Array(20)
    const found = await source.read(10, 28, undefined, given)
    expect(found.buffer).toBe(given.buffer)
    expect(found).toEqual(value.slice(10, 28))
    expect(await source.read(0, 40, undefined, given)).toEqual(value)
  })

  test('of no bytes is one empty chunk', async () => {
    const ref = await stored(new Uint8Array(0), 16)
    expect(ref.size).toBe(0)
    expect(await readBlob(database, ref, 'it')).toEqual(new Uint8Array(0))
  })

  test('whose chunk is gone says so, and a range past its end too', async () => {
    const ref = await stored(bytes(40), 16)
    await expect(openBlob(database, ref, 'it').read(0, 41)).rejects.toMatchObject({ code: 'bad_file' })
    await database.delete('chunks', [ref.set, 1])
    const failure = await openBlob(database, ref, 'model.safetensors')
      .read(0, 40)
      .catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(LapidaryError)
    expect(failure).toMatchObject({ code: 'bad_file', detail: { chunk: 1 } })
  })
})

describe('commit', () => {
  const manifest = (set: Awaited<ReturnType<typeof stored>>) => ({ device: set.set, choices: {} })

  test('ends the writing and deletes what is replaced', async () => {
    const old = await stored(bytes(40), 16)
    const next = await stored(bytes(40, 2), 16)
    await commit(database, ['devices'], [old, next], async (tx) => {
      await tx.objectStore('devices').put(manifest(next))
      return [old]
    })
    expect(await database.getAllKeys('writes')).toEqual([])
    expect([await chunkCount(old.set), await chunkCount(next.set)]).toEqual([0, 3])
  })

  test('that fails leaves everything as it was', async () => {
    const old = await stored(bytes(40), 16)
    await expect(
      commit(database, ['devices'], [old], async (tx) => {
        await tx.objectStore('devices').put(manifest(old))
        throw new Error('no')
      }),
    ).rejects.toThrow('no')
    expect(await database.count('devices')).toBe(0)
    expect(await database.getAllKeys('writes')).toEqual([old.set])
  })

  test('of chunks that were cleared away is refused', async () => {
    const ref = await stored(bytes(40), 16)
    await collectOrphans(database, Date.now() + 1e6)
    await expect(commit(database, ['devices'], [ref], () => [])).rejects.toMatchObject({ code: 'internal' })
  })

  test('a write that fails half-way takes its chunks back', async () => {
    const pieces = function* () {
      yield bytes(9 * 2 ** 20)
      throw new Error('unplugged')
    }
    await expect(writeBlob(database, pieces())).rejects.toThrow('unplugged')
    expect(await database.count('chunks')).toBe(0)
    expect(await database.count('writes')).toBe(0)
  })
})

describe('orphans', () => {
  test('are collected once their writer has been silent; a living writer is let be', async () => {
    const ref = await stored(bytes(40), 16)
    expect(await collectOrphans(database, Date.now())).toBe(0)
    expect(await chunkCount(ref.set)).toBe(3)
    expect(await collectOrphans(database, Date.now() + 120_000)).toBe(1)
    expect(await chunkCount(ref.set)).toBe(0)
    expect(await database.count('writes')).toBe(0)
  })
})

describe('room', () => {
  test('is checked before a long write', async () => {
    vi.stubGlobal('navigator', { storage: { estimate: async () => ({ quota: 1000e6, usage: 900e6 }) } })
    await requireRoom(99e6, 'x')
    const failure = await requireRoom(540e6, 'Storing Gemma').catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'quota_exceeded' })
    expect((failure as Error).message).toBe(
      'Storing Gemma needs 540 MB, but the browser has room for 100 MB more.',
    )
  })

  test('is not asked for where the browser does not tell', async () => {
    vi.stubGlobal('navigator', {})
    await requireRoom(1e15, 'x')
  })
})
