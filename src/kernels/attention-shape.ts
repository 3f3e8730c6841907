/**
 * What the kernels of attention share: their bindings, masks, soft-cap and cost. The mathematics is in
 * attention-forward.ts and attention-backward.ts.
 */
import type { Binding, Dim } from '../gpu/kernel.ts'

export interface AttentionShape {
  rows: Dim
  heads: number
  kvHeads: number
  headDim: number
  scale: number
  /** Rows a query sees, itself included; null: all of its segment. */
  window: number | null
  /** Logits become softCap * tanh(logit / softCap). */
  softCap: number | null
}

/** Which gradients are added to what is there. */
export interface Accumulate {
  dk: boolean
  dv: boolean
}

export function forwardBindings(o: AttentionShape): Record<string, Binding> {
  const { rows, heads, kvHeads, headDim } = o
  return {
    q: { type: 'vec4<f32>', access: 'read', shape: [rows, heads * headDim] },
    k: { type: 'vec4<f32>', access: 'read', shape: [rows, kvHeads * headDim] },
    v: { type: 'vec4<f32>', access: 'read', shape: [rows, kvHeads * headDim] },
    segmentStart: { type: 'u32', access: 'read', shape: [rows] },
    out: { type: 'vec4<f32>', access: 'write', shape: [rows, heads * headDim] },
    lse: { type: 'f32', access: 'write', shape: [rows, heads] },
  }
}

export function queryBindings(o: AttentionShape, accumulate: boolean): Record<string, Binding> {
  const { rows, heads, kvHeads, headDim } = o
  return {
    q: { type: 'vec4<f32>', access: 'read', shape: [rows, heads * headDim] },
    k: { type: 'vec4<f32>', access: 'read', shape: [rows, kvHeads * headDim] },
    v: { type: 'vec4<f32>', access: 'read', shape: [rows, kvHeads * headDim] },
    dout: { type: 'vec4<f32>', access: 'read', shape: [rows, heads * headDim] },
    stats: { type: 'vec2<f32>', access: 'read', shape: [rows, heads * 2] },
    segmentStart: { type: 'u32', access: 'read', shape: [rows] },
    dq: { type: 'vec4<f32>', access: accumulate ? 'update' : 'write', shape: [rows, heads * headDim] },
  }
}

export function keyValueBindings(
  o: AttentionShape,
  splits: number,
  accumulate: Accumulate,
): Record<string, Binding> {
  const { rows, heads, kvHeads, headDim } = o
  const parts = [rows, kvHeads * splits * headDim]
  return {
    q: { type: 'vec4<f32>', access: 'read', shape: [rows, heads * headDim] },
    k: { type: 'vec4<f32>', access: 'read', shape: [rows, kvHeads * headDim] },
    v: { type: 'vec4<f32>', access: 'read', shape: [rows, kvHeads * headDim] },
    dout: { type: 'vec4<f32>', access: 'read', shape: [rows, heads * headDim] },
    stats: { type: 'vec2<f32>', access: 'read', shape: [rows, heads * 2] },
    segmentStart: { type: 'u32', access: 'read', shape: [rows] },
    dk: { type: 'vec4<f32>', access: accumulate.dk ? 'update' : 'write', shape: parts },
    dv: { type: 'vec4<f32>', access: accumulate.dv ? 'update' : 'write', shape: parts },
  }
}

/** Where the queries of a tile lie, as WGSL. */
export interface QueryTile {
  /** Tokens a tile holds; each gives a row for each of `perToken` heads. */
  tokens: number
  /** Tile rows in use: the largest multiple of perToken. */
  used: number
  functions: string
  /** For `own` query tiles: the keys `lower` .. `upper` that the four rows of an invocation see. */
  span: string
  /** Whether tile row `i` holds a live query, given `first` and `last`. */
  isLive: (i: string) => string
}

/**
 * How the queries of `perToken` heads lie in a tile of `size` rows: row i is token first + i / perToken, head
 * head + i % perToken. `query_row` counts rows of q in heads and never passes token `last`.
 */
export function queryTileWgsl(o: AttentionShape, size: number, perToken: number): QueryTile {
  const tokens = Math.floor(size / perToken)
  if (tokens < 1) throw new Error(`${perToken} heads share a kv head: more than a tile of ${size} rows holds`)
  const used = tokens * perToken
  const windowed =
    o.window === null ? '' : `begin = max(begin, max(token, ${o.window - 1}u) - ${o.window - 1}u);`
  return {
    tokens,
    used,
    functions: `
fn query_row(first: u32, last: u32, head: u32, i: u32) -> u32 {
  return min(first + i / ${perToken}u, last) * ${o.heads}u + head + i % ${perToken}u;
}
fn first_key(token: u32) -> u32 {
  var begin = segmentStart[token];
  ${windowed}
  return begin;
}`,
    span: `
  let own_token = min(vec4<u32>(first) + (vec4<u32>(4u * tm) + vec4<u32>(0u, 1u, 2u, 3u)) / ${perToken}u, vec4<u32>(last));
  let upper = own_token;
  let lower = vec4<u32>(first_key(own_token.x), first_key(own_token.y), first_key(own_token.z), first_key(own_token.w));`,
    isLive: (i) => `${used < size ? `${i} < ${used}u && ` : ''}first + (${i}) / ${perToken}u <= last`,
  }
}

/** Heads of a kv head that go together: at most four, their queries in at most 4 KiB. */
export function sideBySide(o: Pick<AttentionShape, 'heads' | 'kvHeads' | 'headDim'>): number {
  return [4, 3, 2, 1].find((n) => (o.heads / o.kvHeads) % n === 0 && n * o.headDim <= 1024)!
}

/** WGSL for a size. */
export function dimText(d: Dim): string {
  return typeof d === 'number' ? `${d}u` : `step.${d}`
}

/**
 * WGSL `soft_cap(x)` = cap tanh(x / cap) for the four logits of a vec4, and `soft_cap_slope(y)`, its derivative in terms
 * of the result. tanh is written with exp of a clamped argument: the built-in may overflow.
 */
export function softCapWgsl(cap: number | null): string {
  if (cap === null) return ''
  return `
fn soft_cap(x: vec4<f32>) -> vec4<f32> {
  let e = exp(-2.0 * min(abs(x) * ${1 / cap}, vec4<f32>(30.0)));
  return ${cap} * sign(x) * (1.0 - e) / (1.0 + e);
}
fn soft_cap_slope(y: vec4<f32>) -> vec4<f32> { return 1.0 - (y * ${1 / cap}) * (y * ${1 / cap}); }`
}

/** Pairs (query, key) that a causal, windowed stream of `rows` in one segment computes; the honest upper bound. */
export function attendedPairs(rows: number, window: number | null): number {
  const w = Math.min(window ?? rows, rows)
  return (w * (w + 1)) / 2 + (rows - w) * w
}

/** WGSL `last_query(last)`: the last query that sees key `last`. Segment starts never decrease. */
export function lastQueryWgsl(o: AttentionShape): string {
  const far = o.window === null ? '' : `high = min(high, last + ${o.window - 1}u);`
  return `
fn last_query(last: u32) -> u32 {
  var low = last;
  var high = ${dimText(o.rows)} - 1u;
  ${far}
  while (low < high) {
    let middle = (low + high + 1u) / 2u;
    if (segmentStart[middle] <= last) { low = middle; } else { high = middle - 1u; }
  }
  return low;
}`
}

/** ds of the four logits in `s` from p in `p`, dp in `g`. `y` is the capped logit. */
export function slope(o: AttentionShape, p: string, g: string, delta: string, y: string): string {
  const capped = o.softCap === null ? '' : ` * soft_cap_slope(${y})`
  return `${p} * (${g} - ${delta})${capped} * ${o.scale}`
}

/** Scaled and capped logits. */
export function logit(o: AttentionShape, s: string): string {
  return o.softCap === null ? `${s} * ${o.scale}` : `soft_cap(${s} * ${o.scale})`
}

/** Upper bound over segmentations: one segment. `products` counts [pairs x headDim] matmuls. */
export function attentionCost(o: AttentionShape, rows: number, products: number) {
  const { heads, kvHeads, headDim } = o
  return {
    flops: attendedPairs(rows, o.window) * heads * headDim * 2 * products,
    bytes: rows * headDim * 4 * (heads * products + kvHeads * 2),
  }
}
