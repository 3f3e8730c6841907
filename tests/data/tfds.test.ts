import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { openDataset } from '../../src/dataset/open.ts'
import { isArrayRecord, readArrayRecords } from '../../src/files/array-record.ts'
import { bufferSource } from '../../src/files/bytes.ts'
import { tableRows } from '../../src/files/table.ts'
import { isTfRecord, readTfRecords } from '../../src/files/tfrecord.ts'
import { crc32c, maskedCrc32c } from '../../src/lib/crc32c.ts'
import { highwayHash64 } from '../../src/lib/highwayhash.ts'
import { LapidaryError } from '../../src/protocol/errors.ts'
import { failure, seeded, utf8 } from './helpers.ts'

const GOLDEN = join(import.meta.dirname, '..', 'golden', 'tfds')
const RECORDS = join(GOLDEN, 'records')
const records: Record<string, { count: number; bytes: number; sha256: string }> = JSON.parse(
  readFileSync(join(RECORDS, 'expected.json'), 'utf8'),
)

/** A golden file; those with long runs of zeros are kept compressed. */
function golden(folder: string, name: string): Uint8Array<ArrayBuffer> {
  const packed = readdirSync(folder).includes(`${name}.gz`)
  const bytes = readFileSync(join(folder, packed ? `${name}.gz` : name))
  return new Uint8Array(packed ? gunzipSync(bytes) : bytes)
}

async function* pieces(
  bytes: Uint8Array<ArrayBuffer>,
  size: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

function read(name: string, bytes: Uint8Array<ArrayBuffer>, piece = 4096): AsyncIterable<Uint8Array[]> {
  if (name.endsWith('.array_record')) return readArrayRecords(bufferSource(bytes), name)
  return readTfRecords(pieces(bytes, piece), name)
}

async function digest(batches: AsyncIterable<Uint8Array[]>) {
  const hash = createHash('sha256')
  const found = { count: 0, bytes: 0, sha256: '' }
  for await (const batch of batches)
    for (const record of batch) {
      const length = Buffer.alloc(8)
      length.writeBigUInt64LE(BigInt(record.length))
      hash.update(length).update(record)
      found.count++
      found.bytes += record.length
    }
  return { ...found, sha256: hash.digest('hex') }
}

type Files = Record<string, Uint8Array<ArrayBuffer>>

function folder(format: string): Files {
  const path = join(GOLDEN, 'features', format)
  return Object.fromEntries(
    readdirSync(path).map((name) => [
      `set/${name.replace(/\.gz$/, '')}`,
      golden(path, name.replace(/\.gz$/, '')),
    ]),
  )
}

const open = (files: Files) =>
  openDataset(Object.entries(files).map(([name, bytes]) => ({ name, source: bufferSource(bytes) })))

describe('checksums', () => {
  test('CRC-32C: the vectors of RFC 3720, B.4', () => {
    const bytes = (at: (i: number) => number) => Uint8Array.from({ length: 32 }, (_, i) => at(i))
    expect(crc32c(bytes(() => 0))).toBe(0x8a9136aa)
    expect(crc32c(bytes(() => 0xff))).toBe(0x62a8ab43)
    expect(crc32c(bytes((i) => i))).toBe(0x46dd794e)
    expect(crc32c(bytes((i) => 31 - i))).toBe(0x113fdb5c)
    expect(crc32c(utf8('123456789'))).toBe(0xe3069283)
    expect(crc32c(utf8('xx123456789x'), 2, 11)).toBe(0xe3069283)
  })

  test('HighwayHash-64: the vectors of its authors, by length', () => {
    const key = Array.from({ length: 8 }, (_, i) => (0x03020100 + i * 0x04040404) >>> 0)
    const hex = (size: number) =>
      highwayHash64(
        key,
        Uint8Array.from({ length: size }, (_, i) => i),
      )
        .map((word) => word.toString(16).padStart(8, '0'))
        .reverse()
        .join('')
    const expected: [number, string][] = [
      [0, '907a56de22c26e53'],
      [1, '7eab43aac7cddd78'],
      [2, 'b8d0569ab0b53d62'],
      [3, '5c6befab8a463d80'],
      [4, 'f205a46893007eda'],
      [15, '40793f86a449f33b'],
      [16, 'cfab3489f97eb832'],
      [17, '19fe67d2c8c5c0e2'],
      [31, '9fc7007ccf035a68'],
      [32, 'a0c964d9ecd580fc'],
      [33, '2c90f73ca03181fc'],
      [63, 'ab8eebe9bf2139a0'],
      [64, '75542c5d4cd2a6ff'],
    ]
    for (const [size, value] of expected) expect([size, hex(size)]).toEqual([size, value])
  })
})

describe('record files by the official libraries', () => {
  const names = Object.keys(records).filter((name) => !name.startsWith('transposed'))
  test('are all there', () => expect(names.length).toBe(11))

  test.each(names)('%s', async (name) => {
    const bytes = golden(RECORDS, name)
    expect(await digest(read(name, bytes))).toEqual(records[name])
    if (/plain|zip|zlib/.test(name)) expect(await digest(read(name, bytes, 7))).toEqual(records[name])
  })

  test('are told by their first bytes', () => {
    expect(isArrayRecord(golden(RECORDS, 'brotli.array_record').subarray(0, 64))).toBe(true)
    expect(isTfRecord(golden(RECORDS, 'plain.tfrecord').subarray(0, 64))).toBe(true)
    expect(isTfRecord(golden(RECORDS, 'brotli.array_record'))).toBe(false)
    expect(isTfRecord(utf8('prompt,response\nhi,ho'))).toBe(false)
    expect(isTfRecord(new Uint8Array(64))).toBe(false)
  })

  test('of transposed chunks are refused by name', async () => {
    const work = () => digest(read('transposed.array_record', golden(RECORDS, 'transposed.array_record')))
    expect((await failure(work, 'unsupported_format')).detail).toMatchObject({ byte: 64, type: 't' })
  })

  test.each([
    'default.array_record',
    'brotli.array_record',
    'plain.tfrecord',
    'gzip.tfrecord',
    'zlib.tfrecord',
  ])('%s, damaged anywhere: the same records or a located error', async (name) => {
    const good = golden(RECORDS, name)
    const random = seeded(name.length)
    let refused = 0
    for (let i = 0; i < 60; i++) {
      const at = Math.floor(random() ** 2 * good.length)
      const bad = i % 3 === 0 ? good.slice(0, at) : good.slice()
      if (i % 3 > 0) bad[at]! ^= 1 << Math.floor(random() * 8)
      let found: unknown
      try {
        found = await digest(read(name, bad))
      } catch (error) {
        if (!(error instanceof LapidaryError)) throw error
        expect(['bad_file', 'unsupported_format']).toContain(error.code)
        expect(error.detail).toHaveProperty('byte')
        refused++
        continue
      }
      // Padding and block headers are not read.
      if (at > 0 || i % 3 > 0) expect([at, found]).toEqual([at, records[name]])
    }
    expect(refused).toBeGreaterThan(20)
  })

  test('TFRecord: a wrong byte is located by record and byte', async () => {
    const bytes = golden(RECORDS, 'plain.tfrecord')
    const second = 16 + bytes[0]!
    bytes[second + 13]! ^= 4
    const { detail } = await failure(() => digest(read('a.tfrecord', bytes)), 'bad_file')
    expect(detail).toMatchObject({ record: 1, byte: second, part: 'data' })
  })

  test('TFRecord: a huge length with a right checksum is refused', async () => {
    const bytes = new Uint8Array(64)
    new DataView(bytes.buffer).setUint32(4, 0x7fffffff, true)
    new DataView(bytes.buffer).setUint32(8, maskedCrc32c(bytes, 0, 8), true)
    await failure(() => digest(read('a.tfrecord', bytes)), 'bad_file')
  })

  test('ArrayRecord: records taken away from the end are missed', async () => {
    const bytes = golden(RECORDS, 'default.array_record')
    const cut = bytes.slice(0, bytes.length - 65_536)
    expect((await failure(() => digest(read('a.array_record', cut)), 'bad_file')).message).toContain(
      'does not end',
    )
  })
})

describe('TFDS folders', () => {
  const expected: Record<string, Record<string, unknown>[]> = JSON.parse(
    readFileSync(join(GOLDEN, 'features', 'expected.json'), 'utf8'),
  )

  /** Columns of f32, which TFDS gives as the nearest double, and the reader as the shortest decimal. */
  const single = (value: unknown): unknown =>
    typeof value === 'number' ? Math.fround(value) : Array.isArray(value) ? value.map(single) : value
  const flat = (row: Record<string, unknown>, split: string) => {
    const { nested, translation, ...rest } = row as Record<string, Record<string, unknown>>
    const whole: Record<string, unknown> = { ...rest, split, 'nested/a': nested!.a }
    whole['nested/inner/b'] = (nested!.inner as Record<string, unknown>).b
    for (const [language, text] of Object.entries(translation!)) whole[`translation/${language}`] = text
    // Columns of whole numbers beyond a double are text.
    for (const name of ['large', 'unsigned']) whole[name] = String(row[name])
    for (const name of ['single', 'double', 'half', 'matrix']) whole[name] = single(row[name])
    return whole
  }

  test.each(['tfrecord', 'array_record', 'parquet'])('as %s, value by value', async (format) => {
    const dataset = await open(folder(format))
    expect(dataset.format).toBe('tfds')
    const rows = tableRows(dataset.table)
    for (const row of rows)
      for (const name of ['single', 'double', 'half', 'matrix']) row[name] = single(row[name])
    expect(rows).toEqual(
      Object.entries(expected).flatMap(([split, list]) => list.map((row) => flat(row, split))),
    )
    expect(dataset.findings).toEqual([])
  })

  test('floats are written as NumPy writes them', async () => {
    const rows = tableRows((await open(folder('parquet'))).table)
    expect(rows.slice(0, 5).map((row) => row.single)).toEqual([0.1, -3.5, 1e-38, 16777216, 0.6666667])
  })

  test('a missing shard is named', async () => {
    const files = folder('tfrecord')
    delete files['set/features-train.tfrecord-00001-of-00002']
    const { detail } = await failure(() => open(files), 'missing_file')
    expect(detail).toEqual({
      split: 'train',
      shard: 1,
      shards: 2,
      file: 'features-train.tfrecord-00001-of-00002',
    })
  })

  test('a split that is not there at all is left out, and said', async () => {
    const files = folder('tfrecord')
    for (const name of Object.keys(files)) if (name.includes('-test.')) delete files[name]
    const { table, findings } = await open(files)
    expect(table.numRows).toBe(9)
    expect(table.schema.fields.map(({ name }) => name)).not.toContain('split')
    expect(findings.map(({ message }) => message)).toEqual([
      'The split "test" is not there: none of its 2 file(s).',
    ])
  })

  test('a shard with too few rows is named', async () => {
    const files = folder('tfrecord')
    const info = new TextDecoder().decode(files['set/dataset_info.json'])
    files['set/dataset_info.json'] = utf8(info.replace(/"shardLengths": \[\s*"\d+"/, '"shardLengths": ["99"'))
    const { detail } = await failure(() => open(files), 'bad_file')
    expect(detail).toMatchObject({ expected: 99, file: 'set/features-train.tfrecord-00000-of-00002' })
  })

  test('features.json of another data set: the row and the field are named', async () => {
    const files = folder('tfrecord')
    const features = new TextDecoder().decode(files['set/features.json'])
    files['set/features.json'] = utf8(features.replace('"small"', '"smaller"'))
    const { message, detail } = await failure(() => open(files), 'bad_file')
    expect(message).toContain('no "smaller"')
    expect(detail).toMatchObject({ row: 0 })
  })

  test('images and sounds are left out by name', async () => {
    const files = folder('tfrecord')
    const features = JSON.parse(new TextDecoder().decode(files['set/features.json']))
    const own = features.featuresDict.features
    own.picture = { pythonClassName: 'x.Image', image: { shape: {} } }
    own.film = { pythonClassName: 'x.Sequence', sequence: { feature: own.picture, length: '-1' } }
    files['set/features.json'] = utf8(JSON.stringify(features))
    const { findings } = await open(files)
    expect(findings.map(({ column, message }) => [column, message])).toEqual([
      ['picture', 'The column "picture" holds images and was left out.'],
      ['film', 'The column "film" holds images and was left out.'],
    ])
  })

  test('loose files, without features.json: columns from the records, splits from the names', async () => {
    const files = folder('tfrecord')
    for (const name of Object.keys(files)) if (!name.includes('.tfrecord-')) delete files[name]
    const { table, findings } = await open(files)
    const rows = tableRows(table)
    expect(rows.map(({ split }) => split)).toEqual([...Array(3).fill('test'), ...Array(9).fill('train')])
    expect(rows.slice(3).map(({ text }) => text)).toEqual(expected.train!.map(({ text }) => text))
    expect(rows.slice(3).map(({ ids }) => ids)).toEqual(expected.train!.map(({ ids }) => ids))
    expect(findings.map(({ severity }) => severity)).toEqual(['note'])
  })

  test('one of several files by itself is read, and the missing ones are said', async () => {
    const name = 'set/features-train.tfrecord-00001-of-00002'
    const { table, findings } = await open({ [name]: folder('tfrecord')[name]! })
    expect(tableRows(table).map(({ text }) => text)).toEqual(expected.train!.slice(4).map(({ text }) => text))
    expect(findings[0]!.message).toBe(
      '"features-train.tfrecord" has 2 files, of which 1 are not there: number 1.',
    )
  })

  test('records of another kind are refused', async () => {
    await failure(() => open({ 'a.tfrecord': golden(RECORDS, 'plain.tfrecord') }), 'unsupported_format')
  })

  test.each(['tfrecord', 'array_record', 'parquet'])('%s: damaged files never lose rows', async (format) => {
    const good = folder(format)
    const names = Object.keys(good).filter((name) => name.includes(`.${format}-`))
    const hash = createHash('sha256')
    for (const row of tableRows((await open(good)).table)) hash.update(JSON.stringify(row))
    const whole = hash.digest('hex')
    const random = seeded(5)
    let refused = 0
    for (let i = 0; i < 40; i++) {
      const name = names[Math.floor(random() * names.length)]!
      const bytes = good[name]!
      const at = 1 + Math.floor(random() ** 4 * (bytes.length - 1))
      const bad = i % 4 === 0 ? bytes.slice(0, at) : bytes.slice()
      if (i % 4 > 0) bad[at]! ^= 1 << Math.floor(random() * 8)
      try {
        const again = createHash('sha256')
        for (const row of tableRows((await open({ ...good, [name]: bad })).table))
          again.update(JSON.stringify(row))
        // Parquet has no checksums here: a bit flipped in its values cannot be seen.
        if (format !== 'parquet') expect([name, at, again.digest('hex')]).toEqual([name, at, whole])
      } catch (error) {
        if (!(error instanceof LapidaryError)) throw error
        refused++
      }
    }
    expect(refused).toBeGreaterThan(10)
  })
})
