/**
 * Draws the next token of each row from its logits, on the device.
 *
 * temperature 0: the arg-max, the lowest word on a tie. Otherwise softmax(logits / temperature), restricted first to
 * words no smaller than the top_k-th largest logit (0: off), then to the most probable words whose probabilities, added
 * from the largest down, first reach top_p (1: off); words equal to the last one kept are kept too, and always one. The
 * draw is the lowest word whose cumulative weight, in word order, exceeds u times the total, where
 * u = threefry(key = (seed, positions[row]), counter = (SITE.sample, row)), a multiple of 2^-24 in [0, 1).
 *
 * logits [rows, vocab]; positions u32 [rows]; token u32 [rows]. Nothing is sorted: thresholds are searched for
 * among the ordered bit patterns of f32, nine ways at a time, counts and masses are added in a fixed order (so they never fall when a word
 * joins), and largest logits of blocks of words tell which blocks a threshold leaves out.
 * Source of the rules: Transformers `TopKLogitsWarper`, `TopPLogitsWarper`.
 */
import { type Dim, dimOf, type Kernel } from '../gpu/kernel.ts'
import { specialised } from '../gpu/specialise.ts'
import type { Tape, Tensor } from '../gpu/tape.ts'
import { SITE } from '../lib/threefry.ts'
import { reduceMax, reduceSum } from './reduce.wgsl.ts'
import { THREEFRY_WGSL } from './threefry.wgsl.ts'

export { advance } from './sample-advance.ts'

export interface SampleOptions {
  rows: Dim
  vocab: number
  /** u32 [rows]: makes each draw of a row its own. */
  positions: Tensor
  name: string
}

/** Words of a block are a multiple of this, one workgroup of the block kernels. */
const BLOCK = 256
const BLOCK_WORKGROUP = 64
/** Block maxima lie in workgroup memory. */
const MAX_BLOCKS = 1024
/** exp of anything lower is 0 in f32. */
const LOWEST_EXPONENT = 110
/** Ninefold narrowing of 2^32 keys, rounded up each time, to one. */
const SEARCH_ROUNDS = 11

interface Layout {
  rows: Dim
  vocab: number
  block: number
  blocks: number
  workgroup: number
}

export function sample(tape: Tape, logits: Tensor, o: SampleOptions): { token: Tensor } {
  const block = BLOCK * Math.ceil(o.vocab / (BLOCK * MAX_BLOCKS))
  const blocks = Math.ceil(o.vocab / block)
  const layout: Layout = { rows: o.rows, vocab: o.vocab, block, blocks, workgroup: blocks > 64 ? 256 : 64 }
  const tops = tape.tensor(`${o.name} block maxima`, [o.rows, blocks])
  const limits = tape.tensor(`${o.name} limits`, [o.rows, 2], 'u32')
  const masses = tape.tensor(`${o.name} block masses`, [o.rows, blocks])
  const token = tape.tensor(`${o.name} token`, [o.rows], 'u32')
  tape.run(topsKernel(layout), { logits, tops })
  tape.run(limitKernel(layout), { logits, tops, limits })
  tape.run(massKernel(layout), { logits, tops, limits, masses })
  tape.run(drawKernel(layout), { logits, limits, masses, positions: o.positions, token })
  return { token }
}

/** Order-preserving bits of a float, and the weight of a logit. Greedy drawing sees its arg-max as the only word. */
const COMMON = `
fn key_of(z: f32) -> u32 {
  let bits = bitcast<u32>(select(z, 0.0, z == 0.0));
  return select(bits | 0x80000000u, ~bits, bits >= 0x80000000u);
}
fn weight_of(z: f32, top: f32) -> f32 {
  return exp((z - top) / select(1.0, step.temperature, step.temperature > 0.0));
}`

const binding = (type: 'f32' | 'u32', access: 'read' | 'write', shape: Dim[]) => ({ type, access, shape })

/** tops[row, b]: the largest logit of block b. */
const topsKernel = specialised(({ rows, vocab, block, blocks }: Layout): Kernel => {
  return {
    name: 'sample.tops',
    bindings: {
      logits: binding('f32', 'read', [rows, vocab]),
      tops: binding('f32', 'write', [rows, blocks]),
    },
    workgroup: BLOCK_WORKGROUP,
    wgsl: () => `
${reduceMax(BLOCK_WORKGROUP)}
fn kernel(group: vec3<u32>, local: u32) {
  let base = group.y * ${vocab}u;
  let end = min((group.x + 1u) * ${block}u, ${vocab}u);
  var top = logits[base + group.x * ${block}u];
  for (var w = group.x * ${block}u + local; w < end; w += ${BLOCK_WORKGROUP}u) { top = max(top, logits[base + w]); }
  let largest = reduce_max(top, local);
  if (local == 0u) { tops[group.y * ${blocks}u + group.x] = largest; }
}`,
    grid: (live) => [blocks, dimOf(rows, live), 1],
    cost: (live) => ({ flops: dimOf(rows, live) * vocab, bytes: dimOf(rows, live) * vocab * 4 }),
  }
})

/** limits[row]: the key no drawn word falls below, and the bits of the row's largest logit. */
const limitKernel = specialised(({ rows, vocab, block, blocks, workgroup: W }: Layout): Kernel => {
  const pieces = Math.sqrt(W)
  /** Raises `limit` to the largest key whose count or mass, falling with it, still reaches `goal`. */
  const search = (measure: string, goal: string, from = 'limit') => `
    {
      var low = ${from};
      var high = above;
      for (var i = 0u; i < ${SEARCH_ROUNDS}u; i++) {
        // Rounded up; high is known not to reach the goal, even where a step passes it.
        let step_ = (high - low - 1u) / 9u + 1u;
        let keys_a = low + step_ * vec4<u32>(1u, 2u, 3u, 4u);
        let keys_b = low + step_ * vec4<u32>(5u, 6u, 7u, 8u);
        let sums = ${measure};
        let goals = vec4<f32>(${goal});
        let reached = select(vec4<u32>(), vec4<u32>(1u), (sums.a >= goals) & (keys_a < vec4<u32>(high)))
          + select(vec4<u32>(), vec4<u32>(1u), (sums.b >= goals) & (keys_b < vec4<u32>(high)));
        let steps = reached.x + reached.y + reached.z + reached.w;
        high = min(high, low + step_ * (steps + 1u));
        low += step_ * steps;
      }
      limit = max(limit, low);
    }`
  const overWords = (name: string, value: string) => `
fn ${name}(keys_a: vec4<u32>, keys_b: vec4<u32>, top: f32, base: u32, local: u32) -> Eight {
  var sums = Eight();
  for (var b = 0u; b < ${blocks}u; b++) {
    if (keys[b] < keys_a.x) { continue; }
    let end = min((b + 1u) * ${block}u, ${vocab}u);
    for (var w = b * ${block}u + local; w < end; w += ${W}u) {
      let z = logits[base + w];
      let key = vec4<u32>(key_of(z));
      let value = vec4<f32>(${value});
      sums.a += select(vec4<f32>(), value, key >= keys_a);
      sums.b += select(vec4<f32>(), value, key >= keys_b);
    }
  }
  return reduce_eight(sums, local);
}`
  return {
    name: 'sample.limit',
    bindings: {
      logits: binding('f32', 'read', [rows, vocab]),
      tops: binding('f32', 'read', [rows, blocks]),
      limits: binding('u32', 'write', [rows, 2]),
    },
    workgroup: W,
    wgsl: () => `
${COMMON}
${reduceMax(W)}
/** What eight rising thresholds leave. */
struct Eight { a: vec4<f32>, b: vec4<f32> }
var<workgroup> each: array<Eight, ${W}>;
var<workgroup> pieces: array<Eight, ${pieces}>;
/** A sum over the workgroup in a fixed order. */
fn reduce_eight(value: Eight, local: u32) -> Eight {
  each[local] = value;
  workgroupBarrier();
  if (local < ${pieces}u) {
    var sum = each[local * ${pieces}u];
    for (var i = 1u; i < ${pieces}u; i++) {
      sum.a += each[local * ${pieces}u + i].a;
      sum.b += each[local * ${pieces}u + i].b;
    }
    pieces[local] = sum;
  }
  workgroupBarrier();
  var total = pieces[0];
  for (var i = 1u; i < ${pieces}u; i++) {
    total.a += pieces[i].a;
    total.b += pieces[i].b;
  }
  return total;
}
var<workgroup> keys: array<u32, ${blocks}>;
fn count_blocks(keys_a: vec4<u32>, keys_b: vec4<u32>, local: u32) -> Eight {
  var sums = Eight();
  for (var b = local; b < ${blocks}u; b += ${W}u) {
    sums.a += select(vec4<f32>(), vec4<f32>(1.0), vec4<u32>(keys[b]) >= keys_a);
    sums.b += select(vec4<f32>(), vec4<f32>(1.0), vec4<u32>(keys[b]) >= keys_b);
  }
  return reduce_eight(sums, local);
}
${overWords('count', '1.0')}
${overWords('mass', 'weight_of(z, top)')}
fn kernel(group: vec3<u32>, local: u32) {
  let base = group.y * ${vocab}u;
  var largest = tops[group.y * ${blocks}u];
  for (var b = local; b < ${blocks}u; b += ${W}u) {
    let top = tops[group.y * ${blocks}u + b];
    keys[b] = key_of(top);
    largest = max(largest, top);
  }
  let top = reduce_max(largest, local);
  let above = key_of(top) + 1u;
  var limit = 0u;
  if (step.temperature > 0.0) {
    let k = min(step.top_k, ${vocab}u);
    if (k > 0u) {
      // The k-th largest block maximum is no larger than the k-th largest logit: a close place to begin.
      ${search('count_blocks(keys_a, keys_b, local)', 'f32(k)')}
      ${search('count(keys_a, keys_b, top, base, local)', 'f32(k)')}
    }
    if (step.top_p < 1.0) {
      let all = vec4<u32>(limit);
      let goal = max(0.0, step.top_p) * mass(all, all, top, base, local).a.x;
      let negligible = key_of(top - ${LOWEST_EXPONENT}.0 * step.temperature);
      ${search('mass(keys_a, keys_b, top, base, local)', 'goal', 'max(limit, negligible)')}
    }
  } else {
    limit = key_of(top);
  }
  if (local == 0u) {
    limits[group.y * 2u] = limit;
    limits[group.y * 2u + 1u] = bitcast<u32>(top);
  }
}`,
    grid: (live) => [1, dimOf(rows, live), 1],
    // An upper estimate: what thresholds leave out is known on the device alone.
    cost: (live) => ({ flops: dimOf(rows, live) * vocab * 8, bytes: dimOf(rows, live) * vocab * 8 }),
  }
})

/** masses[row, b]: the weight of the words of block b that may be drawn. */
const massKernel = specialised(({ rows, vocab, block, blocks }: Layout): Kernel => {
  return {
    name: 'sample.mass',
    bindings: {
      logits: binding('f32', 'read', [rows, vocab]),
      tops: binding('f32', 'read', [rows, blocks]),
      limits: binding('u32', 'read', [rows, 2]),
      masses: binding('f32', 'write', [rows, blocks]),
    },
    workgroup: BLOCK_WORKGROUP,
    wgsl: () => `
${COMMON}
${reduceSum(BLOCK_WORKGROUP)}
fn kernel(group: vec3<u32>, local: u32) {
  let base = group.y * ${vocab}u;
  let limit = limits[group.y * 2u];
  let top = bitcast<f32>(limits[group.y * 2u + 1u]);
  let end = min((group.x + 1u) * ${block}u, ${vocab}u);
  var sum = 0.0;
  if (key_of(tops[group.y * ${blocks}u + group.x]) >= limit) {
    for (var w = group.x * ${block}u + local; w < end; w += ${BLOCK_WORKGROUP}u) {
      let z = logits[base + w];
      if (key_of(z) >= limit) { sum += weight_of(z, top); }
    }
  }
  let total = reduce_sum(sum, local);
  if (local == 0u) { masses[group.y * ${blocks}u + group.x] = total; }
}`,
    grid: (live) => [blocks, dimOf(rows, live), 1],
    cost: (live) => ({ flops: dimOf(rows, live) * vocab * 4, bytes: dimOf(rows, live) * vocab * 4 }),
  }
})

/** token[row]: the block in which the cumulative weight passes u times the total, then the word in it. */
const drawKernel = specialised(({ rows, vocab, block, blocks, workgroup: W }: Layout): Kernel => {
  const each = Math.ceil(blocks / W)
  return {
    name: 'sample.draw',
    bindings: {
      logits: binding('f32', 'read', [rows, vocab]),
      limits: binding('u32', 'read', [rows, 2]),
      masses: binding('f32', 'read', [rows, blocks]),
      positions: binding('u32', 'read', [rows]),
      token: binding('u32', 'write', [rows]),
    },
    workgroup: W,
    wgsl: () => `
${COMMON}
${THREEFRY_WGSL}
var<workgroup> parts: array<f32, ${Math.max(W, block)}>;
var<workgroup> chosen: u32;
var<workgroup> below: f32;
var<workgroup> passed: f32;
fn kernel(group: vec3<u32>, local: u32) {
  let limit = limits[group.y * 2u];
  let top = bitcast<f32>(limits[group.y * 2u + 1u]);
  let first = group.y * ${blocks}u;
  var own = 0.0;
  for (var b = local * ${each}u; b < min((local + 1u) * ${each}u, ${blocks}u); b++) { own += masses[first + b]; }
  parts[local] = own;
  workgroupBarrier();
  if (local == 0u) {
    var total = 0.0;
    for (var i = 0u; i < ${W}u; i++) { total += parts[i]; }
    let u = select(0.0, random_unit(step.seed, positions[group.y], ${SITE.sample}u, group.y), step.temperature > 0.0);
    let goal = u * total;
    // Rounding may keep the sum from passing the goal: then it is the last part, block and word with any weight.
    var part = 0u;
    var sum = 0.0;
    var before = 0.0;
    for (var i = 0u; i < ${W}u && sum <= goal; i++) {
      if (parts[i] > 0.0) {
        part = i;
        before = sum;
        sum += parts[i];
      }
    }
    var block = 0u;
    sum = before;
    for (var b = part * ${each}u; b < min((part + 1u) * ${each}u, ${blocks}u) && sum <= goal; b++) {
      let m = masses[first + b];
      if (m > 0.0) {
        block = b;
        before = sum;
        sum += m;
      }
    }
    chosen = block;
    below = before;
    passed = goal;
  }
  workgroupBarrier();
  let start = chosen * ${block}u;
  for (var i = local; i < ${block}u; i += ${W}u) {
    var weight = 0.0;
    if (start + i < ${vocab}u) {
      let z = logits[group.y * ${vocab}u + start + i];
      if (key_of(z) >= limit) { weight = weight_of(z, top); }
    }
    parts[i] = weight;
  }
  workgroupBarrier();
  if (local == 0u) {
    var sum = below;
    var word = 0u;
    for (var i = 0u; i < ${block}u && sum <= passed; i++) {
      if (parts[i] > 0.0) {
        word = i;
        sum += parts[i];
      }
    }
    token[group.y] = start + word;
  }
}`,
    grid: (live) => [1, dimOf(rows, live), 1],
    cost: (live) => ({
      flops: dimOf(rows, live) * (blocks + block) * 2,
      bytes: dimOf(rows, live) * blocks * 4,
    }),
  }
})
