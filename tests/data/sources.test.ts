import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openDataset } from '../../src/dataset/open.ts'
import { readAddress } from '../../src/dataset/sources/address.ts'
import { driveFile } from '../../src/dataset/sources/drive.ts'
import { hubConfigs, hubFiles, searchHub } from '../../src/dataset/sources/hub.ts'
import { remoteFile } from '../../src/files/remote.ts'
import { tableRows } from '../../src/files/table.ts'
import { LapidaryError } from '../../src/protocol/errors.ts'
import { sourcesOfUrl } from '../../src/workers/data-sources.ts'
import { goldenFile } from './golden-files.ts'
import { seeded, utf8 } from './helpers.ts'

async function refusal(work: Promise<unknown>): Promise<LapidaryError> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof LapidaryError)) throw new Error(`expected a LapidaryError, got ${error}`)
  return error
}

/** A server that does to each path what servers and connections do. */
interface Behaviour {
  bytes?: Uint8Array
  /** Answers Range requests. */
  ranges?: boolean
  /** Hides the size, as a server without the right CORS headers does from a page. */
  hidden?: boolean
  /** Breaks the connection after so many bytes of an answer, so many times. */
  breaks?: { after: number; times: number }
  /** Answers so many times with a status before it works. */
  busy?: { status: number; times: number }
  /** Only for those with this bearer token. */
  token?: string
  headers?: Record<string, string>
  json?: unknown
  status?: number
}

const paths = new Map<string, Behaviour>()
const asked: { path: string; range: string | undefined; token: string | undefined }[] = []
let base = ''
const server = createServer((request, response) => answer(request, response))

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url!, 'http://x')
  const key = paths.has(request.url!) ? request.url! : url.pathname
  const token = request.headers.authorization?.replace('Bearer ', '')
  asked.push({ path: request.url!, range: request.headers.range, token })
  const found = paths.get(key)
  if (!found) return void response.writeHead(404).end()
  if (found.token && token !== found.token) return void response.writeHead(token ? 403 : 401).end()
  if (found.busy && found.busy.times-- > 0) return void response.writeHead(found.busy.status).end()
  if (found.json !== undefined || found.status)
    return void response
      .writeHead(found.status ?? 200, { 'Content-Type': 'application/json' })
      .end(JSON.stringify(found.json))
  const all = found.bytes!
  const range = found.ranges ? /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') : null
  const [start, end] = range
    ? [Number(range[1]), Math.min(Number(range[2]) + 1, all.length)]
    : [0, all.length]
  response.writeHead(range ? 206 : 200, {
    'Content-Type': 'application/octet-stream',
    'Content-Length': end - start,
    ...(range && !found.hidden ? { 'Content-Range': `bytes ${start}-${end - 1}/${all.length}` } : {}),
    ...found.headers,
  })
  if (found.breaks && found.breaks.times > 0 && end - start > found.breaks.after) {
    found.breaks.times--
    response.write(all.subarray(start, start + found.breaks.after), () =>
      setTimeout(() => response.destroy(), 20),
    )
    return
  }
  response.end(all.subarray(start, end))
}

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  paths.clear()
  asked.length = 0
})

const ROWS = Array.from({ length: 70_000 }, (_, i) => ({
  q: `question ${i}`,
  a: `answer ${i} ${'x'.repeat(i % 190)}`,
}))
const BIG = utf8(ROWS.map((row) => `${JSON.stringify(row)}\n`).join(''))
const small = utf8('q,a\n1,2\n3,4\n')
const open = (path: string, options = {}) => remoteFile(base + path, { wait: 1, ...options })
async function same(path: string, options = {}): Promise<void> {
  const { source } = await open(path, options)
  expect(source.size).toBe(BIG.length)
  const read = await source.read(0, source.size)
  expect(Buffer.compare(read, BIG)).toBe(0)
}

describe('a file behind an address', () => {
  test('by the block, each fetched once, whatever is read in which order', async () => {
    expect(BIG.length).toBeGreaterThan(8 << 20)
    paths.set('/rows.jsonl', { bytes: BIG, ranges: true })
    const { source, name } = await open('/rows.jsonl')
    expect([name, source.size]).toEqual(['rows.jsonl', BIG.length])
    const random = seeded(3)
    for (let i = 0; i < 20; i++) {
      const start = Math.floor(random() * BIG.length)
      const end = Math.min(BIG.length, start + Math.floor(random() * 300_000))
      expect(Buffer.compare(await source.read(start, end), BIG.subarray(start, end))).toBe(0)
    }
    const blocks = Math.ceil(BIG.length / (4 << 20))
    expect(asked.length).toBeLessThanOrEqual(blocks)
    expect(new Set(asked.map(({ range }) => range)).size).toBe(asked.length)
    expect((await refusal(source.read(0, BIG.length + 1))).code).toBe('bad_file')
  })

  test('opens as a data set, with progress and a preview', async () => {
    paths.set('/rows.jsonl', { bytes: BIG, ranges: true })
    const seen: number[] = []
    let first = 0
    const { sources } = await sourcesOfUrl(`${base}/rows.jsonl`)
    const dataset = await openDataset(sources, {
      onProgress: (bytes, total) => seen.push(bytes / total),
      onPreview: ({ table }) => (first = table.numRows),
    })
    expect(dataset.table.numRows).toBe(ROWS.length)
    expect(tableRows(dataset.table, 69_999)).toEqual([ROWS[69_999]])
    expect(first).toBeGreaterThanOrEqual(20)
    expect(first).toBeLessThan(1000)
    expect(seen.at(-1)).toBe(1)
    expect(seen.toSorted((a, b) => a - b)).toEqual(seen)
  })

  test('goes on where a connection broke', async () => {
    paths.set('/rows', { bytes: BIG, ranges: true, breaks: { after: 1_500_000, times: 5 } })
    await same('/rows')
    // The part that had come is not asked for again.
    const starts = asked.map(({ range }) => Number(/\d+/.exec(range!)![0]))
    expect(starts.some((start) => start % (4 << 20) !== 0)).toBe(true)
    expect(new Set(starts).size).toBe(starts.length)
  })

  test('gives up on one that breaks again and again, with the byte', async () => {
    paths.set('/rows', { bytes: BIG, ranges: true, breaks: { after: 0, times: 1000 } })
    const error = await refusal(open('/rows').then(({ source }) => source.read(0, 10)))
    expect(error).toMatchObject({ code: 'network', detail: { byte: 0, total: BIG.length } })
  })

  test('without Range, and where the server hides the size', async () => {
    paths.set('/whole', { bytes: BIG })
    paths.set('/hidden', { bytes: BIG, ranges: true, hidden: true })
    await same('/whole')
    await same('/hidden')
    let received = 0
    paths.set('/broken', { bytes: BIG, breaks: { after: 900_000, times: 2 } })
    await same('/broken', { onBytes: (bytes: number) => (received += bytes) })
    expect(received).toBe(BIG.length)
    paths.set('/broken', { bytes: BIG, breaks: { after: 900_000, times: 99 } })
    expect((await refusal(open('/broken'))).code).toBe('network')
  })

  test('a busy server is asked again, a refusal is not', async () => {
    paths.set('/busy', { bytes: small, busy: { status: 503, times: 2 } })
    expect((await open('/busy')).source.size).toBe(small.length)
    paths.set('/busy', { bytes: small, busy: { status: 429, times: 99 } })
    expect(await refusal(open('/busy'))).toMatchObject({ code: 'network', detail: { status: 429 } })
    asked.length = 0
    expect(await refusal(open('/none'))).toMatchObject({ code: 'missing_file', detail: { status: 404 } })
    expect(asked).toHaveLength(1)
  })

  test('private files want the token, which is in no error', async () => {
    paths.set('/private', { bytes: small, token: 'secret-1' })
    const without = await refusal(open('/private'))
    expect(without).toMatchObject({ code: 'network', detail: { status: 401 } })
    expect(without.hint).toContain('token')
    const wrong = await refusal(open('/private', { token: 'secret-2' }))
    expect(wrong).toMatchObject({ code: 'network', detail: { status: 403 } })
    expect(JSON.stringify([wrong.message, wrong.hint, wrong.detail])).not.toContain('secret')
    expect((await open('/private', { token: 'secret-1' })).source.size).toBe(small.length)
  })

  test('a host that refuses pages, or is down: download it, then drop it here', async () => {
    const refuse = () => Promise.reject(new TypeError('Failed to fetch'))
    const refused = await refusal(open('/x.csv', { fetch: refuse }))
    expect(refused.code).toBe('network')
    expect(refused.hint).toBe('Download it in a browser tab, then drop it here.')
    const down = await refusal(remoteFile('http://127.0.0.1:1/x.csv', { wait: 1 }))
    expect([down.code, down.hint]).toEqual([refused.code, refused.hint])
  })

  test('a host whose browser check of Range fails is asked without', async () => {
    paths.set('/plain.csv', { bytes: small })
    const plainOnly: typeof fetch = async (url, init) => {
      if (new Headers(init?.headers).has('range')) throw new TypeError('Failed to fetch')
      return fetch(url, init)
    }
    expect((await open('/plain.csv', { fetch: plainOnly })).source.size).toBe(small.length)
  })

  test('a page in place of the file', async () => {
    paths.set('/login', { bytes: utf8('<html>'), headers: { 'Content-Type': 'text/html; charset=utf-8' } })
    expect(await refusal(open('/login'))).toMatchObject({
      code: 'missing_file',
      detail: { found: 'text/html' },
    })
  })

  test('a file that changes while it is read is not put together from both', async () => {
    const file: Behaviour = { bytes: BIG, ranges: true, headers: { ETag: '"1"' } }
    paths.set('/rows', file)
    const { source } = await open('/rows')
    await source.read(0, 10)
    file.headers = { ETag: '"2"' }
    expect(await refusal(source.read(6 << 20, (6 << 20) + 10))).toMatchObject({ code: 'bad_file' })
  })

  test('stops when told to, also while waiting', async () => {
    paths.set('/rows', { bytes: BIG, ranges: true })
    const abort = new AbortController()
    const { source } = await open('/rows')
    const reading = source.read(0, source.size, abort.signal)
    abort.abort()
    await expect(reading).rejects.toThrow(/abort/i)
    // What was stopped can be read afterwards.
    expect(Buffer.compare(await source.read(0, source.size), BIG)).toBe(0)
    const late = new AbortController()
    paths.set('/busy', { bytes: small, busy: { status: 503, times: 99 } })
    const waiting = remoteFile(`${base}/busy`, { wait: 60_000, signal: late.signal })
    setTimeout(() => late.abort(), 50)
    await expect(waiting).rejects.toThrow(/abort/i)
  })

  test('is named as its server names it', async () => {
    const named = {
      'Content-Disposition': `attachment; filename="x.csv"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.csv`,
    }
    paths.set('/download', { bytes: small, headers: named })
    expect((await open('/download?id=7')).name).toBe('Größe.csv')
    paths.set('/a%20b.csv', { bytes: small })
    expect((await open('/a%20b.csv')).name).toBe('a b.csv')
  })
})

describe('addresses', () => {
  test.each([
    [
      'https://drive.google.com/file/d/1AbCdEfGhIjKlMn/view?usp=sharing',
      { kind: 'drive', id: '1AbCdEfGhIjKlMn', what: 'file' },
    ],
    [
      'https://drive.google.com/open?id=1AbCdEfGhIjKlMn',
      { kind: 'drive', id: '1AbCdEfGhIjKlMn', what: 'file' },
    ],
    [
      'https://drive.google.com/uc?export=download&id=1AbCdEfGhIjKlMn',
      { kind: 'drive', id: '1AbCdEfGhIjKlMn', what: 'file' },
    ],
    [
      'https://docs.google.com/spreadsheets/d/1AbCdEfGhIjKlMn/edit#gid=0',
      { kind: 'drive', id: '1AbCdEfGhIjKlMn', what: 'sheet' },
    ],
    ['huggingface.co/datasets/openai/gsm8k', { kind: 'hub', dataset: 'openai/gsm8k' }],
    ['https://huggingface.co/datasets/squad', { kind: 'hub', dataset: 'squad' }],
    [
      'https://huggingface.co/datasets/openai/gsm8k/viewer/main/test',
      { kind: 'hub', dataset: 'openai/gsm8k', config: 'main', split: 'test' },
    ],
    ['https://huggingface.co/datasets/openai/gsm8k/tree/main', { kind: 'hub', dataset: 'openai/gsm8k' }],
    [
      'https://huggingface.co/datasets/a/b/blob/main/x/y.csv',
      { kind: 'file', url: 'https://huggingface.co/datasets/a/b/resolve/main/x/y.csv' },
    ],
    [
      'https://github.com/a/b/blob/main/x/y.csv',
      { kind: 'file', url: 'https://raw.githubusercontent.com/a/b/main/x/y.csv' },
    ],
    ['example.org/x.csv', { kind: 'file', url: 'https://example.org/x.csv' }],
    ['http://localhost:8000/x.csv', { kind: 'file', url: 'http://localhost:8000/x.csv' }],
  ])('%s', (text, expected) => {
    expect(readAddress(text)).toEqual(expected)
  })

  test.each([
    '',
    'not an address',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'https://drive.google.com/drive/folders/1AbCdEfGhIjKlMn',
    'https://drive.google.com/drive/my-drive',
  ])('no file: "%s"', async (text) => {
    const error = await refusal(Promise.resolve().then(() => readAddress(text)))
    expect(error.code).toBe('bad_data')
    expect(error.hint.length).toBeGreaterThan(10)
  })
})

describe('Google Drive', () => {
  const drive = (what: 'file' | 'sheet', access: object) =>
    driveFile('1AbCdEfGhIjKlMn', what, { api: `${base}/drive/v3/files/`, wait: 1, ...access })

  test('without a key or token it says what to do', async () => {
    const error = await refusal(drive('file', {}))
    expect(error.code).toBe('network')
    expect(error.hint).toContain('then drop it here')
    expect(error.hint).toContain('API key')
    expect(asked).toHaveLength(0)
  })

  test('a file, by key or by token', async () => {
    const path = '/drive/v3/files/1AbCdEfGhIjKlMn'
    for (const key of ['&key=k%261', '']) {
      paths.set(`${path}?fields=name,mimeType${key}&supportsAllDrives=true`, {
        json: { name: 'rows.csv', mimeType: 'text/csv' },
        ...(key ? {} : { token: 't' }),
      })
      paths.set(`${path}?alt=media${key}&supportsAllDrives=true`, {
        bytes: small,
        ranges: true,
        ...(key ? {} : { token: 't' }),
      })
    }
    for (const access of [{ key: 'k&1' }, { token: 't' }]) {
      const file = await drive('file', access)
      const dataset = await openDataset([file])
      expect([file.name, dataset.table.numRows]).toEqual(['rows.csv', 2])
    }
  })

  test('a sheet as CSV', async () => {
    const path = '/drive/v3/files/1AbCdEfGhIjKlMn'
    paths.set(path, { json: { name: 'Lesson', mimeType: 'application/vnd.google-apps.spreadsheet' } })
    paths.set(`${path}/export`, { bytes: small })
    expect((await drive('sheet', { key: 'k' })).name).toBe('Lesson.csv')
  })

  test('a key that is refused is in no error', async () => {
    paths.set('/drive/v3/files/1AbCdEfGhIjKlMn', { status: 403, json: { error: { code: 403 } } })
    const error = await refusal(drive('file', { key: 'sesame' }))
    expect(error).toMatchObject({ code: 'network', detail: { status: 403 } })
    expect(JSON.stringify([error.message, error.hint, error.detail])).not.toContain('sesame')
  })
})

describe('the Hugging Face Hub', () => {
  const services = () => ({ hub: base, server: base, wait: 1 })
  const file = (config: string, split: string, i: number, size: number) => ({
    dataset: 'owner/name',
    config,
    split,
    url: `${base}/datasets/owner/name/resolve/refs%2Fconvert%2Fparquet/${config}/${split}/000${i}.parquet`,
    filename: `000${i}.parquet`,
    size,
  })
  const bytes = goldenFile('text-snappy.parquet')

  /** As the two services answered when this was written. */
  function offer(more: Behaviour = {}, partial = false): void {
    const splits = [
      { dataset: 'owner/name', config: 'main', split: 'train' },
      { dataset: 'owner/name', config: 'main', split: 'test' },
      { dataset: 'owner/name', config: 'socratic', split: 'train' },
    ]
    const files = [
      file('main', 'train', 0, bytes.length),
      file('main', 'train', 1, bytes.length),
      file('main', 'test', 0, bytes.length),
      file('socratic', 'train', 0, bytes.length),
    ]
    paths.set('/splits?dataset=owner%2Fname', { json: { splits, pending: [], failed: [] }, ...more })
    paths.set('/parquet?dataset=owner%2Fname', {
      json: { parquet_files: files, pending: [], failed: [], partial },
      ...more,
    })
    for (const { url } of files) paths.set(new URL(url).pathname, { bytes, ranges: true, ...more })
  }

  test('search', async () => {
    paths.set('/api/datasets?search=grade+school&sort=downloads&direction=-1&limit=20', {
      json: [
        {
          _id: '621ffdd236468d709f181d58',
          id: 'openai/gsm8k',
          author: 'openai',
          gated: false,
          private: false,
          likes: 700,
          downloads: 500_000,
          description: '\n\t\tDataset Card\n\n  Grade school math.',
          tags: ['license:mit', 'size_categories:10K<n<100K', 'format:parquet'],
        },
        { id: 'a/b', gated: 'auto', private: true },
      ],
    })
    expect(await searchHub(' grade school ', services())).toEqual([
      {
        id: 'openai/gsm8k',
        downloads: 500_000,
        likes: 700,
        summary: 'Dataset Card Grade school math.',
        size: '10K<n<100K',
        license: 'mit',
        gated: false,
        private: false,
      },
      {
        id: 'a/b',
        downloads: 0,
        likes: 0,
        summary: '',
        size: null,
        license: null,
        gated: true,
        private: true,
      },
    ])
  })

  test('configurations and splits, with the size of the download', async () => {
    offer()
    expect(await hubConfigs('owner/name', services())).toEqual({
      dataset: 'owner/name',
      partial: false,
      configs: [
        {
          name: 'main',
          splits: [
            { name: 'train', bytes: 2 * bytes.length, files: 2 },
            { name: 'test', bytes: bytes.length, files: 1 },
          ],
        },
        { name: 'socratic', splits: [{ name: 'train', bytes: bytes.length, files: 1 }] },
      ],
    })
  })

  test('the files of a split as one data set', async () => {
    offer({}, true)
    const found = await hubFiles('owner/name', undefined, undefined, services())
    expect([found.name, found.sources.length]).toEqual(['owner/name (main, train)', 2])
    expect(found.findings[0]!.message).toContain('first part')
    // Files are asked for when they are read, not all at once.
    expect(asked.map(({ path }) => path)).toEqual(['/parquet?dataset=owner%2Fname'])
    const dataset = await openDataset(found.sources)
    const one = await openDataset({
      name: 'x.parquet',
      source: (await hubFiles('owner/name', 'main', 'test', services())).sources[0]!.source,
    })
    expect(dataset.table.numRows).toBe(2 * one.table.numRows)
    expect(tableRows(dataset.table).slice(one.table.numRows)).toEqual(tableRows(one.table))
  })

  test('files that are not as listed are refused', async () => {
    offer()
    const { pathname } = new URL(file('main', 'test', 0, 0).url)
    const read = async () => {
      const { sources } = await hubFiles('owner/name', 'main', 'test', services())
      return openDataset(sources)
    }
    paths.set(pathname, { bytes: bytes.slice(0, -100), ranges: true })
    expect(await refusal(read())).toMatchObject({ code: 'bad_file', detail: { byte: 0 } })
    paths.set(pathname, { bytes })
    expect(await refusal(read())).toMatchObject({ code: 'network' })
  })

  test('a wrong choice says what there is', async () => {
    offer()
    const config = await refusal(hubFiles('owner/name', 'other', undefined, services()))
    expect([config.code, config.hint]).toEqual(['bad_data', 'Choose one of: main, socratic.'])
    const split = await refusal(hubFiles('owner/name', 'socratic', 'test', services()))
    expect(split.hint).toBe('Choose one of: train.')
  })

  test('private and gated ones want a token, and it goes with each request', async () => {
    offer({ token: 'hf_1' })
    const without = await refusal(hubConfigs('owner/name', services()))
    expect(without).toMatchObject({ code: 'network', detail: { status: 401 } })
    expect(without.message).toContain('private or gated')
    const access = { ...services(), token: 'hf_1' }
    asked.length = 0
    const { sources } = await hubFiles('owner/name', 'main', 'test', access)
    expect((await openDataset(sources)).table.numRows).toBeGreaterThan(0)
    expect(asked.every(({ token }) => token === 'hf_1')).toBe(true)
    const missing = await refusal(hubConfigs('owner/none', access))
    expect(missing.code).toBe('missing_file')
  })

  test('one that the Hub has no tables of, and answers of another shape', async () => {
    paths.set('/splits', { json: { splits: [], pending: [], failed: [] } })
    paths.set('/parquet', { json: { parquet_files: [], pending: [], failed: [], partial: false } })
    expect((await refusal(hubConfigs('a/b', services()))).code).toBe('unsupported_format')
    expect((await refusal(hubFiles('a/b', undefined, undefined, services()))).code).toBe('unsupported_format')
    paths.set('/parquet', { json: { error: 'x' } })
    expect((await refusal(hubConfigs('a/b', services()))).code).toBe('network')
    paths.set('/api/datasets', { bytes: utf8('<no json>') })
    expect((await refusal(searchHub('x', services()))).code).toBe('network')
  })
})
