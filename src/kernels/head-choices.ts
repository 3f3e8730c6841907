/**
 * The head where several words may follow a row, and only their probabilities are wanted: one pass over the vocabulary for each row
 * (see head-loss.ts), and one product for each word.
 *
 *   normaliser[n] = log sum_v exp(z[n, v]),  z[n, v] = cap(h[n] . W[v]),  cap(x) = c tanh(x / c) or x
 *   log_probability[e] = z[edgeRow[e], edgeWord[e]] - normaliser[edgeRow[e]]
 *
 * h [rows, hidden]; W [vocab, hidden] frozen, in shards of words; edgeRow, edgeWord u32 [edges], words all of the vocabulary;
 * log_probability [edges], bound. No gradient.
 */
import { type Dim, dimOf, type Kernel } from '../gpu/kernel.ts'
import { specialised } from '../gpu/specialise.ts'
import type { Tape, Tensor } from '../gpu/tape.ts'
import { storedBytes } from '../lib/storage.ts'
import { type HeadLossOptions, headPasses } from './head-loss.ts'
import { floatLiteral, headReader, rowsWgsl, splitsOf, splitsWgsl } from './head-pass.wgsl.ts'
import { reduceSum } from './reduce.wgsl.ts'
import { rowsOf, type ShardRows, shapeOf, type Weight, type WeightShape } from './weight.ts'

export interface HeadChoicesOptions extends Omit<HeadLossOptions, 'gradient'> {
  /** The pass takes any; what it finds of them is not used. */
  labels: Tensor
  edges: Dim
  /** u32 [edges]. */
  edgeRow: Tensor
  edgeWord: Tensor
  /** f32 [edges], nats: written. */
  logProbability: Tensor
}

const WORKGROUP = 64

export function headChoices(tape: Tape, h: Tensor, weight: Weight, o: HeadChoicesOptions): void {
  const { rows, edges, softCap, edgeRow, edgeWord, logProbability } = o
  const shape = shapeOf(weight)
  const { state, pairs, maxSplits } = headPasses(tape, h, weight, o, false)
  const normaliser = tape.tensor(`${o.name} normaliser`, [rows])
  tape.run(normaliserKernel({ rows, pairs, maxSplits }), { state, normaliser })
  for (const shard of weight.shards)
    tape.run(edgeKernel({ rows, edges, softCap, weight: shape, shard: rowsOf(shard) }), {
      h,
      weight: shard.tensor,
      edgeRow,
      edgeWord,
      normaliser,
      log_probability: logProbability,
    })
}

interface NormaliserSpec {
  rows: Dim
  pairs: number
  maxSplits: number
}

/** The splits of each row put together, in order. */
const normaliserKernel = specialised(({ rows, pairs, maxSplits }: NormaliserSpec): Kernel => {
  return {
    name: 'head.normaliser',
    bindings: {
      state: { type: 'vec4<f32>', access: 'read', shape: [pairs, 4] },
      normaliser: { type: 'f32', access: 'write', shape: [rows] },
    },
    workgroup: 1,
    wgsl: () => `
fn kernel(group: vec3<u32>, local: u32) {
  let row = group.y;
  let rows = ${rowsWgsl(rows)};
  let splits = ${splitsWgsl(rows, pairs, maxSplits)};
  var m = state[row].x;
  for (var s = 1u; s < splits; s++) { m = max(m, state[s * rows + row].x); }
  var l = 0.0;
  for (var s = 0u; s < splits; s++) { l += exp(state[s * rows + row].x - m) * state[s * rows + row].y; }
  normaliser[row] = m + log(l);
}`,
    grid: (live) => [1, dimOf(rows, live), 1],
    cost: (live) => {
      const n = dimOf(rows, live)
      const values = n * splitsOf(n, pairs, maxSplits)
      return { flops: values * 4, bytes: values * 16 + n * 4 }
    },
  }
})

interface EdgeSpec {
  rows: Dim
  edges: Dim
  softCap: number | null
  weight: WeightShape
  shard: ShardRows
}

/** One workgroup for each word that follows a row; those of other shards are left alone. */
const edgeKernel = specialised((o: EdgeSpec): Kernel => {
  const { weight, shard } = o
  const reader = headReader(o)
  const H4 = weight.cols / 4
  const cap = o.softCap === null ? '' : floatLiteral(o.softCap)
  return {
    name: 'head.edges',
    bindings: {
      h: { type: 'vec4<f32>', access: 'read', shape: [o.rows, weight.cols] },
      ...reader.bindings,
      edgeRow: { type: 'u32', access: 'read', shape: [o.edges] },
      edgeWord: { type: 'u32', access: 'read', shape: [o.edges] },
      normaliser: { type: 'f32', access: 'read', shape: [o.rows] },
      log_probability: { type: 'f32', access: 'update', shape: [o.edges] },
    },
    workgroup: WORKGROUP,
    wgsl: () => `
${reader.wgsl()}
${reduceSum(WORKGROUP)}
fn kernel(group: vec3<u32>, local: u32) {
  let edge = group.y;
  let row = min(edgeRow[edge], ${rowsWgsl(o.rows)} - 1u);
  let word = edgeWord[edge] - ${shard.firstRow}u;
  let here = word < ${shard.rows}u;
  let at = min(word, ${shard.rows - 1}u) * ${H4}u;
  var dots = 0.0;
  for (var k = local; k < ${H4}u; k += ${WORKGROUP}u) { dots += dot(h[row * ${H4}u + k], ${reader.at('at + k')}); }
  let z = reduce_sum(dots, local);
  if (local == 0u && here) {
    log_probability[edge] = ${cap ? `${cap} * tanh(clamp(z / ${cap}, -15.0, 15.0))` : 'z'} - normaliser[row];
  }
}`,
    grid: (live) => [1, dimOf(o.edges, live), 1],
    cost: (live) => {
      const edges = dimOf(o.edges, live)
      return {
        flops: edges * weight.cols * 2,
        bytes: edges * (weight.cols * 4 + storedBytes(weight.format, weight.cols) + 16),
      }
    },
  }
})
