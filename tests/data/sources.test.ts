import { describe, expect, test } from 'vitest'
import { openDataset } from '../../src/dataset/open.ts'
import { readAddress } from '../../src/dataset/sources/address.ts'
import { driveFile } from '../../src/dataset/sources/drive.ts'
import { remoteFile } from '../../src/files/remote.ts'
import { tableRows } from '../../src/files/table.ts'
import { sourcesOfUrl } from '../../src/workers/data-sources.ts'
import { asked, type Behaviour, base, paths, refusal } from './fake-server.ts'
import { seeded, utf8 } from './helpers.ts'

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

  test('a connection that falls silent is given up, and the rest asked for again', async () => {
    for (const after of [null, 0, 70_000]) {
      paths.set('/rows', { bytes: BIG, ranges: true, stalls: { after, times: 2 } })
      await same('/rows', { silence: 150 })
    }
    expect(asked.map(({ range }) => range)).toContain(`bytes=70000-${(4 << 20) - 1}`)
  })

  test('one that stays silent is an error with the byte, and trying again goes on there', async () => {
    const behaviour: Behaviour = { bytes: BIG, ranges: true, stalls: { after: null, times: 99 } }
    paths.set('/rows', behaviour)
    const closed = await refusal(open('/rows', { silence: 40 }))
    expect(closed).toMatchObject({ code: 'network', detail: { byte: 0, seconds: 0.04 } })
    behaviour.stalls = { after: 200_000, times: 1 }
    const { source } = await open('/rows', { silence: 100 })
    behaviour.stalls = { after: 0, times: 99 }
    const silent = await refusal(source.read(0, 300_000))
    expect(silent.message).toContain('nothing came for 0.1 s at byte 200000 of')
    expect(silent.detail).toMatchObject({ byte: 200_000, total: BIG.length })
    behaviour.stalls.times = 0
    asked.length = 0
    expect(Buffer.compare(await source.read(0, 300_000), BIG.subarray(0, 300_000))).toBe(0)
    expect(asked.map(({ range }) => range)).toEqual([`bytes=200000-${(4 << 20) - 1}`])
  })

  test('a connection that brings next to nothing each time is given up too', async () => {
    paths.set('/rows', { bytes: BIG, ranges: true, stalls: { after: 1, times: 99 } })
    const { source } = await open('/rows', { silence: 40 })
    expect((await refusal(source.read(0, 10))).detail).toMatchObject({ byte: 4 })
  })

  test('a slow one is waited for, however long it takes', async () => {
    paths.set('/slow', { bytes: small, drips: { parts: 6, every: 60 } })
    paths.set('/slow-ranges', { bytes: small, ranges: true, drips: { parts: 6, every: 60 } })
    for (const path of ['/slow', '/slow-ranges']) {
      const { source } = await open(path, { silence: 200 })
      expect(Buffer.compare(await source.read(0, small.length), small)).toBe(0)
    }
    expect(asked).toHaveLength(2)
  })

  test('without Range a silent one begins again, and is an error in the end', async () => {
    paths.set('/whole', { bytes: BIG, stalls: { after: 100_000, times: 2 } })
    await same('/whole', { silence: 150 })
    paths.set('/whole', { bytes: BIG, stalls: { after: 100_000, times: 99 } })
    expect(await refusal(open('/whole', { silence: 60 }))).toMatchObject({
      code: 'network',
      detail: { byte: 100_000, total: BIG.length, seconds: 0.06 },
    })
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
