import 'fake-indexeddb/auto'
import { deleteDB, openDB, unwrap } from 'idb'
import { beforeEach, describe, expect, test } from 'vitest'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import type { Closed } from '../../src/protocol/storage-closed.ts'
import { newRun } from '../../src/runs/record.ts'
import { BlobWriter, openBlob, writeBlob } from '../../src/storage/blobs.ts'
import { onClosed } from '../../src/storage/connection.ts'
import { type Database, openDatabase, openedOnce } from '../../src/storage/database.ts'
import { VERSION } from '../../src/storage/migrations/index.ts'
import { listCheckpoints, listRuns, RunLog, readCheckpoint, readEvents } from '../../src/storage/runs.ts'

const told: Closed[] = []
onClosed((closed) => told.push(closed))

beforeEach(async () => {
  globalThis.indexedDB = new (await import('fake-indexeddb')).IDBFactory()
  told.length = 0
})

const settings = {
  model: 'pebble',
  modelHash: 'm',
  dataset: 'd',
  tokens: 't',
  tokensHash: 'h',
  samplePrompts: [],
}
const record = () => newRun({ id: 'r1', config: parseRunConfig({}), maxSteps: 9, ...settings }, 1)
const checkpoint = (step: number) => ({ type: 'checkpoint', step, epoch: step }) as const
const tensors = (step: number) => new Uint8Array(100).fill(step)

/** What happens to a database under the page. */
const ENDS: [Closed, (database: Database) => Promise<unknown>][] = [
  ['deleted', () => deleteDB('lapidary')],
  [
    'cleared',
    async (database) => {
      // As browsers do it where site data is cleared: the connection closes, whoever holds it hears of it.
      database.close()
      const raw = unwrap(database) as unknown as { dispatchEvent(event: object): void }
      const { default: FakeEvent } = await import(
        '../../node_modules/fake-indexeddb/build/esm/lib/FakeEvent.js' as string
      )
      raw.dispatchEvent(new FakeEvent('close'))
      await deleteDB('lapidary')
    },
  ],
]

describe.each(ENDS)('a database that is %s under the page', (closed, end) => {
  test('is told once as that, and opened again by whoever needs it next', async () => {
    const database = openedOnce()
    const first = await database()
    await RunLog.begin(first, record())
    await end(first)
    expect(told).toEqual([closed])
    const again = await database()
    expect(await listRuns(again)).toEqual([])
    expect(await database()).toBe(again)
    expect(told).toEqual([closed])
  })

  test('has the run that goes on again with its next checkpoint', async () => {
    const first = await openDatabase()
    const log = await RunLog.begin(first, record())
    await log.saveCheckpoint({ step: 1 }, tensors(1), checkpoint(1))
    await end(first)
    log.add({ type: 'notice', message: 'on' })
    await log.flush()
    await log.saveCheckpoint({ step: 2 }, tensors(2), checkpoint(2))
    const after = await openDatabase()
    expect((await listRuns(after)).map(({ id }) => id)).toEqual(['r1'])
    const [kept] = await listCheckpoints(after, 'r1')
    expect([kept!.slot, kept!.step]).toEqual(['last', 2])
    expect(await readCheckpoint(after, kept!)).toEqual(tensors(2))
    expect(await readEvents(after, 'r1')).toEqual([
      checkpoint(1),
      { type: 'notice', message: 'on' },
      checkpoint(2),
    ])
  })

  test('never holds half a value: writing it ends with what happened', async () => {
    const first = await openDatabase()
    const ref = await writeBlob(first, [new Uint8Array(10)])
    const writer = new BlobWriter(first, { chunk: 4 })
    await writer.write(new Uint8Array(6))
    await end(first)
    await expect(writer.write(new Uint8Array(6))).rejects.toMatchObject({ code: `storage_${closed}` })
    // What was stored is gone, and said to be.
    await expect(openBlob(first, ref, 'the model').read(0, 10)).rejects.toMatchObject({ code: 'bad_file' })
  })
})

test('a newer version in another tab is told as that each time, until the page is loaded again', async () => {
  const database = openedOnce()
  const first = await database()
  const log = await RunLog.begin(first, record())
  const newer = await openDB('lapidary', VERSION + 1)
  expect(told).toEqual(['newer'])
  for (const work of [
    () => database(),
    () => log.saveCheckpoint({ step: 1 }, tensors(1), checkpoint(1)),
    () => log.saveCheckpoint({ step: 2 }, tensors(2), checkpoint(2)),
  ])
    await expect(work()).rejects.toMatchObject({
      code: 'storage_newer',
      hint: expect.stringContaining('Reload'),
    })
  newer.close()
})
