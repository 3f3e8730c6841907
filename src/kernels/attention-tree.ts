/**
 * Attention of rows of a tree over their own path: row t sees the cache row slots[t] and, going back from row to row by `before`,
 * those that come before it, positions[t] + 1 in all, at most `window`. What branches off is not seen, and costs nothing.
 *
 * q, out [rows, heads * headDim]; caches [capacity, kvHeads * headDim]; before u32 [capacity]. The first row of a path has
 * nothing before it. A row's result depends on its path only, not on where in the cache that lies or on what is beside it.
 * No gradient. Source: speculative decoding over token trees (Miao et al. 2023, arXiv 2305.09781), with the mask as a list of parents.
 */
import { type Binding, dimOf, type Kernel } from '../gpu/kernel.ts'
import { choice, specialised } from '../gpu/specialise.ts'
import type { Tape, Tensor } from '../gpu/tape.ts'
import { BATCH, softmaxBatch } from './attention-plain.ts'
import { type AttentionShape, sideBySide, softCapWgsl } from './attention-shape.ts'

export interface AttentionTreeOptions extends AttentionShape {
  name: string
  /** u32 [rows]: cache row of each row. */
  slots: Tensor
  /** u32 [rows]: rows before each on its path. */
  positions: Tensor
  /** u32 [capacity]: the cache row before each. */
  before: Tensor
  /** Cache rows. */
  capacity: number
}

const WORKGROUP = 64
const PLAIN_WORKGROUP = 8
/** Invocations that share the dot products of one key. */
const LANES = 4
/** Keys taken together. */
const KEYS = WORKGROUP / LANES

export function attentionTree(
  tape: Tape,
  q: Tensor,
  cacheK: Tensor,
  cacheV: Tensor,
  o: AttentionTreeOptions,
): Tensor {
  const { slots, positions, before, name, ...shape } = o
  const out = tape.tensor(name, [shape.rows, shape.heads * shape.headDim])
  tape.run(tape.choose(treeChoice(shape)), { q, cacheK, cacheV, slots, positions, before, out })
  return out
}

type Shape = Omit<AttentionTreeOptions, 'name' | 'slots' | 'positions' | 'before'>

const treeChoice = specialised((o: Shape) =>
  choice(`attention_tree ${o.headDim} ${o.heads}/${o.kvHeads}`, {
    plain: () => plainTree(o),
    shared: () => sharedTree(o),
  }),
)

function treeBindings(o: Shape): Record<string, Binding> {
  const { rows, heads, kvHeads, headDim, capacity } = o
  return {
    q: { type: 'vec4<f32>', access: 'read', shape: [rows, heads * headDim] },
    cacheK: { type: 'vec4<f32>', access: 'read', shape: [capacity, kvHeads * headDim] },
    cacheV: { type: 'vec4<f32>', access: 'read', shape: [capacity, kvHeads * headDim] },
    slots: { type: 'u32', access: 'read', shape: [rows] },
    positions: { type: 'u32', access: 'read', shape: [rows] },
    before: { type: 'u32', access: 'read', shape: [capacity] },
    out: { type: 'vec4<f32>', access: 'write', shape: [rows, heads * headDim] },
  }
}

/** Paths are not known here: half of the longest there can be. */
function treeCost(o: Shape, rows: number) {
  const { heads, kvHeads, headDim } = o
  const keys = Math.min(o.window ?? o.capacity, o.capacity / 2)
  return {
    flops: rows * keys * heads * headDim * 4,
    bytes: rows * (keys * kvHeads * headDim * 8 * (heads / kvHeads / sideBySide(o)) + heads * headDim * 8),
  }
}

/** `count` keys to see, and `place`, the cache row of the first of them. */
const pathWgsl = ({ capacity, window }: Shape) => `
  let count = min(positions[group.y] + 1u, ${Math.min(window ?? capacity, capacity)}u);
  var place = min(slots[group.y], ${capacity - 1}u);`

/** One row of up to four heads for each invocation, without barriers: for software adapters, as attention-plain.ts. */
function plainTree(o: Shape): Kernel {
  const { rows, heads, kvHeads, headDim, capacity } = o
  const width = headDim / 4
  const side = sideBySide(o)
  const items = heads / side
  const each = (text: (r: number) => string) => Array.from({ length: side }, (_, r) => text(r)).join('\n  ')
  return {
    name: 'attention_tree.plain',
    bindings: treeBindings(o),
    workgroup: PLAIN_WORKGROUP,
    wgsl: () => `
${softCapWgsl(o.softCap)}
fn kernel(group: vec3<u32>, local: u32) {
  let index = group.x * ${PLAIN_WORKGROUP}u + local;
  if (index >= ${items}u) { return; }
  let head = index * ${side}u;
  let kv = head / ${heads / kvHeads}u;
  let width = min(${width}u, arrayLength(&q));
  ${pathWgsl(o)}
  let last = count - 1u;
  ${each(
    (r) => `
  let live${r} = true;
  let lower${r} = 0u;
  let token${r} = last;
  let row${r} = (group.y * ${heads}u + head + ${r}u) * ${width}u;
  for (var d = 0u; d < width; d++) { out[row${r} + d] = vec4<f32>(0.0); }
  var top${r} = -1e30;
  var total${r} = 0.0;`,
  )}
  var places: array<u32, ${BATCH}>;
  for (var at = 0u; at < count; at += ${BATCH}u) {
    for (var i = 0u; i < ${BATCH}u; i++) {
      places[i] = place;
      place = min(before[place], ${capacity - 1}u);
    }
    ${softmaxBatch(
      o,
      side,
      (key) => `(places[${key} - at] * ${kvHeads}u + kv) * ${width}u`,
      ['q', 'cacheK', 'cacheV'],
      'out',
      (r) => `row${r}`,
    )}
  }
  ${each((r) => `for (var d = 0u; d < width; d++) { out[row${r} + d] = out[row${r} + d] / total${r}; }`)}
}`,
    grid: (live) => [Math.ceil(items / PLAIN_WORKGROUP), dimOf(rows, live), 1],
    cost: (live) => treeCost(o, dimOf(rows, live)),
  }
}

/** One row of up to four heads for each workgroup: a key is read once for all of them. */
function sharedTree(o: Shape): Kernel {
  const { rows, heads, kvHeads, headDim, capacity } = o
  const width = headDim / 4
  const side = sideBySide(o)
  const own = Math.ceil((side * width) / WORKGROUP)
  const four = (text: (h: number) => string) =>
    `vec4<f32>(${[0, 1, 2, 3].map((h) => (h < side ? text(h) : '0.0')).join(', ')})`
  const each = (text: (i: number) => string) => Array.from({ length: own }, (_, i) => text(i)).join('\n  ')
  return {
    name: 'attention_tree.shared',
    bindings: treeBindings(o),
    workgroup: WORKGROUP,
    wgsl: () => `
var<workgroup> queries: array<vec4<f32>, ${side * width}>;
var<workgroup> places: array<u32, ${KEYS}>;
// One vec4 a key: its logits for the heads side by side, in parts at first.
var<workgroup> scratch: array<vec4<f32>, ${WORKGROUP}>;
${softCapWgsl(o.softCap)}
fn kernel(group: vec3<u32>, local: u32) {
  let head = group.x * ${side}u;
  let kv = head / ${heads / kvHeads}u;
  ${pathWgsl(o)}
  for (var i = local; i < ${side * width}u; i += ${WORKGROUP}u) {
    queries[i] = q[(group.y * ${heads}u + head) * ${width}u + i] * ${o.scale};
  }
  let key = local / ${LANES}u;
  let lane = local % ${LANES}u;
  var top = vec4<f32>(-1e30);
  var total = vec4<f32>(0.0);
  ${each((i) => `var sum${i} = vec4<f32>(0.0);`)}
  for (var at = 0u; at < count; at += ${KEYS}u) {
    let live = min(${KEYS}u, count - at);
    if (local == 0u) {
      for (var i = 0u; i < live; i++) {
        places[i] = place;
        place = min(before[place], ${capacity - 1}u);
      }
    }
    workgroupBarrier();
    var dots = vec4<f32>(0.0);
    if (key < live) {
      let row = (places[key] * ${kvHeads}u + kv) * ${width}u;
      for (var i = lane; i < ${width}u; i += ${LANES}u) {
        let k = cacheK[row + i];
        dots += ${four((h) => `dot(k, queries[${h * width}u + i])`)};
      }
    }
    scratch[local] = dots;
    workgroupBarrier();
    if (lane == 0u) {
      for (var i = 1u; i < ${LANES}u; i++) { dots += scratch[local + i]; }
      scratch[local] = ${o.softCap === null ? 'dots' : 'soft_cap(dots)'};
    }
    workgroupBarrier();
    let earlier = top;
    for (var i = 0u; i < live; i++) { top = max(top, scratch[i * ${LANES}u]); }
    let shrink = exp(max(earlier - top, vec4<f32>(-100.0)));
    total *= shrink;
    ${each((i) => `sum${i} *= shrink[min((local + ${i * WORKGROUP}u) / ${width}u, 3u)];`)}
    for (var i = 0u; i < live; i++) {
      let weight = exp(scratch[i * ${LANES}u] - top);
      total += weight;
      let row = (places[i] * ${kvHeads}u + kv) * ${width}u;
      ${each((i) => `sum${i} += weight[min((local + ${i * WORKGROUP}u) / ${width}u, 3u)] * cacheV[row + (local + ${i * WORKGROUP}u) % ${width}u];`)}
    }
    workgroupBarrier();
  }
  ${each(
    (i) => `
  if (local + ${i * WORKGROUP}u < ${side * width}u) {
    let h = (local + ${i * WORKGROUP}u) / ${width}u;
    out[(group.y * ${heads}u + head) * ${width}u + local + ${i * WORKGROUP}u] = sum${i} / total[h];
  }`,
  )}
}`,
    grid: (live) => [heads / side, dimOf(rows, live), 1],
    cost: (live) => treeCost(o, dimOf(rows, live)),
    hardwareOnly: true,
  }
}
