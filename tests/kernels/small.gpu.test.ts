import { describe, test } from 'vitest'
import { embedding } from '../../src/kernels/embedding.ts'
import { gatherRows, NOT_PICKED } from '../../src/kernels/gather-rows.ts'
import { geglu } from '../../src/kernels/geglu.ts'
import { RESULTS, sumResults } from '../../src/kernels/results.ts'
import type { Weight } from '../../src/kernels/weight.ts'
import { checkOperation } from '../support/operation.ts'

for (const width of [70, 72])
  test(`geglu, forward and backward, large arguments included, width ${width}`, () =>
    checkOperation({
      name: 'geglu',
      live: { tokens: 5 },
      inputs: {
        gate: { shape: ['tokens', width], scale: 4, grad: true },
        up: { shape: ['tokens', width], grad: true },
      },
      build: (tape, { gate, up }) => ({ y: geglu(tape, gate!, up!, { rows: 'tokens', width }) }),
      reference: ({ gate, up }) => ({
        y: gate!.map((g, i) => {
          const u = Math.sqrt(2 / Math.PI) * (g + 0.044715 * g ** 3)
          return 0.5 * g * (1 + Math.tanh(u)) * up![i]!
        }),
      }),
      probes: 400,
    }))

test('gather of rows and its scatter', () =>
  checkOperation({
    name: 'gather',
    live: { tokens: 6, supervised: 3 },
    inputs: {
      x: { shape: ['tokens', 33], grad: true },
      index: { shape: ['supervised'], values: Uint32Array.of(4, 0, 5) },
      inverse: { shape: ['tokens'], values: Uint32Array.of(1, NOT_PICKED, NOT_PICKED, NOT_PICKED, 0, 2) },
    },
    build: (tape, { x, index, inverse }) => ({
      y: gatherRows(tape, x!, {
        from: 'tokens',
        to: 'supervised',
        width: 33,
        index: index!,
        inverse: inverse!,
      }),
    }),
    reference: ({ x, index }) => ({
      y: Float64Array.from({ length: 99 }, (_, i) => x![index![Math.floor(i / 33)]! * 33 + (i % 33)]!),
    }),
    probes: 400,
  }))

describe('embedding', () => {
  const vocab = 23
  const token = Uint32Array.of(0, 22, 7, 7, 11, 12)
  for (const format of ['f32', 'bf16', 'f16'] as const)
    for (const shards of [1, 3])
      test(`${format}, ${shards} shard(s)`, () => {
        const cols = 34
        const values = Float32Array.from({ length: vocab * cols }, (_, i) => exact(i))
        const perShard = Math.ceil(vocab / shards)
        const parts = Array.from({ length: shards }, (_, s) => ({
          firstRow: s * perShard,
          rows: Math.min(perShard, vocab - s * perShard),
        }))
        return checkOperation({
          name: `embedding ${format}`,
          live: { tokens: token.length },
          inputs: {
            token: { shape: ['tokens'], values: token },
            ...Object.fromEntries(
              parts.map(({ firstRow, rows }, s) => {
                const slice = values.subarray(firstRow * cols, (firstRow + rows) * cols)
                const packed = format === 'f32' ? slice : pack(slice, format)
                return [`w${s}`, { shape: [rows, format === 'f32' ? cols : cols / 2], values: packed }]
              }),
            ),
          },
          build: (tape, t) => {
            const table: Weight = {
              rows: vocab,
              cols,
              format,
              shards: parts.map((part, s) => ({ ...part, tensor: t[`w${s}`]! })),
            }
            return { y: embedding(tape, t.token!, table, { rows: 'tokens', scale: 2.5 }) }
          },
          reference: () => ({
            y: Float64Array.from({ length: token.length * cols }, (_, i) => {
              return 2.5 * values[token[Math.floor(i / cols)]! * cols + (i % cols)]!
            }),
          }),
        })
      })
})

test('figures of a micro-batch are summed over live rows only', () =>
  checkOperation({
    name: 'results',
    live: { supervised: 300 },
    inputs: {
      log: { shape: ['supervised'] },
      hit: {
        shape: ['supervised'],
        values: Float32Array.from({ length: 300 }, (_, i) => Number(i % 3 === 0)),
      },
      results: { shape: [RESULTS], values: Float32Array.of(10, 20, 0, 0, 0, 0, 0, 0) },
    },
    build: (tape, { log, hit, results }) => {
      sumResults(tape, log!, hit!, results!, 'supervised')
      return { results: results! }
    },
    reference: ({ log, hit }) => ({
      results: Float64Array.of(
        10 - log!.reduce((a, b) => a + b),
        20 + hit!.reduce((a, b) => a + b),
        0,
        0,
        0,
        0,
        0,
        0,
      ),
    }),
  }))

/** Values that bf16 and f16 both hold exactly. */
function exact(i: number): number {
  return (((i * 37) % 127) - 63) / 16
}

function pack(values: Float32Array, format: 'bf16' | 'f16'): Uint32Array {
  const bits = Array.from(values, (v) => (format === 'bf16' ? bf16(v) : f16(v)))
  return Uint32Array.from(
    { length: bits.length / 2 },
    (_, i) => (bits[2 * i]! | (bits[2 * i + 1]! << 16)) >>> 0,
  )
}

function bf16(v: number): number {
  return new Uint32Array(Float32Array.of(v).buffer)[0]! >>> 16
}

function f16(v: number): number {
  if (v === 0) return 0
  const exponent = Math.floor(Math.log2(Math.abs(v)))
  const mantissa = Math.abs(v) / 2 ** exponent - 1
  return ((v < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | (mantissa * 1024)) & 0xffff
}
