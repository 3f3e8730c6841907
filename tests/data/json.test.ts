import { expect, test } from 'vitest'
import { looksLikeJson, readJsonChunks } from '../../src/files/json.ts'
import { columnReader, tableRows } from '../../src/files/table.ts'
import { TableBuilder } from '../../src/files/table-builder.ts'
import { LapidaryError } from '../../src/protocol/errors.ts'
import { failure, seeded, utf8 } from './helpers.ts'

async function tableOf(text: string, size = 7, name = 'data.json') {
  const bytes = utf8(text)
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  )
  const table = new TableBuilder()
  for await (const chunk of readJsonChunks(pieces, name)) table.append(chunk)
  return table.table()
}
const parse = async (text: string, size?: number) => tableRows(await tableOf(text, size))
const ROWS = [
  { prompt: 'a', n: 1, ok: true, list: [1, 'x'], mixed: 'text' },
  { prompt: 'b', n: 2.5, ok: null, list: null, mixed: { deep: [null] } },
]

test.each([
  ['a list', JSON.stringify(ROWS)],
  ['JSON lines', ROWS.map((row) => JSON.stringify(row)).join('\n')],
  ['JSON lines with blanks', `\n${ROWS.map((row) => JSON.stringify(row)).join('\n\n')}\n\n`],
  ['a list inside an object', JSON.stringify({ version: 1, data: ROWS })],
  ['pretty-printed', JSON.stringify(ROWS, null, 2)],
])('%s', async (_, text) => {
  expect(looksLikeJson(text)).toBe(true)
  for (const size of [1, 2, 7, 1000]) expect(await parse(text, size)).toEqual(ROWS)
})

test('columns, and a single object', async () => {
  expect(await parse('{"prompt":["a","b"],"response":["c","d"]}')).toEqual([
    { prompt: 'a', response: 'c' },
    { prompt: 'b', response: 'd' },
  ])
  expect(await parse('{"prompt":"a","response":"b"}')).toEqual([{ prompt: 'a', response: 'b' }])
  const chat = [{ role: 'user', content: 'x' }]
  expect(await parse(JSON.stringify({ messages: chat }))).toEqual([{ messages: chat }])
})

test('objects one after another, however they are laid out', async () => {
  const rows = [
    { q: 'a}{"', n: 1 },
    { q: 'b', n: { deep: ['{'] } },
    { q: 'ü', n: 3 },
  ]
  const [plain, pretty] = [0, 2].map((indent) => rows.map((row) => JSON.stringify(row, null, indent)))
  for (const text of [
    plain!.join(''),
    plain!.join(',\n'),
    `${plain!.join(',')},`,
    pretty!.join('\n'),
    pretty!.join(','),
  ])
    for (const name of ['a.json', 'a.jsonl']) expect(tableRows(await tableOf(text, 7, name))).toEqual(rows)
  const bad = await failure(() => tableOf('{"q":"é"} {"q":"b"} {"q":', 7, 'a.json'), 'bad_data')
  expect(bad).toMatchObject({ code: 'bad_data', detail: { row: 3, byte: 21 } })
  expect(bad.message).toContain('it ends in the middle')
  expect((await failure(() => tableOf('{"q":"a"} x', 7, 'a.json'), 'bad_data')).message).toContain(
    '(`x`) does not belong there',
  )
})

test('a table whose names lie beside it', async () => {
  const rows = [
    { q: 'q1', a: 'a1' },
    { q: 'q2', a: null },
  ]
  const cells = [
    ['q1', 'a1'],
    ['q2', null],
  ]
  for (const head of ['columns', 'header', 'fields'])
    for (const body of ['data', 'rows', 'values']) {
      expect(await parse(JSON.stringify({ [head]: ['q', 'a'], [body]: cells }))).toEqual(rows)
      const named = [{ name: 'q', type: 'text' }, { name: 'a' }]
      expect(await parse(JSON.stringify({ [body]: cells, [head]: named }))).toEqual(rows)
    }
  const tight = { index: [0, 1], columns: ['q', 'a'], data: cells, index_names: [null], column_names: [null] }
  expect(await parse(JSON.stringify(tight))).toEqual(rows)
  expect(await parse(JSON.stringify({ ...tight, index: ['x', 'y'] }))).toEqual([
    { index: 'x', ...rows[0] },
    { index: 'y', ...rows[1] },
  ])
  const short = await failure(
    () => parse(JSON.stringify({ columns: ['q', 'a'], rows: [...cells, ['q3']] })),
    'bad_data',
  )
  expect(short.message).toBe('Row 3 of "rows" in data.json has 1 value, but "columns" names 2 columns.')
  const twice = await failure(() => parse(JSON.stringify({ columns: ['q', 'q'], rows: cells })), 'bad_data')
  expect(twice.message).toContain('names the column "q" twice')
})

test('objects in an object: rows under their names, or columns where there are more names than objects', async () => {
  const byRow = { x: { q: 'q1', a: 'a1' }, y: { q: 'q2', a: 'a2' }, z: { q: 'q3' } }
  expect(await parse(JSON.stringify(byRow))).toEqual([
    { key: 'x', q: 'q1', a: 'a1' },
    { key: 'y', q: 'q2', a: 'a2' },
    { key: 'z', q: 'q3', a: null },
  ])
  const byColumn = { q: { x: 'q1', y: 'q2', z: 'q3' }, a: { x: 'a1', y: 'a2', z: null } }
  expect(await parse(JSON.stringify(byColumn))).toEqual([
    { key: 'x', q: 'q1', a: 'a1' },
    { key: 'y', q: 'q2', a: 'a2' },
    { key: 'z', q: 'q3', a: null },
  ])
})

test('lists and columns one level further in', async () => {
  const [one, two] = [
    { q: 'q1', a: 'a1' },
    { q: 'q2', a: 'a2' },
  ]
  expect(await parse(JSON.stringify({ data: { rows: [one, two] } }))).toEqual([one, two])
  const both = [
    { ...one, split: 'train' },
    { ...two, split: 'test' },
  ]
  expect(await parse(JSON.stringify({ data: { train: [one], test: [two] } }))).toEqual(both)
  expect(await parse('{"train":{"q":["q1"],"a":["a1"]},"test":{"q":["q2"],"a":["a2"]}}')).toEqual(both)
  // The fields of one row.
  const row = { messages: { role: ['user', 'assistant'], content: ['a', 'b'] } }
  expect(await parse(JSON.stringify(row))).toEqual([row])
  const hub = {
    features: [],
    rows: [one, two].map((row, row_idx) => ({ row_idx, row, truncated_cells: [] })),
  }
  expect(await parse(JSON.stringify(hub))).toEqual([one, two])
})

test('a list of turns in place of an object', async () => {
  const turns = (text: string) => [
    { role: 'user', content: text },
    { role: 'assistant', content: 'b' },
  ]
  const [one, two] = [turns('x'), turns('y')]
  const rows = [{ messages: one }, { messages: two }]
  expect(await parse(JSON.stringify([one, two]))).toEqual(rows)
  const lines = `${JSON.stringify(one)}\n${JSON.stringify(two)}\n`
  for (const size of [3, 1000]) expect(tableRows(await tableOf(lines, size, 'a.jsonl'))).toEqual(rows)
  // One list of one line is a list of rows.
  expect(tableRows(await tableOf('[{"a":1},{"a":2}]\n', 5, 'a.jsonl'))).toEqual([{ a: 1 }, { a: 2 }])
})

test('names that only some rows have; empty text is missing', async () => {
  expect(await parse('[{"a":"x"},{"b":""},{"b":"y","a":null}]')).toEqual([
    { a: 'x', b: null },
    { a: null, b: null },
    { a: null, b: 'y' },
  ])
})

test('any value comes back from the table, also through odd names', async () => {
  const rows: object[] = [{ __proto__x: 1, constructor: 'c', toString: [1] }, { 'a b': null }]
  const table = await tableOf(JSON.stringify(rows))
  expect(columnReader(table, 'toString')!(0)).toEqual([1])
  expect(columnReader(table, 'constructor')!(1)).toBe(null)
  expect(columnReader(table, 'nowhere')).toBe(null)
  expect(tableRows(table, 1, 5)).toEqual([
    { __proto__x: null, constructor: null, toString: null, 'a b': null },
  ])
})

test.each([
  ['a broken line', '{"a":1}\n{"a":2\n{"a":3}', { line: 2 }],
  ['a line that is no object', '{"a":1}\n[2]\n', { line: 2 }],
  ['a row that is no object', '[{"a":1},"x"]', { row: 2 }],
  ['a list cut off', '[{"a":1},{"a":', {}],
  ['an empty list', '[]', {}],
  ['empty objects', '[{},{}]', {}],
  ['nothing', '  \n', {}],
  ['a number', '3', { row: 1 }],
  ['Python, not JSON', "[{'a': 1}]", {}],
])('%s is a located error', async (_, text, place) => {
  expect((await failure(() => parse(text), 'bad_data')).detail).toMatchObject(place)
})

test('an object keyed by ids is refused before it fills the memory', async () => {
  const wide = Array.from({ length: 6000 }, (_, i) => ({ [`id${i}`]: i }))
  await failure(() => parse(JSON.stringify(wide)), 'bad_data')
})

test('what is not meant as JSON', () => {
  for (const text of ['prompt,response\n{"a"},b', '[note] see below\n', 'x', '', '{curly} braces'])
    expect(looksLikeJson(text)).toBe(false)
})

test('damage gives a located error or rows, never a crash', async () => {
  const random = seeded(31)
  const texts = [JSON.stringify(ROWS), ROWS.map((row) => JSON.stringify(row)).join('\n')]
  for (let round = 0; round < 2000; round++) {
    const text = texts[round % 2]!
    const at = Math.floor(random() * text.length)
    const damaged =
      round % 3
        ? text.slice(0, at) + String.fromCharCode(32 + random() * 95) + text.slice(at + 1)
        : text.slice(0, at)
    try {
      expect((await parse(damaged)).length).toBeGreaterThan(0)
    } catch (error) {
      if (!(error instanceof LapidaryError)) throw error
      expect(error.code).toBe('bad_data')
    }
  }
})
