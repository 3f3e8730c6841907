import 'fake-indexeddb/auto'
import { expect, test } from 'vitest'
import type { BlobRef, StoredCheckpoint, StoredDataset, StoredModel } from '../../src/storage/database.ts'
import { openDatabase } from '../../src/storage/database.ts'
import { keptRoom } from '../../src/workers/kept-room.ts'

const ref = (set: string, size: number): BlobRef => ({ set, size, chunk: 1 << 20, hash: set })

test('what is kept is counted by kind, and a value that is named twice once', async () => {
  const database = await openDatabase({ name: 'kept' })
  const room = keptRoom({ database: async () => database })
  const none = { count: 0, bytes: 0 }
  expect(await room.things()).toEqual({ data: none, models: none, downloads: none, runs: none, tokens: 0 })

  await database.put('datasets', { id: 'd', created: 0, rows: ref('rows', 100) } as StoredDataset)
  const files = { 'config.json': ref('config', 10), 'model.safetensors': ref('weights', 1000) }
  await database.put('models', { id: 'm', files } as unknown as StoredModel)
  // The same weights under another name.
  const same = { 'model.safetensors': ref('weights', 1000) }
  await database.put('models', { id: 'n', files: same } as unknown as StoredModel)
  const checkpoint = (slot: 'last' | 'best', tensors: BlobRef) =>
    ({ run: 'r', slot, step: 1, meta: {}, tensors }) as StoredCheckpoint
  await database.put('runs', { id: 'r' } as never)
  await database.put('checkpoints', checkpoint('last', ref('tensors', 50)))
  await database.put('checkpoints', checkpoint('best', ref('tensors', 50)))
  await database.put('hubs', { endpoint: 'https://hub.test', token: 't' })
  expect(await room.things()).toEqual({
    data: { count: 1, bytes: 100 },
    models: { count: 2, bytes: 1010 },
    downloads: none,
    runs: { count: 1, bytes: 50 },
    tokens: 1,
  })
  database.close()
})
