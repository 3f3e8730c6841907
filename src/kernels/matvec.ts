/**
 * y = x Wᵀ (+ u Bᵀ) for few rows of x: decoding. Bound by reading W once, so W is read in whole runs: `lanes` neighbouring
 * invocations stride over the columns of `outputs` rows of W at a time, for up to 8 rows of x at once, and are then
 * added up in workgroup memory by halves, in a fixed order. Bindings and meaning as in matmul.ts (forward).
 */
import { dimOf, type Kernel } from '../gpu/kernel.ts'
import { specialised } from '../gpu/specialise.ts'
import { loadersWgsl, type MatmulVariant, matmulBindings, matmulCost, problemOf } from './matmul.ts'

export interface MatvecTiling {
  /** Invocations that share a dot product: a power of two, at most 64. */
  lanes: number
  /** Outputs that those invocations compute side by side. */
  outputs: number
  /** Rows of x that share one reading of W. */
  rowsAtOnce: number
}

const WORKGROUP = 64

const lines = (n: number, f: (i: number) => string) => Array.from({ length: n }, (_, i) => f(i)).join('\n')

export const matvecKernel = specialised(({ spec, variant, tiling }: MatmulVariant<MatvecTiling>): Kernel => {
  const { lanes, outputs, rowsAtOnce } = tiling
  const { rows, weight, lowRank } = spec
  const { n, k, cStride, cOffset } = problemOf(spec)
  const groups = WORKGROUP / lanes
  const perWorkgroup = groups * outputs
  const live = typeof rows === 'number' ? `${rows}u` : `step.${rows}`
  const rank = lowRank?.rank ?? 0
  const cells = rowsAtOnce * outputs
  return {
    name: `matvec.${spec.direction}.${variant}`,
    bindings: matmulBindings(spec),
    workgroup: WORKGROUP,
    hardwareOnly: true,
    wgsl: () => `
${loadersWgsl(spec, { n: n % perWorkgroup === 0, k: k % 4 === 0 })}
var<workgroup> sums: array<f32, ${cells * WORKGROUP}>;
fn kernel(group: vec3<u32>, local: u32) {
  let last = ${live} - 1u;
  let t0 = group.y * ${rowsAtOnce}u;
  let n0 = group.x * ${perWorkgroup}u + local / ${lanes}u * ${outputs}u;
  let lane = local % ${lanes}u;
  ${lines(rowsAtOnce, (i) => lines(outputs, (j) => `var s${i}_${j} = 0.0;`))}
  for (var q = lane; q < ${Math.ceil(k / 4)}u; q += ${lanes}u) {
    ${lines(outputs, (j) => `let w${j} = load_w(n0 + ${j}u, q);`)}
    ${lines(
      rowsAtOnce,
      (i) => `let a${i} = load_a(min(t0 + ${i}u, last), q);
    ${lines(outputs, (j) => `s${i}_${j} += dot(a${i}, w${j});`)}`,
    )}
  }
  ${lines(rowsAtOnce, (i) => lines(outputs, (j) => `sums[${(i * outputs + j) * WORKGROUP}u + local] = s${i}_${j};`))}
  workgroupBarrier();
  for (var half = ${lanes / 2}u; half > 0u; half /= 2u) {
    if (lane < half) {
      for (var cell = 0u; cell < ${cells}u; cell++) {
        sums[cell * ${WORKGROUP}u + local] += sums[cell * ${WORKGROUP}u + local + half];
      }
    }
    workgroupBarrier();
  }
  for (var o = local; o < ${rowsAtOnce * perWorkgroup}u; o += ${WORKGROUP}u) {
    let t = t0 + o / ${perWorkgroup}u;
    let part = o % ${perWorkgroup}u;
    let column = group.x * ${perWorkgroup}u + part;
    if (t > last || column >= ${n}u) { continue; }
    let cell = o / ${perWorkgroup}u * ${outputs}u + part % ${outputs}u;
    var sum = sums[cell * ${WORKGROUP}u + part / ${outputs}u * ${lanes}u];
    ${
      lowRank
        ? `for (var r = 0u; r < ${rank}u; r++) { sum += u[t * ${rank}u + r] * v[(${cOffset}u + column) * ${rank}u + r]; }`
        : ''
    }
    c[t * ${cStride}u + ${cOffset}u + column] ${spec.accumulate ? '+' : ''}= sum;
  }
}`,
    grid: (live) => [Math.ceil(n / perWorkgroup), Math.ceil(dimOf(rows, live) / rowsAtOnce), 1],
    cost: (live) => matmulCost(dimOf(rows, live), n, k, weight.format, rank),
  }
})
