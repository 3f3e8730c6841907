import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { LapidaryError } from '../../src/protocol/errors.ts'

/** Each test has a gate that nobody has opened. */
async function gate() {
  vi.resetModules()
  return import('../../src/protocol/gate.ts')
}

const asked: string[] = []
/** Where an address leads on to. */
const led = new Map<string, string>()

beforeEach(() => {
  asked.length = 0
  led.clear()
  vi.stubGlobal('origin', 'https://studio.test')
  vi.stubGlobal('document', { baseURI: 'https://studio.test/here/' })
  vi.stubGlobal('fetch', async (input: string | URL) => {
    asked.push(String(input))
    const response = new Response('bytes')
    const end = led.get(String(input))
    if (end) Object.defineProperties(response, { redirected: { value: true }, url: { value: end } })
    return response
  })
})
afterEach(() => vi.unstubAllGlobals())

const refusal = async (promise: Promise<unknown>) =>
  (await promise.then(() => null).catch((error: unknown) => error)) as LapidaryError | null

describe('the gate', () => {
  test("lets the studio's own files through, and what is in the page", async () => {
    const { gatedFetch } = await gate()
    for (const own of [
      'models/pebble/config.json',
      'https://studio.test/x',
      'data:,x',
      'blob:https://studio.test/1',
    ])
      await gatedFetch(own)
    expect(asked).toHaveLength(4)
  })

  test('lets nothing out to a host that nobody has chosen', async () => {
    const { approve, gatedFetch } = await gate()
    const error = await refusal(gatedFetch('https://other.test/data.csv'))
    expect(error?.toFailure()).toMatchObject({ code: 'network', detail: { host: 'other.test' } })
    expect(asked).toEqual([])
    approve('https://other.test/data.csv')
    await gatedFetch('https://other.test/more.csv')
    expect(asked).toEqual(['https://other.test/more.csv'])
    // Another port or scheme is another host.
    for (const near of ['http://other.test/', 'https://other.test:444/', 'https://sub.other.test/'])
      expect(await refusal(gatedFetch(near))).not.toBeNull()
    expect(asked).toHaveLength(1)
  })

  test("takes the Hub's hosts for one, and no host that is called like them", async () => {
    const { approve, gatedFetch } = await gate()
    approve('https://huggingface.co')
    for (const own of ['https://datasets-server.huggingface.co/x', 'https://cdn-lfs-us-1.hf.co/y'])
      await gatedFetch(own)
    expect(asked).toHaveLength(2)
    for (const other of ['https://huggingface.co.evil.test/', 'https://nothf.co/', 'http://huggingface.co/'])
      expect(await refusal(gatedFetch(other))).not.toBeNull()
    expect(asked).toHaveLength(2)
  })

  test.each([
    ['https://huggingface.co/a/b/resolve/main/x', 'https://cas-bridge.xethub.hf.co/x', true],
    ['https://huggingface.co/a/b/resolve/main/x', 'https://elsewhere.test/x', false],
    ['https://studio.test/x', 'https://elsewhere.test/x', false],
    ['https://link.test/x', 'https://files.elsewhere.test/x', true],
    ['https://link.test/x', 'http://files.elsewhere.test/x', false],
  ])('of %s, which leads on to %s, the answer is taken: %s', async (from, to, taken) => {
    const { approve, gatedFetch } = await gate()
    approve('https://huggingface.co', 'https://link.test')
    led.set(from, to)
    const error = await refusal(gatedFetch(from))
    expect(error === null).toBe(taken)
    if (error) expect(error.message).toContain(new URL(to).host)
  })

  test('lets nothing out where the studio is sealed, whatever was chosen', async () => {
    const { approve, gatedFetch } = await gate()
    approve('https://other.test')
    await gatedFetch('https://other.test/1')
    vi.stubGlobal('lapidarySealed', true)
    expect((await refusal(gatedFetch('https://other.test/2')))?.message).toMatch(/sealed/)
    await gatedFetch('models/pebble/config.json')
    expect(asked).toEqual(['https://other.test/1', 'models/pebble/config.json'])
  })

  test('is the same for uploads that tell how far they are', async () => {
    const opened: unknown[][] = []
    class Plain {
      open(...args: unknown[]): void {
        opened.push(args)
      }
    }
    vi.stubGlobal('XMLHttpRequest', Plain)
    const { approve, GatedRequest } = await gate()
    const request = new GatedRequest()
    expect(() => request.open('PUT', 'https://bucket.test/part', true)).toThrow(/bucket\.test/)
    expect(opened).toEqual([])
    approve('https://bucket.test')
    request.open('PUT', 'https://bucket.test/part', true)
    expect(opened).toEqual([['PUT', 'https://bucket.test/part', true]])
  })

  test('a push may send large files to where the hub has said, and only there', async () => {
    const batch = 'https://huggingface.co/me/m.git/info/lfs/objects/batch'
    vi.stubGlobal('fetch', async (input: string) => {
      asked.push(input)
      const upload = { href: 'https://bucket.test/part', header: { 1: 'https://parts.test/1' } }
      return Response.json({ objects: [{ actions: { upload } }] })
    })
    const { approve, gatedFetch } = await gate()
    const { fetch } = await import('../../src/workers/hub/library-fetch.ts')
    approve('https://huggingface.co')
    expect(await refusal(gatedFetch('https://bucket.test/part'))).not.toBeNull()
    const answer = await fetch(batch, { method: 'POST' })
    expect(await answer.json()).toHaveProperty('objects')
    await fetch('https://bucket.test/part', { method: 'PUT' })
    await fetch('https://parts.test/1', { method: 'PUT' })
    expect(await refusal(fetch('https://other.test/1'))).not.toBeNull()
    expect(asked).toHaveLength(3)
  })
})
