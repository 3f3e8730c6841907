import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type ChunkedOptions,
  type ChunkStore,
  type FetchedFile,
  fetchChunked,
} from '../../src/files/chunked-fetch.ts'
import { failure } from '../data/helpers.ts'
import { type Fault, type HubServer, hubServer } from '../support/hub-server.ts'

const CHUNK = 64 << 10
/** Not a multiple of a chunk. */
const BYTES = Uint8Array.from({ length: 20 * CHUNK + 1234 }, (_, i) => (i * 31 + (i >> 8) * 7) & 255)
const SHA = createHash('sha256').update(BYTES).digest('hex')
const REPO = 'o/n'
const FILE = 'model.safetensors'

class Kept implements ChunkStore {
  chunks = new Map<number, Uint8Array>()
  async lengths() {
    return new Map([...this.chunks].map(([index, { length }]) => [index, length]))
  }
  async read(index: number) {
    return this.chunks.get(index)!
  }
  async write(index: number, bytes: Uint8Array) {
    this.chunks.set(index, bytes.slice())
  }
  async clear() {
    this.chunks.clear()
  }
  bytes(): Buffer {
    return Buffer.concat([...this.chunks].sort(([a], [b]) => a - b).map(([, bytes]) => bytes))
  }
}

let hub: HubServer
let store: Kept
beforeEach(async () => {
  hub = await hubServer({ [REPO]: { files: new Map([[FILE, BYTES]]) } })
  store = new Kept()
})
afterEach(() => hub.close())

const wanted = (facts: Partial<FetchedFile> = {}): FetchedFile => ({
  url: `${hub.endpoint}/${REPO}/resolve/main/${FILE}`,
  what: 'the model',
  size: BYTES.length,
  sha256: SHA,
  git: null,
  version: null,
  ...facts,
})
const fetched = (options: ChunkedOptions = {}, facts: Partial<FetchedFile> = {}) =>
  fetchChunked(wanted(facts), store, { wait: 1, chunk: CHUNK, span: CHUNK, ...options })
const same = () => store.bytes().equals(BYTES)
/** Ranges that the other host was asked for. */
const ranges = () => hub.requests.filter(({ host }) => host === 'cdn').map(({ range }) => range)

/** Faults that take as long as a silence may last. */
const slow = (fault: Fault) => 'silent' in fault || 'trickle' in fault

describe('a file in chunks', () => {
  test('comes byte for byte, by parts, each of them once', async () => {
    const heard: number[] = []
    const { hash, size } = await fetched({ onBytes: (done) => heard.push(done) })
    expect([hash, size, same()]).toEqual([SHA, BYTES.length, true])
    expect(new Set(ranges()).size).toBe(21)
    expect(ranges()).toHaveLength(21)
    expect([heard[0], heard.at(-1)]).toEqual([0, BYTES.length])
  })

  test('a request asks for several chunks; one that is cut goes on behind its last byte, by the chunk where it is begun again', async () => {
    const span = 4 * CHUNK
    await fetched({ span })
    expect([same(), ranges().length]).toEqual([true, 6])
    store = new Kept()
    hub.requests = []
    let asked = 0
    hub.fault = () => (asked++ < 4 ? { cut: 100_000 } : null)
    await fetched({ span })
    expect([same(), ranges().length]).toEqual([true, 10])
    expect(ranges()).toContain(`bytes=100000-${span - 1}`)
    // Each keeps what has come of its chunk.
    store = new Kept()
    hub.requests = []
    // Once where it begins, in whatever order they are asked, and refused from there on.
    const begun = new Set<number>()
    hub.fault = ({ range }) => {
      const from = Number(/^bytes=(\d+)/.exec(range ?? '')?.[1])
      const isFirst = from % span === 0 && !begun.has(from)
      begun.add(from)
      return isFirst ? { cut: 100_000 } : { status: 503 }
    }
    await failure(() => fetched({ span }), 'network')
    expect([...store.chunks].map(([index, { length }]) => [index % 4, length]).sort()).toEqual([
      ...[0, 0, 0].map(() => [0, CHUNK]),
      ...[0, 0, 0].map(() => [1, 100_000 - CHUNK]),
    ])
    hub.fault = null
    hub.requests = []
    const heard: number[] = []
    await fetched({ span, onBytes: (done) => heard.push(done) })
    expect([heard[0], same()]).toEqual([300_000, true])
    expect(ranges()).toContain(`bytes=100000-${span - 1}`)
    expect(heard.every((done, i) => i === 0 || done >= heard[i - 1]!)).toBe(true)
  })

  test('chunks that come long before their turn are hashed all the same', async () => {
    let written: () => void = () => {}
    const others = new Promise<void>((resolve) => {
      written = resolve
    })
    const { read, write } = store
    let asked = 0
    const memory = new Set<unknown>()
    store.read = (index) => {
      asked++
      return read.call(store, index)
    }
    store.write = async (index, bytes) => {
      memory.add(bytes.buffer)
      if (index === 1) await others
      await write.call(store, index, bytes)
      if (store.chunks.size === 20) written()
    }
    const { hash } = await fetched({ held: 3 * CHUNK })
    // Of chunks 2 to 20 three are held.
    expect([hash, asked]).toEqual([SHA, 16])
    // However long the file is: one for each connection, and those that are held.
    expect(memory.size).toBeLessThanOrEqual(3 + 3)
  })

  test('an empty one is whole at once', async () => {
    const empty = createHash('sha256').digest('hex')
    expect(await fetched({}, { size: 0, sha256: empty })).toMatchObject({ size: 0, hash: empty })
    expect(ranges()).toEqual([])
  })

  test('a token goes to the hub and not to the host that it sends to', async () => {
    hub.accounts.set('hf_secret', 'me')
    await fetched({ token: 'hf_secret' })
    const tokens = (host: string) =>
      new Set(
        hub.requests.filter((request) => request.host === host).map(({ authorization }) => authorization),
      )
    expect(tokens('hub')).toEqual(new Set(['Bearer hf_secret']))
    expect(tokens('cdn')).toEqual(new Set([null]))
  })

  const once: [string, Fault][] = [
    ['429 with a time to wait', { status: 429, retryAfter: '0.01' }],
    ['429 with a date', { status: 429, retryAfter: 'Thu, 01 Jan 1970 00:00:00 GMT' }],
    ['503', { status: 503 }],
    ['a connection cut at once', { cut: 0 }],
    ['a connection cut in the middle', { cut: 30_001 }],
    ['silence', { silent: true }],
    ['a trickle', { trickle: 20 }],
  ]
  test.each(once)('survives %s', async (_, fault) => {
    hub.fault = (_, nth) => ([0, 6].includes(nth) ? fault : null)
    await fetched(slow(fault) ? { silence: 1000 } : {})
    expect(same()).toBe(true)
  })

  test('says that it waits, where the server asks for it', async () => {
    hub.fault = (_, nth) => (nth === 0 ? { status: 429, retryAfter: '0.02' } : null)
    const notes: string[] = []
    await fetched({ onNote: (note) => notes.push(note) })
    expect(notes).toEqual(['The server asks to wait 1 s'])
  })

  const always: [string, Fault, RegExp][] = [
    ['429', { status: 429, retryAfter: '0.01' }, /too many requests/],
    ['503', { status: 503 }, /status 503/],
    ['cuts', { cut: 100 }, /connection broke at byte \d+ of \d+/],
    ['silence', { silent: true }, /nothing came for 1 s at byte/],
    ['a trickle', { trickle: 50 }, /nothing came for 1 s at byte/],
  ]
  test.each(always)('is given up after %s without end, and what has come is kept', async (_, fault, says) => {
    hub.fault = (_, nth) => (nth < 9 ? null : fault)
    const { message } = await failure(() => fetched(slow(fault) ? { silence: 1000 } : {}), 'network')
    expect(message).toMatch(says)
    const before = store.chunks.size
    expect(before).toBeGreaterThan(5)
    hub.fault = null
    hub.requests = []
    await fetched()
    expect(same()).toBe(true)
    expect(ranges().length).toBeLessThanOrEqual(21 - 5)
  })

  test('stopped in the middle of a chunk, it goes on behind its last byte', async () => {
    hub.fault = (_, nth) => (nth === 7 ? { cut: 40_000 } : nth > 7 ? { silent: true } : null)
    const stop = new AbortController()
    // The cut one is in the middle of its chunk once all others have come or wait.
    const onBytes = (done: number) => {
      if (done % CHUNK === 40_000 && done > 5 * CHUNK) stop.abort()
    }
    await expect(fetched({ signal: stop.signal, onBytes })).rejects.toMatchObject({
      name: 'AbortError',
    })
    const part = [...store.chunks].find(([, { length }]) => length === 40_000)!
    hub.fault = null
    hub.requests = []
    await fetched()
    expect(same()).toBe(true)
    const start = part[0] * CHUNK + 40_000
    expect(ranges()).toContain(`bytes=${start}-${(part[0] + 1) * CHUNK - 1}`)
  })

  test('wrong bytes are found and thrown away', async () => {
    hub.fault = (_, nth) => (nth === 9 ? { wrong: true } : null)
    const { message, detail } = await failure(() => fetched(), 'bad_file')
    expect(message).toContain('SHA-256')
    expect(detail).toMatchObject({ expected: SHA })
    expect(store.chunks.size).toBe(0)
  })

  test('git tells a small file from another', async () => {
    const git = createHash('sha1').update(`blob ${BYTES.length}\0`).update(BYTES).digest('hex')
    expect(await fetched({}, { sha256: null, git })).toMatchObject({ git, hash: SHA })
    store = new Kept()
    await failure(() => fetched({}, { sha256: null, git: git.replace(/./, 'x') }), 'bad_file')
    expect(store.chunks.size).toBe(0)
  })

  test('another length than listed is told with both', async () => {
    hub.fault = () => ({ total: BYTES.length + 5 })
    const { message } = await failure(() => fetched(), 'bad_file')
    expect(message).toContain(String(BYTES.length + 5))
    expect(store.chunks.size).toBe(0)
  })

  test('a shorter one than listed is told too', async () => {
    await failure(() => fetched({}, { size: BYTES.length + 3 * CHUNK }), 'bad_file')
  })

  test('a server that gives no parts gives it whole', async () => {
    hub.fault = (_, nth) => (nth === 1 ? { cut: 100_000 } : { noRange: true })
    await fetched()
    expect(same()).toBe(true)
  })

  test('a whole one that is shorter than listed is told with both lengths', async () => {
    hub.fault = () => ({ noRange: true })
    const size = BYTES.length + 3 * CHUNK
    const { detail } = await failure(() => fetched({}, { size }), 'bad_file')
    expect(detail).toMatchObject({ expected: size, found: BYTES.length })
  })

  test('begun by parts, it is ended by a server that gives none any more', async () => {
    hub.fault = (_, nth) => (nth < 5 ? null : { noRange: true })
    await fetched()
    expect(same()).toBe(true)
  })

  describe('that no hash is known of', () => {
    test('begins again, and says so, where its version changes', async () => {
      hub.fault = (_, nth) => ({ etag: nth < 6 ? '"old"' : '"new"' })
      const notes: string[] = []
      const { version } = await fetched({ onNote: (note) => notes.push(note) }, { sha256: null })
      expect(version).toBe('"new"')
      expect(notes).toEqual(['the model was changed on its server: fetching it from the beginning'])
      expect(same()).toBe(true)
    })

    test('is given up where it changes each time', async () => {
      hub.fault = (_, nth) => ({ etag: `"${nth}"` })
      const { message } = await failure(() => fetched({}, { sha256: null }), 'bad_file')
      expect(message).toContain('3 times')
      expect(store.chunks.size).toBe(0)
    })

    test('is not taken for another one where a hash is known', async () => {
      hub.fault = (_, nth) => ({ etag: `"${nth}"` })
      await fetched()
      expect(same()).toBe(true)
    })
  })

  test.each([401, 403, 404])('%d is final', async (status) => {
    hub.fault = () => ({ status })
    await failure(() => fetched(), status === 404 ? 'missing_file' : 'network')
    expect(ranges()).toHaveLength(1)
  })
})
