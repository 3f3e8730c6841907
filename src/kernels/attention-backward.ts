/**
 * Flash attention, backward, in two passes over recomputed probabilities; no atomics, every sum in a fixed order.
 *
 *   stats   delta[t, h] = sum_d dout out, next to the saved log-sum-exp: stats [rows, heads, 2] = (lse, delta)
 *   dQ      p = exp(y - lse), dp = dout vᵀ, ds = p (dp - delta) y'(s) scale;  dq (+)= ds k
 *   dK, dV  the same p and ds from the keys' side:  dv (+)= pᵀ dout, dk (+)= dsᵀ q, summed over the heads that share
 *           the kv head; with `splits` > 1 each part of those heads goes to its own workgroup and its own partial sum
 *           ([rows, kvHeads, splits, headDim]), and `sumSplits` adds the parts in order
 *
 * Source: Dao 2023 (arXiv 2307.08691), algorithm 2, its dQ atomics replaced by a pass of its own.
 */
import { dimOf, type Kernel } from '../gpu/kernel.ts'
import { specialised } from '../gpu/specialise.ts'
import { keyRow } from './attention-forward.ts'
import {
  type Accumulate,
  type AttentionShape,
  attentionCost,
  dimText,
  keyValueBindings,
  lastQueryWgsl,
  logit,
  queryBindings,
  queryTileWgsl,
  slope,
  softCapWgsl,
} from './attention-shape.ts'
import { type AttentionTile, TileText } from './attention-tile.wgsl.ts'

const LANES = 16
const STATS_WORKGROUP = 64
const SUM_COLUMNS = 64

type StatsShape = Pick<AttentionShape, 'rows' | 'heads' | 'headDim'>

/** stats[t, h] = (lse[t, h], sum_d dout[t, h, d] out[t, h, d]). `serial`: an invocation by itself, without a barrier. */
export function statsVariants(o: StatsShape): Record<string, () => Kernel> {
  return { serial: () => attentionStats(o, 1), lanes: () => attentionStats(o, LANES) }
}

function attentionStats(o: StatsShape, lanes: number): Kernel {
  const { rows, heads, headDim } = o
  const shape = [rows, heads * headDim]
  const workgroup = lanes === 1 ? 8 : STATS_WORKGROUP
  const items = workgroup / lanes
  const quads = headDim / 4
  return {
    name: `attention.stats.${lanes === 1 ? 'serial' : 'lanes'}`,
    bindings: {
      out: { type: 'vec4<f32>', access: 'read', shape },
      dout: { type: 'vec4<f32>', access: 'read', shape },
      lse: { type: 'f32', access: 'read', shape: [rows, heads] },
      stats: { type: 'vec2<f32>', access: 'write', shape: [rows, heads * 2] },
    },
    workgroup,
    ...(lanes > 1 && { hardwareOnly: true }),
    wgsl: () => `
${lanes > 1 ? `var<workgroup> parts: array<f32, ${workgroup}>;` : ''}
fn kernel(group: vec3<u32>, local: u32) {
  let lane = local % ${lanes}u;
  let item = group.y * ${items}u + local / ${lanes}u;
  let is_live = item < ${dimText(rows)} * ${heads}u;
  var sum = 0.0;
  if (is_live) {
    for (var i = lane; i < ${quads}u; i += ${lanes}u) {
      sum += dot(out[item * ${quads}u + i], dout[item * ${quads}u + i]);
    }
  }
  ${
    lanes > 1
      ? `parts[local] = sum;
  workgroupBarrier();
  sum = 0.0;
  if (lane == 0u) { for (var i = 0u; i < ${lanes}u; i++) { sum += parts[local + i]; } }`
      : ''
  }
  if (is_live && lane == 0u) { stats[item] = vec2<f32>(lse[item], sum); }
}`,
    grid: (live) => [1, Math.ceil((dimOf(rows, live) * heads) / items), 1],
    cost: (live) => {
      const size = dimOf(rows, live) * heads
      return { flops: size * headDim * 2, bytes: size * (headDim * 8 + 12) }
    },
  }
}

export function attentionBackwardQuery(o: AttentionShape, tile: AttentionTile, accumulate: boolean): Kernel {
  const { rows, heads, kvHeads, headDim } = o
  const text = new TileText(tile, headDim)
  const queries = queryTileWgsl(o, tile.own, heads / kvHeads)
  const queryRow = (i: string) => `query_row(first, last, head, ${i})`
  return {
    name: 'attention.backward_query',
    bindings: queryBindings(o, accumulate),
    workgroup: tile.workgroup,
    wgsl: () => `
${text.declarations}
${softCapWgsl(o.softCap)}
${queries.functions}
fn kernel(group: vec3<u32>, local: u32) {
  ${text.places}
  let first = group.y * ${queries.tokens}u;
  let last = min(first + ${queries.tokens}u, ${dimText(rows)}) - 1u;
  let head = group.x * ${heads / kvHeads}u;
  ${queries.span}
  ${[0, 1, 2, 3].map((i) => `let stats${i} = stats[${queryRow(`4u * tm + ${i}u`)}];`).join('\n  ')}
  let lse = vec4<f32>(stats0.x, stats1.x, stats2.x, stats3.x);
  let delta = vec4<f32>(stats0.y, stats1.y, stats2.y, stats3.y);
  ${text.accumulator('acc')}
  for (var at = first_key(first); at <= last; at += ${tile.other}u) {
    ${text.scores('s')}
    ${text.scores('g')}
    ${text.score('s', 'q', 'k', queryRow, (i) => keyRow(o, i))}
    ${text.score('g', 'dout', 'v', queryRow, (i) => keyRow(o, i))}
    ${text.eachColumn((j) => {
      const key = `vec4<u32>(at + tn + ${j * text.tn}u)`
      return `
      let y${j} = ${logit(o, `s${j}`)};
      let seen${j} = (${key} >= lower) & (${key} <= upper);
      let p${j} = exp(min(y${j} - lse, vec4<f32>(0.0)));
      s${j} = select(vec4<f32>(0.0), ${slope(o, `p${j}`, `g${j}`, 'delta', `y${j}`)}, seen${j});`
    })}
    ${text.putWeights('s')}
    workgroupBarrier();
    ${text.accumulate('acc', 'k', (i) => keyRow(o, i), `min(${tile.other}u, last + 1u - at)`)}
  }
  ${text.eachRow((i) => {
    const row = `um * ${4 * text.quads}u + ${i}u`
    return `if (${queries.isLive(row)}) {
      let to = ${queryRow(row)} * ${text.width}u;
      ${text.eachVector((j) => store('dq', `to + ${text.vectorAt(j)}`, `acc${i}_${j}`, accumulate))}
    }`
  })}
}`,
    grid: (live) => [kvHeads, Math.ceil(dimOf(rows, live) / queries.tokens), 1],
    cost: (live) => attentionCost(o, dimOf(rows, live), 3),
  }
}

export function attentionBackwardKeyValue(
  o: AttentionShape,
  tile: AttentionTile,
  splits: number,
  accumulate: Accumulate,
): Kernel {
  const { rows, heads, kvHeads, headDim } = o
  const text = new TileText(tile, headDim)
  const heldHeads = heads / kvHeads / splits
  const queries = queryTileWgsl(o, tile.other, heldHeads)
  const keyOf = (i: string) => `(min(first + ${i}, last) * ${kvHeads}u + kv)`
  const queryRow = (i: string) => `query_row(at, end, head, ${i})`
  return {
    name: 'attention.backward_key_value',
    bindings: keyValueBindings(o, splits, accumulate),
    workgroup: tile.workgroup,
    wgsl: () => `
${text.declarations}
${softCapWgsl(o.softCap)}
${queries.functions}
${lastQueryWgsl(o)}
fn kernel(group: vec3<u32>, local: u32) {
  ${text.places}
  let kv = group.x / ${splits}u;
  let head = group.x * ${heldHeads}u;
  let first = group.y * ${tile.own}u;
  let last = min(first + ${tile.own}u, ${dimText(rows)}) - 1u;
  let end = last_query(last);
  let keys = vec4<u32>(first + 4u * tm) + vec4<u32>(0u, 1u, 2u, 3u);
  ${text.accumulator('acc_k')}
  ${text.accumulator('acc_v')}
  for (var at = first; at <= end; at += ${queries.tokens}u) {
    let count = min(${queries.used}u, (end + 1u - at) * ${heldHeads}u);
    ${text.scores('s')}
    ${text.scores('p')}
    ${text.score('s', 'k', 'q', keyOf, queryRow)}
    ${text.eachColumn((j) => {
      const n = `tn + ${j * text.tn}u`
      return `
      let stats${j} = stats[${queryRow(n)}];
      let token${j} = min(at + (${n}) / ${heldHeads}u, end);
      let seen${j} = (keys >= vec4<u32>(first_key(token${j}))) & (keys <= vec4<u32>(token${j})) & vec4<bool>(${n} < count);
      s${j} = ${logit(o, `s${j}`)};
      p${j} = select(vec4<f32>(0.0), exp(min(s${j} - stats${j}.x, vec4<f32>(0.0))), seen${j});`
    })}
    ${text.putWeights('p')}
    ${text.scores('g')}
    ${text.score('g', 'v', 'dout', keyOf, queryRow)}
    ${text.accumulate('acc_v', 'dout', queryRow, 'count')}
    workgroupBarrier();
    ${text.eachColumn((j) => `p${j} = ${slope(o, `p${j}`, `g${j}`, `stats${j}.y`, `s${j}`)};`)}
    ${text.putWeights('p')}
    workgroupBarrier();
    ${text.accumulate('acc_k', 'q', queryRow, 'count')}
  }
  ${text.eachRow((i) => {
    const key = `first + um * ${4 * text.quads}u + ${i}u`
    return `if (${key} <= last) {
      let to = ((${key}) * ${kvHeads * splits}u + group.x) * ${text.width}u;
      ${text.eachVector((j) => store('dk', `to + ${text.vectorAt(j)}`, `acc_k${i}_${j}`, accumulate.dk))}
      ${text.eachVector((j) => store('dv', `to + ${text.vectorAt(j)}`, `acc_v${i}_${j}`, accumulate.dv))}
    }`
  })}
}`,
    settle: ({ dk, dv }) => ({ dk: splitSums(dk!, splits, headDim), dv: splitSums(dv!, splits, headDim) }),
    grid: (live) => [kvHeads * splits, Math.ceil(dimOf(rows, live) / tile.own), 1],
    cost: (live) => attentionCost(o, dimOf(rows, live), 4),
  }
}

/** What `sumSplits` makes of the parts, before it is added to anything. */
function splitSums(parts: Float32Array, splits: number, headDim: number): Float32Array {
  const width = splits * headDim
  return Float32Array.from({ length: parts.length / splits }, (_, i) => {
    const base = Math.floor(i / headDim) * width + (i % headDim)
    let sum = 0
    for (let s = 0; s < splits; s++) sum += parts[base + s * headDim]!
    return sum
  })
}

interface SumSplits extends Pick<AttentionShape, 'rows' | 'kvHeads' | 'headDim'> {
  splits: number
  accumulate: boolean
}

/** sum [rows, kvHeads * headDim] (+)= the splits of parts [rows, kvHeads, splits, headDim], in order. */
export const sumSplits = specialised(({ rows, kvHeads, headDim, splits, accumulate }: SumSplits): Kernel => {
  const width = headDim / 4
  const parts = Array.from({ length: splits }, (_, i) => `parts[base + ${i * width}u]`).join(' + ')
  const perRow = SUM_COLUMNS * 16
  const shape = [rows, kvHeads * headDim]
  const size = `${dimText(rows)} * ${kvHeads * width}u`
  return {
    name: 'attention.sum_splits',
    bindings: {
      parts: { type: 'vec4<f32>', access: 'read', shape: [rows, kvHeads * splits * headDim] },
      sum: { type: 'vec4<f32>', access: accumulate ? 'update' : 'write', shape },
    },
    workgroup: SUM_COLUMNS,
    wgsl: () => `
fn kernel(group: vec3<u32>, local: u32) {
  let i = group.y * ${perRow}u + group.x * ${SUM_COLUMNS}u + local;
  if (i >= ${size}) { return; }
  let base = i / ${width}u * ${width * splits}u + i % ${width}u;
  ${store('sum', 'i', parts, accumulate)}
}`,
    grid: (live) => [16, Math.ceil((dimOf(rows, live) * kvHeads * width) / perRow), 1],
    cost: (live) => {
      const size = dimOf(rows, live) * kvHeads * headDim
      return { flops: size * splits, bytes: size * 4 * (splits + (accumulate ? 2 : 1)) }
    },
  }
})

function store(array: string, at: string, value: string, accumulate: boolean): string {
  return `${array}[${at}] = ${accumulate ? `${array}[${at}] + ` : ''}${value};`
}
