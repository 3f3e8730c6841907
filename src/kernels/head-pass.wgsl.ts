import { type Dim, dimOf, type Kernel } from '../gpu/kernel.ts'
import { storedBytes } from '../lib/storage.ts'
import { type ShardRows, type WeightReader, type WeightShape, weightReader } from './weight.ts'

/**
 * How a workgroup of `rowGroups` x `columnGroups` invocations is laid over rows x words (logits) and rows x hidden
 * (the sum of p W). An invocation owns `rows` adjacent rows in both, so that what is known of a row stays in registers,
 * and in the first `words` words, `columnGroups` apart.
 */
export interface HeadTile {
  rowGroups: number
  columnGroups: number
  rows: 1 | 2 | 4
  /** A multiple of 4 / rows. */
  words: number
  /** Hidden columns staged at a time, in vec4. */
  depth: number
}

export interface HeadPass {
  rows: Dim
  /** Most rows. */
  capacity: number
  weight: WeightShape
  shard: ShardRows
  softCap: number | null
  gradient: boolean
  /** Whether the state of earlier shards is carried on. */
  carry: boolean
  /** Rows of the partial results; see `splitting`. */
  pairs: number
  maxSplits: number
}

/** Words are read four columns at a time. */
export const headReader = ({ weight, shard }: Pick<HeadPass, 'weight' | 'shard'>): WeightReader =>
  weightReader('weight', weight, shard.rows, 4)

/** A variant's shader text. */
export interface HeadPassText {
  workgroup: number
  /** Rows and words of a workgroup's tile. */
  rowTile: number
  wordTile: number
  /** Where a cut dispatch keeps the sums of exp(z - m) of each invocation: vec4 for a pair of (split, row). 0: in `state`. */
  lanes: number
  /** Whether only hardware adapters should try it. */
  hardware: boolean
  wgsl: () => string
}

/** Far below any logit, and finite. */
const LOWEST = '-1e30'
/** Above any word; words are exact in f32. */
export const NO_WORD = '1e9'

export const floatLiteral = (x: number) => (Number.isInteger(x) ? `${x}.0` : `${x}`)

export const rowsWgsl = (rows: Dim) => (typeof rows === 'number' ? `${rows}u` : `step.${rows}`)

/** Vocabulary splits at a number of live rows: rows * splits <= max(rows, pairs). The same in WGSL below. */
export function splitsOf(rows: number, pairs: number, maxSplits: number): number {
  return Math.max(1, Math.min(maxSplits, Math.floor(pairs / Math.max(1, rows))))
}

export const splitsWgsl = (rows: Dim, pairs: number, maxSplits: number) =>
  `max(1u, min(${maxSplits}u, ${pairs}u / max(1u, ${rowsWgsl(rows)})))`

/**
 * Online log-sum-exp and online-rescaled sum of p W over one shard of words.
 *
 * state [pairs, 4] of (split, row): largest logit m, sum l of exp(z - m), lowest word where z = m, unused.
 * sums [pairs, hidden]: sum of exp(z - m) (dz/dx) W. label_logit [rows]: written for rows whose label lies here.
 * A step is a tile of words of every split. A dispatch that is cut between two carries on what each invocation held, so that where
 * it is cut changes no bit: the order of the sums stays.
 */
export function headPassKernel(o: HeadPass, variant: string, textOf: (o: HeadPass) => HeadPassText): Kernel {
  const { capacity, shard } = o
  // As many splits as at full size, of two large tiles each.
  const words = Math.min(shard.rows, splitsOf(capacity, o.pairs, o.maxSplits) * 512)
  const trial = { ...o, shard: { ...shard, rows: words } }
  return {
    ...passKernel(o, variant, textOf(o)),
    trial: () => passKernel(trial, variant, textOf(trial)),
  }
}

function passKernel(o: HeadPass, variant: string, text: HeadPassText): Kernel {
  const { shard, gradient, carry } = o
  const { cols: hidden, format } = o.weight
  const { workgroup, rowTile, wordTile, lanes } = text
  const tiles = Math.ceil(shard.rows / wordTile)
  const after = carry ? 'update' : 'write'
  return {
    name: `head.${gradient ? 'loss' : 'score'}.${variant}`,
    bindings: {
      h: { type: 'vec4<f32>', access: 'read', shape: [o.rows, hidden] },
      ...headReader(o).bindings,
      labels: { type: 'u32', access: 'read', shape: [o.rows] },
      label_logit: { type: 'f32', access: after, shape: [o.rows] },
      state: { type: 'vec4<f32>', access: after, shape: [o.pairs, 4] },
      ...(gradient ? { sums: { type: 'vec4<f32>', access: after, shape: [o.pairs, hidden] } as const } : {}),
      // Only what an earlier part of the same dispatch wrote is read.
      ...(lanes
        ? { lanes: { type: 'vec4<f32>', access: 'write', shape: [laneRows(o, lanes), 4] } as const }
        : {}),
    },
    workgroup,
    hardwareOnly: text.hardware,
    wgsl: text.wgsl,
    grid: (live) => {
      const rows = dimOf(o.rows, live)
      return [splitsOf(rows, o.pairs, o.maxSplits), Math.ceil(rows / rowTile), 1]
    },
    settle: (outputs, live) => settledHead(o, outputs, dimOf(o.rows, live)),
    steps: (live) => Math.ceil(tiles / splitsOf(dimOf(o.rows, live), o.pairs, o.maxSplits)),
    cost: (live) => {
      const rows = dimOf(o.rows, live)
      const partial = gradient ? splitsOf(rows, o.pairs, o.maxSplits) * rows * hidden * 4 : 0
      return {
        flops: rows * shard.rows * (hidden * (gradient ? 4 : 2) + 4),
        bytes: storedBytes(format, shard.rows * hidden) + rows * hidden * 4 + partial * (carry ? 2 : 1),
      }
    },
  }
}

/** What the splits come to, as `head.combine` puts them together, but for factors of no concern: [rows], and [rows, hidden]. */
function settledHead(
  { pairs, maxSplits, weight }: HeadPass,
  { state, sums, label_logit }: Record<string, Float32Array>,
  rows: number,
): Record<string, Float32Array> {
  const splits = splitsOf(rows, pairs, maxSplits)
  const hidden = weight.cols
  const logSum = new Float32Array(rows)
  const mean = new Float32Array(sums ? rows * hidden : 0)
  for (let row = 0; row < rows; row++) {
    const parts = Array.from({ length: splits }, (_, split) => split * rows + row)
    const top = parts.reduce((most, pair) => Math.max(most, state![pair * 4]!), -1e30)
    const scales = parts.map((pair) => Math.exp(state![pair * 4]! - top))
    const sum = parts.reduce((total, pair, s) => total + scales[s]! * state![pair * 4 + 1]!, 0)
    logSum[row] = top + Math.log(sum)
    if (sums)
      for (let c = 0; c < hidden; c++)
        mean[row * hidden + c] =
          parts.reduce((total, pair, s) => total + scales[s]! * sums[pair * hidden + c]!, 0) / sum
  }
  return { label_logit: label_logit!, logSum, mean }
}

/** Groups of at most four rows round up, once a split. */
const laneRows = ({ pairs, maxSplits }: HeadPass, lanes: number) => (pairs + 3 * maxSplits) * lanes

/** The tiles of a part of the dispatch, for both variants' text. */
export const TILES_WGSL = `
  let split_first = TILES * group.x / splits;
  let split_tiles = TILES * (group.x + 1u) / splits - split_first;
  let last_tile = split_first + min(slice.z, split_tiles);
  for (var tile = split_first + min(slice.y, split_tiles); tile < last_tile; tile++) {`

/** The pass with everything of a row tile in registers. */
export function tiledPass(o: HeadPass, tile: HeadTile): HeadPassText {
  const { rowGroups, columnGroups, rows, words, depth } = tile
  if (words % (4 / rows) !== 0 || (o.weight.cols / 4) % depth !== 0) throw new Error('head tile does not fit')
  return {
    workgroup: rowGroups * columnGroups,
    rowTile: rowGroups * rows,
    wordTile: columnGroups * words,
    lanes: columnGroups / rows,
    hardware: true,
    wgsl: () => tiledWgsl(o, tile),
  }
}

function tiledWgsl(o: HeadPass, tile: HeadTile): string {
  const { rowGroups: RG, columnGroups: CG, rows: RT, words: WT, depth: K } = tile
  const reader = headReader(o)
  const threads = RG * CG
  const H4 = o.weight.cols / 4
  const R = RG * RT
  const W = CG * WT
  const perElement = 4 / RT
  const stride = K + 1 // an odd number of vec4, against bank conflicts
  const staging = (R + W) * stride
  // p is handed over in stages no larger than the staging area, where it can be.
  const elements = WT / perElement
  let perStage = elements
  while (perStage > 1 && (elements % perStage !== 0 || threads * perStage > Math.max(staging, 768)))
    perStage--
  const scratch = Math.max(staging, threads, o.gradient ? threads * perStage : 0)
  const columns = Math.ceil(H4 / CG)
  const exact = H4 % CG === 0
  const cap = o.softCap === null ? '' : floatLiteral(o.softCap)

  const I = range(RT)
  const J = range(WT)
  const C = range(columns)
  const each = (list: number[], f: (i: number) => string) => list.map(f).join('\n')
  const pick = (i: number) => (RT === 1 ? 'x' : 'xyzw'[i])
  const four = (f: (i: number) => string, rest: string) =>
    `vec4<f32>(${[0, 1, 2, 3].map((i) => (i < RT ? f(i) : rest)).join(', ')})`
  const column = (c: number) => (exact ? `cg + ${c * CG}u` : `min(cg + ${c * CG}u, ${H4 - 1}u)`)
  const inside = (c: number, text: string) => (exact ? text : `if (cg + ${c * CG}u < ${H4}u) { ${text} }`)

  const accumulate = !o.gradient
    ? ''
    : each(range(elements / perStage), (stage) => {
        const element = (e: number) =>
          range(perElement).flatMap((u) => I.map((i) => `p${i}_${(stage * perStage + e) * perElement + u}`))
        return `
    workgroupBarrier();
    ${each(range(perStage), (e) => `scratch[(${e * CG}u + cg) * ${RG}u + rg] = vec4<f32>(${element(e).join(', ')});`)}
    workgroupBarrier();
    ${each(
      range(perStage),
      (e) => `
    for (var q = 0u; q < ${CG}u; q++) {
      let p = scratch[(${e * CG}u + q) * ${RG}u + rg];
      ${each(
        range(perElement),
        (u) => `
      let at${u} = min(first + q + ${((stage * perStage + e) * perElement + u) * CG}u, LAST) * ${H4}u;
      ${each(
        C,
        (c) => `
      let w${u}_${c} = ${reader.at(`at${u} + ${column(c)}`)};
      ${each(I, (i) => `sum${i}_${c} = fma(vec4<f32>(p.${'xyzw'[u * RT + i]}), w${u}_${c}, sum${i}_${c});`)}`,
      )}`,
      )}
    }`,
    )}`
      })

  return `
${reader.wgsl()}
${cap ? 'fn square(x: f32) -> f32 { return x * x; }' : ''}
const LAST = ${o.shard.rows - 1}u;
const TILES = ${Math.ceil(o.shard.rows / W)}u;
var<workgroup> scratch: array<vec4<f32>, ${scratch}>;

fn kernel(group: vec3<u32>, local: u32) {
  let rows = ${rowsWgsl(o.rows)};
  let splits = ${splitsWgsl(o.rows, o.pairs, o.maxSplits)};
  ${coordinates(RG, CG)}
  let origin = group.y * ${R}u;
  ${each(
    I,
    (i) => `
  let row${i} = origin + rg * ${RT}u + ${i}u;
  let live${i} = row${i} < rows;
  let label${i} = select(0xffffffffu, labels[min(row${i}, rows - 1u)], live${i}) - ${o.shard.firstRow}u;
  let pair${i} = group.x * rows + min(row${i}, rows - 1u);
  var m${i} = ${LOWEST};
  var l${i} = 0.0;
  var best${i} = ${NO_WORD};`,
  )}
  ${o.gradient ? each(I, (i) => each(C, (c) => `var sum${i}_${c} = vec4<f32>();`)) : ''}
  let lane_at = (group.x * ((rows + ${RT - 1}u) / ${RT}u) + row0 / ${RT}u) * ${CG}u + cg;
  ${o.carry ? '' : 'if (slice.y > 0u) '}{
    ${each(
      I,
      (i) => `
    let before${i} = state[pair${i}];
    m${i} = before${i}.x;
    l${i} = select(0.0, before${i}.y, cg == 0u);
    best${i} = before${i}.z;
    ${o.gradient ? each(C, (c) => `sum${i}_${c} = sums[pair${i} * ${H4}u + ${column(c)}];`) : ''}`,
    )}
  }
  if (slice.y > 0u && live0) {
    let lane = lanes[lane_at];
    ${each(I, (i) => `l${i} = lane.${pick(i)};`)}
  }
${TILES_WGSL}
    let first = tile * ${W}u;
    ${each(I, (i) => each(J, (j) => `var z${i}_${j} = 0.0;`))}
    for (var k0 = 0u; k0 < ${H4}u; k0 += ${K}u) {
      workgroupBarrier();
      for (var e = local; e < ${R * K}u; e += ${threads}u) {
        let r = e / ${K}u;
        let k = e % ${K}u;
        scratch[r * ${stride}u + k] = h[min(origin + r, rows - 1u) * ${H4}u + k0 + k];
      }
      for (var e = local; e < ${W * K}u; e += ${threads}u) {
        let r = e / ${K}u;
        let k = e % ${K}u;
        scratch[(${R}u + r) * ${stride}u + k] = ${reader.at(`min(first + r, LAST) * ${H4}u + k0 + k`)};
      }
      workgroupBarrier();
      for (var k = 0u; k < ${K}u; k++) {
        ${each(I, (i) => `let x${i} = scratch[(rg * ${RT}u + ${i}u) * ${stride}u + k];`)}
        ${each(
          J,
          (j) => `
        let y${j} = scratch[(${R + j * CG}u + cg) * ${stride}u + k];
        ${each(I, (i) => `z${i}_${j} = fma(x${i}.w, y${j}.w, fma(x${i}.z, y${j}.z, fma(x${i}.y, y${j}.y, fma(x${i}.x, y${j}.x, z${i}_${j}))));`)}`,
        )}
      }
    }
    ${each(
      J,
      (j) => `
    let word${j} = first + cg + ${j * CG}u;
    ${each(
      I,
      (i) => `
    ${cap ? `z${i}_${j} = ${cap} * tanh(clamp(z${i}_${j} / ${cap}, -15.0, 15.0));` : ''}
    if (word${j} > LAST) { z${i}_${j} = ${LOWEST}; }
    else if (word${j} == label${i} && live${i}) { label_logit[row${i}] = z${i}_${j}; }`,
    )}`,
    )}
    workgroupBarrier();
    scratch[rg * ${CG}u + cg] = ${four((i) => J.slice(1).reduce((text, j) => `max(${text}, z${i}_${j})`, `z${i}_0`), LOWEST)};
    workgroupBarrier();
    var top = scratch[rg * ${CG}u];
    for (var q = 1u; q < ${CG}u; q++) { top = max(top, scratch[rg * ${CG}u + q]); }
    ${each(
      I,
      (i) => `
    let next${i} = max(m${i}, top.${pick(i)});
    if (next${i} > m${i}) {
      best${i} = ${NO_WORD};
      ${each([...J].reverse(), (j) => `if (z${i}_${j} == next${i}) { best${i} = f32(word${j} + ${o.shard.firstRow}u); }`)}
    }
    let shrink${i} = exp(m${i} - next${i});
    m${i} = next${i};
    ${each(J, (j) => `var p${i}_${j} = exp(z${i}_${j} - m${i});`)}
    l${i} = l${i} * shrink${i} + (${J.map((j) => `p${i}_${j}`).join(' + ')});
    ${o.gradient ? each(C, (c) => `sum${i}_${c} *= shrink${i};`) : ''}
    ${
      o.gradient && cap
        ? each(J, (j) => `p${i}_${j} *= 1.0 - square(clamp(z${i}_${j} / ${cap}, -1.0, 1.0));`)
        : ''
    }`,
    )}
    ${accumulate}
  }

  if (slice.z < TILES && live0) { lanes[lane_at] = ${four((i) => `l${i}`, '0.0')}; }
  workgroupBarrier();
  scratch[rg * ${CG}u + cg] = ${four((i) => `l${i}`, '0.0')};
  workgroupBarrier();
  var total = vec4<f32>();
  for (var q = 0u; q < ${CG}u; q++) { total += scratch[rg * ${CG}u + q]; }
  workgroupBarrier();
  scratch[rg * ${CG}u + cg] = ${four((i) => `best${i}`, NO_WORD)};
  workgroupBarrier();
  var word = scratch[rg * ${CG}u];
  for (var q = 1u; q < ${CG}u; q++) { word = min(word, scratch[rg * ${CG}u + q]); }
  ${each(
    I,
    (i) => `
  if (live${i}) {
    if (cg == 0u) { state[pair${i}] = vec4<f32>(m${i}, total.${pick(i)}, word.${pick(i)}, 0.0); }
    ${o.gradient ? each(C, (c) => inside(c, `sums[pair${i} * ${H4}u + cg + ${c * CG}u] = sum${i}_${c};`)) : ''}
  }`,
  )}
}`
}

/** rg and cg of an invocation: 32 neighbours form a block of 4 x 8 where there are that many of each. */
function coordinates(RG: number, CG: number): string {
  if (RG % 4 !== 0 || CG % 8 !== 0) return `let rg = local / ${CG}u;\n  let cg = local % ${CG}u;`
  const across = CG / 8
  return `let block = local / 32u;
  let rg = (block / ${across}u) * 4u + (local / 8u) % 4u;
  let cg = (block % ${across}u) * 8u + local % 8u;`
}

const range = (n: number) => Array.from({ length: n }, (_, i) => i)
