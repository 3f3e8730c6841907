import * as arrow from 'apache-arrow'
import { tableToIPC } from 'apache-arrow'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { describe, expect, test } from 'vitest'
import { openDataset } from '../../src/dataset/open.ts'
import { bufferSource } from '../../src/files/bytes.ts'
import { remoteFile } from '../../src/files/remote.ts'
import { TableBuilder, TextCells } from '../../src/files/table-builder.ts'
import { unpackZstd } from '../../src/files/zstd.ts'
import type { ReadOptions } from '../../src/protocol/studio.ts'
import { sourcesOfUrl } from '../../src/workers/data-sources.ts'
import { base, paths } from './fake-server.ts'
import { failure, utf8 } from './helpers.ts'

const open = (name: string, bytes: Uint8Array<ArrayBuffer>, options: ReadOptions = {}) =>
  openDataset([{ name, source: bufferSource(bytes) }], options)
const SMALL = { max_gigabytes: 0.01 }

/** One text that every row points to. */
function pointing(rows: number, characters: number): Uint8Array<ArrayBuffer> {
  const type = new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32())
  const dictionary = arrow.vectorFromArray(['x'.repeat(characters)], new arrow.Utf8())
  const data = arrow.makeData({ type, length: rows, nullCount: 0, data: new Int32Array(rows), dictionary })
  return tableToIPC(new arrow.Table({ q: new arrow.Vector([data]) }), 'file') as Uint8Array<ArrayBuffer>
}

/** Rows that are all missing take no byte of the file. */
function missing(rows: number): Uint8Array<ArrayBuffer> {
  const data = arrow.makeData({ type: new arrow.Null(), length: rows })
  return tableToIPC(new arrow.Table({ q: new arrow.Vector([data]) }), 'file') as Uint8Array<ArrayBuffer>
}

const zeros = (count: number) =>
  new Uint8Array(
    parquetWriteBuffer({
      columnData: [{ name: 'a', data: Array<number>(count).fill(0), type: 'INT32' }],
      rowGroupSize: 500_000,
    }),
  )
const lists = (rows: number, each: number) =>
  new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: 'a', data: Array(rows).fill(Array(each).fill('x'.repeat(9))) as string[][], type: 'JSON' },
      ],
    }),
  )

describe('what rows may take in memory', () => {
  test.each<[string, string, () => Uint8Array<ArrayBuffer>, number]>([
    ['a text that many rows point to', 'a.arrow', () => pointing(2000, 40_000), 2000],
    ['many rows of nothing', 'a.arrow', () => missing(4_000_000), 4_000_000],
    ['many zeros', 'a.parquet', () => zeros(400_000), 400_000],
    ['many rows of one letter', 'a.csv', () => utf8(`q\n${'x\n'.repeat(90_000)}`), 90_000],
    ['long lists in few rows', 'a.parquet', () => lists(30, 100_000), 30],
    ['text', 'a.csv', () => utf8(`q\n${`${'word '.repeat(40)}\n`.repeat(60_000)}`), 60_000],
    ['lines', 'a.jsonl', () => utf8(`{"q":"${'word '.repeat(40)}"}\n`.repeat(60_000)), 60_000],
  ])('%s', async (_, name, make, rows) => {
    const bytes = make()
    const { message, hint, detail } = await failure(() => open(name, bytes, SMALL), 'unsupported_format')
    expect(message).toBe(`${name} would take more than 10 MB of memory.`)
    expect(hint).toContain('data.reading.max_gigabytes')
    expect(detail).toMatchObject({ field: 'data.reading.max_gigabytes', most: 0.01 * 2 ** 30 })
    // Raised, it is read, and is the data set that it is without a limit.
    const raised = await open(name, bytes, { max_gigabytes: 0.5 })
    expect(raised.table.numRows).toBe(rows)
    expect(raised.reading).toBeUndefined()
    expect(raised.hash).toBe((await open(name, bytes)).hash)
  })

  test('a cell beyond the limit of all formats is refused in each', async () => {
    const long = 'x'.repeat(17 << 20)
    const column = arrow.vectorFromArray(['a', long], new arrow.Utf8())
    const plain = tableToIPC(new arrow.Table({ q: column }), 'file') as Uint8Array<ArrayBuffer>
    const parquet = parquetWriteBuffer({ columnData: [{ name: 'q', data: ['a', long], type: 'STRING' }] })
    for (const [name, bytes] of [
      ['a.arrow', plain],
      ['a.parquet', new Uint8Array(parquet)],
      ['a.arrow', pointing(2, 17 << 20)],
    ] as const)
      expect((await failure(() => open(name, bytes), 'bad_data')).message).toMatch(
        /^Row \d of a\.\w+ has 17 MB of text in its column "q"; a cell may have 16 MB\.$/,
      )
  })

  test('is counted as it grows, and given back with rows that are', () => {
    const builder = new TableBuilder()
    const cells = new TextCells(utf8('abcdef'), Int32Array.of(0, 3, 6))
    builder.append({ rows: 2, columns: [{ name: 'q', values: cells }] })
    const { bytes } = builder
    expect(bytes).toBeGreaterThanOrEqual(6)
    builder.append({ rows: 2, columns: [{ name: 'a', values: ['x'.repeat(1000), 'y'] }] })
    expect(builder.bytes).toBeGreaterThan(bytes + 1000)
    builder.rollback(1)
    expect(builder.bytes).toBe(bytes)
  })
})

describe('Zstandard', () => {
  /** A frame of blocks that each stand for `size` times one letter, with the size it says, if any. */
  function frame(blocks: number, size: number, said: number | null): Uint8Array<ArrayBuffer> {
    const head =
      said === null ? [0x28, 0xb5, 0x2f, 0xfd, 0, 0x58] : [0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0]
    const bytes = new Uint8Array(head.length + blocks * 4)
    bytes.set(head)
    if (said !== null) new DataView(bytes.buffer).setUint32(5, said, true)
    for (let i = 0; i < blocks; i++) {
      const header = (size << 3) | (1 << 1) | (i === blocks - 1 ? 1 : 0)
      bytes.set([header & 255, (header >> 8) & 255, header >> 16, 65], head.length + i * 4)
    }
    return bytes
  }

  test('is unpacked to the size it promises', () => {
    expect(unpackZstd(frame(2, 1000, 2000), 2000)).toEqual(new Uint8Array(2000).fill(65))
    expect(unpackZstd(frame(2, 1000, null), 2000)).toEqual(new Uint8Array(2000).fill(65))
  })

  test('is refused before it is, where it promises another size or none', () => {
    expect(() => unpackZstd(frame(2, 1000, 2000), 1999)).toThrow(/2000 bytes in place of 1999/)
    expect(() => unpackZstd(frame(100_000, 128 << 10, null), 2000)).toThrow(/does not say its size/)
  })
})

describe('what is fetched', () => {
  const rows = utf8(`q,a\n${'1,2\n'.repeat(100_000)}`)
  test.each([
    ['where the server says how much', { bytes: rows, ranges: true }, /has 0 MB; at most 0 MB are fetched/],
    ['where it says so of the whole', { bytes: rows }, /has 0 MB; at most 0 MB are fetched/],
    [
      'where it does not',
      { bytes: rows, headers: { 'Content-Encoding': 'identity' } },
      /sends more than 0 MB/,
    ],
  ])('%s', async (_, behaviour, message) => {
    paths.set('/rows.csv', behaviour)
    const url = `${base}/rows.csv?key=1`
    const error = await failure(() => remoteFile(url, { wait: 1, most: 100_000 }), 'unsupported_format')
    expect(error.message).toMatch(message)
    expect(error.detail).toMatchObject({ most: 100_000, field: 'data.reading.max_gigabytes' })
    const access = {}
    const raised = await sourcesOfUrl(url, access, undefined, undefined, { max_gigabytes: 0.01 })
    expect(raised.sources[0]!.source.size).toBe(rows.length)
  })
})
