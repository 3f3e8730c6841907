import { describe, expect, test } from 'vitest'
import { boundTensor } from '../../src/gpu/tape.ts'
import {
  type Columns,
  leastColumns,
  shardShape,
  weightReader,
  weightTensors,
} from '../../src/kernels/weight.ts'
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
  const cols = 8
  for (const format of FORMATS)
    for (const columns of ([1, 2, 4] as Columns[]).filter((n) => n >= leastColumns(format)))
      test(`${format}, ${columns} at once`, () => {
        const reader = weightReader('w', { rows: 99, cols, format }, 5, columns)
        const { w, ...others } = reader.bindings
        expect(others).toEqual({})
        expect(w).toMatchObject({ access: 'read', shape: shardShape(format, 5, cols) })
        // An element of the binding is what is read at once.
        const words = { f32: 1, u32: 1, 'vec2<f32>': 2, 'vec2<u32>': 2, 'vec4<f32>': 4 }[w!.type as 'f32']
        expect(words * 4).toBe(storedBytes(format, columns))
        expect(reader.type).toBe({ 1: 'f32', 2: 'vec2<f32>', 4: 'vec4<f32>' }[columns])
        expect(reader.wgsl()).toContain(`fn w_${columns}(i: u32) -> ${reader.type} {`)
        expect(reader.at('q')).toBe(`w_${columns}(q)`)
      })
})

test('scales are bound beside the shard that has them', () => {
  const [tensor, scales] = [boundTensor('w', [2, 4]), boundTensor('s', [2, 1])]
  expect(weightTensors('w', { tensor, firstRow: 0, rows: 2 })).toEqual({ w: tensor })
  expect(weightTensors('w', { tensor, scales, firstRow: 0, rows: 2 })).toEqual({
    w: tensor,
    w_scales: scales,
  })
})
