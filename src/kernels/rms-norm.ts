/**
 * RMSNorm with Gemma's (1 + w) scale, optionally added to a residual.
 *
 *   y[t, i] = residual[t, i] + x[t, i] * r[t] * (1 + w[i]),   r[t] = 1 / sqrt(mean_i x[t, i]^2 + eps)
 *   dx[t, i] (+)= r[t] * (g[i] - x[t, i] * r[t]^2 * mean_j(g[j] x[t, j])),   g = dy * (1 + w)
 *
 * x, y, residual [T, width]; w [width]; r is computed again in the backward pass. The weight is frozen and gets no
 * gradient. The residual's gradient is dy itself, added.
 * Source: Zhang and Sennrich 2019 (arXiv 1910.07467); Transformers `Gemma3RMSNorm`.
 */
import { type Dim, dimOf, type Kernel } from '../gpu/kernel.ts'
import type { Tape, Tensor } from '../gpu/tape.ts'
import { add } from './add.ts'
import { reduceSum } from './reduce.wgsl.ts'

const WORKGROUP = 64

export interface RmsNormOptions {
  rows: Dim
  width: number
  eps: number
  residual?: Tensor
}

export function rmsNorm(tape: Tape, x: Tensor, weight: Tensor, o: RmsNormOptions): Tensor {
  const y = tape.tensor(`norm ${x.name}`, [o.rows, o.width])
  const residual = o.residual ? { residual: o.residual } : undefined
  tape.run(
    rmsNormForward(o.rows, o.width, o.eps, Boolean(residual)),
    { x, weight, ...residual, y },
    { cheap: true },
  )
  tape.vjp(residual ? [x, residual.residual] : [x], [y], ([dy]) => {
    const dx = tape.grad(x)
    if (dx) tape.run(rmsNormBackward(o.rows, o.width, o.eps, dx.add), { x, weight, dy: dy!, dx: dx.tensor })
    if (residual) add(tape, dy!, residual.residual, [o.rows, o.width])
  })
  return y
}

function rmsNormForward(rows: Dim, width: number, eps: number, residual: boolean): Kernel {
  const shape = [rows, width]
  return {
    name: 'rms_norm.forward',
    bindings: {
      x: { type: 'f32', access: 'read', shape },
      weight: { type: 'f32', access: 'read', shape: [width] },
      ...(residual ? { residual: { type: 'f32', access: 'read', shape } as const } : {}),
      y: { type: 'f32', access: 'write', shape },
    },
    workgroup: WORKGROUP,
    wgsl: `
${reduceSum(WORKGROUP)}
fn kernel(group: vec3<u32>, local: u32) {
  let base = group.y * ${width}u;
  var square = 0.0;
  for (var i = local; i < ${width}u; i += ${WORKGROUP}u) { square += x[base + i] * x[base + i]; }
  let r = inverseSqrt(reduce_sum(square, local) / ${width}.0 + ${eps});
  for (var i = local; i < ${width}u; i += ${WORKGROUP}u) {
    y[base + i] = ${residual ? 'residual[base + i] + ' : ''}x[base + i] * r * (1.0 + weight[i]);
  }
}`,
    grid: (live) => [1, dimOf(rows, live), 1],
    cost: (live) => costOf(dimOf(rows, live), width, 4),
  }
}

function rmsNormBackward(rows: Dim, width: number, eps: number, accumulate: boolean): Kernel {
  const shape = [rows, width]
  return {
    name: 'rms_norm.backward',
    bindings: {
      x: { type: 'f32', access: 'read', shape },
      weight: { type: 'f32', access: 'read', shape: [width] },
      dy: { type: 'f32', access: 'read', shape },
      dx: { type: 'f32', access: accumulate ? 'update' : 'write', shape },
    },
    workgroup: WORKGROUP,
    wgsl: `
${reduceSum(WORKGROUP)}
fn kernel(group: vec3<u32>, local: u32) {
  let base = group.y * ${width}u;
  var square = 0.0;
  var dot = 0.0;
  for (var i = local; i < ${width}u; i += ${WORKGROUP}u) {
    let v = x[base + i];
    square += v * v;
    dot += v * dy[base + i] * (1.0 + weight[i]);
  }
  let r = inverseSqrt(reduce_sum(square, local) / ${width}.0 + ${eps});
  let shift = reduce_sum(dot, local) / ${width}.0 * r * r;
  for (var i = local; i < ${width}u; i += ${WORKGROUP}u) {
    let d = r * (dy[base + i] * (1.0 + weight[i]) - x[base + i] * shift);
    dx[base + i] = ${accumulate ? 'dx[base + i] + ' : ''}d;
  }
}`,
    grid: (live) => [1, dimOf(rows, live), 1],
    cost: (live) => costOf(dimOf(rows, live), width, 8),
  }
}

function costOf(rows: number, width: number, flopsEach: number) {
  return { flops: rows * width * flopsEach, bytes: rows * width * 4 * 3 }
}
