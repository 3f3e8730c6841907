import { expect, test } from 'vitest'
import { readAddress } from '../../src/dataset/sources/address.ts'
import { hubFiles } from '../../src/dataset/sources/hub.ts'
import { httpSource } from '../../src/files/bytes.ts'
import { remoteFile, remoteJson, remoteSource } from '../../src/files/remote.ts'
import { shownAddress } from '../../src/lib/address.ts'
import { LapidaryError, toFailure } from '../../src/protocol/errors.ts'
import { sourcesOfUrl } from '../../src/workers/data-sources.ts'
import { type Behaviour, base, paths } from './fake-server.ts'
import { utf8 } from './helpers.ts'

const SECRET = 'S3CRET'
const QUERY = `?X-Amz-Signature=${SECRET}&token=${SECRET}#${SECRET}`

/** What came of something that fails, as a message, an event and a log would have it. */
async function toldOf(work: () => unknown): Promise<string> {
  try {
    await work()
  } catch (error) {
    const { cause } = error as Error
    return JSON.stringify([toFailure(error), error instanceof LapidaryError ? '' : String(cause)])
  }
  throw new Error('nothing failed')
}

const rows = utf8('q,a\n1,2\n')
const long = utf8(`q,a\n${'1,2\n'.repeat(2_000_000)}`)
const FAULTS: [name: string, behaviour: () => Behaviour | null, read?: 'source'][] = [
  ['404', () => null],
  ['401', () => ({ bytes: rows, token: 'other' })],
  ['410', () => ({ status: 410 })],
  ['500', () => ({ status: 500 })],
  ['429', () => ({ status: 429 })],
  ['a web page', () => ({ bytes: utf8('<html>'), headers: { 'Content-Type': 'text/html' } })],
  ['a broken connection', () => ({ bytes: long, breaks: { after: 10, times: 99 } })],
  ['a broken block', () => ({ bytes: long, ranges: true, breaks: { after: 10, times: 99 } }), 'source'],
  ['silence', () => ({ bytes: rows, stalls: { after: null, times: 99 } })],
  ['bytes beyond its end', () => ({ bytes: rows, ranges: true }), 'source'],
]

test.each(FAULTS)('an address is told without its query and fragment: %s', async (_, behaviour, read) => {
  const served = behaviour()
  if (served) paths.set('/folder/rows.csv', served)
  const url = `${base}/folder/rows.csv${QUERY}`
  const options = { wait: 1, silence: 200, token: `hf_${SECRET}` }
  const told = await toldOf(async () => {
    const { source } = await remoteFile(url, options)
    if (read) await source.read(0, source.size + (served?.breaks ? 0 : 1))
  })
  expect(told).toContain('/folder/rows.csv')
  expect(told).not.toContain(SECRET)
})

test('a file that changed, or whose server gives no parts of it', async () => {
  paths.set('/changed', { bytes: long, ranges: true, headers: { ETag: 'a' } })
  const { source } = await remoteFile(`${base}/changed${QUERY}`, { wait: 1 })
  paths.set('/changed', { bytes: long, ranges: true, headers: { ETag: 'b' } })
  expect(await toldOf(() => source.read(0, source.size))).not.toContain(SECRET)
  paths.set('/whole', { bytes: long })
  const whole = remoteSource(`${base}/whole${QUERY}`, long.length, { wait: 1 })
  expect(await toldOf(() => whole.read(0, 10))).not.toContain(SECRET)
})

test('services, and what a page is served with', async () => {
  paths.set('/json', { bytes: utf8('{"a":') })
  const told = await toldOf(() => remoteJson(`${base}/json${QUERY}`, { wait: 1 }))
  expect(told).not.toContain(SECRET)
  // Not in JavaScript's own words.
  expect(told).not.toMatch(/JSON input|position \d/)
  for (const status of [404, 500]) {
    paths.set('/served', { status })
    expect(await toldOf(() => httpSource(`${base}/served${QUERY}`))).not.toContain(SECRET)
  }
  expect(await toldOf(() => httpSource(`http://127.0.0.1:1/x${QUERY}`))).not.toContain(SECRET)
  paths.set('/info', { json: { splits: 5 } })
  const hub = () =>
    hubFiles('o/n', undefined, undefined, { server: base, wait: 1, token: `hf_${SECRET}` } as never)
  expect(await toldOf(hub)).not.toContain(SECRET)
})

test('names of files and data sets have no query', async () => {
  paths.set('/folder/rows.csv', { bytes: rows })
  const { sources, name } = await sourcesOfUrl(`${base}/folder/rows.csv${QUERY}`)
  expect(JSON.stringify([name, sources.map((source) => source.name)])).not.toContain(SECRET)
})

test.each([
  `https://me:${SECRET}@example.org/rows.csv`,
  `https://${SECRET}@example.org/rows.csv`,
  `me:${SECRET}@example.org/rows.csv`,
  `ftp://me:${SECRET}@example.org/rows.csv${QUERY}`,
  `https://drive.google.com/drive/folders/abc${QUERY}`,
  `https://drive.google.com/open?id=x&key=${SECRET}`,
  `nothing at all?${SECRET}`,
])('an address that is refused before anything is asked: %s', async (address) => {
  expect(await toldOf(() => readAddress(address))).not.toContain(SECRET)
})

test('what of an address is shown', () => {
  expect(
    [
      'https://me:pw@example.org:8080/a/b.csv?key=1#x',
      ' example.org/b.csv?key=1',
      'me:pw@example.org/b.csv',
      '//me:pw@example.org/b.csv',
      'ftp://me:pw@example.org/b.csv;x?key',
      'folder/a@b.csv?v=2',
      '',
    ].map(shownAddress),
  ).toEqual([
    'https://example.org:8080/a/b.csv',
    'example.org/b.csv',
    'example.org/b.csv',
    '//example.org/b.csv',
    'ftp://example.org/b.csv;x',
    'folder/a@b.csv',
    '',
  ])
})
