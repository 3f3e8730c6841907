import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { expect, test } from 'vitest'
import type { Closed } from '../../src/protocol/storage-closed.ts'
import { onClosed } from '../../src/storage/connection.ts'
import { openedOnce } from '../../src/storage/database.ts'

const told: Closed[] = []
onClosed((closed) => told.push(closed))

/** How browsers refuse: opening fails, opening throws, there is nothing to open. */
const REFUSALS: [string, () => unknown][] = [
  [
    'an error of the request',
    () => ({
      open() {
        const target = new EventTarget()
        setTimeout(() => target.dispatchEvent(new Event('error')))
        return Object.create(IDBOpenDBRequest.prototype, {
          error: { value: new DOMException('The user denied permission.', 'UnknownError') },
          addEventListener: { value: target.addEventListener.bind(target) },
          removeEventListener: { value: target.removeEventListener.bind(target) },
        })
      },
    }),
  ],
  [
    'an error thrown',
    () => ({
      open() {
        throw new DOMException('The operation is insecure.', 'SecurityError')
      },
    }),
  ],
  ['no database at all', () => undefined],
]

test.each(REFUSALS)('storage that is blocked is told as that: %s', async (_, made) => {
  told.length = 0
  const database = openedOnce()
  globalThis.indexedDB = made() as globalThis.IDBFactory
  await expect(database()).rejects.toMatchObject({
    code: 'storage_blocked',
    message: expect.stringContaining('store nothing'),
    hint: expect.stringContaining('Allow site data'),
  })
  expect(told).toEqual(['blocked'])
  // Allowed again, it works without a reload.
  globalThis.indexedDB = new IDBFactory()
  expect((await database()).name).toBe('lapidary')
})

test('other failures of opening keep their own words', async () => {
  globalThis.indexedDB = {
    open() {
      throw new DOMException('no room', 'QuotaExceededError')
    },
  } as unknown as globalThis.IDBFactory
  told.length = 0
  await expect(openedOnce()()).rejects.toMatchObject({ name: 'QuotaExceededError' })
  expect(told).toEqual([])
})
