/**
 * The language model's head and its cross-entropy in one pass over the vocabulary, no logits stored.
 *
 *   z[n, v] = cap(h[n] . W[v]),  cap(x) = c tanh(x / c) or x
 *   log_probability[n] = z[n, label[n]] - log sum_v exp(z[n, v])
 *   hit[n] = 1 where label[n] is the arg-max of z[n] (the lowest word on a tie), else 0
 *   dh[n] (+)= loss_scale * (sum_v p[n, v] cap'(v) W[v] - cap'(label) W[label]),  p = softmax(z)
 *
 * dh is the gradient of loss = -loss_scale * sum_n log_probability[n]; it is made in the forward phase, since the sum of
 * p W is kept beside the log-sum-exp and rescaled with it whenever the largest logit rises: flash attention with h as
 * queries and W as keys and values. The arg-max costs nothing more. Two matmuls; a separate backward pass needs three.
 *
 * h [rows, hidden]; W [vocab, hidden] frozen, in shards of words, each a dispatch that carries the state on; labels
 * [rows] (a row whose label is no word of the vocabulary is left out: log_probability, hit and dh are 0).
 * Where rows are few, the words are split between workgroups and the parts combined in a fixed order. A dispatch can be cut along
 * the words as well as along the rows, without a change of bits, so that a slow GPU is never held for longer than a slice.
 * Source: Milakov and Gimelshein 2018 (arXiv 1805.02867); Dao et al. 2022 (2205.14135); Wijmans et al. 2024, "Cut Your
 * Losses in Large-Vocabulary Language Models" (2411.09009), which recomputes the logits for its backward pass.
 */
import { type Dim, dimOf, type Kernel } from '../gpu/kernel.ts'
import { type Choice, choice, specialised } from '../gpu/specialise.ts'
import type { Tape, Tensor } from '../gpu/tape.ts'
import { storedBytes } from '../lib/storage.ts'
import {
  floatLiteral,
  type HeadPass,
  type HeadTile,
  headPassKernel,
  headReader,
  NO_WORD,
  rowsWgsl,
  splitsOf,
  splitsWgsl,
  tiledPass,
} from './head-pass.wgsl.ts'
import { plainPass } from './head-plain.wgsl.ts'
import { rowsOf, type ShardRows, shapeOf, type Weight, type WeightShape } from './weight.ts'

export interface HeadLossOptions {
  rows: Dim
  /** The largest number of rows a step may bring, where it is not the tape's capacity: partial results are sized by it. */
  maxRows?: number
  /** u32 [rows]. */
  labels: Tensor
  softCap: number | null
  /** Whether dh is wanted (and h asks for one). Without it the pass is one matmul. */
  gradient: boolean
  name: string
}

export interface HeadLoss {
  /** f32 [rows], nats. */
  logProbability: Tensor
  /** f32 [rows], 1 or 0. */
  hit: Tensor
}

/** (row, split) pairs in flight that keep a large GPU busy: 256 workgroups of 32 rows. */
const PAIRS = 8192
/** Most splits; the combining kernel holds one weight of each. */
const MAX_SPLITS = 256
/** A split with fewer words than this is not worth its partial result. */
const SPLIT_WORDS = 256
const COMBINE = 64

export function headLoss(tape: Tape, h: Tensor, weight: Weight, o: HeadLossOptions): HeadLoss {
  const { rows, softCap } = o
  const shape = shapeOf(weight)
  const dh = o.gradient ? tape.grad(h) : null
  const { labelLogit, state, sums, pairs, maxSplits } = headPasses(tape, h, weight, o, dh !== null)
  const logProbability = tape.tensor(`${o.name} log-probability`, [o.rows])
  const hit = tape.tensor(`${o.name} hit`, [o.rows])
  tape.run(combineKernel({ rows, weight: shape, pairs, maxSplits, add: dh?.add ?? null }), {
    labels: o.labels,
    label_logit: labelLogit,
    state,
    ...sums,
    log_probability: logProbability,
    hit,
    ...(dh ? { dh: dh.tensor } : {}),
  })
  if (dh) {
    // Written in the forward phase and read in the backward one: never to be computed again.
    tape.keep(dh.tensor)
    for (const shard of weight.shards)
      tape.run(labelKernel({ rows, softCap, weight: shape, shard: rowsOf(shard) }), {
        labels: o.labels,
        label_logit: labelLogit,
        weight: shard.tensor,
        dh: dh.tensor,
      })
  }
  return { logProbability, hit }
}

/** What the pass over all words leaves: see `headPassKernel`. */
export interface HeadParts {
  labelLogit: Tensor
  state: Tensor
  sums: { sums: Tensor } | undefined
  pairs: number
  maxSplits: number
}

/** The pass over all words, shard by shard, its splits not put together yet. */
export function headPasses(
  tape: Tape,
  h: Tensor,
  weight: Weight,
  o: Omit<HeadLossOptions, 'gradient'>,
  gradient: boolean,
): HeadParts {
  const hidden = weight.cols
  if (hidden % 32 !== 0) throw new Error(`the head needs a width that is a multiple of 32, not ${hidden}`)
  const { rows, softCap } = o
  const shape = shapeOf(weight)
  const capacity = o.maxRows ?? dimOf(o.rows, tape.capacity)
  const { pairs, maxSplits } = splitting(capacity, weight)
  const labelLogit = tape.tensor(`${o.name} label logit`, [o.rows])
  const state = tape.tensor(`${o.name} state`, [pairs, 4])
  const sums = gradient ? { sums: tape.tensor(`${o.name} sums`, [pairs, hidden]) } : undefined
  weight.shards.forEach((shard, i) => {
    const pass: HeadPass = {
      rows,
      capacity,
      weight: shape,
      shard: rowsOf(shard),
      softCap,
      gradient,
      carry: i > 0,
      pairs,
      maxSplits,
    }
    const tensors = {
      h,
      weight: shard.tensor,
      labels: o.labels,
      label_logit: labelLogit,
      state,
      ...sums,
    }
    const kernel = tape.choose(passChoice(pass))
    const { lanes } = kernel.bindings
    tape.run(kernel, {
      ...tensors,
      // What a dispatch that is cut carries on; nothing of it lasts.
      ...(lanes && { lanes: tape.tensor(`${o.name} lanes`, lanes.shape) }),
    })
  })
  return { labelLogit, state, sums, pairs, maxSplits }
}

/** Rows of the partial results, and the most splits, for a capacity. */
function splitting(maxRows: number, weight: Weight): { pairs: number; maxSplits: number } {
  const maxSplits = Math.max(1, Math.min(MAX_SPLITS, Math.floor(weight.rows / SPLIT_WORDS)))
  return { pairs: Math.min(Math.max(maxRows, PAIRS), maxRows * maxSplits), maxSplits }
}

/**
 * Variants of the pass. The first one is correct everywhere, quick to compile, and what software adapters run best; the
 * tiled ones, named rows x words and invocations, keep a row tile's sums in registers and are for hardware.
 */
const passChoice = specialised((o: HeadPass): Choice => {
  const { cols: hidden, format } = o.weight
  // The sums of an invocation, rows x hidden / columnGroups, have to stay in registers.
  const most = !o.gradient || hidden <= 768 ? 4 : hidden <= 1536 ? 2 : 1
  const variants: Record<string, () => Kernel> = {
    plain: () =>
      headPassKernel(o, 'plain', (at) => plainPass(at, { threads: 16, rows: 8, words: 4, columns: 2 })),
  }
  const tiled = (rowGroups: number, rows: 1 | 2 | 4, words: number, depth = 4) => {
    const tile: HeadTile = { rowGroups, columnGroups: 32, rows, words, depth }
    const name = `tiled${rowGroups * rows}x${32 * words}_${32 * rowGroups}`
    variants[name] = () => headPassKernel(o, name, (at) => tiledPass(at, tile))
  }
  tiled(8, most, 4)
  tiled(16, most, 4)
  tiled(4, most, 4)
  if (most > 1) tiled(8, most, 2)
  if (most === 4) tiled(8, 2, 4)
  tiled(8, most, 8, 2)
  return choice(`head.${o.gradient ? 'loss' : 'score'} ${hidden} ${format}`, variants)
})

interface CombineSpec {
  rows: Dim
  weight: WeightShape
  pairs: number
  maxSplits: number
  /** Whether dh is added to; null: there is none. */
  add: boolean | null
}

const combineKernel = specialised(({ rows, weight, pairs, maxSplits, add }: CombineSpec): Kernel => {
  const hidden = weight.cols
  const H4 = hidden / 4
  const gradient = add !== null
  return {
    name: 'head.combine',
    bindings: {
      labels: { type: 'u32', access: 'read', shape: [rows] },
      label_logit: { type: 'f32', access: 'read', shape: [rows] },
      state: { type: 'vec4<f32>', access: 'read', shape: [pairs, 4] },
      ...(gradient ? { sums: { type: 'vec4<f32>', access: 'read', shape: [pairs, hidden] } as const } : {}),
      log_probability: { type: 'f32', access: 'write', shape: [rows] },
      hit: { type: 'f32', access: 'write', shape: [rows] },
      ...(gradient
        ? { dh: { type: 'vec4<f32>', access: add ? 'update' : 'write', shape: [rows, hidden] } as const }
        : {}),
    },
    workgroup: COMBINE,
    wgsl: () => `
var<workgroup> share: array<f32, ${maxSplits}>;
fn kernel(group: vec3<u32>, local: u32) {
  let row = group.y;
  let rows = ${rowsWgsl(rows)};
  let splits = ${splitsWgsl(rows, pairs, maxSplits)};
  var m = state[row].x;
  for (var s = 1u; s < splits; s++) { m = max(m, state[s * rows + row].x); }
  var l = 0.0;
  var best = ${NO_WORD};
  for (var s = 0u; s < splits; s++) {
    let part = state[s * rows + row];
    let scale = exp(part.x - m);
    l += scale * part.y;
    if (part.x == m) { best = min(best, part.z); }
    if (s % ${COMBINE}u == local) { share[s] = scale; }
  }
  workgroupBarrier();
  let label = labels[row];
  let known = label < ${weight.rows}u;
  if (local == 0u) {
    if (known) {
      log_probability[row] = label_logit[row] - m - log(l);
      hit[row] = select(0.0, 1.0, best == f32(label));
    } else {
      log_probability[row] = 0.0;
      hit[row] = 0.0;
    }
  }
  ${
    gradient
      ? `
  let scale = select(0.0, step.loss_scale / l, known);
  for (var c = local; c < ${H4}u; c += ${COMBINE}u) {
    var sum = vec4<f32>();
    for (var s = 0u; s < splits; s++) { sum += share[s] * sums[(s * rows + row) * ${H4}u + c]; }
    dh[row * ${H4}u + c] = ${add ? `dh[row * ${H4}u + c] + ` : ''}scale * sum;
  }`
      : ''
  }
}`,
    grid: (live) => [1, dimOf(rows, live), 1],
    cost: (live) => {
      const n = dimOf(rows, live)
      const values =
        n * (splitsOf(n, pairs, maxSplits) * (gradient ? hidden + 4 : 4) + (gradient ? hidden : 2))
      return { flops: values * 2, bytes: values * 4 }
    },
  }
})

interface LabelSpec {
  rows: Dim
  softCap: number | null
  weight: WeightShape
  shard: ShardRows
}

/** dh[n] -= loss_scale cap'(label) W[label], for rows whose label lies in this shard. */
const labelKernel = specialised((o: LabelSpec): Kernel => {
  const { weight, shard } = o
  const reader = headReader(o)
  const hidden = weight.cols
  const H4 = hidden / 4
  return {
    name: 'head.label',
    bindings: {
      labels: { type: 'u32', access: 'read', shape: [o.rows] },
      label_logit: { type: 'f32', access: 'read', shape: [o.rows] },
      ...reader.bindings,
      dh: { type: 'vec4<f32>', access: 'update', shape: [o.rows, hidden] },
    },
    workgroup: COMBINE,
    wgsl: () => `
${reader.wgsl()}
fn kernel(group: vec3<u32>, local: u32) {
  let row = group.y;
  let word = labels[row] - ${shard.firstRow}u;
  if (word >= ${shard.rows}u) { return; }
  ${
    o.softCap
      ? `let capped = label_logit[row] / ${floatLiteral(o.softCap)};
  let scale = step.loss_scale * (1.0 - capped * capped);`
      : 'let scale = step.loss_scale;'
  }
  for (var c = local; c < ${H4}u; c += ${COMBINE}u) {
    dh[row * ${H4}u + c] -= scale * ${reader.at(`word * ${H4}u + c`)};
  }
}`,
    grid: (live) => [1, dimOf(o.rows, live), 1],
    cost: (live) => {
      const rows = (dimOf(o.rows, live) * shard.rows) / weight.rows
      return { flops: rows * hidden * 2, bytes: rows * (hidden * 8 + storedBytes(weight.format, hidden)) }
    },
  }
})
