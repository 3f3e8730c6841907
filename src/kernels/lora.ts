/**
 * The small products of LoRA beside a frozen matrix (Hu et al. 2021, arXiv 2106.09685; PEFT's `lora.Linear`). With
 * s = scale * step.adapter and drop() the inverted dropout of dropout.wgsl.ts:
 *
 *   projectDown   u[t, q] = s sum_i drop(x)[t, i] A[q, i]        A [r, in]    (forward)
 *                 u[t, q] = s sum_o dy[t, o] B[o, q]             B [out, r]   (backward)
 *   factorGrad    dA[q, i] (+)= sum_t u[t, q] drop(x)[t, i]      u from dy    (backward)
 *                 dB[o, q] (+)= sum_t u[t, q] dy[t, o]           u from x     (backward)
 *
 * x [rows, in], dy [rows, out], u [rows, r]. The low-rank terms of y and dx are added by the matmul that writes those,
 * from u and B or A. Sums over t go in two stages through `partial` [SPLIT, r, width], in a fixed order.
 */
import { type Dim, dimOf, type Kernel } from '../gpu/kernel.ts'
import type { Tape, Tensor } from '../gpu/tape.ts'
import { dropoutWgsl, siteBinding } from './dropout.wgsl.ts'

export interface Factor {
  rows: Dim
  /** in for A, out for B. */
  width: number
  rank: number
  scale: number
  /** Threefry site, u32 [1], where `wide` (x) goes through dropout. */
  site?: Tensor | undefined
}

/** A is [r, width]; B is [width, r]. */
export type FactorLayout = 'A' | 'B'

const siteOf = ({ site }: Factor): Record<string, Tensor> => (site ? { site } : {})
const liveRows = (rows: Dim) => (typeof rows === 'number' ? `${rows}u` : `step.${rows}`)
const range = (n: number) => Array.from({ length: n }, (_, i) => i)

export function projectDown(
  tape: Tape,
  wide: Tensor,
  factor: Tensor,
  layout: FactorLayout,
  f: Factor,
): Tensor {
  const u = tape.tensor(`${wide.name} ${layout}`, [f.rows, f.rank])
  const key = `lora.project_${layout.toLowerCase()} ${f.rows} x ${f.width} x ${f.rank}`
  const kernel = tape.choose(key, {
    serial: () => projectKernel(layout, f, 'serial'),
    lanes: () => projectKernel(layout, f, 'lanes'),
  })
  tape.run(kernel, { wide, factor, ...siteOf(f), u }, { cheap: true })
  return u
}

const LANES = 64
const ROWS = 4
const RANKS = 8

/**
 * 4 rows x 8 ranks at a time. `lanes`: a workgroup's invocations stride over the width, coalesced, and are added up in
 * workgroup memory. `serial`: an invocation goes over the whole width (no barrier, which software adapters pay dearly).
 */
function projectKernel(layout: FactorLayout, f: Factor, variant: 'serial' | 'lanes'): Kernel {
  const { rows, width, rank, scale } = f
  const lanes = variant === 'lanes'
  const cells = range(ROWS).flatMap((i) => range(RANKS).map((j) => [i, j] as const))
  const at = (q: string) => (layout === 'A' ? `${q} * ${width}u + k` : `k * ${rank}u + ${q}`)
  const dropped = f.site !== undefined
  const text = (f: (i: number) => string, count: number) => range(count).map(f).join('\n    ')
  const loop = `
  ${cells.map(([i, j]) => `var s${i}_${j} = 0.0;`).join('\n  ')}
  for (var k = ${lanes ? 'local' : '0u'}; k < ${width}u; k += ${lanes ? LANES : 1}u) {
    ${text((i) => `var x${i} = wide[min(t0 + ${i}u, last) * ${width}u + k];`, ROWS)}
    ${
      dropped
        ? `if (step.dropout_keep < 1.0) {
      let kept = kept_rows(t0 * ${width}u + k);
      ${text((i) => `x${i} *= kept[${i}];`, ROWS)}
    }`
        : ''
    }
    ${text((j) => {
      const q = rank % RANKS === 0 ? `(q0 + ${j}u)` : `min(q0 + ${j}u, ${rank - 1}u)`
      return `let f${j} = factor[${at(q)}];\n    ${text((i) => `s${i}_${j} += x${i} * f${j};`, ROWS)}`
    }, RANKS)}
  }`
  const store = `u[t * ${rank}u + q] = sum * ${scale} * step.adapter;`
  return {
    name: `lora.project_${layout.toLowerCase()}.${variant}`,
    bindings: {
      wide: { type: 'f32', access: 'read', shape: [rows, width] },
      factor: { type: 'f32', access: 'read', shape: layout === 'A' ? [rank, width] : [width, rank] },
      ...siteBinding(dropped),
      u: { type: 'f32', access: 'write', shape: [rows, rank] },
    },
    workgroup: LANES,
    ...(lanes ? { hardwareOnly: true } : {}),
    wgsl: `
${
  dropped
    ? `${dropoutWgsl()}
// 1 / keep or 0 for one column of ${ROWS} rows.
fn kept_rows(first: u32) -> vec4<f32> {
  var kept = vec4<f32>();
  for (var i = 0u; i < ${ROWS}u; i++) {
    if (dropout_keeps(first + i * ${width}u)) { kept[i] = 1.0 / step.dropout_keep; }
  }
  return kept;
}`
    : ''
}
${lanes ? `var<workgroup> sums: array<f32, ${LANES * ROWS * RANKS}>;` : ''}
fn kernel(group: vec3<u32>, local: u32) {
  let last = ${liveRows(rows)} - 1u;
  let q0 = group.x * ${RANKS}u;
  let t0 = ${lanes ? `group.y * ${ROWS}u` : `(group.y * ${LANES}u + local) * ${ROWS}u`};
  ${lanes ? '' : 'if (t0 > last) { return; }'}
  ${loop}
  ${
    lanes
      ? `${cells.map(([i, j]) => `sums[${(i * RANKS + j) * LANES}u + local] = s${i}_${j};`).join('\n  ')}
  workgroupBarrier();
  let t = t0 + local / ${RANKS}u;
  let q = q0 + local % ${RANKS}u;
  if (local < ${ROWS * RANKS}u && t <= last && q < ${rank}u) {
    var sum = 0.0;
    // Each begins elsewhere in its row of sums, so that no two read one bank; the order is fixed all the same.
    for (var l = 0u; l < ${LANES}u; l++) { sum += sums[local * ${LANES}u + ((l + local) % ${LANES}u)]; }
    ${store}
  }`
      : cells
          .map(([i, j]) => {
            const inside = [`t0 + ${i}u <= last`, ...(rank % RANKS ? [`q0 + ${j}u < ${rank}u`] : [])]
            return `if (${inside.join(' && ')}) { let t = t0 + ${i}u; let q = q0 + ${j}u; let sum = s${i}_${j}; ${store} }`
          })
          .join('\n  ')
  }
}`,
    grid: (live) => [
      Math.ceil(rank / RANKS),
      Math.ceil(dimOf(rows, live) / (lanes ? ROWS : ROWS * LANES)),
      1,
    ],
    cost: (live) => projectCost(dimOf(rows, live), width, rank),
  }
}

function projectCost(rows: number, width: number, rank: number) {
  return { flops: 2 * rows * width * rank, bytes: 4 * (rows * (width + rank) + width * rank) }
}

/** Adds sum_t u[t, :] drop(wide)[t, :] to the gradient of `factor`; nothing where it needs none. */
export function factorGrad(
  tape: Tape,
  u: Tensor,
  wide: Tensor,
  factor: Tensor,
  layout: FactorLayout,
  f: Factor,
) {
  if (!tape.needsGrad(factor)) return
  const split = splitOf(f)
  const partial = tape.tensor(`partial d ${factor.name}`, [split, f.rank, f.width])
  tape.run(partialKernel(f, split), { u, wide, ...siteOf(f), partial })
  const grad = tape.grad(factor)
  if (grad) tape.run(sumKernel(layout, f, split, grad.add), { partial, grad: grad.tensor })
}

/** Parts the rows are cut into: enough to fill a device, and never more than 4 MiB of partial sums. */
function splitOf({ rank, width }: Factor): number {
  const most = 2 ** 20 / (rank * width)
  return Math.min(64, Math.max(4, 2 ** Math.floor(Math.log2(Math.max(1, most)))))
}

const COLUMNS = 64

/** An invocation holds one column of `wide` against 8 ranks, over its part of the rows. */
function partialKernel(f: Factor, split: number): Kernel {
  const { rows, width, rank } = f
  const dropped = f.site !== undefined
  return {
    name: 'lora.factor_partial',
    bindings: {
      u: { type: 'f32', access: 'read', shape: [rows, rank] },
      wide: { type: 'f32', access: 'read', shape: [rows, width] },
      ...siteBinding(dropped),
      partial: { type: 'f32', access: 'write', shape: [split, rank, width] },
    },
    workgroup: COLUMNS,
    wgsl: `
${dropped ? dropoutWgsl() : ''}
fn kernel(group: vec3<u32>, local: u32) {
  let rows = ${liveRows(rows)};
  let part = (rows + ${split - 1}u) / ${split}u;
  let begin = group.y * part;
  let end = min(begin + part, rows);
  let column = group.x * ${COLUMNS}u + local;
  if (column >= ${width}u) { return; }
  let q0 = group.z * ${RANKS}u;
  ${range(RANKS)
    .map((j) => `var s${j} = 0.0;`)
    .join('\n')}
  for (var t = begin; t < end; t++) {
    var x = wide[t * ${width}u + column];
    ${
      dropped
        ? `if (step.dropout_keep < 1.0) {
      x = select(0.0, x / step.dropout_keep, dropout_keeps(t * ${width}u + column));
    }`
        : ''
    }
    ${range(RANKS)
      .map((j) => {
        const q = rank % RANKS === 0 ? `q0 + ${j}u` : `min(q0 + ${j}u, ${rank - 1}u)`
        return `s${j} += x * u[t * ${rank}u + ${q}];`
      })
      .join('\n')}
  }
  ${range(RANKS)
    .map((j) => {
      const write = `partial[(group.y * ${rank}u + q0 + ${j}u) * ${width}u + column] = s${j};`
      return rank % RANKS === 0 ? write : `if (q0 + ${j}u < ${rank}u) { ${write} }`
    })
    .join('\n')}
}`,
    grid: () => [Math.ceil(width / COLUMNS), split, Math.ceil(rank / RANKS)],
    cost: (live) => projectCost(dimOf(rows, live), width, rank),
  }
}

function sumKernel(
  layout: FactorLayout,
  { rank, width }: Factor,
  split: number,
  accumulate: boolean,
): Kernel {
  const size = rank * width
  const at = layout === 'A' ? 'i' : `(i % ${width}u) * ${rank}u + i / ${width}u`
  return {
    name: `lora.factor_sum_${layout.toLowerCase()}`,
    bindings: {
      partial: { type: 'f32', access: 'read', shape: [split, rank, width] },
      grad: {
        type: 'f32',
        access: accumulate ? 'update' : 'write',
        shape: layout === 'A' ? [rank, width] : [width, rank],
      },
    },
    workgroup: COLUMNS,
    wgsl: `
fn kernel(group: vec3<u32>, local: u32) {
  let i = group.y * ${COLUMNS}u + local;
  if (i >= ${size}u) { return; }
  var sum = 0.0;
  for (var s = 0u; s < ${split}u; s++) { sum += partial[s * ${size}u + i]; }
  grad[${at}] ${accumulate ? '+' : ''}= sum;
}`,
    grid: () => [1, Math.ceil(size / COLUMNS), 1],
    cost: () => ({ flops: split * size, bytes: 4 * size * (split + 2) }),
  }
}
