import { describe, expect, test } from 'vitest'
import { type Columns, leastColumns, packBlocks, shardShape, weightReader } from '../../src/kernels/weight.ts'
import { STORAGE, type StorageType, storedBytes } from '../../src/lib/storage.ts'

const FORMATS = Object.keys(STORAGE) as StorageType[]

test('bytes are those of whole blocks', () => {
  expect(storedBytes('f32', 7)).toBe(28)
  expect(storedBytes('bf16', 7)).toBe(14)
  expect(storedBytes('f16', 0)).toBe(0)
  expect(() => storedBytes('f32', 0.5)).toThrow('0.5 elements are no whole number of f32 blocks of 1')
})

test('rows of a shard are whole words', () => {
  expect(shardShape('f32', 3, 7)).toEqual([3, 7])
  expect(shardShape('bf16', 3, 8)).toEqual([3, 4])
  expect(() => shardShape('f16', 3, 7)).toThrow('7 columns of f16 are no whole number of words')
})

describe('a weight is read by what its format says', () => {
  const cols = 128
  for (const format of FORMATS)
    for (const columns of ([1, 2, 4] as Columns[]).filter((n) => n >= leastColumns(format)))
      test(`${format}, ${columns} at once`, () => {
        const reader = weightReader('w', { rows: 99, cols, format }, 5, columns)
        const { w, ...others } = reader.bindings
        expect(others).toEqual({})
        expect(w).toMatchObject({ access: 'read', shape: shardShape(format, 5, cols) })
        // An element of the binding is what is read at once.
        const words = { f32: 1, u32: 1, 'vec2<f32>': 2, 'vec2<u32>': 2, 'vec4<f32>': 4 }[w!.type as 'f32']
        expect(words * 4).toBe(STORAGE[format].elements > 1 ? 4 : storedBytes(format, columns))
        expect(reader.type).toBe({ 1: 'f32', 2: 'vec2<f32>', 4: 'vec4<f32>' }[columns])
        expect(reader.wgsl()).toContain(`fn w_${columns}(i: u32) -> ${reader.type} {`)
        expect(reader.at('q')).toBe(`w_${columns}(q)`)
      })
})

test('rows of blocks are whole blocks', () => {
  expect(shardShape('int8', 3, 128)).toEqual([3, 34])
  expect(shardShape('int4', 3, 128)).toEqual([3, 18])
  expect(() => shardShape('int4', 2, 96)).toThrow('96 columns of int4 are no whole number of words')
})

test('two blocks lie on a device with their values first and their scales in one word', () => {
  const block = (from: number, size: number) => Uint8Array.from({ length: size }, (_, i) => from + i)
  const values = (from: number, size: number) => [...block(from, size).subarray(2)]
  for (const [format, size] of [
    ['int8', 34],
    ['int4', 18],
  ] as const) {
    const given = Uint8Array.of(
      ...block(0, size),
      ...block(100, size),
      ...block(50, size),
      ...block(150, size),
    )
    const want = [
      [...values(0, size), ...values(100, size), 0, 1, 100, 101],
      [...values(50, size), ...values(150, size), 50, 51, 150, 151],
    ].flat()
    expect([...new Uint8Array(packBlocks(format, given).buffer)]).toEqual(want)
    // Wherever they begin.
    const moved = new Uint8Array(given.length + 1)
    moved.set(given, 1)
    expect([...new Uint8Array(packBlocks(format, moved.subarray(1)).buffer)]).toEqual(want)
  }
})
