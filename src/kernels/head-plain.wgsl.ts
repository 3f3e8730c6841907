import { floatLiteral, type HeadPass, NO_WORD, rowsWgsl, splitsWgsl } from './head-pass.wgsl.ts'
import { weight4Wgsl } from './head-weight.wgsl.ts'

/** Rows and words of a workgroup's tile; one word an invocation. */
export interface PlainTile {
  rows: 4 | 8 | 16
  words: number
}

/**
 * The pass of head-pass.wgsl.ts in little text and few barriers, with the sums of p W left in memory between tiles: what
 * software adapters compile in reasonable time and run well, for any width.
 */
export function plainPassWgsl(o: HeadPass, { rows: R, words: W }: PlainTile): string {
  const H4 = o.hidden / 4
  const cap = o.softCap === null ? '' : floatLiteral(o.softCap)
  const each = (f: (i: number) => string, indent: number) =>
    Array.from({ length: R }, (_, i) => f(i)).join(`\n${' '.repeat(indent)}`)
  const fours = Array.from({ length: R / 4 }, (_, q) => q)
  const four = (q: number, f: (i: number) => string) =>
    `vec4<f32>(${[0, 1, 2, 3].map((u) => f(q * 4 + u)).join(', ')})`
  const lane = (i: number) => `${i >> 2}.${'xyzw'[i & 3]}`

  const sums = `
    for (var c = local; c < ${H4}u; c += ${W}u) {
      ${each((i) => `var sum${i} = sums[min(base + ${i}u, final_pair) * ${H4}u + c] * shrinks[${i}];`, 6)}
      for (var q = 0u; q < words; q++) {
        let w = weight4((first + q) * ${H4}u + c);
        ${fours.map((f) => `let p${f} = exps[q * ${R / 4}u + ${f}u];`).join(' ')}
        ${each((i) => `sum${i} = fma(vec4<f32>(p${lane(i)}), w, sum${i});`, 8)}
      }
      ${each((i) => `if (${i}u < live) { sums[(base + ${i}u) * ${H4}u + c] = sum${i}; }`, 6)}
    }`

  return `
${weight4Wgsl(o.format)}
const LAST = ${o.shard.rows - 1}u;
const TILES = ${Math.ceil(o.shard.rows / W)}u;
var<workgroup> logits: array<vec4<f32>, ${(W * R) / 4}>;
var<workgroup> exps: array<vec4<f32>, ${(W * R) / 4}>;
var<workgroup> largest: array<f32, ${R}>;
var<workgroup> shrinks: array<f32, ${R}>;

fn kernel(group: vec3<u32>, local: u32) {
  let rows = ${rowsWgsl(o.rows)};
  let splits = ${splitsWgsl(o.rows, o.pairs, o.maxSplits)};
  let origin = group.y * ${R}u;
  let live = min(${R}u, rows - origin);
  let base = group.x * rows + origin;
  let final_pair = base + live - 1u;
  ${each((i) => `let label${i} = labels[min(origin + ${i}u, rows - 1u)] - ${o.shard.firstRow}u;`, 2)}
  // Invocations below ${R} each look after one row's state.
  let own = min(local, ${R - 1}u);
  var m = -1e30;
  var l = 0.0;
  var best = ${NO_WORD};
  ${
    o.carry
      ? `let before = state[min(base + own, final_pair)];
  m = before.x;
  l = before.y;
  best = before.z;`
      : o.gradient
        ? `for (var c = local; c < live * ${H4}u; c += ${W}u) { sums[base * ${H4}u + c] = vec4<f32>(); }
  storageBarrier();`
        : ''
  }

  let last_tile = TILES * (group.x + 1u) / splits;
  for (var tile = TILES * group.x / splits; tile < last_tile; tile++) {
    let first = tile * ${W}u;
    let words = min(${W}u, LAST + 1u - first);
    let word = first + local;
    let at = min(word, LAST) * ${H4}u;
    ${each((i) => `let at${i} = min(origin + ${i}u, rows - 1u) * ${H4}u; var z${i} = 0.0;`, 4)}
    for (var k = 0u; k < ${H4}u; k++) {
      let w = weight4(at + k);
      ${each((i) => `z${i} += dot(h[at${i} + k], w);`, 6)}
    }
    ${cap ? each((i) => `z${i} = ${cap} * tanh(clamp(z${i} / ${cap}, -15.0, 15.0));`, 4) : ''}
    if (word <= LAST) {
      ${each((i) => `if (word == label${i} && ${i}u < live) { label_logit[origin + ${i}u] = z${i}; }`, 6)}
    }
    ${fours.map((f) => `logits[local * ${R / 4}u + ${f}u] = ${four(f, (i) => `z${i}`)};`).join('\n    ')}
    workgroupBarrier();
    if (local < ${R}u) {
      let part = local / 4u;
      let lane = local % 4u;
      var next = m;
      for (var q = 0u; q < words; q++) {
        let z = logits[q * ${R / 4}u + part][lane];
        if (z > next) {
          next = z;
          best = f32(first + q + ${o.shard.firstRow}u);
        }
      }
      shrinks[local] = exp(m - next);
      largest[local] = next;
      l *= exp(m - next);
      for (var q = 0u; q < words; q++) { l += exp(logits[q * ${R / 4}u + part][lane] - next); }
      m = next;
    }
    workgroupBarrier();${
      o.gradient
        ? `
    ${each((i) => `z${i} = exp(z${i} - largest[${i}])${cap ? ` * (1.0 - (z${i} / ${cap}) * (z${i} / ${cap}))` : ''};`, 4)}
    ${fours.map((f) => `exps[local * ${R / 4}u + ${f}u] = ${four(f, (i) => `z${i}`)};`).join('\n    ')}
    workgroupBarrier();${sums}`
        : ''
    }
  }
  if (local < live) { state[base + local] = vec4<f32>(m, l, best, 0.0); }
}`
}
