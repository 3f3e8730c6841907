import { copy } from '../../kernels/copy.ts'
import { embedding } from '../../kernels/embedding.ts'
import { gatherRows, NOT_PICKED } from '../../kernels/gather-rows.ts'
import { geglu } from '../../kernels/geglu.ts'
import { cacheWrite } from '../../kernels/kv-cache.ts'
import { RESULTS, sumResults } from '../../kernels/results.ts'
import { sum } from '../../kernels/sum.ts'
import { shardShape, type Weight } from '../../kernels/weight.ts'
import { STORAGE, type StorageType } from '../../lib/storage.ts'
import type { Arrays, OperationCase } from './operation.ts'
import { encode, normals } from './values.ts'

/** gelu_tanh(gate) up, large arguments included. */
export function gegluCase(width: number): OperationCase {
  return {
    name: `GeGLU, width ${width}`,
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
  }
}

/** Two terms, as a branch joins the residual stream. */
export function sumCase(width: number): OperationCase {
  return {
    name: `sum, width ${width}`,
    live: { tokens: 5 },
    inputs: { a: { shape: ['tokens', width], grad: true }, b: { shape: ['tokens', width], grad: true } },
    build: (tape, { a, b }) => ({ y: sum(tape, a!, b!, { rows: 'tokens', width }) }),
    reference: ({ a, b }) => ({ y: a!.map((value, i) => value + b![i]!) }),
    probes: 100,
  }
}

/** Rows picked from a stream, and their gradient put back. */
export function gatherCase(width = 33): OperationCase {
  return {
    name: 'gather and scatter of rows',
    live: { tokens: 6, supervised: 3 },
    inputs: {
      x: { shape: ['tokens', width], grad: true },
      index: { shape: ['supervised'], values: Uint32Array.of(4, 0, 5) },
      inverse: { shape: ['tokens'], values: Uint32Array.of(1, NOT_PICKED, NOT_PICKED, NOT_PICKED, 0, 2) },
    },
    build: (tape, { x, index, inverse }) => ({
      y: gatherRows(tape, x!, {
        from: 'tokens',
        to: 'supervised',
        width,
        index: index!,
        inverse: inverse!,
      }),
    }),
    reference: ({ x, index }) => ({
      y: Float64Array.from(
        { length: 3 * width },
        (_, i) => x![index![Math.floor(i / width)]! * width + (i % width)]!,
      ),
    }),
    probes: 400,
  }
}

/** Scaled rows of a table in shards. */
export function embeddingCase(format: StorageType, shards: number): OperationCase {
  const [vocab, cols, scale] = [23, STORAGE[format].elements > 1 ? 192 : 34, 2.5]
  const token = Uint32Array.of(0, 22, 7, 7, 11, 12)
  const { stored, values } = encode(format, normals(29)(vocab * cols))
  const each = Math.ceil(vocab / shards)
  const parts = Array.from({ length: shards }, (_, s) => ({
    firstRow: s * each,
    rows: Math.min(each, vocab - s * each),
  }))
  const width = shardShape(format, 1, cols)[1]!
  return {
    name: `embedding ${format}, ${shards} ${shards === 1 ? 'shard' : 'shards'}`,
    live: { tokens: token.length },
    inputs: {
      token: { shape: ['tokens'], values: token },
      ...Object.fromEntries(
        parts.map(({ firstRow, rows }, s) => [
          `w${s}`,
          {
            shape: shardShape(format, rows, cols),
            values: stored.slice(firstRow * width, (firstRow + rows) * width),
          },
        ]),
      ),
    },
    build: (tape, t) => {
      const table: Weight = {
        rows: vocab,
        cols,
        format,
        shards: parts.map((part, s) => ({ ...part, tensor: t[`w${s}`]! })),
      }
      return { y: embedding(tape, t.token!, table, { rows: 'tokens', scale }) }
    },
    reference: () => ({
      y: Float64Array.from({ length: token.length * cols }, (_, i) => {
        return scale * values[token[Math.floor(i / cols)]! * cols + (i % cols)]!
      }),
    }),
  }
}

/** What outlives its dispatch list. */
export function copyCase(): OperationCase {
  return {
    name: 'copy',
    live: { supervised: 300 },
    inputs: { from: { shape: ['supervised'] }, to: { shape: ['supervised'] } },
    build: (tape, { from, to }) => {
      copy(tape, from!, to!, ['supervised'])
      return { to: to! }
    },
    reference: ({ from }) => ({ to: from! }),
    tolerance: 0,
  }
}

/** Figures of a micro-batch, summed over live rows only. */
export function resultsCase(): OperationCase {
  const hits = Float32Array.from({ length: 300 }, (_, i) => Number(i % 3 === 0))
  return {
    name: 'sums of a step',
    live: { supervised: 300 },
    inputs: {
      log: { shape: ['supervised'] },
      hit: { shape: ['supervised'], values: hits },
      results: { shape: [RESULTS], values: Float32Array.of(10, 20, 0, 0, 0, 0, 0, 0) },
    },
    build: (tape, { log, hit, results }) => {
      sumResults(tape, log!, hit!, results!, 'supervised')
      return { results: results! }
    },
    reference: ({ log, hit }) => {
      const sum = (values: Float64Array) => values.reduce((a, b) => a + b)
      return { results: Float64Array.of(10 - sum(log!), 20 + sum(hit!), 0, 0, 0, 0, 0, 0) }
    },
  }
}

/** Keys and values put into their places of the cache, everything else left as it was. */
export function cacheWriteCase(): OperationCase {
  const [sequences, maxPositions, width] = [3, 7, 192]
  // The last two lie outside the cache.
  const rows = [
    [0, 6],
    [2, 0],
    [1, 3],
    [2, 6],
    [0, 7],
    [3, 1],
  ]
  return {
    name: 'cache write',
    live: { tokens: rows.length },
    inputs: {
      k: { shape: ['tokens', width] },
      v: { shape: ['tokens', width] },
      cacheK: { shape: [sequences * maxPositions, width] },
      cacheV: { shape: [sequences * maxPositions, width] },
      positions: { shape: ['tokens'], values: Uint32Array.from(rows, (r) => r[1]!) },
      sequenceOf: { shape: ['tokens'], values: Uint32Array.from(rows, (r) => r[0]!) },
    },
    build: (tape, { k, v, cacheK, cacheV, positions, sequenceOf }) => {
      cacheWrite(tape, k!, v!, cacheK!, cacheV!, {
        rows: 'tokens',
        width,
        positions: positions!,
        sequenceOf: sequenceOf!,
        maxPositions,
        sequences,
      })
      return { cacheK: cacheK!, cacheV: cacheV! }
    },
    reference: ({ k, v, cacheK, cacheV }: Arrays): Arrays => {
      const want = { cacheK: cacheK!.slice(), cacheV: cacheV!.slice() }
      rows.slice(0, 4).forEach(([sequence, position], t) => {
        const to = (sequence! * maxPositions + position!) * width
        want.cacheK.set(k!.subarray(t * width, (t + 1) * width), to)
        want.cacheV.set(v!.subarray(t * width, (t + 1) * width), to)
      })
      return want
    },
    tolerance: 0,
  }
}
