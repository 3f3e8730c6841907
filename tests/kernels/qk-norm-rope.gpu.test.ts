import { describe, expect, test } from 'vitest'
import { qkNormRopeCase } from '../../src/engine/check/norms.ts'
import { ropeTable } from '../../src/lib/rope.ts'
import { checkOperation } from '../support/operation.ts'

describe('QK-norm and RoPE', () => {
  for (const variant of ['serial', 'lanes', 'rolled'])
    for (const [heads, headDim, norm] of [
      [1, 64, true],
      [3, 192, true],
      [1, 256, true],
      [2, 256, false],
    ] as const)
      test(`${variant}, ${heads} x ${headDim}${norm ? '' : ', rotation only'}`, () =>
        checkOperation(qkNormRopeCase(heads, headDim, norm, variant)))

  test('the table follows its definition, far positions and linear scaling included', () => {
    const table = ropeTable(8193, 256, 1_000_000, 8)
    for (const [p, i] of [
      [0, 0],
      [1, 0],
      [8192, 0],
      [8192, 5],
      [777, 127],
    ] as const) {
      const angle = (p / 8) * 1_000_000 ** ((-2 * i) / 256)
      expect(Math.abs(table[p * 256 + 2 * i]! - Math.cos(angle))).toBeLessThan(1e-7)
      expect(Math.abs(table[p * 256 + 2 * i + 1]! - Math.sin(angle))).toBeLessThan(1e-7)
    }
  })
})
