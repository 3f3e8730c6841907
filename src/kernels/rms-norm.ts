/**
 * RMSNorm, optionally added to a residual.
 *
 *   y[t, i] = residual[t, i] + x[t, i] * r[t] * scale[i],   r[t] = 1 / sqrt(mean_i x[t, i]^2 + eps)
 *   dx[t, i] (+)= r[t] * (g[i] - x[t, i] * r[t]^2 * mean_j(g[j] x[t, j])),   g = dy * scale
 *
 * x, y, residual [T, width]; scale [width] f32, what a model adds to its stored weight included (Gemma 3: 1 + w); r is
 * computed again in the backward pass. The scale is frozen and gets no gradient. The residual's gradient is dy itself, added.
 * Variants: rows.wgsl.ts. Source: Zhang and Sennrich 2019 (arXiv 1910.07467); Transformers `Gemma3RMSNorm`.
 */
import { type Dim, dimOf, type Kernel } from '../gpu/kernel.ts'
import { specialised } from '../gpu/specialise.ts'
import type { Tape, Tensor } from '../gpu/tape.ts'
import { add } from './add.ts'
import { type RowVariant, rowChoice, rowSharing, rowVector } from './rows.wgsl.ts'

export interface RmsNormOptions {
  rows: Dim
  width: number
  eps: number
  residual?: Tensor
}

export function rmsNorm(tape: Tape, x: Tensor, scale: Tensor, o: RmsNormOptions): Tensor {
  const { rows, width, eps, residual } = o
  const y = tape.tensor(`norm ${x.name}`, [rows, width])
  const forward = tape.choose(forwardChoice({ rows, width, eps, residual: residual !== undefined }))
  tape.run(forward, { x, scale, ...(residual && { residual }), y }, { cheap: true })
  tape.vjp(residual ? [x, residual] : [x], [y], ([dy]) => {
    const dx = tape.grad(x)
    if (dx) {
      const backward = tape.choose(backwardChoice({ rows, width, eps, add: dx.add }))
      tape.run(backward, { x, scale, dy: dy!, dx: dx.tensor })
    }
    if (residual) add(tape, dy!, residual, [rows, width])
  })
  return y
}

type NormSpec = Omit<RmsNormOptions, 'residual'>

const forwardChoice = specialised((o: NormSpec & { residual: boolean }) =>
  rowChoice(`rms_norm.forward ${o.rows} x ${o.width}`, (variant) => rmsNormForward(o, variant)),
)
const backwardChoice = specialised((o: NormSpec & { add: boolean }) =>
  rowChoice(`rms_norm.backward ${o.rows} x ${o.width}`, (variant) => rmsNormBackward(o, variant)),
)

function rmsNormForward(o: NormSpec & { residual: boolean }, variant: RowVariant): Kernel {
  const { rows, width, eps } = o
  const shape = [rows, width]
  const { type, count, total } = rowVector(width)
  const share = rowSharing(variant, rows)
  return {
    name: `rms_norm.forward.${variant}`,
    bindings: {
      x: { type, access: 'read', shape },
      scale: { type, access: 'read', shape: [width] },
      ...(o.residual ? { residual: { type, access: 'read', shape } as const } : {}),
      y: { type, access: 'write', shape },
    },
    workgroup: share.workgroup,
    ...(share.hardwareOnly && { hardwareOnly: true }),
    wgsl: () => `
${share.functions()}
fn kernel(group: vec3<u32>, local: u32) {
  ${share.row}
  let base = row * ${count}u;
  var square = ${type}();
  ${share.each(count)} { let v = x[base + i]; square += v * v; }
  let r = inverseSqrt(${share.sum(total('square'))} / ${width}.0 + ${eps});
  ${share.each(count)} {
    y[base + i] = ${o.residual ? 'residual[base + i] + ' : ''}x[base + i] * r * scale[i];
  }
}`,
    grid: (live) => [1, Math.ceil(dimOf(rows, live) / share.rows), 1],
    cost: (live) => costOf(dimOf(rows, live), width, 4),
  }
}

function rmsNormBackward(o: NormSpec & { add: boolean }, variant: RowVariant): Kernel {
  const { rows, width, eps, add: accumulate } = o
  const shape = [rows, width]
  const { type, count, total } = rowVector(width)
  const share = rowSharing(variant, rows)
  return {
    name: `rms_norm.backward.${variant}`,
    bindings: {
      x: { type, access: 'read', shape },
      scale: { type, access: 'read', shape: [width] },
      dy: { type, access: 'read', shape },
      dx: { type, access: accumulate ? 'update' : 'write', shape },
    },
    workgroup: share.workgroup,
    ...(share.hardwareOnly && { hardwareOnly: true }),
    wgsl: () => `
${share.functions()}
fn kernel(group: vec3<u32>, local: u32) {
  ${share.row}
  let base = row * ${count}u;
  var square = ${type}();
  var along = ${type}();
  ${share.each(count)} {
    let v = x[base + i];
    square += v * v;
    along += v * dy[base + i] * scale[i];
  }
  let r = inverseSqrt(${share.sum(total('square'))} / ${width}.0 + ${eps});
  let shift = ${share.sum(total('along'))} / ${width}.0 * r * r;
  ${share.each(count)} {
    let d = r * (dy[base + i] * scale[i] - x[base + i] * shift);
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
