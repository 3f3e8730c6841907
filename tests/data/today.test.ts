import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type DataType,
  Field,
  List,
  RecordBatchFileWriter,
  Schema,
  Table,
  tableFromArrays,
  tableToIPC,
  Utf8,
} from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import { openDataset } from '../../src/dataset/open.ts'
import { bufferSource } from '../../src/files/bytes.ts'
import { withoutStatistics } from '../../src/files/parquet-footer.ts'
import { leafType } from '../../src/files/parquet-leaf.ts'
import { tableRows } from '../../src/files/table.ts'
import { failure } from './helpers.ts'

/** Made by `peers/write_files.py --golden`: files as the current DuckDB, Polars, pyarrow and others write them. */
const FOLDER = join(import.meta.dirname, '..', 'golden', 'today')
const FILES = readdirSync(FOLDER).filter((name) => /\.(parquet|arrow|xlsx)$/.test(name))

const bytesOf = (name: string) => new Uint8Array(readFileSync(join(FOLDER, name)))
const open = (name: string, bytes: Uint8Array<ArrayBuffer>) =>
  openDataset({ name, source: bufferSource(bytes) })

describe('files of today’s libraries, value by value', () => {
  test('there are some of each', () => {
    for (const library of ['duckdb', 'fastparquet', 'openpyxl', 'pandas', 'polars', 'pyarrow', 'xlsxwriter'])
      expect(FILES.some((name) => name.startsWith(library))).toBe(true)
  })

  test.each(FILES)('%s', async (name) => {
    const expected = JSON.parse(readFileSync(join(FOLDER, `${name}.expected.json`), 'utf8')) as
      | { refused: string }
      | Record<string, unknown[]>
    if (typeof expected.refused === 'string') {
      const error = await failure(
        () => open(name, bytesOf(name)),
        name.includes('empty') ? 'bad_data' : 'unsupported_format',
      )
      expect(error.message).toContain(expected.refused)
      expect(error.message).not.toContain('damaged')
      return
    }
    const { table } = await open(name, bytesOf(name))
    const rows = tableRows(table)
    const columns = Object.entries(expected as Record<string, unknown[]>)
    for (const [column, values] of columns) expect(rows.map((row) => row[column])).toEqual(values)
    expect(rows.length).toBe(columns[0]![1].length)
  })
})

describe('Arrow files are read by their footer', () => {
  test('of apache-arrow’s own writer, whose stream inside has no schema', async () => {
    const table = tableFromArrays({ q: ['a', 'b', 'c'], n: Float64Array.of(1, 2, 3) })
    const bytes = RecordBatchFileWriter.writeAll(table).toUint8Array(true)
    expect(tableRows((await open('x.arrow', bytes as Uint8Array<ArrayBuffer>)).table)).toEqual([
      { q: 'a', n: 1 },
      { q: 'b', n: 2 },
      { q: 'c', n: 3 },
    ])
  })

  test('with bytes between the blocks that belong to none', async () => {
    const bytes = bytesOf('polars-typed.arrow')
    bytes.fill(0x55, 6, 8)
    expect((await open('x.arrow', bytes)).table.numRows).toBe(3)
  })

  test('cut off, with a footer too long, and without rows', async () => {
    const whole = bytesOf('polars-typed.arrow')
    for (const cut of [whole.slice(0, -1), whole.slice(0, 40)])
      expect((await failure(() => open('x.arrow', cut), 'bad_file')).message).toMatch(
        /damaged .* (cut off|ends)/,
      )
    const long = whole.slice()
    new DataView(long.buffer).setInt32(long.length - 10, 1 << 30, true)
    expect((await failure(() => open('x.arrow', long), 'bad_file')).message).toContain('longer than the file')
  })

  test('a big-endian one is refused by name', async () => {
    const bytes = bytesOf('pyarrow-interval.arrow')
    // The schema's first field says the order of bytes; it is left out where that is little-endian.
    const error = await failure(() => open('x.arrow', bigEndian(bytes)), 'unsupported_format')
    expect(error.message).toContain('big-endian')
  })
})

/** The same file as of a big-endian machine: its footer built again with that one field. */
function bigEndian(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const size = new DataView(bytes.buffer, bytes.byteOffset).getInt32(bytes.length - 10, true)
  const footer = bytes.slice(bytes.length - 10 - size, bytes.length - 10)
  const marked = withEndianness(footer)
  const tail = new Uint8Array(10)
  new DataView(tail.buffer).setInt32(0, marked.length, true)
  tail.set(bytes.subarray(bytes.length - 6), 4)
  return Uint8Array.of(...bytes.subarray(0, bytes.length - 10 - size), ...marked, ...tail)
}

/** Points the vtable of the footer's schema at a copy with its first slot set, behind which lies the number 1. */
function withEndianness(footer: Uint8Array): Uint8Array {
  const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const old = view(footer)
  const slot = (table: number, field: number) =>
    old.getUint16(table - old.getInt32(table, true) + 4 + 2 * field, true)
  const root = old.getUint32(0, true)
  const at = root + slot(root, 1)
  const schema = at + old.getUint32(at, true)
  const vtable = schema - old.getInt32(schema, true)
  const length = old.getUint16(vtable, true)
  const out = new Uint8Array(footer.length + ((8 - (footer.length % 8)) % 8) + 64)
  out.set(footer)
  const copy = footer.length + ((8 - (footer.length % 8)) % 8)
  out.set(footer.subarray(vtable, vtable + length), copy)
  const now = view(out)
  now.setInt32(schema, schema - copy, true)
  const value = copy + 48
  now.setInt16(value, 1, true)
  now.setUint16(copy + 4, value - schema, true)
  return out
}

test('a Parquet file whose statistics have an odd length is read all the same', async () => {
  const bytes = bytesOf('duckdb-typed-zstd-V2.parquet')
  const size = new DataView(bytes.buffer).getUint32(bytes.length - 8, true)
  const footer = bytes.slice(bytes.length - 8 - size)
  const hidden = withoutStatistics(footer)
  const { parquetMetadata } = await import('hyparquet')
  const statisticsOf = (part: Uint8Array<ArrayBuffer>) =>
    parquetMetadata(part, { geoparquet: false }).row_groups[0]!.columns.map(
      ({ meta_data }) => meta_data!.statistics,
    )
  expect(statisticsOf(footer).some((statistics) => statistics?.max_value !== undefined)).toBe(true)
  for (const statistics of statisticsOf(hidden))
    for (const bound of ['min', 'max', 'min_value', 'max_value'] as const)
      expect(statistics?.[bound]).toBeUndefined()
  // All else of the footer is as it was.
  const rest = (part: Uint8Array<ArrayBuffer>) => parquetMetadata(part, { geoparquet: false }).schema
  expect(rest(hidden)).toEqual(rest(footer))
})

test('a Parquet time of 96 bits whose nanoseconds count back from a later day', () => {
  const read = leafType({ name: 't', type: 'INT96' }, ['t'])
  const bytes = new Uint8Array(12)
  const view = new DataView(bytes.buffer)
  const moment = (nanoseconds: bigint, day: number) => {
    view.setBigInt64(0, nanoseconds, true)
    view.setInt32(8, 2_440_588 + day, true)
    return read(bytes.slice())
  }
  expect(moment(45_001_250_001_000n, 19_782)).toBe('2024-02-29T12:30:01.250001')
  expect(moment(-86_399_999_999_000n, -3652)).toBe('1960-01-01T00:00:00.000001')
})

test('types nested without end are refused before anything is made of them', async () => {
  let type: DataType = new Utf8()
  for (let level = 0; level < 200; level++) type = new List(new Field('item', type, true))
  const bytes = tableToIPC(new Table(new Schema([new Field('q', type, true)])), 'stream')
  const error = await failure(() => open('x.arrows', bytes as Uint8Array<ArrayBuffer>), 'unsupported_format')
  expect(error.message).toContain('nested more than 128 levels')
})
