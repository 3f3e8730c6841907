import { RecordBatch, Table, tableFromIPC, tableToIPC } from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import { columnStats } from '../../src/dataset/columns.ts'
import { applyEdits } from '../../src/dataset/edits.ts'
import { makeTable, tableRows } from '../../src/files/table.ts'
import type { RowEdit } from '../../src/protocol/studio.ts'
import { failure } from './helpers.ts'

const TABLE = makeTable([
  { name: 'q', values: ['a', 'b', 'c'] },
  { name: 'n', values: [1, null, 3] },
  { name: 'm', values: [[1], null, { x: 1 }] },
])

test.each<[string, RowEdit[], object[]]>([
  ['nothing', [], tableRows(TABLE) as object[]],
  [
    'a cell, of its own kind or another',
    [
      { type: 'set', row: 1, column: 'n', value: 'two' },
      { type: 'set', row: 0, column: 'q', value: null },
    ],
    [
      { q: null, n: 1, m: [1] },
      { q: 'b', n: 'two', m: null },
      { q: 'c', n: 3, m: { x: 1 } },
    ],
  ],
  [
    'rows, counted as they are then',
    [
      { type: 'add', at: 0, values: { q: 'first' } },
      { type: 'delete', rows: [1, 3] },
      { type: 'add', at: 2, values: { q: 'last', n: 9 } },
    ],
    [
      { q: 'first', n: null, m: null },
      { q: 'b', n: null, m: null },
      { q: 'last', n: 9, m: null },
    ],
  ],
  [
    'a column',
    [
      { type: 'add_column', name: 'a' },
      { type: 'set', row: 2, column: 'a', value: 'x' },
    ],
    [
      { q: 'a', n: 1, m: [1], a: null },
      { q: 'b', n: null, m: null, a: null },
      { q: 'c', n: 3, m: { x: 1 }, a: 'x' },
    ],
  ],
  ['every row', [{ type: 'delete', rows: [0, 1, 2] }], []],
])('%s', (_, edits, rows) => {
  const before = tableRows(TABLE)
  const edited = applyEdits(TABLE, edits)
  expect(tableRows(edited)).toEqual(rows)
  expect(tableRows(tableFromIPC(tableToIPC(edited, 'file')))).toEqual(rows)
  expect(tableRows(TABLE)).toEqual(before)
})

test('a table of several batches', () => {
  const part = (table: Table) => table.batches.map((batch) => new RecordBatch(TABLE.schema, batch.data))
  const twice = new Table([...part(TABLE), ...part(TABLE)])
  const edited = applyEdits(twice, [{ type: 'set', row: 4, column: 'q', value: 'new' }])
  expect(tableRows(edited).map(({ q }) => q)).toEqual(['a', 'b', 'c', 'a', 'new', 'c'])
  expect(tableRows(edited).map(({ n }) => n)).toEqual([1, null, 3, 1, null, 3])
})

test.each<[RowEdit, 'bad_data' | 'missing_column']>([
  [{ type: 'set', row: 3, column: 'q', value: 'x' }, 'bad_data'],
  [{ type: 'set', row: 0.5, column: 'q', value: 'x' }, 'bad_data'],
  [{ type: 'set', row: 0, column: 'z', value: 'x' }, 'missing_column'],
  [{ type: 'add', at: 4, values: {} }, 'bad_data'],
  [{ type: 'add', at: 0, values: { z: 1 } }, 'missing_column'],
  [{ type: 'delete', rows: [0, 7] }, 'bad_data'],
  [{ type: 'add_column', name: 'q' }, 'bad_data'],
  [{ type: 'add_column', name: ' ' }, 'bad_data'],
])('%j is refused', async (edit, code) => {
  const problem = await failure(() => applyEdits(TABLE, [{ type: 'delete', rows: [] }, edit]), code)
  expect(problem.detail?.edit).toBe(1)
  expect(problem.message).toContain('Edit 2')
})

describe('what a column holds', () => {
  const table = makeTable([
    { name: 't', values: ['aa', 'b', 'aa', ' ', null] },
    { name: 'n', values: [1, 2, 6, null, null] },
    { name: 'id', values: ['1', '2', 'x', '4', '5'] },
  ])

  test('counts, frequent values, lengths, numbers', () => {
    expect(columnStats(table, 't')).toEqual({
      name: 't',
      rows: 5,
      missing: 2,
      distinct: 2,
      top: [
        { value: 'aa', count: 2 },
        { value: 'b', count: 1 },
      ],
      length: { min: 1, mean: 5 / 3, max: 2 },
      number: null,
    })
    expect(columnStats(table, 'n')).toMatchObject({
      missing: 2,
      length: null,
      number: { min: 1, mean: 3, max: 6, count: 3 },
    })
    expect(columnStats(table, 'id').number).toEqual({ min: 1, mean: 3, max: 5, count: 4 })
  })

  test('many different values are not counted one by one', () => {
    const many = makeTable([{ name: 'x', values: Array.from({ length: 10_001 }, (_, i) => `v${i}`) }])
    expect(columnStats(many, 'x')).toMatchObject({ distinct: null, top: [] })
  })
})
