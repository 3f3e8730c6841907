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
 * from u and B or A. Sums over t go in two stages through `partial` [split, r, width up to a multiple of 4], in a fixed
 * order.
 */
import { type Dim, dimOf, type Kernel } from '../gpu/kernel.ts'
import { choice, specialised } from '../gpu/specialise.ts'
import type { Tape, Tensor } from '../gpu/tape.ts'
import { dropoutWgsl, siteBinding } from './dropout.wgsl.ts'
import { quadsOf } from './rows.wgsl.ts'

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

/** What its kernels are specialised by. */
interface FactorSpec {
  rows: Dim
  width: number
  rank: number
  dropped: boolean
}

const specOf = ({ rows, width, rank, site }: Factor): FactorSpec => ({
  rows,
  width,
  rank,
  dropped: site !== undefined,
})
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
  const kernel = tape.choose(projectChoice({ ...specOf(f), layout, scale: f.scale }))
  tape.run(kernel, { wide, factor, ...siteOf(f), u }, { cheap: true })
  return u
}

type ProjectSpec = FactorSpec & { layout: FactorLayout; scale: number }

const projectChoice = specialised((f: ProjectSpec) =>
  choice(`lora.project_${f.layout.toLowerCase()} ${f.rows} x ${f.width} x ${f.rank}`, {
    serial: () => projectKernel(f, 'serial'),
    lanes: () => projectKernel(f, 'lanes'),
  }),
)

const LANES = 64
/** Invocations of a serial workgroup: few, so that all of a processor's cores get some. */
const SERIAL = 8
const ROWS = 4
const RANKS = 8

/**
 * 4 rows x 8 ranks at a time, four k together. `lanes`: a workgroup's invocations stride over the width, coalesced, and are
 * added up in workgroup memory. `serial`: an invocation goes over the whole width (no barrier, which software adapters
 * pay dearly).
 */
function projectKernel(f: ProjectSpec, variant: 'serial' | 'lanes'): Kernel {
  const { layout, rows, width, rank, dropped } = f
  const lanes = variant === 'lanes'
  const wide = quadsOf('wide', width)
  const factor = quadsOf('factor', layout === 'A' ? width : rank)
  return {
    name: `lora.project_${layout.toLowerCase()}.${variant}`,
    bindings: {
      wide: { type: wide.type, access: 'read', shape: [rows, width] },
      factor: { type: factor.type, access: 'read', shape: layout === 'A' ? [rank, width] : [width, rank] },
      ...siteBinding(dropped),
      u: { type: 'f32', access: 'write', shape: [rows, rank] },
    },
    workgroup: lanes ? LANES : SERIAL,
    ...(lanes ? { hardwareOnly: true } : {}),
    wgsl: () => projectWgsl(f, lanes),
    grid: (live) => [
      Math.ceil(rank / RANKS),
      Math.ceil(dimOf(rows, live) / (lanes ? ROWS : ROWS * SERIAL)),
      1,
    ],
    cost: (live) => projectCost(dimOf(rows, live), width, rank),
  }
}

function projectWgsl({ layout, rows, width, rank, scale, dropped }: ProjectSpec, lanes: boolean): string {
  const wide = quadsOf('wide', width)
  const factor = quadsOf('factor', layout === 'A' ? width : rank)
  const text = (f: (i: number) => string, count: number) => range(count).map(f).join('\n    ')
  // Sums: of layout A a scalar for each row and rank, of B a vec4 of ranks.
  const cells = range(ROWS).flatMap((i) => range(layout === 'A' ? RANKS : RANKS / 4).map((j) => `s${i}_${j}`))
  const sumOf = (i: number, j: number) => (layout === 'A' ? `s${i}_${j}` : `s${i}_${j >> 2}[${j % 4}]`)
  const products =
    layout === 'A'
      ? text(
          (j) => `let f${j} = factor_quad(min(q0 + ${j}u, ${rank - 1}u), k);
    ${text((i) => `s${i}_${j} += dot(x${i}, f${j});`, ROWS)}`,
          RANKS,
        )
      : text((e) => {
          // Beyond the width x is zero; the row must exist all the same.
          const row = `${width % 4 === 0 ? `k * 4u + ${e}u` : `min(k * 4u + ${e}u, ${width - 1}u)`}`
          return text(
            (h) => `let f${e}_${h} = factor_quad(${row}, q0 / 4u + ${h}u);
    ${text((i) => `s${i}_${h} += x${i}[${e}] * f${e}_${h};`, ROWS)}`,
            RANKS / 4,
          )
        }, 4)
  const loop = `
  ${cells.map((cell) => `var ${cell} = ${layout === 'A' ? '0.0' : 'vec4<f32>()'};`).join('\n  ')}
  for (var k = ${lanes ? 'local' : '0u'}; k < ${Math.ceil(width / 4)}u; k += ${lanes ? LANES : 1}u) {
    ${text((i) => `var x${i} = wide_quad(min(t0 + ${i}u, last), k);`, ROWS)}
    ${dropped ? text((i) => `x${i} *= kept(t0 + ${i}u, k);`, ROWS) : ''}
    ${products}
  }`
  const store = `u[t * ${rank}u + q] = sum * ${scale} * step.adapter;`
  return `
${wide.wgsl}
${factor.wgsl}
${dropped ? keptWgsl(width) : ''}
${lanes ? `var<workgroup> sums: array<f32, ${LANES * ROWS * RANKS}>;` : ''}
fn kernel(group: vec3<u32>, local: u32) {
  let last = ${liveRows(rows)} - 1u;
  let q0 = group.x * ${RANKS}u;
  let t0 = ${lanes ? `group.y * ${ROWS}u` : `(group.y * ${SERIAL}u + local) * ${ROWS}u`};
  ${lanes ? '' : 'if (t0 > last) { return; }'}
  ${loop}
  ${
    lanes
      ? `${range(ROWS * RANKS)
          .map((c) => `sums[${c * LANES}u + local] = ${sumOf(Math.floor(c / RANKS), c % RANKS)};`)
          .join('\n  ')}
  workgroupBarrier();
  let t = t0 + local / ${RANKS}u;
  let q = q0 + local % ${RANKS}u;
  if (local < ${ROWS * RANKS}u && t <= last && q < ${rank}u) {
    var sum = 0.0;
    // Each begins elsewhere in its row of sums, so that no two read one bank; the order is fixed all the same.
    for (var l = 0u; l < ${LANES}u; l++) { sum += sums[local * ${LANES}u + ((l + local) % ${LANES}u)]; }
    ${store}
  }`
      : range(ROWS * RANKS)
          .map((c) => {
            const [i, j] = [Math.floor(c / RANKS), c % RANKS]
            const inside = [`t0 + ${i}u <= last`, ...(rank % RANKS ? [`q0 + ${j}u < ${rank}u`] : [])]
            return `if (${inside.join(' && ')}) { let t = t0 + ${i}u; let q = q0 + ${j}u; let sum = ${sumOf(i, j)}; ${store} }`
          })
          .join('\n  ')
  }
}`
}

/** WGSL: `kept(row, q)`, the mask's factors (1 / keep or 0) for four columns of a row. */
const keptWgsl = (width: number) => `${dropoutWgsl()}
fn kept(row: u32, q: u32) -> vec4<f32> {
  if (step.dropout_keep >= 1.0) { return vec4<f32>(1.0); }
  var factors = vec4<f32>();
  for (var e = 0u; e < 4u; e++) {
    if (dropout_keeps(row * ${width}u + q * 4u + e)) { factors[e] = 1.0 / step.dropout_keep; }
  }
  return factors;
}`

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
  const split = splitOf(f, dimOf(f.rows, tape.capacity))
  const partial = tape.tensor(`partial d ${factor.name}`, [split, f.rank, paddedWidth(f)])
  tape.run(partialKernel({ ...specOf(f), split }), { u, wide, ...siteOf(f), partial })
  const grad = tape.grad(factor)
  if (grad)
    tape.run(sumKernel({ layout, width: f.width, rank: f.rank, split, accumulate: grad.add }), {
      partial,
      grad: grad.tensor,
    })
}

const ROWS_EACH = 64
const MOST_PARTS = 64

/** Parts the rows are cut into: of some 64 rows each, and never more than 4 MiB of partial sums. */
function splitOf({ rank, width }: Factor, rows: number): number {
  const most = Math.min(MOST_PARTS, Math.max(4, 2 ** 20 / (rank * width)))
  return 2 ** Math.floor(Math.log2(Math.max(1, Math.min(most, rows / ROWS_EACH))))
}

const paddedWidth = ({ width }: { width: number }) => Math.ceil(width / 4) * 4

const COLUMNS = 64

/** An invocation holds four columns of `wide` against 8 ranks, over its part of the rows. */
const partialKernel = specialised((f: FactorSpec & { split: number }): Kernel => {
  const { rows, width, rank, dropped, split } = f
  const wide = quadsOf('wide', width)
  const inner = quadsOf('u', rank)
  const columns = paddedWidth(f) / 4
  // Along y as well, so that a slice can end between any two of them.
  const ranks = Math.ceil(rank / RANKS)
  return {
    name: 'lora.factor_partial',
    bindings: {
      u: { type: inner.type, access: 'read', shape: [rows, rank] },
      wide: { type: wide.type, access: 'read', shape: [rows, width] },
      ...siteBinding(dropped),
      partial: { type: 'vec4<f32>', access: 'write', shape: [split, rank, paddedWidth(f)] },
    },
    workgroup: COLUMNS,
    wgsl: () => `
${wide.wgsl}
${inner.wgsl}
${dropped ? keptWgsl(width) : ''}
fn kernel(group: vec3<u32>, local: u32) {
  let rows = ${liveRows(rows)};
  let part = (rows + ${split - 1}u) / ${split}u;
  let piece = group.y / ${ranks}u;
  let begin = piece * part;
  let end = min(begin + part, rows);
  let column = group.x * ${COLUMNS}u + local;
  if (column >= ${columns}u) { return; }
  let q0 = group.y % ${ranks}u * ${RANKS}u;
  ${range(RANKS)
    .map((j) => `var s${j} = vec4<f32>();`)
    .join('\n')}
  for (var t = begin; t < end; t++) {
    let x = wide_quad(t, column)${dropped ? ' * kept(t, column)' : ''};
    ${range(RANKS / 4)
      .map((h) => `let u${h} = u_quad(t, q0 / 4u + ${h}u);`)
      .join('\n    ')}
    ${range(RANKS)
      .map((j) => `s${j} += x * u${j >> 2}[${j % 4}];`)
      .join('\n    ')}
  }
  ${range(RANKS)
    .map((j) => {
      const write = `partial[(piece * ${rank}u + q0 + ${j}u) * ${columns}u + column] = s${j};`
      return rank % RANKS === 0 ? write : `if (q0 + ${j}u < ${rank}u) { ${write} }`
    })
    .join('\n  ')}
}`,
    grid: () => [Math.ceil(columns / COLUMNS), split * ranks, 1],
    cost: (live) => projectCost(dimOf(rows, live), width, rank),
  }
})

interface SumSpec {
  layout: FactorLayout
  width: number
  rank: number
  split: number
  accumulate: boolean
}

const sumKernel = specialised(({ layout, width, rank, split, accumulate }: SumSpec): Kernel => {
  const padded = paddedWidth({ width })
  const size = rank * width
  const at = layout === 'A' ? 'i' : `column * ${rank}u + q`
  return {
    name: `lora.factor_sum_${layout.toLowerCase()}`,
    bindings: {
      partial: { type: 'f32', access: 'read', shape: [split, rank, padded] },
      grad: {
        type: 'f32',
        access: accumulate ? 'update' : 'write',
        shape: layout === 'A' ? [rank, width] : [width, rank],
      },
    },
    workgroup: COLUMNS,
    wgsl: () => `
fn kernel(group: vec3<u32>, local: u32) {
  let i = group.y * ${COLUMNS}u + local;
  if (i >= ${size}u) { return; }
  let q = i / ${width}u;
  let column = i % ${width}u;
  var sum = 0.0;
  for (var s = 0u; s < ${split}u; s++) { sum += partial[(s * ${rank}u + q) * ${padded}u + column]; }
  grad[${at}] ${accumulate ? '+' : ''}= sum;
}`,
    grid: () => [1, Math.ceil(size / COLUMNS), 1],
    cost: () => ({ flops: split * size, bytes: 4 * size * (split + 2) }),
  }
})
