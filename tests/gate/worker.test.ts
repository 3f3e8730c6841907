import { afterEach, expect, test, vi } from 'vitest'

const made: string[] = []
class Plain {
  constructor(address: string) {
    made.push(address)
  }
}

/** What page or worker has, and a module of its own. */
async function place(globals: Record<string, unknown>) {
  vi.resetModules()
  made.length = 0
  const blobs: Blob[] = []
  vi.stubGlobal('Worker', Plain)
  vi.stubGlobal('origin', 'https://studio.test')
  vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => {
    blobs.push(blob as Blob)
    return `blob:https://studio.test/${blobs.length}`
  })
  for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value)
  const { startAtAddresses, Worker } = await import('../../src/protocol/worker.ts')
  const { isSealed } = await import('../../src/protocol/sealed.ts')
  const start = (path: string) => {
    new Worker(new URL(path, 'https://studio.test/'), { type: 'module' })
    return made.at(-1)!
  }
  return { start, startAtAddresses, isSealed, text: (i: number) => blobs[i]!.text() }
}

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

const PAGE = { document: {}, location: { protocol: 'https:', search: '' } }

test('in a page workers begin as blobs, one for each script, and sealed are told so', async () => {
  const page = await place(PAGE)
  expect([page.start('a.js'), page.start('b.js'), page.start('a.js')]).toEqual([
    'blob:https://studio.test/1',
    'blob:https://studio.test/2',
    'blob:https://studio.test/1',
  ])
  expect(await page.text(0)).toBe('import "https://studio.test/a.js"\n')
  const sealed = await place({ ...PAGE, lapidarySealed: true })
  sealed.start('a.js')
  expect(await sealed.text(0)).toBe('import "https://studio.test/a.js"\nself.lapidarySealed = true')
})

test('where the service worker sends the policy they begin at their addresses, which say whether they are sealed', async () => {
  const page = await place(PAGE)
  page.startAtAddresses()
  expect(page.start('a.js')).toBe('https://studio.test/a.js')
  const sealed = await place({ ...PAGE, lapidarySealed: true })
  sealed.startAtAddresses()
  expect(sealed.start('a.js')).toBe('https://studio.test/a.js?sealed')
})

test.each([
  ['blob:', '', false, 'blob:https://studio.test/1'],
  ['https:', '', false, 'https://studio.test/a.js'],
  ['https:', '?sealed', true, 'https://studio.test/a.js?sealed'],
])(
  'in a worker that began at %s%s, sealed: %s, its own begin so too',
  async (protocol, search, sealed, own) => {
    const worker = await place({ location: { protocol, search } })
    expect(worker.isSealed()).toBe(sealed)
    expect(worker.start('a.js')).toBe(own)
  },
)

test('what asks in its address to be sealed is no page: that is sealed by its document', async () => {
  const page = await place({ document: {}, location: { protocol: 'https:', search: '?sealed' } })
  expect(page.isSealed()).toBe(false)
})

test('a script of another site starts nothing', async () => {
  const page = await place(PAGE)
  page.startAtAddresses()
  expect(() => page.start('https://other.test/a.js')).toThrow(/other\.test/)
})
