import 'fake-indexeddb/auto'
import { expect, test } from 'vitest'
import { openDatabase } from '../../src/storage/database.ts'
import { beginFile, DownloadChunks, downloadedBytes } from '../../src/storage/downloads.ts'

const MB = 2 ** 20
const facts = {
  name: 'a',
  url: 'https://x.test/a',
  size: 20 * MB + 5,
  sha256: null,
  git: null,
  version: null,
}

test.each([
  ['this version', beginFile(facts), 2 * MB],
  ['an earlier version, in larger chunks', { ...facts, set: 'old', ref: null }, 8 * MB],
])(
  'a download that %s began is as long as its chunks, whole or in part, and is gone on with',
  async (_, file, chunk) => {
    const database = await openDatabase({ name: file.set })
    const chunks = new DownloadChunks(database, file)
    await chunks.write(1, new Uint8Array(chunk).fill(1))
    await chunks.write(0, new Uint8Array(300_000).fill(2))
    const last = Math.floor(file.size / chunk)
    await chunks.write(last, new Uint8Array(file.size - last * chunk).fill(3))
    const there = new Map([
      [0, 300_000],
      [1, chunk],
      [last, file.size - last * chunk],
    ])
    expect(await new DownloadChunks(database, file).lengths()).toEqual(there)
    expect(await chunks.read(0)).toEqual(new Uint8Array(300_000).fill(2))
    const download = { id: 'd', created: 1, address: { kind: 'url', address: 'x' }, name: 'd' } as const
    const all = { ...download, origin: { kind: 'files' } as const, licence: null, files: [file] }
    expect(await downloadedBytes(database, all)).toBe(300_000 + file.size - (last - 1) * chunk)
    // The whole one takes the place of its part.
    await chunks.write(0, new Uint8Array(chunk).fill(4))
    expect((await chunks.lengths()).get(0)).toBe(chunk)
    expect(await database.count('chunks')).toBe(3)
    database.close()
  },
)
