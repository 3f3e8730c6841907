/**
 * Attention of rows over a KV cache, for decoding: row t sees the cache rows of its own sequence at positions
 * max(0, positions[t] - window + 1) .. positions[t], which must have been written.
 *
 * q, out [rows, heads * headDim]; caches [sequences * maxPositions, kvHeads * headDim]. One row gives little to do side
 * by side, so its keys are cut into `parts` stretches of equal length, each a workgroup: sums [rows, heads, parts,
 * headDim] of exp(logit - top) v and tops [rows, heads, parts, 2] = (top, sum of exp(logit - top)); a second kernel
 * joins them in order. Up to four heads of a kv head go together, so that a key is read once for all of them. A row's
 * result depends on its position only, not on what is decoded beside it. No gradient.
 * Source: flash-decoding (Dao, Haziza, Massa, Sizov 2023); the logits of a stretch stay in workgroup memory.
 */
import { dimOf, type Kernel } from '../gpu/kernel.ts'
import type { Tape, Tensor } from '../gpu/tape.ts'
import type { AttentionShape } from './attention-tile.wgsl.ts'

export interface AttentionDecodeOptions extends AttentionShape {
  name: string
  /** u32 [rows]. */
  positions: Tensor
  /** u32 [rows]. */
  sequenceOf: Tensor
  /** Cache rows of each sequence. */
  maxPositions: number
  sequences: number
}

const WORKGROUP = 128
/** Invocations that share the dot products of one key. */
const LANES = 8
const KEYS = WORKGROUP / LANES
/** Longest stretch: its logits for four heads take 8 KiB of workgroup memory. */
const LONGEST = 512
/** A shorter stretch is not worth a workgroup. */
const SHORTEST = 32

export function attentionDecode(
  tape: Tape,
  q: Tensor,
  cacheK: Tensor,
  cacheV: Tensor,
  o: AttentionDecodeOptions,
): Tensor {
  const { rows, heads, headDim, positions, sequenceOf } = o
  const parts = partsOf(o)
  const sums = tape.tensor(`${o.name} sums`, [rows, heads * parts * headDim])
  const tops = tape.tensor(`${o.name} tops`, [rows, heads * parts * 2])
  const out = tape.tensor(o.name, [rows, heads * headDim])
  tape.run(partKernel(o, parts), { q, cacheK, cacheV, positions, sequenceOf, sums, tops })
  tape.run(joinKernel(o, parts), { sums, tops, positions, out })
  return out
}

function partsOf(o: AttentionDecodeOptions): number {
  const keys = Math.min(o.window ?? o.maxPositions, o.maxPositions)
  return Math.max(Math.min(8, Math.ceil(keys / SHORTEST)), Math.ceil(keys / LONGEST))
}

/** Keys that row `row` sees, and how many of them each part takes; both kernels must agree. */
function spanWgsl(o: AttentionDecodeOptions, parts: number): string {
  const start = o.window === null ? '0u' : `max(position, ${o.window - 1}u) - ${o.window - 1}u`
  return `
  let position = min(positions[group.y], ${o.maxPositions - 1}u);
  let start = ${start};
  let each = max((position - start + ${parts}u) / ${parts}u, ${SHORTEST}u);`
}

function softCapVector(cap: number | null): string {
  if (cap === null) return 'fn finish(x: vec4<f32>) -> vec4<f32> { return x; }'
  return `
fn finish(x: vec4<f32>) -> vec4<f32> {
  let e = exp(-2.0 * min(abs(x) * ${1 / cap}, vec4<f32>(30.0)));
  return ${cap} * sign(x) * (1.0 - e) / (1.0 + e);
}`
}

function partKernel(o: AttentionDecodeOptions, parts: number): Kernel {
  const { rows, heads, kvHeads, headDim, maxPositions, sequences } = o
  const width = headDim / 4
  const group = heads / kvHeads
  // Heads side by side: as many as share a kv head, at most four, their queries in at most 4 KiB.
  const side = [4, 3, 2, 1].find((n) => group % n === 0 && n * headDim <= 1024)!
  const strips = Math.floor(WORKGROUP / width)
  const each = (text: (h: number) => string) =>
    Array.from({ length: side }, (_, h) => text(h)).join('\n      ')
  const four = (text: (h: number) => string) =>
    `vec4<f32>(${[0, 1, 2, 3].map((h) => (h < side ? text(h) : '0.0')).join(', ')})`
  const cache = [sequences * maxPositions, kvHeads * headDim]
  const reduce = (name: string, join: (a: string, b: string) => string) => `
fn ${name}(value: vec4<f32>, local: u32) -> vec4<f32> {
  scratch[local] = value;
  workgroupBarrier();
  for (var stride = ${WORKGROUP / 2}u; stride > 0u; stride /= 2u) {
    if (local < stride) { scratch[local] = ${join('scratch[local]', 'scratch[local + stride]')}; }
    workgroupBarrier();
  }
  let result = scratch[0];
  workgroupBarrier();
  return result;
}`
  return {
    name: 'attention_decode.part',
    bindings: {
      q: { type: 'vec4<f32>', access: 'read', shape: [rows, heads * headDim] },
      cacheK: { type: 'vec4<f32>', access: 'read', shape: cache },
      cacheV: { type: 'vec4<f32>', access: 'read', shape: cache },
      positions: { type: 'u32', access: 'read', shape: [rows] },
      sequenceOf: { type: 'u32', access: 'read', shape: [rows] },
      sums: { type: 'vec4<f32>', access: 'write', shape: [rows, heads * parts * headDim] },
      tops: { type: 'vec2<f32>', access: 'write', shape: [rows, heads * parts * 2] },
    },
    workgroup: WORKGROUP,
    wgsl: `
var<workgroup> queries: array<vec4<f32>, ${side * width}>;
// One vec4 a key: its logits, later its weights, for the heads side by side.
var<workgroup> logits: array<vec4<f32>, ${LONGEST}>;
var<workgroup> scratch: array<vec4<f32>, ${WORKGROUP}>;
${softCapVector(o.softCap)}
${reduce('reduce_max', (a, b) => `max(${a}, ${b})`)}
${reduce('reduce_sum', (a, b) => `${a} + ${b}`)}
fn kernel(group: vec3<u32>, local: u32) {
  let head = group.x * ${side}u;
  let kv = head / ${group}u;
  let sequence = min(sequenceOf[group.y], ${sequences - 1}u);
  ${spanWgsl(o, parts)}
  let begin = start + group.z * each;
  // Parts past the last key write nothing; the second kernel does not read them.
  if (begin > position) { return; }
  let count = min(each, position + 1u - begin);
  let cached = ((sequence * ${maxPositions}u + begin) * ${kvHeads}u + kv) * ${width}u;
  for (var i = local; i < ${side * width}u; i += ${WORKGROUP}u) {
    queries[i] = q[(group.y * ${heads}u + head) * ${width}u + i] * ${o.scale};
  }
  workgroupBarrier();

  let lane = local % ${LANES}u;
  for (var at = 0u; at < count; at += ${KEYS}u) {
    let key = at + local / ${LANES}u;
    var dots = vec4<f32>(0.0);
    if (key < count) {
      let row = cached + key * ${kvHeads * width}u;
      for (var i = lane; i < ${width}u; i += ${LANES}u) {
        let k = cacheK[row + i];
        dots += ${four((h) => `dot(k, queries[${h * width}u + i])`)};
      }
    }
    scratch[local] = dots;
    workgroupBarrier();
    if (lane == 0u && key < count) {
      for (var i = 1u; i < ${LANES}u; i++) { dots += scratch[local + i]; }
      logits[key] = finish(dots);
    }
    workgroupBarrier();
  }

  var high = vec4<f32>(-1e30);
  for (var i = local; i < count; i += ${WORKGROUP}u) { high = max(high, logits[i]); }
  let top = reduce_max(high, local);
  var part = vec4<f32>(0.0);
  for (var i = local; i < count; i += ${WORKGROUP}u) {
    let weight = exp(logits[i] - top);
    logits[i] = weight;
    part += weight;
  }
  let total = reduce_sum(part, local);

  // Columns of the values side by side, every \`strips\`-th key each; then the strips are added in order.
  let column = local % ${width}u;
  let strip = local / ${width}u;
  ${each((h) => `var sum${h} = vec4<f32>(0.0);`)}
  if (strip < ${strips}u) {
    for (var i = strip; i < count; i += ${strips}u) {
      let v = cacheV[cached + i * ${kvHeads * width}u + column];
      let weight = logits[i];
      ${each((h) => `sum${h} += weight.${'xyzw'[h]} * v;`)}
    }
  }
  let to = (group.y * ${heads}u + head) * ${parts}u + group.z;
  ${each(
    (h) => `
      scratch[local] = sum${h};
      workgroupBarrier();
      if (strip == 0u) {
        for (var i = 1u; i < ${strips}u; i++) { sum${h} += scratch[local + i * ${width}u]; }
        sums[(to + ${h * parts}u) * ${width}u + column] = sum${h};
      }
      if (local == 0u) { tops[to + ${h * parts}u] = vec2<f32>(top.${'xyzw'[h]}, total.${'xyzw'[h]}); }
      workgroupBarrier();`,
  )}
}`,
    grid: (live) => [heads / side, dimOf(rows, live), parts],
    cost: (live) => {
      // Positions are not known here; half the longest stretch is what a conversation costs on average.
      const keys = Math.min(o.window ?? maxPositions, maxPositions) / 2
      const work = dimOf(rows, live) * keys
      return {
        flops: work * heads * headDim * 4,
        bytes: work * kvHeads * headDim * 8 * Math.ceil(group / side),
      }
    },
  }
}

function joinKernel(o: AttentionDecodeOptions, parts: number): Kernel {
  const { rows, heads, headDim } = o
  const width = headDim / 4
  return {
    name: 'attention_decode.join',
    bindings: {
      sums: { type: 'vec4<f32>', access: 'read', shape: [rows, heads * parts * headDim] },
      tops: { type: 'vec2<f32>', access: 'read', shape: [rows, heads * parts * 2] },
      positions: { type: 'u32', access: 'read', shape: [rows] },
      out: { type: 'vec4<f32>', access: 'write', shape: [rows, heads * headDim] },
    },
    workgroup: 64,
    wgsl: `
fn kernel(group: vec3<u32>, local: u32) {
  ${spanWgsl(o, parts)}
  let used = (position - start) / each + 1u;
  let head = group.y * ${heads}u + group.x;
  var top = -1e30;
  for (var i = 0u; i < used; i++) { top = max(top, tops[head * ${parts}u + i].x); }
  for (var column = local; column < ${width}u; column += 64u) {
    var sum = vec4<f32>(0.0);
    var total = 0.0;
    for (var i = 0u; i < used; i++) {
      let part = head * ${parts}u + i;
      let share = exp(max(tops[part].x - top, -100.0));
      total += share * tops[part].y;
      sum += share * sums[part * ${width}u + column];
    }
    out[head * ${width}u + column] = sum / total;
  }
}`,
    grid: (live) => [heads, dimOf(rows, live), 1],
    cost: (live) => {
      const size = dimOf(rows, live) * heads
      return { flops: size * parts * headDim * 3, bytes: size * (parts + 1) * headDim * 4 }
    },
  }
}
