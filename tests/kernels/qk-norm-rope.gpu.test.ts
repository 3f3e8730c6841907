import { describe, expect, test } from 'vitest'
import { qkNormRope } from '../../src/kernels/qk-norm-rope.ts'
import { ropeTable } from '../../src/lib/rope.ts'
import { type Arrays, checkOperation } from '../support/operation.ts'

const EPS = 1e-6

function reference(heads: number, headDim: number, norm: boolean) {
  const half = headDim / 2
  return ({ x, weight, positions, table }: Arrays): Arrays => {
    const out = new Float64Array(x!.length)
    for (let row = 0; row < positions!.length; row++)
      for (let head = 0; head < heads; head++) {
        const base = (row * heads + head) * headDim
        let square = 0
        for (let i = 0; i < headDim; i++) square += x![base + i]! * x![base + i]!
        const r = 1 / Math.sqrt(square / headDim + EPS)
        const y = (i: number) => x![base + i]! * (norm ? r * (1 + weight![i]!) : 1)
        for (let i = 0; i < half; i++) {
          const cos = table![positions![row]! * headDim + 2 * i]!
          const sin = table![positions![row]! * headDim + 2 * i + 1]!
          out[base + i] = y(i) * cos - y(half + i) * sin
          out[base + half + i] = y(half + i) * cos + y(i) * sin
        }
      }
    return { out }
  }
}

describe('QK-norm and RoPE', () => {
  const positions = Uint32Array.from([0, 1, 2, 0, 40, 41, 7])
  const maxPositions = 42
  for (const variant of ['serial', 'lanes'])
    for (const [heads, headDim, norm] of [
      [1, 64, true],
      [3, 192, true],
      [1, 256, true],
      [2, 256, false],
    ] as const)
      test(`${variant}, ${heads} x ${headDim}${norm ? '' : ', rotation only'}`, () =>
        checkOperation({
          name: 'qk norm rope',
          live: { tokens: positions.length },
          choices: Object.fromEntries(
            ['forward', 'backward'].map((direction) => [
              `${norm ? 'qk_norm_rope' : 'rope'}.${direction} tokens x ${heads} x ${headDim}`,
              variant,
            ]),
          ),
          probes: 50,
          inputs: {
            x: { shape: ['tokens', heads * headDim], grad: true },
            weight: { shape: [headDim], scale: 0.5 },
            positions: { shape: ['tokens'], values: positions },
            table: { shape: [maxPositions, headDim], values: ropeTable(maxPositions, headDim, 10_000) },
          },
          build: (tape, { x, weight, positions, table }) => ({
            out: qkNormRope(tape, x!, norm ? weight! : null, {
              rows: 'tokens',
              heads,
              headDim,
              eps: EPS,
              positions: positions!,
              table: table!,
              maxPositions,
            }),
          }),
          reference: reference(heads, headDim, norm),
        }))

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
