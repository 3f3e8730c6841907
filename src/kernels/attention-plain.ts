/**
 * Flash attention with neither barriers nor workgroup memory: each invocation takes four rows of its own against eight
 * of the other side at a time, and keeps its sums in the output array. Same results and bindings as the tiled kernels
 * (attention-forward.ts, attention-backward.ts). What every compiler gets through at once and software adapters run
 * best: there a load costs dozens of multiply-adds, and barriers and long texts cost seconds of compiling.
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

const WORKGROUP = 8
/** Rows of its own that an invocation holds. */
const OWN = 4
/** Rows of the other side taken together; quads of them become vec4. */
export const BATCH = 8

const range = (n: number) => Array.from({ length: n }, (_, i) => i)
const lines = (n: number, text: (i: number) => string) => range(n).map(text).join('\n      ')
const grid2 = (n: number, m: number, text: (i: number, j: number) => string) =>
  lines(n, (i) => lines(m, (j) => text(i, j)))
/** Four scalars of a batch as a vec4: quad 1 of `s0_` is (s0_4, s0_5, s0_6, s0_7). */
const quad = (name: string, i: number) => `vec4<f32>(${range(4).map((e) => `${name}${4 * i + e}`)})`
/** name += a . b over four columns. */
const dotOnto = (name: string, a: string, b: string) =>
  `${name} = fma(${a}.x, ${b}.x, fma(${a}.y, ${b}.y, fma(${a}.z, ${b}.z, fma(${a}.w, ${b}.w, ${name}))));`

/**
 * Declares `name`r_j = own[row r] . other[other j] for each product [name, own, other]; rows begin at `row`r and
 * `other`j.
 */
function products(rows: number, others: number, of: (readonly [string, string, string])[]): string {
  return `
    ${of.map(([name]) => grid2(rows, others, (r, j) => `var ${name}${r}_${j} = 0.0;`)).join('\n      ')}
    for (var d = 0u; d < width; d++) {
      ${of
        .map(
          ([name, own, other]) => `
      ${lines(rows, (r) => `let own_${name}${r} = ${own}[row${r} + d];`)}
      ${lines(others, (j) => `let other_${name}${j} = ${other}[other${j} + d];`)}
      ${grid2(rows, others, (r, j) => dotOnto(`${name}${r}_${j}`, `own_${name}${r}`, `other_${name}${j}`))}`,
        )
        .join('')}
    }`
}

/** For each row: to[place] = scale * to[place] + sum_j weight_j from[other j], over the width. */
function addOnto(
  rows: number,
  others: number,
  to: string,
  place: (r: number) => string,
  scale: (r: number) => string,
  weight: string,
  from: string,
): string {
  return `
    for (var d = 0u; d < width; d++) {
      ${lines(others, (j) => `let other_d${j} = ${from}[other${j} + d];`)}
      ${lines(
        rows,
        (r) => `var sum${r} = ${to}[${place(r)} + d]${scale(r)};
      ${lines(others, (j) => `sum${r} = fma(vec4<f32>(${weight}${r}_${j >> 2}.${'xyzw'[j % 4]}), other_d${j}, sum${r});`)}
      if (live${r}) { ${to}[${place(r)} + d] = sum${r}; }`,
      )}
    }`
}

/** Keys at .. at + 7, none past `last`: their products, which of them row r sees, and its logits y. */
function keyBatch(
  o: AttentionShape,
  rows: number,
  keyBase: (key: string) => string,
  of: (readonly [string, string, string])[],
): string {
  return `
    ${lines(BATCH, (j) => `let other${j} = ${keyBase(`min(at + ${j}u, last)`)};`)}
    ${products(rows, BATCH, of)}
    ${grid2(rows, BATCH / 4, (r, i) => {
      const keys = `(vec4<u32>(at + ${4 * i}u) + vec4<u32>(0u, 1u, 2u, 3u))`
      return `let seen${r}_${i} = (${keys} >= vec4<u32>(lower${r})) & (${keys} <= vec4<u32>(token${r}));
      let y${r}_${i} = ${logit(o, quad(`s${r}_`, i))};`
    })}`
}

/**
 * One step of online softmax over eight keys: `top`r, `total`r and the sums in `to` go on from what they hold. Row r
 * of q begins at `row`r, its sums at place(r); it sees keys lower`r` .. token`r`.
 */
export function softmaxBatch(
  o: AttentionShape,
  rows: number,
  keyBase: (key: string) => string,
  [q, k, v]: readonly [string, string, string],
  to: string,
  place: (r: number) => string,
): string {
  return `
    ${keyBatch(o, rows, keyBase, [['s', q, k]])}
    ${lines(rows, (r) => {
      const masked = (i: number) => `select(vec4<f32>(-1e30), y${r}_${i}, seen${r}_${i})`
      return `
      let highest${r} = max(${masked(0)}, ${masked(1)});
      let before${r} = top${r};
      top${r} = max(max(top${r}, max(highest${r}.x, highest${r}.y)), max(highest${r}.z, highest${r}.w));
      let shrink${r} = exp(max(before${r} - top${r}, -100.0));
      ${lines(2, (i) => `let p${r}_${i} = select(vec4<f32>(0.0), exp(${masked(i)} - top${r}), seen${r}_${i});`)}
      total${r} = total${r} * shrink${r} + dot(p${r}_0 + p${r}_1, vec4<f32>(1.0));`
    })}
    ${addOnto(rows, BATCH, to, place, (r) => ` * shrink${r}`, 'p', v)}`
}

const streamKey = (o: AttentionShape) => (key: string) =>
  `(${key} * ${o.kvHeads}u + group.x) * ${o.headDim / 4}u`

/** Sets the rows' places in an output array to zero. */
const clear = (to: string, rows: number) =>
  lines(
    rows,
    (r) => `if (live${r}) { for (var d = 0u; d < width; d++) { ${to}[row${r} + d] = vec4<f32>(0.0); } }`,
  )

/** Compilers that see this number unroll the loops over it. */
const widthText = (o: AttentionShape) => `let width = min(${o.headDim / 4}u, arrayLength(&q));`

/** Where the four queries of an invocation lie. */
function ownQueries(o: AttentionShape, tile: ReturnType<typeof queryTileWgsl>): string {
  const group = o.heads / o.kvHeads
  return `
  let first = group.y * ${tile.tokens}u;
  let last = min(first + ${tile.tokens}u, ${dimText(o.rows)}) - 1u;
  ${widthText(o)}
  ${lines(
    OWN,
    (r) => `
  let live${r} = ${tile.isLive(`${OWN}u * local + ${r}u`)};
  let token${r} = min(first + (${OWN}u * local + ${r}u) / ${group}u, last);
  let item${r} = query_row(first, last, group.x * ${group}u, ${OWN}u * local + ${r}u);
  let row${r} = item${r} * ${o.headDim / 4}u;
  let lower${r} = first_key(token${r});`,
  )}`
}

export function plainForward(o: AttentionShape): Kernel {
  const { rows, heads, kvHeads } = o
  const queries = queryTileWgsl(o, WORKGROUP * OWN, heads / kvHeads)
  return {
    name: 'attention.forward.plain',
    bindings: forwardBindings(o),
    workgroup: WORKGROUP,
    wgsl: () => `
${softCapWgsl(o.softCap)}
${queries.functions}
fn kernel(group: vec3<u32>, local: u32) {
  ${ownQueries(o, queries)}
  ${clear('out', OWN)}
  ${lines(OWN, (r) => `var top${r} = -1e30; var total${r} = 0.0;`)}
  for (var at = first_key(first); at <= last; at += ${BATCH}u) {
    ${softmaxBatch(o, OWN, streamKey(o), ['q', 'k', 'v'], 'out', (r) => `row${r}`)}
  }
  ${lines(
    OWN,
    (r) => `if (live${r}) {
    let share = 1.0 / total${r};
    for (var d = 0u; d < width; d++) { out[row${r} + d] *= share; }
    lse[item${r}] = top${r} + log(total${r});
  }`,
  )}
}`,
    grid: (live) => [kvHeads, Math.ceil(dimOf(rows, live) / queries.tokens), 1],
    cost: (live) => attentionCost(o, dimOf(rows, live), 2),
  }
}

export function plainBackwardQuery(o: AttentionShape, accumulate: boolean): Kernel {
  const { rows, heads, kvHeads } = o
  const queries = queryTileWgsl(o, WORKGROUP * OWN, heads / kvHeads)
  return {
    name: 'attention.backward_query.plain',
    bindings: queryBindings(o, accumulate),
    workgroup: WORKGROUP,
    wgsl: () => `
${softCapWgsl(o.softCap)}
${queries.functions}
fn kernel(group: vec3<u32>, local: u32) {
  ${ownQueries(o, queries)}
  ${lines(OWN, (r) => `let stats${r} = stats[item${r}];`)}
  ${accumulate ? '' : clear('dq', OWN)}
  for (var at = first_key(first); at <= last; at += ${BATCH}u) {
    ${keyBatch(o, OWN, streamKey(o), [
      ['s', 'q', 'k'],
      ['g', 'dout', 'v'],
    ])}
    ${grid2(OWN, BATCH / 4, (r, i) => {
      const ds = slope(o, `p${r}_${i}`, quad(`g${r}_`, i), `stats${r}.y`, `y${r}_${i}`)
      return `
      let p${r}_${i} = exp(min(y${r}_${i} - stats${r}.x, vec4<f32>(0.0)));
      let ds${r}_${i} = select(vec4<f32>(0.0), ${ds}, seen${r}_${i});`
    })}
    ${addOnto(
      OWN,
      BATCH,
      'dq',
      (r) => `row${r}`,
      () => '',
      'ds',
      'k',
    )}
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
  const { used } = queries
  const quads = Math.ceil(used / 4)
  const keys = WORKGROUP * OWN
  // Queries of a batch that fill up its last quad repeat one that is there, unseen.
  const real = (j: number) => Math.min(j, used - 1)
  const token = (j: number) => `at + ${Math.floor(real(j) / group)}u`
  const four = (i: number, text: (j: number) => string) => range(4).map((e) => text(4 * i + e))
  return {
    name: 'attention.backward_key_value.plain',
    bindings: keyValueBindings(o, 1, accumulate),
    workgroup: WORKGROUP,
    wgsl: () => `
${softCapWgsl(o.softCap)}
${queries.functions}
${lastQueryWgsl(o)}
fn kernel(group: vec3<u32>, local: u32) {
  let head = group.x * ${group}u;
  let first = group.y * ${keys}u;
  let last = min(first + ${keys}u, ${dimText(rows)}) - 1u;
  let end = last_query(last);
  ${widthText(o)}
  ${lines(
    OWN,
    (r) => `
  let key${r} = first + ${OWN}u * local + ${r}u;
  let live${r} = key${r} <= last;
  let row${r} = (min(key${r}, last) * ${kvHeads}u + group.x) * ${headDim / 4}u;`,
  )}
  ${accumulate.dk ? '' : clear('dk', OWN)}
  ${accumulate.dv ? '' : clear('dv', OWN)}
  for (var at = first; at <= end; at += ${queries.tokens}u) {
    ${lines(4 * quads, (j) => `let item${j} = query_row(at, end, head, ${real(j)}u);`)}
    ${lines(4 * quads, (j) => `let other${j} = item${j} * ${headDim / 4}u;`)}
    ${products(OWN, 4 * quads, [
      ['s', 'k', 'q'],
      ['g', 'v', 'dout'],
    ])}
    ${lines(
      quads,
      (i) => `
    let lse${i} = vec4<f32>(${four(i, (j) => `stats[item${j}].x`)});
    let delta${i} = vec4<f32>(${four(i, (j) => `stats[item${j}].y`)});
    let reach${i} = vec4<u32>(${four(i, (j) => (j < used ? token(j) : 'end + 1u'))});
    let lower${i} = vec4<u32>(${four(i, (j) => `first_key(min(${token(j)}, end))`)});`,
    )}
    ${grid2(OWN, quads, (r, i) => {
      const key = `vec4<u32>(key${r})`
      return `
      let seen${r}_${i} = (${key} >= lower${i}) & (${key} <= reach${i}) & (reach${i} <= vec4<u32>(end));
      let y${r}_${i} = ${logit(o, quad(`s${r}_`, i))};
      let p${r}_${i} = select(vec4<f32>(0.0), exp(min(y${r}_${i} - lse${i}, vec4<f32>(0.0))), seen${r}_${i});
      let ds${r}_${i} = ${slope(o, `p${r}_${i}`, quad(`g${r}_`, i), `delta${i}`, `y${r}_${i}`)};`
    })}
    ${['dv p dout', 'dk ds q']
      .map((names) => names.split(' ') as [string, string, string])
      .map(([to, weight, source]) =>
        addOnto(
          OWN,
          used,
          to,
          (r) => `row${r}`,
          () => '',
          weight,
          source,
        ),
      )
      .join('')}
  }
}`,
    grid: (live) => [kvHeads, Math.ceil(dimOf(rows, live) / keys), 1],
    cost: (live) => attentionCost(o, dimOf(rows, live), 4),
  }
}
