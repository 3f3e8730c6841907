import { afterEach, describe, expect, test } from 'vitest'
import { fetchRemote, type RemoteFile, rangedRemote } from '../../src/files/remote.ts'
import { failure, seeded } from './helpers.ts'
import { type ServedFile, serve } from './source-server.ts'

const timing = { retries: 3, pause: 1, stall: 300 }
const random = seeded(1)
const DATA = Uint8Array.from({ length: 20_000_000 }, (_, i) =>
  i % 997 ? i * 31 : Math.floor(random() * 256),
)
const SMALL = DATA.slice(0, 100_000)

let close: (() => Promise<void>) | null = null
afterEach(async () => {
  await close?.()
  close = null
})

async function at(file: ServedFile, path = '/folder/data.bin') {
  const server = await serve({ [path]: file })
  close = server.close
  return { url: server.base + path, seen: server.seen }
}

async function sameAs(file: RemoteFile, data: Uint8Array): Promise<void> {
  expect(file.source.size).toBe(data.length)
  expect(Buffer.compare(await file.source.read(0, data.length), data)).toBe(0)
}

describe('a file fetched whole', () => {
  test('with its name and progress', async () => {
    const { url, seen } = await at({ body: DATA })
    const progress: [number, number | null][] = []
    const file = await fetchRemote(url, { timing, onProgress: (...now) => progress.push(now) })
    expect(file.name).toBe('data.bin')
    await sameAs(file, DATA)
    expect(progress.at(-1)).toEqual([DATA.length, DATA.length])
    expect(progress.length).toBeGreaterThan(3)
    expect(progress.every(([received], i) => i === 0 || received >= progress[i - 1]![0])).toBe(true)
    expect(seen.length).toBe(1)
  })

  test('a broken connection is taken up where it broke, as often as it gets on', async () => {
    const cuts = [30_000, 1000, 5000, 20_000, 7000, 1]
    const { url, seen } = await at({ body: SMALL, etag: 'a', cuts })
    await sameAs(await fetchRemote(url, { timing }), SMALL)
    expect(seen.map(({ range }) => range)).toEqual([
      undefined,
      'bytes=30000-',
      'bytes=31000-',
      'bytes=36000-',
      'bytes=56000-',
      'bytes=63000-',
      'bytes=63001-',
    ])
  })

  test('without ranges it starts over, and gives up where it never gets farther', async () => {
    const good = await at({ body: SMALL, ranges: false, cuts: [500] })
    await sameAs(await fetchRemote(good.url, { timing }), SMALL)
    await close!()
    const { url, seen } = await at({ body: SMALL, ranges: false, cuts: Array(99).fill(500) })
    const { detail } = await failure(() => fetchRemote(url, { timing }), 'network')
    expect(detail).toMatchObject({ received: 500 })
    expect(seen.length).toBeLessThan(8)
  })

  test('a connection that breaks at once each time is given up', async () => {
    const { url, seen } = await at({ body: SMALL, cuts: Array(99).fill(0) })
    const error = await failure(() => fetchRemote(url, { timing }), 'network')
    expect(error.hint).toContain('drop it here')
    expect(seen.length).toBe(1 + timing.retries)
  })

  test('parts of different states of a file are never put together', async () => {
    const { url } = await at({ body: SMALL, etag: 'a', changes: true, cuts: [1000] })
    expect((await failure(() => fetchRemote(url, { timing }), 'network')).message).toContain('changed')
  })

  test('a connection on which nothing comes counts as broken', async () => {
    const { url, seen } = await at({ body: SMALL, stalls: 777 })
    await sameAs(await fetchRemote(url, { timing }), SMALL)
    expect(seen.map(({ range }) => range)).toEqual([undefined, 'bytes=777-'])
  })

  test('a busy server is asked again, a number of times', async () => {
    const busy = await at({ body: SMALL, statuses: [503, 429] })
    await sameAs(await fetchRemote(busy.url, { timing }), SMALL)
    await close!()
    const { url, seen } = await at({ body: SMALL, statuses: Array(99).fill(500) })
    expect((await failure(() => fetchRemote(url, { timing }), 'network')).detail).toMatchObject({
      status: 500,
    })
    expect(seen.length).toBe(1 + timing.retries)
  })

  test('an empty file', async () => {
    const { url } = await at({ body: '' })
    await sameAs(await fetchRemote(url, { timing }), new Uint8Array(0))
  })

  test('it can be stopped, before and in between', async () => {
    const { url } = await at({ body: SMALL, stalls: 10 })
    const early = AbortSignal.abort()
    await expect(fetchRemote(url, { timing, signal: early })).rejects.toMatchObject({ name: 'AbortError' })
    const controller = new AbortController()
    const onProgress = () => controller.abort()
    const began = performance.now()
    const stopped = fetchRemote(url, { timing: { stall: 60_000 }, signal: controller.signal, onProgress })
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' })
    expect(performance.now() - began).toBeLessThan(5000)
  })

  test.each([
    [404, 'missing_file', 'no file'],
    [401, 'network', 'without permission'],
    [403, 'network', 'without permission'],
  ] as const)('status %i', async (status, code, words) => {
    const { url } = await at({ body: 'x', statuses: [status] })
    const error = await failure(() => fetchRemote(`${url}?key=secret`, { timing }), code)
    expect(error.message).toContain(words)
    expect(error.detail).toMatchObject({ status })
    expect(JSON.stringify(error.toFailure())).not.toContain('secret')
  })

  test('a page to sign in, where a file was wanted', async () => {
    const { url } = await at({ body: '<html>', type: 'text/html; charset=utf-8' })
    expect((await failure(() => fetchRemote(url, { timing }), 'unsupported_format')).message).toContain(
      'web page',
    )
  })

  test('a host that refuses pages of other sites', async () => {
    let asked = 0
    const refuse = async () => {
      asked++
      throw new TypeError('Failed to fetch')
    }
    const error = await failure(
      () => fetchRemote('https://example.org/a.csv', { timing, fetch: refuse }),
      'network',
    )
    expect(error.message).toContain('example.org cannot be read from here')
    expect(error.hint).toBe('Download it with your browser, then drop it here.')
    expect(asked).toBe(2)
  })

  test('no server at all', async () => {
    const { url } = await at({ body: '' })
    await close!()
    close = null
    await failure(() => fetchRemote(url, { timing }), 'network')
  })

  test('a name from the header wins', async () => {
    const get = async () =>
      new Response('a', { headers: { 'content-disposition': "attachment; filename*=UTF-8''gr%C3%BCn.csv" } })
    expect((await fetchRemote('https://example.org/x', { timing, fetch: get })).name).toBe('grün.csv')
  })
})

describe('a file read by ranges', () => {
  const part = 8 << 20

  test('parts are fetched when they are needed, once', async () => {
    const { url, seen } = await at({ body: DATA, etag: 'a' })
    const { source } = await rangedRemote(url, { timing })
    expect(source.size).toBe(DATA.length)
    for (const [start, end] of [
      [DATA.length - 8, DATA.length],
      [0, 4],
      [part - 3, part + 5],
      [5, 5],
      [100, 2000],
    ] as const)
      expect(Buffer.compare(await source.read(start, end), DATA.subarray(start, end))).toBe(0)
    expect(seen.map(({ range }) => range)).toEqual([
      'bytes=0-0',
      `bytes=${2 * part}-${DATA.length - 1}`,
      `bytes=0-${part - 1}`,
      `bytes=${part}-${2 * part - 1}`,
    ])
    await failure(() => source.read(0, DATA.length + 1), 'bad_file')
  })

  test('a part that breaks is taken up where it broke', async () => {
    const { url, seen } = await at({ body: SMALL, etag: 'a', cuts: [1, 40_000, 0, 30_000] })
    const { source } = await rangedRemote(url, { timing })
    expect(Buffer.compare(await source.read(0, SMALL.length), SMALL)).toBe(0)
    expect(seen.map(({ range }) => range)).toEqual([
      'bytes=0-0',
      'bytes=0-99999',
      'bytes=40000-99999',
      'bytes=40000-99999',
      'bytes=70000-99999',
    ])
  })

  test('a file that changes in between is refused', async () => {
    const { url } = await at({ body: DATA, etag: 'a', changes: true })
    const { source } = await rangedRemote(url, { timing })
    await source.read(0, 10)
    expect((await failure(() => source.read(part, part + 1), 'network')).message).toContain('changed')
  })

  test('without ranges the file is fetched whole', async () => {
    const { url, seen } = await at({ body: SMALL, ranges: false })
    await sameAs(await rangedRemote(url, { timing }), SMALL)
    expect(seen.length).toBe(1)
  })

  test('a size that the server hides from pages of other sites: fetched whole', async () => {
    const { url } = await at({ body: SMALL })
    const get: typeof fetch = async (input, init) => {
      const answer = await fetch(input, init)
      const headers = new Headers(answer.headers)
      headers.delete('content-range')
      return new Response(answer.body, { status: answer.status, headers })
    }
    await sameAs(await rangedRemote(url, { timing, fetch: get }), SMALL)
  })
})
