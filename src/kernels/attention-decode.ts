/**
 * Attention of rows over a KV cache, for decoding: row t sees the cache rows of its own sequence at positions
 * max(0, positions[t] - window + 1) .. positions[t], which must have been written.
 *
 * q, out [rows, heads * headDim]; caches [sequences * maxPositions, kvHeads * headDim]. One row gives little to do side
 * by side, so its keys are cut into `parts` stretches of equal length: sums [rows, heads, parts,
 * headDim] of exp(logit - top) v and tops [rows, heads, parts, 2] = (top, sum of exp(logit - top)); a second kernel
 * joins them in order. A row's
 * result depends on its position only, not on what is decoded beside it. No gradient.
 * Source: flash-decoding (Dao, Haziza, Massa, Sizov 2023); the logits of a stretch stay in workgroup memory.
 */
import { type Binding, dimOf, type Kernel } from '../gpu/kernel.ts'
import { choice, specialised } from '../gpu/specialise.ts'
import type { Tape, Tensor } from '../gpu/tape.ts'
import { BATCH, softmaxBatch } from './attention-plain.ts'
import { type AttentionShape, sideBySide, softCapWgsl } from './attention-shape.ts'

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
const PLAIN_WORKGROUP = 8
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
  const { positions, sequenceOf, name, ...shape } = o
  const { rows, heads, headDim } = shape
  const parts = partsOf(shape)
  const sums = tape.tensor(`${name} sums`, [rows, heads * parts * headDim])
  const tops = tape.tensor(`${name} tops`, [rows, heads * parts * 2])
  const out = tape.tensor(name, [rows, heads * headDim])
  tape.run(tape.choose(partChoice(shape)), { q, cacheK, cacheV, positions, sequenceOf, sums, tops })
  tape.run(joinKernel(shape), { sums, tops, positions, out })
  return out
}

type Shape = Omit<AttentionDecodeOptions, 'name' | 'positions' | 'sequenceOf'>

const partChoice = specialised((o: Shape) =>
  choice(`attention_decode ${o.headDim} ${o.heads}/${o.kvHeads}`, {
    plain: () => plainPart(o, partsOf(o)),
    split: () => splitPart(o, partsOf(o)),
  }),
)

function partsOf(o: Shape): number {
  const keys = Math.min(o.window ?? o.maxPositions, o.maxPositions)
  return Math.max(Math.min(8, Math.ceil(keys / SHORTEST)), Math.ceil(keys / LONGEST))
}

/** Keys that row `row` sees, and how many of them each part takes; both kernels must agree. */
function spanWgsl(o: Shape, parts: number): string {
  const start = o.window === null ? '0u' : `max(position, ${o.window - 1}u) - ${o.window - 1}u`
  return `
  let position = min(positions[group.y], ${o.maxPositions - 1}u);
  let start = ${start};
  let each = max((position - start + ${parts}u) / ${parts}u, ${SHORTEST}u);`
}

function partBindings(o: Shape, parts: number): Record<string, Binding> {
  const { rows, heads, kvHeads, headDim } = o
  const cache = [o.sequences * o.maxPositions, kvHeads * headDim]
  return {
    q: { type: 'vec4<f32>', access: 'read', shape: [rows, heads * headDim] },
    cacheK: { type: 'vec4<f32>', access: 'read', shape: cache },
    cacheV: { type: 'vec4<f32>', access: 'read', shape: cache },
    positions: { type: 'u32', access: 'read', shape: [rows] },
    sequenceOf: { type: 'u32', access: 'read', shape: [rows] },
    sums: { type: 'vec4<f32>', access: 'write', shape: [rows, heads * parts * headDim] },
    tops: { type: 'vec2<f32>', access: 'write', shape: [rows, heads * parts * 2] },
  }
}

function partCost(o: Shape, rows: number, readings: number) {
  const { heads, kvHeads, headDim } = o
  // Positions are not known here; half the most there can be is what a conversation costs on average.
  const keys = rows * (Math.min(o.window ?? o.maxPositions, o.maxPositions) / 2)
  return { flops: keys * heads * headDim * 4, bytes: keys * kvHeads * headDim * 8 * readings }
}

/** One part of up to four heads for each invocation, without barriers: for software adapters, as attention-plain.ts. */
function plainPart(o: Shape, parts: number): Kernel {
  const { rows, heads, kvHeads, headDim, maxPositions, sequences } = o
  const width = headDim / 4
  const side = sideBySide(o)
  const items = (heads / side) * parts
  const each = (text: (r: number) => string) => Array.from({ length: side }, (_, r) => text(r)).join('\n  ')
  const part = (r: number) => `((group.y * ${heads}u + head + ${r}u) * ${parts}u + index % ${parts}u)`
  return {
    name: 'attention_decode.part.plain',
    bindings: partBindings(o, parts),
    workgroup: PLAIN_WORKGROUP,
    wgsl: () => `
${softCapWgsl(o.softCap)}
fn kernel(group: vec3<u32>, local: u32) {
  let index = group.x * ${PLAIN_WORKGROUP}u + local;
  if (index >= ${items}u) { return; }
  let head = index / ${parts}u * ${side}u;
  ${spanWgsl(o, parts)}
  let lower = start + index % ${parts}u * each;
  if (lower > position) { return; }
  let last = min(lower + each - 1u, position);
  let cached = min(sequenceOf[group.y], ${sequences - 1}u) * ${maxPositions}u;
  let kv = head / ${heads / kvHeads}u;
  let width = min(${width}u, arrayLength(&q));
  ${each(
    (r) => `
  let live${r} = true;
  let lower${r} = lower;
  let token${r} = last;
  let row${r} = (group.y * ${heads}u + head + ${r}u) * ${width}u;
  let to${r} = ${part(r)} * ${width}u;
  for (var d = 0u; d < width; d++) { sums[to${r} + d] = vec4<f32>(0.0); }
  var top${r} = -1e30;
  var total${r} = 0.0;`,
  )}
  for (var at = lower; at <= last; at += ${BATCH}u) {
    ${softmaxBatch(
      o,
      side,
      (key) => `((cached + ${key}) * ${kvHeads}u + kv) * ${width}u`,
      ['q', 'cacheK', 'cacheV'],
      'sums',
      (r) => `to${r}`,
    )}
  }
  ${each((r) => `tops[${part(r)}] = vec2<f32>(top${r}, total${r});`)}
}`,
    grid: (live) => [Math.ceil(items / PLAIN_WORKGROUP), dimOf(rows, live), 1],
    cost: (live) => partCost(o, dimOf(rows, live), heads / kvHeads / side),
  }
}

/** One part for each workgroup, of up to four heads of a kv head, so that a key is read once for all of them. */
function splitPart(o: Shape, parts: number): Kernel {
  const { rows, heads, kvHeads, headDim, maxPositions, sequences } = o
  const width = headDim / 4
  const group = heads / kvHeads
  const side = sideBySide(o)
  const four = (text: (h: number) => string) =>
    `vec4<f32>(${[0, 1, 2, 3].map((h) => (h < side ? text(h) : '0.0')).join(', ')})`
  return {
    name: 'attention_decode.part.split',
    bindings: partBindings(o, parts),
    workgroup: WORKGROUP,
    wgsl: () => `
var<workgroup> queries: array<vec4<f32>, ${side * width}>;
// One vec4 a key: its logits, later its weights, for the heads side by side.
var<workgroup> logits: array<vec4<f32>, ${LONGEST}>;
var<workgroup> scratch: array<vec4<f32>, ${WORKGROUP}>;
${softCapWgsl(o.softCap)}
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
  var high = vec4<f32>(-1e30);
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
      dots = ${o.softCap === null ? 'dots' : 'soft_cap(dots)'};
      logits[key] = dots;
      high = max(high, dots);
    }
    workgroupBarrier();
  }
  scratch[local] = high;
  workgroupBarrier();
  var top = scratch[0];
  for (var i = 1u; i < ${KEYS}u; i++) { top = max(top, scratch[i * ${LANES}u]); }
  workgroupBarrier();
  var part = vec4<f32>(0.0);
  for (var i = local; i < count; i += ${WORKGROUP}u) {
    let weight = exp(logits[i] - top);
    logits[i] = weight;
    part += weight;
  }
  scratch[local] = part;
  workgroupBarrier();

  // One head and column of the values for each invocation in turn.
  let to = (group.y * ${heads}u + head) * ${parts}u + group.z;
  for (var item = local; item < ${side * width}u; item += ${WORKGROUP}u) {
    let h = item / ${width}u;
    let column = item % ${width}u;
    var sum = vec4<f32>(0.0);
    for (var i = 0u; i < count; i++) {
      sum += logits[i][h] * cacheV[cached + i * ${kvHeads * width}u + column];
    }
    sums[(to + h * ${parts}u) * ${width}u + column] = sum;
  }
  if (local < ${side}u) {
    var total = 0.0;
    for (var i = 0u; i < ${WORKGROUP}u; i++) { total += scratch[i][local]; }
    tops[to + local * ${parts}u] = vec2<f32>(top[local], total);
  }
}`,
    grid: (live) => [heads / side, dimOf(rows, live), parts],
    cost: (live) => partCost(o, dimOf(rows, live), Math.ceil(group / side)),
    hardwareOnly: true,
  }
}

const joinKernel = specialised((o: Shape): Kernel => {
  const { rows, heads, headDim } = o
  const parts = partsOf(o)
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
    wgsl: () => `
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
})
