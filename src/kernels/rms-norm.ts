/**
 * RMSNorm with Gemma's (1 + w) scale, optionally added to a residual.
 *
 *   y[t, i] = residual[t, i] + x[t, i] * r[t] * (1 + w[i]),   r[t] = 1 / sqrt(mean_i x[t, i]^2 + eps)
 *   dx[t, i] (+)= r[t] * (g[i] - x[t, i] * r[t]^2 * mean_j(g[j] x[t, j])),   g = dy * (1 + w)
 *
 * x, y, residual [T, width]; w [width]; r is computed again in the backward pass. The weight is frozen and gets no
 * gradient. The residual's gradient is dy itself, added.
 * Variants: rows.wgsl.ts. Source: Zhang and Sennrich 2019 (arXiv 1910.07467); Transformers `Gemma3RMSNorm`.
 */
import { type Dim, dimOf, type Kernel } from '../gpu/kernel.ts'
import type { Tape, Tensor } from '../gpu/tape.ts'
import { add } from './add.ts'
import { type RowVariant, rowSharing, rowVariants, rowVector } from './rows.wgsl.ts'

export interface RmsNormOptions {
  rows: Dim
  width: number
  eps: number
  residual?: Tensor
}

export function rmsNorm(tape: Tape, x: Tensor, weight: Tensor, o: RmsNormOptions): Tensor {
  const y = tape.tensor(`norm ${x.name}`, [o.rows, o.width])
  const residual = o.residual ? { residual: o.residual } : undefined
  const forward = tape.choose(
    `rms_norm.forward ${o.rows} x ${o.width}`,
    rowVariants((variant) => rmsNormForward(o, variant)),
  )
  tape.run(forward, { x, weight, ...residual, y }, { cheap: true })
  tape.vjp(residual ? [x, residual.residual] : [x], [y], ([dy]) => {
    const dx = tape.grad(x)
    if (dx) {
      const backward = tape.choose(
        `rms_norm.backward ${o.rows} x ${o.width}`,
        rowVariants((variant) => rmsNormBackward(o, variant, dx.add)),
      )
      tape.run(backward, { x, weight, dy: dy!, dx: dx.tensor })
    }
    if (residual) add(tape, dy!, residual.residual, [o.rows, o.width])
  })
  return y
}

function rmsNormForward(o: RmsNormOptions, variant: RowVariant): Kernel {
  const { rows, width, eps } = o
  const shape = [rows, width]
  const { type, count, total } = rowVector(width)
  const share = rowSharing(variant, rows)
  return {
    name: `rms_norm.forward.${variant}`,
    bindings: {
      x: { type, access: 'read', shape },
      weight: { type, access: 'read', shape: [width] },
      ...(o.residual ? { residual: { type, access: 'read', shape } as const } : {}),
      y: { type, access: 'write', shape },
    },
    workgroup: share.workgroup,
    ...(share.hardwareOnly && { hardwareOnly: true }),
    wgsl: `
${share.functions}
fn kernel(group: vec3<u32>, local: u32) {
  ${share.row}
  let base = row * ${count}u;
  var square = ${type}();
  ${share.each(count)} { let v = x[base + i]; square += v * v; }
  let r = inverseSqrt(${share.sum(total('square'))} / ${width}.0 + ${eps});
  ${share.each(count)} {
    y[base + i] = ${o.residual ? 'residual[base + i] + ' : ''}x[base + i] * r * (1.0 + weight[i]);
  }
}`,
    grid: (live) => [1, Math.ceil(dimOf(rows, live) / share.rows), 1],
    cost: (live) => costOf(dimOf(rows, live), width, 4),
  }
}

function rmsNormBackward(o: RmsNormOptions, variant: RowVariant, accumulate: boolean): Kernel {
  const { rows, width, eps } = o
  const shape = [rows, width]
  const { type, count, total } = rowVector(width)
  const share = rowSharing(variant, rows)
  return {
    name: `rms_norm.backward.${variant}`,
    bindings: {
      x: { type, access: 'read', shape },
      weight: { type, access: 'read', shape: [width] },
      dy: { type, access: 'read', shape },
      dx: { type, access: accumulate ? 'update' : 'write', shape },
    },
    workgroup: share.workgroup,
    ...(share.hardwareOnly && { hardwareOnly: true }),
    wgsl: `
${share.functions}
fn kernel(group: vec3<u32>, local: u32) {
  ${share.row}
  let base = row * ${count}u;
  var square = ${type}();
  var along = ${type}();
  ${share.each(count)} {
    let v = x[base + i];
    square += v * v;
    along += v * dy[base + i] * (1.0 + weight[i]);
  }
  let r = inverseSqrt(${share.sum(total('square'))} / ${width}.0 + ${eps});
  let shift = ${share.sum(total('along'))} / ${width}.0 * r * r;
  ${share.each(count)} {
    let d = r * (dy[base + i] * (1.0 + weight[i]) - x[base + i] * shift);
    dx[base + i] = ${accumulate ? 'dx[base + i] + ' : ''}d;
  }
}`,
    grid: (live) => [1, Math.ceil(dimOf(rows, live) / share.rows), 1],
    cost: (live) => costOf(dimOf(rows, live), width, 8),
  }
}

function costOf(rows: number, width: number, flopsEach: number) {
  return { flops: rows * width * flopsEach, bytes: rows * width * 4 * 3 }
}
