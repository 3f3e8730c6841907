import { tableFromIPC } from 'apache-arrow'
import { expect, test } from 'vitest'
import type { Example } from '../../src/protocol/batch.ts'
import { LapidaryError } from '../../src/protocol/errors.ts'
import { readTokenTable, writeTokenTable } from '../../src/tokens/table.ts'
import { failure, seeded } from './helpers.ts'

const random = seeded(11)
function example(row: number): Example {
  const tokens = Uint32Array.from({ length: Math.floor(random() * 20) }, () => Math.floor(random() * 2 ** 32))
  return { tokens, supervised: tokens.map((t) => t & 1) as unknown as Uint8Array, row }
}
const split = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => {
    const { tokens, supervised, row } = example(from + i)
    return { tokens, supervised: Uint8Array.from(supervised), row }
  })
const examples = { train: split(0, 200), validation: split(200, 30), test: [] }

test('comes back as it was written', () => {
  const read = readTokenTable(writeTokenTable(examples))
  expect(read).toEqual(examples)
  expect(readTokenTable(writeTokenTable({}))).toEqual({ train: [], validation: [], test: [] })
})

test('is plain Arrow with the columns of the contract', () => {
  const table = tableFromIPC(writeTokenTable(examples))
  expect(table.schema.fields.map((field) => `${field.name}: ${field.type}`)).toEqual([
    'tokens: List<Uint32>',
    'supervised: List<Uint8>',
    'row: Uint32',
    'split: Utf8',
  ])
  expect(table.numRows).toBe(230)
  expect(table.get(229)!.toJSON().split).toBe('validation')
})

test('other bytes are refused; damage never crashes', async () => {
  await failure(() => readTokenTable(new Uint8Array(10)), 'bad_file')
  await failure(() => readTokenTable(new TextEncoder().encode('ARROW1\0\0nonsense')), 'bad_file')
  const bytes = writeTokenTable(examples)
  for (let round = 0; round < 300; round++) {
    const damaged = bytes.slice(0, round % 2 ? bytes.length : Math.floor(random() * bytes.length))
    if (damaged.length) damaged[Math.floor(random() * damaged.length)]! ^= 1 << Math.floor(random() * 8)
    try {
      readTokenTable(damaged)
    } catch (error) {
      expect(error).toBeInstanceOf(LapidaryError)
    }
  }
})
