import { gzipSync } from 'node:zlib'
import { downloadZip } from 'client-zip'
import { expect, test } from 'vitest'
import { type Dataset, openDataset } from '../../src/dataset/open.ts'
import { bufferSource } from '../../src/files/bytes.ts'
import { tableRows } from '../../src/files/table.ts'
import { LapidaryError } from '../../src/protocol/errors.ts'
import { files, goldenFile } from './golden-files.ts'
import { seeded, utf8 } from './helpers.ts'

/**
 * Files of every format, damaged in every usual way: each gives a located error, or all the rows that are in it. What no
 * reader could notice (a letter changed in a text without check sums) may change a value, never the number of rows.
 */
interface Sample {
  name: string
  bytes: Uint8Array<ArrayBuffer>
  /** Text formats have no check of their own: what is cut off between two rows cannot be missed. */
  kind: 'rows' | 'checked'
}

const ROWS = Array.from({ length: 40 }, (_, i) => ({
  prompt: `Frage ${i}, größer?`,
  response: i % 5 ? `Antwort "${i}"` : `two\nlines ${i}`,
}))
const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`
const csvText = (delimiter: string, end: string) =>
  ['prompt', 'response'].join(delimiter) +
  end +
  ROWS.map((row) => quoted(row.prompt) + delimiter + quoted(row.response) + end).join('')

function utf16(text: string, little: boolean): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(2 * text.length))
  for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), little)
  return new Uint8Array(view.buffer)
}

function latin1(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (c) => c.charCodeAt(0))
}

async function zipped(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await downloadZip([{ name, input: bytes }]).arrayBuffer())
}

const csv = utf8(csvText(',', '\n'))
const jsonl = utf8(ROWS.map((row) => `${JSON.stringify(row)}\n`).join(''))
const SAMPLES: Sample[] = [
  { name: 'a.csv', bytes: csv, kind: 'rows' },
  { name: 'b.csv', bytes: latin1(csvText(';', '\r\n')), kind: 'rows' },
  { name: 'c.csv', bytes: utf16(`\ufeff${csvText(',', '\r')}`, true), kind: 'rows' },
  { name: 'd.tsv', bytes: utf8(csvText('\t', '\n')), kind: 'rows' },
  { name: 'e.jsonl', bytes: jsonl, kind: 'rows' },
  { name: 'f.json', bytes: utf8(JSON.stringify(ROWS)), kind: 'checked' },
  { name: 'g.json', bytes: utf8(JSON.stringify({ data: ROWS }, null, 1)), kind: 'checked' },
  {
    name: 'h.txt',
    bytes: utf8(ROWS.map(({ prompt }, i) => `${i % 3 ? prompt : 'So, so, größer.'}\n`).join('')),
    kind: 'rows',
  },
  { name: 'i.csv.gz', bytes: new Uint8Array(gzipSync(csv)), kind: 'checked' },
  { name: 'j.zip', bytes: await zipped('rows.jsonl', jsonl), kind: 'checked' },
  {
    name: 'k.csv.gz',
    bytes: new Uint8Array([...gzipSync(csv.slice(0, 700)), ...gzipSync(csv.slice(700))]),
    kind: 'checked',
  },
  ...Object.keys(files).map((name): Sample => ({ name, bytes: goldenFile(name), kind: 'checked' })),
]

async function outcome(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<Dataset | LapidaryError> {
  try {
    return await openDataset({ name, source: bufferSource(bytes) })
  } catch (error) {
    if (!(error instanceof LapidaryError)) throw error
    expect(['bad_data', 'bad_file', 'unsupported_format']).toContain(error.code)
    expect(error.hint.length).toBeGreaterThan(10)
    // Which file, and, unless the whole of it is at fault, where in it.
    expect(error.message).toContain(name.replace(/\.gz$/, ''))
    expect(error.detail?.file).toContain(name.replace(/\.gz$/, ''))
    const places = ['row', 'line', 'byte', 'character', 'where', 'column', 'found', 'reason', 'sheet']
    const whole = /is empty|holds an empty list|has no rows|header line but no rows|is not valid JSON/
    if (!whole.test(error.message)) expect(places.some((place) => place in error.detail!)).toBe(true)
    return error
  }
}

const WHOLE = new Map<string, number>()
for (const { name, bytes } of SAMPLES) {
  const whole = await outcome(name, bytes)
  if (whole instanceof LapidaryError) throw whole
  WHOLE.set(name, whole.table.numRows)
}

const told = { errors: 0, reads: 0 }
function count(found: Dataset | LapidaryError): void {
  if (found instanceof LapidaryError) told.errors++
  else told.reads++
}

test.each(SAMPLES)('$name cut off anywhere', async ({ name, bytes, kind }) => {
  const random = seeded(bytes.length)
  const full = await openDataset({ name, source: bufferSource(bytes) })
  const rows = tableRows(full.table)
  for (let round = 0; round < 8; round++) {
    const at = round === 0 ? bytes.length - 1 : Math.floor(random() * bytes.length)
    const found = await outcome(name, bytes.slice(0, at))
    count(found)
    if (found instanceof LapidaryError) continue
    const read = tableRows(found.table)
    if (kind === 'checked') {
      // Only the end mark of an Arrow stream may be missing, which is said.
      expect(name).toContain('stream')
      expect(found.findings.some(({ message }) => message.includes('end mark'))).toBe(true)
    }
    // Every row but the one that was cut through is whole.
    expect(read.slice(0, -1)).toEqual(rows.slice(0, read.length - 1))
    if (kind === 'rows')
      expect(read.length).toBeGreaterThanOrEqual(Math.floor((rows.length * at) / bytes.length) - 2)
  }
})

test.each(SAMPLES)('$name with bits flipped', async ({ name, bytes, kind }) => {
  const random = seeded(bytes.length + 1)
  for (let round = 0; round < 12; round++) {
    const damaged = bytes.slice()
    const flips = 1 + (round % 3)
    for (let i = 0; i < flips; i++)
      damaged[Math.floor(random() * damaged.length)]! ^= 1 << Math.floor(random() * 8)
    const found = await outcome(name, damaged)
    count(found)
    if (found instanceof LapidaryError) continue
    const missing = Math.abs(found.table.numRows - WHOLE.get(name)!)
    // A line end that becomes a letter joins two lines of a text.
    expect(missing).toBeLessThanOrEqual(kind === 'rows' ? flips : 0)
  }
})

/** Found among thousands: a page header without its counts, and one with far too many, kept hyparquet busy for minutes. */
test.each([
  [[521, 3]],
  [
    [830, 2],
    [37, 1],
  ],
])('Parquet pages whose counts are damaged', async (...flips) => {
  const bytes = goldenFile('typed-v2.parquet')
  for (const [byte, bit] of flips as number[][]) bytes[byte!]! ^= 1 << bit!
  expect(await outcome('typed-v2.parquet', bytes)).toMatchObject({ code: 'bad_file' })
})

test.each(SAMPLES)('$name under other names', async ({ name, bytes }) => {
  const expected = tableRows((await openDataset({ name, source: bufferSource(bytes) })).table)
  for (const extension of ['csv', 'jsonl', 'parquet', 'xlsx', 'zip', 'arrow', 'bin', 'tsv']) {
    const found = await outcome(`renamed.${extension}`, bytes)
    count(found)
    if (name === 'h.txt') {
      // Lines of text that are called a table are a ragged one, and no JSON either.
      expect(found).toBeInstanceOf(LapidaryError)
      continue
    }
    if (found instanceof LapidaryError) throw found
    expect(tableRows(found.table)).toEqual(expected)
  }
})

test('in the wrong encoding', async () => {
  const expected = ROWS.map(({ prompt, response }) => ({ prompt, response }))
  for (const text of [csvText(',', '\n'), csvText(';', '\r\n'), jsonl && JSON.stringify(ROWS)])
    for (const bytes of [
      latin1(text),
      utf16(text, true),
      utf16(text, false),
      utf16(`\ufeff${text}`, false),
      utf8(`\ufeff${text}`),
    ]) {
      const found = await outcome('x.csv', bytes)
      count(found)
      if (found instanceof LapidaryError) throw found
      expect(tableRows(found.table)).toEqual(expected)
      // Half a character too few or too many at either end.
      for (const part of [bytes.slice(1), bytes.slice(0, -1)]) count(await outcome('x.csv', part))
    }
})

test('that makes at least two hundred, errors and reads both', () => {
  expect(told.errors + told.reads).toBeGreaterThan(200)
  expect(told.errors).toBeGreaterThan(100)
  expect(told.reads).toBeGreaterThan(100)
})
