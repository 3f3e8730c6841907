import { afterEach, expect, test, vi } from 'vitest'
import { isLife, takeLife } from '../../src/protocol/life.ts'

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** A browser without locks, as on plain http, that answers when it is told to. */
function slowDatabases() {
  const opened: { name: string; onsuccess: () => void; result: { close(): void } }[] = []
  const [closed, deleted]: string[][] = [[], []]
  vi.stubGlobal('navigator', {})
  vi.stubGlobal('indexedDB', {
    open(name: string) {
      const opening = { name, onsuccess: () => {}, result: { close: () => closed!.push(name) } }
      opened.push(opening)
      return opening
    },
    deleteDatabase: (name: string) => deleted!.push(name),
  })
  return { opened, closed: closed!, deleted: deleted! }
}

test('a worker whose database is opened holds it', async () => {
  const { opened, closed } = slowDatabases()
  const taken = takeLife()
  opened[0]!.onsuccess()
  const life = await taken
  expect(isLife(life!)).toBe(true)
  expect([life, closed]).toEqual([opened[0]!.name, []])
})

test('one whose database is not opened begins without, and leaves none that comes later', async () => {
  vi.useFakeTimers()
  const { opened, closed, deleted } = slowDatabases()
  const taken = takeLife()
  await vi.advanceTimersByTimeAsync(2000)
  expect(await taken).toBeNull()
  opened[0]!.onsuccess()
  expect([closed, deleted]).toEqual([[opened[0]!.name], [opened[0]!.name]])
})
