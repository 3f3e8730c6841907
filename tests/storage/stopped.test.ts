import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { strToU8, zipSync } from 'fflate'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import type { Call, DatasetPreview } from '../../src/protocol/studio.ts'
import { openDatabase } from '../../src/storage/database.ts'
import { addingRoom } from '../../src/workers/adding-room.ts'
import { KEPT_MS, resumingOpener } from '../../src/workers/data-sources.ts'
import { useDataRooms } from '../workers/support/data-rooms.ts'

/** What a stop leaves behind: nothing, on disk or in memory. */
const PEBBLE = join(import.meta.dirname, '..', '..', 'public', 'models', 'pebble')
const folder = mkdtempSync(join(tmpdir(), 'lapidary-stopped-'))
// More than two chunks of what is stored.
const csv = `q,a\n${Array.from({ length: 20 }, (_, i) => `question ${i},${String(i % 10).repeat(1_000_000)}`).join('\n')}\n`
writeFileSync(join(folder, 'rows.csv'), csv)
const zip = zipSync({ 'rows.csv': strToU8(csv), 'more/rows.csv': strToU8(csv) })
const model = readdirSync(PEBBLE).map((name) => new File([readFileSync(join(PEBBLE, name))], name))
const { room, base } = useDataRooms({ root: folder })

afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => vi.restoreAllMocks())

const WAYS: [string, (call: Call<DatasetPreview>) => Promise<unknown>][] = [
  ['an address', (call) => room().openUrl(`${base()}rows.csv`, {}, {}, call)],
  ['an archive', (call) => room().openFiles([new File([zip as BlobPart], 'rows.zip')], {}, call)],
  [
    'a model',
    (call) => {
      const adding = addingRoom()
      adding.open({ base: base() })
      return adding.add(model, 'mine', call)
    },
  ],
]

/** Records in each store. */
async function kept(): Promise<Record<string, number>> {
  const database = await openDatabase()
  const found: Record<string, number> = {}
  for (const store of ['chunks', 'writes', 'datasets', 'models'] as const)
    found[store] = await database.count(store)
  database.close()
  return found
}

const NOTHING = { chunks: 0, writes: 0, datasets: 0, models: 0 }

describe.each(WAYS)('%s', (_, open) => {
  test('stopped while it is stored leaves nothing, and is stored the next time', async () => {
    const abort = new AbortController()
    const put = vi.spyOn(IDBObjectStore.prototype, 'put')
    let chunks = 0
    put.mockImplementation(function (this: IDBObjectStore, ...args) {
      if (this.name === 'chunks' && ++chunks === 1) abort.abort()
      return real.apply(this, args)
    })
    await expect(open({ signal: abort.signal })).rejects.toMatchObject({ name: 'AbortError' })
    expect(chunks).toBe(1)
    expect(await kept()).toEqual(NOTHING)
    put.mockRestore()
    await open({})
    const after = await kept()
    expect(after.chunks).toBeGreaterThan(1)
    expect(after.writes).toBe(0)
  })

  test('stopped as soon as it is heard of leaves nothing', async () => {
    const abort = new AbortController()
    const call = { signal: abort.signal, onProgress: () => abort.abort() }
    await expect(open(call)).rejects.toMatchObject({ name: 'AbortError' })
    expect(await kept()).toEqual(NOTHING)
  })
})

const real = IDBObjectStore.prototype.put

test('what had come before a stop is kept for another try for a while, then let go', async () => {
  vi.useFakeTimers()
  try {
    const resuming = resumingOpener()
    let found = 0
    const find = async () => ({ sources: [], findings: [], name: `${++found}` })
    const stopped = async () => {
      throw new DOMException('stopped', 'AbortError')
    }
    const stop = () => expect(resuming('a', find, stopped)).rejects.toThrow('stopped')
    await stop()
    vi.advanceTimersByTime(KEPT_MS - 1)
    // Of this try the time begins anew.
    await stop()
    vi.advanceTimersByTime(KEPT_MS - 1)
    await stop()
    expect(found).toBe(1)
    vi.advanceTimersByTime(KEPT_MS)
    await stop()
    expect(found).toBe(2)
  } finally {
    vi.useRealTimers()
  }
})
