/**
 * Flash attention with neither barriers nor workgroup memory: one row for each invocation, the other side eight rows at
 * a time at addresses the whole workgroup shares, sums kept in the output array. Same results and bindings as the tiled
 * kernels (attention-forward.ts, attention-backward.ts). Short text that every compiler gets through at once, and what
 * software adapters run best: they pay for loads that differ between invocations, and dearly for barriers.
 */
import { dimOf, type Kernel } from '../gpu/kernel.ts'
import {
  type Accumulate,
  type AttentionShape,
  attentionCost,
  dimText,
  forwardBindings,
  keyValueBindings,
  lastQueryWgsl,
  logit,
  queryBindings,
  queryTileWgsl,
  slope,
  softCapWgsl,
} from './attention-shape.ts'

export const WORKGROUP = 32
/** Rows of the other side taken together. */
export const BATCH = 8

const range = (n: number) => Array.from({ length: n }, (_, i) => i)
const lines = (n: number, text: (i: number) => string) => range(n).map(text).join('\n      ')
/** Four scalars of a batch as a vec4: quad 1 of `s` is (s4, s5, s6, s7). */
const quad = (name: string, i: number) =>
  `vec4<f32>(${range(4)
    .map((e) => `${name}${4 * i + e}`)
    .join(', ')})`
/** name = a . b over four columns, added on. */
const dotOnto = (name: string, a: string, b: string) =>
  `${name} = fma(${a}.x, ${b}.x, fma(${a}.y, ${b}.y, fma(${a}.z, ${b}.z, fma(${a}.w, ${b}.w, ${name}))));`

/** Where a key's row begins, in vec4. */
type KeyBase = (key: string) => string

const streamKey =
  (o: AttentionShape): KeyBase =>
  (key) =>
    `(${key} * ${o.kvHeads}u + group.x) * ${o.headDim / 4}u`

/**
 * Keys at .. at + 7, none past `last`: their products with this invocation's row, given as [name, own array, other
 * array]; `seen`, which of them lie in lower .. token; `y`, the logits from product s.
 */
function keyBatch(
  o: AttentionShape,
  keyBase: KeyBase,
  products: (readonly [string, string, string])[],
): string {
  return `
    ${lines(BATCH, (j) => `let key${j} = ${keyBase(`min(at + ${j}u, last)`)};`)}
    ${products.map(([name]) => lines(BATCH, (j) => `var ${name}${j} = 0.0;`)).join('\n    ')}
    for (var d = 0u; d < width; d++) {
      ${products
        .map(
          ([name, own, other]) => `let a_${name} = ${own}[row + d];
      ${lines(BATCH, (j) => `let b_${name}${j} = ${other}[key${j} + d];`)}
      ${lines(BATCH, (j) => dotOnto(`${name}${j}`, `a_${name}`, `b_${name}${j}`))}`,
        )
        .join('\n      ')}
    }
    ${lines(2, (i) => {
      const keys = `(vec4<u32>(at + ${4 * i}u) + vec4<u32>(0u, 1u, 2u, 3u))`
      return `let seen${i} = (${keys} >= vec4<u32>(lower)) & (${keys} <= vec4<u32>(token));
      let y${i} = ${logit(o, quad('s', i))};`
    })}`
}

/** Where an invocation's own query lies. */
function ownQuery(o: AttentionShape, tokens: number, isLive: string): string {
  const { heads, kvHeads, headDim } = o
  return `
  let first = group.y * ${tokens}u;
  let last = min(first + ${tokens}u, ${dimText(o.rows)}) - 1u;
  if (!(${isLive})) { return; }
  let token = first + local / ${heads / kvHeads}u;
  let item = query_row(first, last, group.x * ${heads / kvHeads}u, local);
  let row = item * ${headDim / 4}u;
  // Compilers that see this number unroll the loops over it.
  let width = min(${headDim / 4}u, arrayLength(&q));
  let lower = first_key(token);`
}

/** to = scale * to + sum_j weight_j other[at_j], over the width; `to` names an array and where its row begins. */
function batchOnto(
  to: readonly [string, string],
  scale: string,
  weight: string,
  other: string,
  count: number,
  at: (j: number) => string,
): string {
  const place = `${to[0]}[${to[1]} + d]`
  return `
    for (var d = 0u; d < width; d++) {
      var sum = ${place}${scale};
      ${lines(count, (j) => `sum = fma(vec4<f32>(${weight}${j >> 2}.${'xyzw'[j % 4]}), ${other}[${at(j)} + d], sum);`)}
      ${place} = sum;
    }`
}

/** One step of online softmax over eight keys: `top`, `total` and the sums in `to` go on from what they hold. */
export function softmaxBatch(
  o: AttentionShape,
  keyBase: KeyBase,
  [q, k, v]: readonly [string, string, string],
  to: readonly [string, string],
): string {
  return `
    ${keyBatch(o, keyBase, [['s', q, k]])}
    ${lines(2, (i) => `let z${i} = select(vec4<f32>(-1e30), y${i}, seen${i});`)}
    let highest = max(z0, z1);
    let before = top;
    top = max(top, max(max(highest.x, highest.y), max(highest.z, highest.w)));
    let shrink = exp(max(before - top, -100.0));
    ${lines(2, (i) => `let p${i} = select(vec4<f32>(0.0), exp(z${i} - top), seen${i});`)}
    total = total * shrink + dot(p0 + p1, vec4<f32>(1.0));
    ${batchOnto(to, ' * shrink', 'p', v, BATCH, (j) => `key${j}`)}`
}

export function plainForward(o: AttentionShape): Kernel {
  const { rows, heads, kvHeads } = o
  const queries = queryTileWgsl(o, WORKGROUP, heads / kvHeads)
  return {
    name: 'attention.forward.plain',
    bindings: forwardBindings(o),
    workgroup: WORKGROUP,
    wgsl: `
${softCapWgsl(o.softCap)}
${queries.functions}
fn kernel(group: vec3<u32>, local: u32) {
  ${ownQuery(o, queries.tokens, queries.isLive('local'))}
  for (var d = 0u; d < width; d++) { out[row + d] = vec4<f32>(0.0); }
  var top = -1e30;
  var total = 0.0;
  for (var at = first_key(first); at <= last; at += ${BATCH}u) {
    ${softmaxBatch(o, streamKey(o), ['q', 'k', 'v'], ['out', 'row'])}
  }
  let share = 1.0 / total;
  for (var d = 0u; d < width; d++) { out[row + d] *= share; }
  lse[item] = top + log(total);
}`,
    grid: (live) => [kvHeads, Math.ceil(dimOf(rows, live) / queries.tokens), 1],
    cost: (live) => attentionCost(o, dimOf(rows, live), 2),
  }
}

export function plainBackwardQuery(o: AttentionShape, accumulate: boolean): Kernel {
  const { rows, heads, kvHeads } = o
  const queries = queryTileWgsl(o, WORKGROUP, heads / kvHeads)
  return {
    name: 'attention.backward_query.plain',
    bindings: queryBindings(o, accumulate),
    workgroup: WORKGROUP,
    wgsl: `
${softCapWgsl(o.softCap)}
${queries.functions}
fn kernel(group: vec3<u32>, local: u32) {
  ${ownQuery(o, queries.tokens, queries.isLive('local'))}
  let lse = stats[item].x;
  let delta = stats[item].y;
  ${accumulate ? '' : 'for (var d = 0u; d < width; d++) { dq[row + d] = vec4<f32>(0.0); }'}
  for (var at = first_key(first); at <= last; at += ${BATCH}u) {
    ${keyBatch(o, streamKey(o), [
      ['s', 'q', 'k'],
      ['g', 'dout', 'v'],
    ])}
    ${lines(
      2,
      (i) => `
      let p${i} = exp(min(y${i} - lse, vec4<f32>(0.0)));
      let ds${i} = select(vec4<f32>(0.0), ${slope(o, `p${i}`, quad('g', i), 'delta', `y${i}`)}, seen${i});`,
    )}
    ${batchOnto(['dq', 'row'], '', 'ds', 'k', BATCH, (j) => `key${j}`)}
  }
}`,
    grid: (live) => [kvHeads, Math.ceil(dimOf(rows, live) / queries.tokens), 1],
    cost: (live) => attentionCost(o, dimOf(rows, live), 3),
  }
}

export function plainBackwardKeyValue(o: AttentionShape, accumulate: Accumulate): Kernel {
  const { rows, heads, kvHeads, headDim } = o
  const group = heads / kvHeads
  const queries = queryTileWgsl(o, Math.max(BATCH, group), group)
  const item = (j: number) => `query_row(at, end, head, ${j}u)`
  const used = queries.used
  const quads = Math.ceil(used / 4)
  const width = headDim / 4
  return {
    name: 'attention.backward_key_value.plain',
    bindings: keyValueBindings(o, 1, accumulate),
    workgroup: WORKGROUP,
    wgsl: `
${softCapWgsl(o.softCap)}
${queries.functions}
${lastQueryWgsl(o)}
fn kernel(group: vec3<u32>, local: u32) {
  let head = group.x * ${group}u;
  let first = group.y * ${WORKGROUP}u;
  let last = min(first + ${WORKGROUP}u, ${dimText(rows)}) - 1u;
  let end = last_query(last);
  let key = first + local;
  if (key > last) { return; }
  let row = (key * ${kvHeads}u + group.x) * ${width}u;
  let width = min(${width}u, arrayLength(&q));
  ${accumulate.dk ? '' : 'for (var d = 0u; d < width; d++) { dk[row + d] = vec4<f32>(0.0); }'}
  ${accumulate.dv ? '' : 'for (var d = 0u; d < width; d++) { dv[row + d] = vec4<f32>(0.0); }'}
  for (var at = first; at <= end; at += ${queries.tokens}u) {
    ${lines(4 * quads, (j) => `let item${j} = ${item(Math.min(j, used - 1))};`)}
    ${lines(used, (j) => `let start${j} = item${j} * ${width}u;`)}
    ${lines(4 * quads, (j) => `var s${j} = 0.0; var g${j} = 0.0;`)}
    for (var d = 0u; d < width; d++) {
      let a_s = k[row + d];
      ${lines(used, (j) => `let b_s${j} = q[start${j} + d];`)}
      ${lines(used, (j) => dotOnto(`s${j}`, 'a_s', `b_s${j}`))}
      let a_g = v[row + d];
      ${lines(used, (j) => `let b_g${j} = dout[start${j} + d];`)}
      ${lines(used, (j) => dotOnto(`g${j}`, 'a_g', `b_g${j}`))}
    }
    ${lines(4 * quads, (j) => `let token${j} = min(at + ${Math.floor(Math.min(j, used - 1) / group)}u, end);`)}
    ${lines(quads, (i) => {
      const four = (text: (j: number) => string) =>
        range(4)
          .map((e) => text(4 * i + e))
          .join(', ')
      return `
      let stats${i}0 = vec4<f32>(${four((j) => `stats[item${j}].x`)});
      let stats${i}1 = vec4<f32>(${four((j) => `stats[item${j}].y`)});
      let reach${i} = vec4<u32>(${four((j) => (j < used ? `at + ${Math.floor(j / group)}u` : 'end + 1u'))});
      let lower${i} = vec4<u32>(${four((j) => `first_key(token${j})`)});
      let seen${i} = (vec4<u32>(key) >= lower${i}) & (vec4<u32>(key) <= reach${i}) & (reach${i} <= vec4<u32>(end));
      let y${i} = ${logit(o, quad('s', i))};
      let p${i} = select(vec4<f32>(0.0), exp(min(y${i} - stats${i}0, vec4<f32>(0.0))), seen${i});
      let ds${i} = ${slope(o, `p${i}`, quad('g', i), `stats${i}1`, `y${i}`)};`
    })}
    ${batchOnto(['dv', 'row'], '', 'p', 'dout', used, (j) => `start${j}`)}
    ${batchOnto(['dk', 'row'], '', 'ds', 'q', used, (j) => `start${j}`)}
  }
}`,
    grid: (live) => [kvHeads, Math.ceil(dimOf(rows, live) / WORKGROUP), 1],
    cost: (live) => attentionCost(o, dimOf(rows, live), 4),
  }
}
