/**
 * Products with a frozen weight W [out, in] (`Weight`: rows are outputs), optionally plus a low-rank product:
 *
 *   forward    c[t, n] = sum_k a[t, k] W[n, k] + sum_q u[t, q] v[n, q]              n < out, k < in    (v = B)
 *   backward   c[t, n] (+)= sum_k a[t, k] W[k, n] + mask[t, n] sum_q u[t, q] v[q, n]  n < in, k < out  (v = A)
 *
 * a [rows, in | out]; u [rows, rank]; v = LoRA's B [out, rank] or A [rank, in], as they are stored; c [rows, out | in] is
 * written, or with `accumulate` added to. A shard of W serves its own columns of c (forward) or of a (backward). The
 * mask is LoRA's dropout, see lora.ts. Every sum runs over ascending k in f32, so that a variant always gives the same
 * bits.
 *
 * Layout after Volkov and Demmel 2008 ("Benchmarking GPUs to tune dense linear algebra") and CUTLASS: register tiles of
 * TM x TN an invocation, fed from tiles in workgroup memory by vec4. Rows of those tiles lie along k as they do in
 * global memory: nothing is transposed on the way.
 */
import { type Binding, type Dim, dimOf, type Kernel } from '../gpu/kernel.ts'
import { specialised } from '../gpu/specialise.ts'
import { type StorageType, storedBytes } from '../lib/storage.ts'
import { dropoutWgsl, siteBinding } from './dropout.wgsl.ts'
import { leastColumns, type ShardRows, type WeightReader, type WeightShape, weightReader } from './weight.ts'

export type Direction = 'forward' | 'backward'

export interface LowRank {
  rank: number
  /** Whether a dropout mask lies on it (backward only); then there is a binding `site`. */
  dropout?: boolean
}

export interface MatmulSpec {
  direction: Direction
  rows: Dim
  weight: WeightShape
  shard: ShardRows
  accumulate: boolean
  lowRank?: LowRank | undefined
}

/** A register and workgroup tiling. An invocation computes tm x tn of a workgroup's bm x bn; k advances by bk. */
export interface Tiling {
  bm: number
  bn: number
  bk: number
  tm: number
  tn: number
  /** Operands go through workgroup memory; else each invocation reads its own from global memory. */
  shared: boolean
  /** Without workgroup memory: the four lanes of a quad read the rows of a between them (needs subgroups; bm = tm). */
  quad?: boolean
}

/** Sizes and loaders that follow from a spec. */
export interface Problem {
  /** Columns of this dispatch's part of c, and length of its sums. */
  n: number
  k: number
  /** Row strides of a and c; offset of the shard's columns in them. */
  aStride: number
  aOffset: number
  cStride: number
  cOffset: number
  /** Whether a and W are read by vec4 (else by scalars, with a guard on each). */
  quads: boolean
}

export function problemOf({ direction, weight, shard }: MatmulSpec): Problem {
  const { rows: out, cols } = weight
  const forward = direction === 'forward'
  const aOffset = forward ? 0 : shard.firstRow
  const aStride = forward ? cols : out
  return {
    n: forward ? shard.rows : cols,
    k: forward ? cols : shard.rows,
    aStride,
    aOffset,
    cStride: forward ? out : cols,
    cOffset: forward ? shard.firstRow : 0,
    quads: cols % 4 === 0 && aStride % 4 === 0 && aOffset % 4 === 0 && (forward || shard.rows % 4 === 0),
  }
}

/** W is read four columns at a time, or where sizes forbid it as few as its format can give. */
function readerOf(spec: MatmulSpec): WeightReader {
  const { weight, shard } = spec
  return weightReader('w', weight, shard.rows, problemOf(spec).quads ? 4 : leastColumns(weight.format))
}

/** Bindings of every variant: a, w, [u, v, [site,]] c. */
export function matmulBindings(spec: MatmulSpec): Record<string, Binding> {
  const { direction, rows, weight, accumulate, lowRank } = spec
  const { quads, aStride, cStride } = problemOf(spec)
  const vShape =
    direction === 'forward' ? [weight.rows, lowRank?.rank ?? 0] : [lowRank?.rank ?? 0, weight.cols]
  return {
    a: { type: quads ? 'vec4<f32>' : 'f32', access: 'read', shape: [rows, aStride] },
    ...readerOf(spec).bindings,
    ...(lowRank
      ? ({
          u: { type: 'f32', access: 'read', shape: [rows, lowRank.rank] },
          v: { type: 'f32', access: 'read', shape: vShape },
        } as const)
      : {}),
    ...siteBinding(direction === 'backward' && (lowRank?.dropout ?? false)),
    c: { type: 'f32', access: accumulate ? 'update' : 'write', shape: [rows, cStride] },
  }
}

/**
 * `load_a(row, q)`: four values of a from k = 4 q on. `load_w(row, q)`: four values of a row of the shard from column
 * 4 q on. Zero beyond the ends; rows of a must exist. `exact`: the tiles end where n and k
 * end, so that nothing needs a guard.
 */
export function loadersWgsl(spec: MatmulSpec, exact: { n: boolean; k: boolean }): string {
  const { weight, shard } = spec
  const { k, aStride, aOffset, quads } = problemOf(spec)
  const cols = weight.cols
  const reader = readerOf(spec)
  const [exactRows, exactCols] = spec.direction === 'forward' ? [exact.n, exact.k] : [exact.k, exact.n]
  const beyond = [
    ...(exactRows ? [] : [`row >= ${shard.rows}u`]),
    ...(exactCols ? [] : [`q * 4u >= ${cols}u`]),
  ].join(' || ')
  const guard = beyond && `if (${beyond}) { return vec4<f32>(); }`
  if (quads)
    return `
${reader.wgsl()}
fn load_a(row: u32, q: u32) -> vec4<f32> {
  ${exact.k ? '' : `if (q >= ${k / 4}u) { return vec4<f32>(); }`}
  return a[row * ${aStride / 4}u + q${aOffset ? ` + ${aOffset / 4}u` : ''}];
}
fn load_w(row: u32, q: u32) -> vec4<f32> {
  ${guard}
  return ${reader.at(`row * ${cols / 4}u + q`)};
}`
  const each = (f: (i: number) => string) => [0, 1, 2, 3].map(f).join('\n  ')
  const columns = leastColumns(weight.format)
  /** Reads the columns from 4 q + e on that the format gives together. */
  const part = (e: number) => {
    const value = reader.at(`row * ${cols / columns}u + q * ${4 / columns}u + ${e / columns}u`)
    const set = [...'xyzw'.slice(e, e + columns)].map(
      (to, i) => `r.${to} = part${columns > 1 ? `.${'xyzw'[i]}` : ''};`,
    )
    return `if (q * 4u + ${e}u < ${cols}u) { let part = ${value}; ${set.join(' ')} }`
  }
  return `
${reader.wgsl()}
fn load_a(row: u32, q: u32) -> vec4<f32> {
  var r = vec4<f32>();
  ${each((i) => `if (q * 4u + ${i}u < ${k}u) { r[${i}] = a[row * ${aStride}u + ${aOffset + i}u + q * 4u]; }`)}
  return r;
}
fn load_w(row: u32, q: u32) -> vec4<f32> {
  ${guard}
  var r = vec4<f32>();
  ${[0, 1, 2, 3]
    .filter((e) => e % columns === 0)
    .map(part)
    .join('\n  ')}
  return r;
}`
}

/** WebGPU's default workgroup memory, 16 KiB, in vec4. */
const WORKGROUP_QUADS = 1024

const range = (n: number) => Array.from({ length: n }, (_, i) => i)
const lines = (n: number, f: (i: number) => string) => range(n).map(f).join('\n')

export interface MatmulVariant<T> {
  spec: MatmulSpec
  /** Its name. */
  variant: string
  tiling: T
}

export const matmulKernel = specialised(({ spec, variant, tiling }: MatmulVariant<Tiling>): Kernel => {
  const { rows, weight, lowRank } = spec
  const { n, k } = problemOf(spec)
  const { bm, bn, tm, tn } = tiling
  return {
    name: `matmul.${spec.direction}.${variant}`,
    bindings: matmulBindings(spec),
    workgroup: (bm / tm) * (bn / tn),
    ...(tiling.quad ? { requires: ['subgroups'], softwareOnly: true } : {}),
    ...(tiling.shared ? { hardwareOnly: true } : {}),
    wgsl: () => tiledWgsl(spec, tiling),
    grid: (live) => [Math.ceil(n / bn), Math.ceil(dimOf(rows, live) / bm), 1],
    cost: (live) => matmulCost(dimOf(rows, live), n, k, weight.format, lowRank?.rank ?? 0),
  }
})

export function matmulCost(rows: number, n: number, k: number, format: StorageType, rank: number) {
  return {
    flops: 2 * rows * n * (k + rank),
    bytes: 4 * (rows * (n + k + rank) + n * rank) + storedBytes(format, n * k),
  }
}

function tiledWgsl(spec: MatmulSpec, tiling: Tiling): string {
  const { direction, rows, accumulate, lowRank } = spec
  const { n, k, cStride, cOffset } = problemOf(spec)
  const { bm, bn, bk, tm, tn, shared } = tiling
  const forward = direction === 'forward'
  const across = bn / tn
  const down = bm / tm
  const threads = across * down
  const kq = bk / 4
  const jv = tn / 4
  const live = typeof rows === 'number' ? `${rows}u` : `step.${rows}`
  // Row i of an invocation, and its column 4 j + e: neighbours in x read and write neighbouring places.
  const row = (i: number) => `m + ${i * down}u`
  const column = forward
    ? (j: number, e: number) => `n + ${(4 * j + e) * across}u`
    : (j: number, e: number) => `n + ${4 * j * across + e}u`

  const lowRankText = lowRank
    ? `
  for (var q = 0u; q < ${lowRank.rank}u; q++) {
    ${lines(jv, (j) => `let v${j} = vec4<f32>(${[0, 1, 2, 3].map((e) => lowRankColumn(column(j, e))).join(', ')});`)}
    ${lines(tm, (i) => {
      const each = lines(jv, (j) => `c${i}_${j} += u${i} * v${j};`)
      return `let u${i} = u[min(${row(i)}, last) * ${lowRank.rank}u + q];\n${each}`
    })}
  }`
    : ''
  function lowRankColumn(col: string): string {
    const clamped = n % bn === 0 ? col : `min(${col}, ${n - 1}u)`
    return forward ? `v[(${cOffset}u + ${clamped}) * ${lowRank!.rank}u + q]` : `v[q * ${n}u + ${clamped}]`
  }
  const masked = !forward && (lowRank?.dropout ?? false)
  const maskText = masked
    ? `
  if (step.dropout_keep < 1.0) {
    ${lines(Math.ceil((tm * tn) / 32), (word) => `let kept${word} = kept_word(m, n, ${word}u);`)}
    ${lines(tm, (i) =>
      lines(jv, (j) => {
        const bit = i * tn + 4 * j
        return `c${i}_${j} *= kept_scale(kept${Math.floor(bit / 32)}, ${bit % 32}u);`
      }),
    )}
  }`
    : ''
  // Bit by bit in a loop: unrolled, the random numbers would be most of the kernel's text.
  const maskFunctions = masked
    ? `${dropoutWgsl()}
fn kept_word(m: u32, n: u32, word: u32) -> u32 {
  var bits = 0u;
  for (var b = 0u; b < ${Math.min(32, tm * tn)}u; b++) {
    let cell = word * 32u + b;
    let row = m + cell / ${tn}u * ${down}u;
    let column = n + cell % ${tn}u / 4u * ${4 * across}u + cell % 4u;
    bits |= select(0u, 1u << b, dropout_keeps(row * ${n}u + column));
  }
  return bits;
}
fn kept_scale(word: u32, first: u32) -> vec4<f32> {
  let bits = (vec4<u32>(word) >> (vec4<u32>(first) + vec4<u32>(0u, 1u, 2u, 3u))) & vec4<u32>(1u);
  return vec4<f32>(bits) / step.dropout_keep;
}`
    : ''

  // b{k}_{j}: four columns of W at the k-th of four k.
  const xyzw = ['x', 'y', 'z', 'w']
  const gather = (load: (j: number, e: number) => string) =>
    lines(jv, (j) => {
      const quads = lines(4, (e) => `let w${4 * j + e} = ${load(j, e)};`)
      const turned = lines(
        4,
        (s) =>
          `let b${s}_${j} = vec4<f32>(${[0, 1, 2, 3].map((e) => `w${4 * j + e}.${xyzw[s]}`).join(', ')});`,
      )
      return `${quads}\n${turned}`
    })
  const products = (loadA: (i: number) => string) =>
    lines(
      tm,
      (i) =>
        `let a${i} = ${loadA(i)};\n${lines(jv, (j) => lines(4, (s) => `c${i}_${j} += a${i}.${xyzw[s]} * b${s}_${j};`))}`,
    )

  const loadTile = (name: string, count: number, body: (index: string) => string) =>
    lines(Math.ceil(count / threads), (s) => {
      const guard = (s + 1) * threads > count
      const index = `${name}_${s}`
      const text = `let ${index} = local + ${s * threads}u; ${body(index)}`
      return guard ? `if (local + ${s * threads}u < ${count}u) { ${text} }` : `{ ${text} }`
    })
  // Rows of a tile lie along k. Eight neighbouring rows are to lie in different banks: by one quad of padding (an odd
  // stride), or, where workgroup memory has no room for that, by a swizzle.
  const tileB = (bn / 4) * bk
  const padded = (bm + (forward ? bn : 0)) * (kq + 1) + (forward ? 0 : tileB) <= WORKGROUP_QUADS
  const stride = padded ? kq + 1 : kq
  const swizzle = (r: string) => (kq >= 8 ? `(${r} & 7u)` : `((${r} / ${8 / kq}u) & ${kq - 1}u)`)
  if (shared && !padded && (down % 8 !== 0 || (forward && across % 8 !== 0)))
    throw new Error(`${bm} x ${bn} x ${bk} has neither room for padding nor rows that swizzle alike`)
  /** Place of quad q of row r + offset; the swizzle is that of r. */
  const place = (r: string, offset: number, q: string, swizzled: string) =>
    `(${r} + ${offset}u) * ${stride}u + ${padded ? q : `(${q} ^ ${swizzled})`}`
  const main = shared
    ? `
  for (var k = 0u; k < ${Math.ceil(k / bk) * kq}u; k += ${kq}u) {
    workgroupBarrier();
    ${loadTile('ia', bm * kq, (i) => {
      const r = `${i} / ${kq}u`
      return `let r = ${r}; let q = ${i} % ${kq}u; tile_a[${place('r', 0, 'q', swizzle('r'))}] = load_a(min(m0 + r, last), k + q);`
    })}
    ${
      forward
        ? loadTile('ib', bn * kq, (i) => {
            const r = `${i} / ${kq}u`
            return `let r = ${r}; let q = ${i} % ${kq}u; tile_b[${place('r', 0, 'q', swizzle('r'))}] = load_w(n0 + r, k + q);`
          })
        : loadTile(
            'ib',
            (bn / 4) * bk,
            (i) => `tile_b[${i}] = load_w(k * 4u + ${i} / ${bn / 4}u, n0 / 4u + ${i} % ${bn / 4}u);`,
          )
    }
    workgroupBarrier();
    for (var q = 0u; q < ${kq}u; q++) {
      ${
        forward
          ? gather((j, e) => `tile_b[${place('tx', (4 * j + e) * across, 'q', 'swizzle_b')}]`)
          : lines(jv, (j) =>
              lines(
                4,
                (s) => `let b${s}_${j} = tile_b[(q * 4u + ${s}u) * ${bn / 4}u + tx + ${j * across}u];`,
              ),
            )
      }
      ${products((i) => `tile_a[${place('ty', i * down, 'q', 'swizzle_a')}]`)}
    }
  }`
    : `
  for (var q = 0u; q < ${Math.ceil(k / 4)}u; q++) {
    ${
      forward
        ? gather((j, e) => `load_w(${column(j, e)}, q)`)
        : lines(jv, (j) =>
            lines(4, (s) => `let b${s}_${j} = load_w(q * 4u + ${s}u, n / 4u + ${j * across}u);`),
          )
    }
    ${
      tiling.quad
        ? `${lines(tm / 4, (h) => `let held${h} = load_a(min(m + (subgroup_lane & 3u) + ${4 * h}u, last), q);`)}
    ${products((i) => `quadBroadcast(held${Math.floor(i / 4)}, ${i % 4}u)`)}`
        : products((i) => `load_a(min(${row(i)}, last), q)`)
    }
  }`

  const store = lines(
    tm,
    (i) => `if (${row(i)} <= last) {
    let at = (${row(i)}) * ${cStride}u + ${cOffset}u;
    ${lines(jv, (j) =>
      lines(4, (e) => {
        const col = column(j, e)
        const write = `c[at + ${col}] ${accumulate ? '+' : ''}= c${i}_${j}[${e}];`
        return n % bn === 0 ? write : `if (${col} < ${n}u) { ${write} }`
      }),
    )}
  }`,
  )

  return `
${maskFunctions}
${loadersWgsl(spec, { n: n % bn === 0, k: k % (shared ? bk : 4) === 0 })}
${
  shared
    ? `var<workgroup> tile_a: array<vec4<f32>, ${bm * stride}>;
var<workgroup> tile_b: array<vec4<f32>, ${forward ? bn * stride : tileB}>;`
    : ''
}
fn kernel(group: vec3<u32>, local: u32) {
  let last = ${live} - 1u;
  let m0 = group.y * ${bm}u;
  let n0 = group.x * ${bn}u;
  // Remainders bound what indexes the tiles, so that compilers need not.
  let tx = local % ${across}u;
  let ty = ${down === 1 ? '0u' : `local / ${across}u % ${down}u`};
  let m = m0 + ty;
  let n = n0 + ${forward ? 'tx' : 'tx * 4u'};
  ${shared && !padded ? `let swizzle_a = ${swizzle('ty')};` : ''}
  ${shared && !padded && forward ? `let swizzle_b = ${swizzle('tx')};` : ''}
  ${lines(tm, (i) => lines(jv, (j) => `var c${i}_${j} = vec4<f32>();`))}
  ${lowRankText}
  ${maskText}
  ${main}
  ${store}
}`
}
