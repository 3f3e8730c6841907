/**
 * RMSNorm of each head (optional), then rotary position embedding, in one pass.
 *
 *   y = x r scale,  r = 1 / sqrt(mean_i x_i^2 + eps)             per row and head; without norm y = x
 *   out = [y1 cos - y2 sin, y2 cos + y1 sin]                       y1, y2 the halves of y
 *   dy = [do1 cos + do2 sin, do2 cos - do1 sin];  dx (+)= r (g - x r^2 mean_j(g_j x_j)),  g = dy scale
 *
 * x, out [rows, heads * headDim]; scale [headDim] f32, frozen, as in rms-norm.ts; positions [rows]; table [maxPositions, headDim] holds headDim / 2
 * pairs (cos, sin) a row. Angles come from the host in f64: WGSL's sin and cos promise 2^-11 only.
 * headDim is a multiple of 8. Variants: rows.wgsl.ts.
 * Source: Su et al. 2021 (arXiv 2104.09864); Transformers `Gemma3Attention`, `apply_rotary_pos_emb`.
 */
import { type Dim, dimOf, type Kernel } from '../gpu/kernel.ts'
import { specialised } from '../gpu/specialise.ts'
import type { Tape, Tensor } from '../gpu/tape.ts'
import { type RowVariant, rowChoice, rowSharing } from './rows.wgsl.ts'

export interface QkNormRopeOptions {
  rows: Dim
  heads: number
  headDim: number
  eps: number
  /** u32 [rows]: position of each row in its own sequence, below maxPositions. */
  positions: Tensor
  /** f32 [maxPositions, headDim], from `ropeTable` of lib/rope.ts. */
  table: Tensor
  maxPositions: number
}

/** `scale` null: rotation only. */
export function qkNormRope(tape: Tape, x: Tensor, scale: Tensor | null, o: QkNormRopeOptions): Tensor {
  const { positions, table, rows, heads, headDim, eps, maxPositions } = o
  const out = tape.tensor(`rope ${x.name}`, [rows, heads * headDim])
  const spec = { rows, heads, headDim, eps, maxPositions, norm: scale !== null }
  const kernel = tape.choose(forwardChoice(spec))
  tape.run(kernel, { x, ...(scale && { scale }), positions, table, out }, { cheap: true })
  tape.vjp([x], [out], ([dout]) => {
    const dx = tape.grad(x)
    if (!dx) return
    const kernel = tape.choose(backwardChoice({ ...spec, add: dx.add }))
    tape.run(kernel, { ...(scale && { x, scale }), positions, table, dout: dout!, dx: dx.tensor })
  })
  return out
}

type Spec = Omit<QkNormRopeOptions, 'positions' | 'table'> & { norm: boolean }

const keyOf = ({ norm, rows, heads, headDim }: Spec, direction: string) =>
  `${norm ? 'qk_norm_rope' : 'rope'}.${direction} ${rows} x ${heads} x ${headDim}`
const forwardChoice = specialised((o: Spec) =>
  rowChoice(keyOf(o, 'forward'), (variant) => forward(o, variant), true),
)
const backwardChoice = specialised((o: Spec & { add: boolean }) =>
  rowChoice(keyOf(o, 'backward'), (variant) => backward(o, variant), true),
)

/** Four pairs (cos, sin) from the table, by their number in the row. */
const TURN = `
    let t0 = table[angles + 2u * i];
    let t1 = table[angles + 2u * i + 1u];
    let cosine = vec4<f32>(t0.xz, t1.xz);
    let sine = vec4<f32>(t0.yw, t1.yw);`

function forward(o: Spec, variant: RowVariant): Kernel {
  const { rows, heads, headDim, eps, norm } = o
  const shape = [rows, heads * headDim]
  const half = headDim / 8
  const share = rowSharing(variant, rows)
  return {
    name: `${norm ? 'qk_norm_rope' : 'rope'}.forward.${variant}`,
    bindings: {
      x: { type: 'vec4<f32>', access: 'read', shape },
      ...(norm ? { scale: { type: 'vec4<f32>', access: 'read', shape: [headDim] } as const } : {}),
      positions: { type: 'u32', access: 'read', shape: [rows] },
      table: { type: 'vec4<f32>', access: 'read', shape: [o.maxPositions, headDim] },
      out: { type: 'vec4<f32>', access: 'write', shape },
    },
    workgroup: share.workgroup,
    ...(share.hardwareOnly && { hardwareOnly: true }),
    wgsl: () => `
${norm ? share.functions() : ''}
fn kernel(group: vec3<u32>, local: u32) {
  ${share.row}
  let base = (row * ${heads}u + group.x) * ${2 * half}u;
  let angles = positions[row] * ${2 * half}u;
  ${
    norm
      ? `var square = vec4<f32>();
  ${share.each(2 * half)} { let v = x[base + i]; square += v * v; }
  let r = inverseSqrt(${share.sum('dot(square, vec4<f32>(1.0))')} / ${headDim}.0 + ${eps});`
      : ''
  }
  ${share.each(half)} {${TURN}
    let y1 = x[base + i]${norm ? ' * r * scale[i]' : ''};
    let y2 = x[base + ${half}u + i]${norm ? ` * r * scale[${half}u + i]` : ''};
    out[base + i] = y1 * cosine - y2 * sine;
    out[base + ${half}u + i] = y2 * cosine + y1 * sine;
  }
}`,
    grid: (live) => [heads, Math.ceil(dimOf(rows, live) / share.rows), 1],
    cost: (live) => costOf(o, dimOf(rows, live), norm ? 8 : 3, 2),
  }
}

function backward(o: Spec & { add: boolean }, variant: RowVariant): Kernel {
  const { rows, heads, headDim, eps, norm, add: accumulate } = o
  const shape = [rows, heads * headDim]
  const half = headDim / 8
  const share = rowSharing(variant, rows)
  const store = (at: string, value: string) => `dx[${at}] = ${accumulate ? `dx[${at}] + ` : ''}${value};`
  // The turned gradient of each pair, before the norm.
  const turned = `${TURN}
    let do1 = dout[base + i];
    let do2 = dout[base + ${half}u + i];
    let d1 = do1 * cosine + do2 * sine;
    let d2 = do2 * cosine - do1 * sine;`
  return {
    name: `${norm ? 'qk_norm_rope' : 'rope'}.backward.${variant}`,
    bindings: {
      ...(norm
        ? ({
            x: { type: 'vec4<f32>', access: 'read', shape },
            scale: { type: 'vec4<f32>', access: 'read', shape: [headDim] },
          } as const)
        : {}),
      positions: { type: 'u32', access: 'read', shape: [rows] },
      table: { type: 'vec4<f32>', access: 'read', shape: [o.maxPositions, headDim] },
      dout: { type: 'vec4<f32>', access: 'read', shape },
      dx: { type: 'vec4<f32>', access: accumulate ? 'update' : 'write', shape },
    },
    workgroup: share.workgroup,
    ...(share.hardwareOnly && { hardwareOnly: true }),
    wgsl: () => `
${norm ? share.functions() : ''}
fn kernel(group: vec3<u32>, local: u32) {
  ${share.row}
  let base = (row * ${heads}u + group.x) * ${2 * half}u;
  let angles = positions[row] * ${2 * half}u;
  ${
    norm
      ? `var square = vec4<f32>();
  var along = vec4<f32>();
  ${share.each(half)} {${turned}
    let x1 = x[base + i];
    let x2 = x[base + ${half}u + i];
    square += x1 * x1 + x2 * x2;
    along += x1 * d1 * scale[i] + x2 * d2 * scale[${half}u + i];
  }
  let r = inverseSqrt(${share.sum('dot(square, vec4<f32>(1.0))')} / ${headDim}.0 + ${eps});
  let shift = ${share.sum('dot(along, vec4<f32>(1.0))')} / ${headDim}.0 * r * r;
  ${share.each(half)} {${turned}
    ${store('base + i', 'r * (d1 * scale[i] - x[base + i] * shift)')}
    ${store(`base + ${half}u + i`, `r * (d2 * scale[${half}u + i] - x[base + ${half}u + i] * shift)`)}
  }`
      : `${share.each(half)} {${turned}
    ${store('base + i', 'd1')}
    ${store(`base + ${half}u + i`, 'd2')}
  }`
  }
}`,
    grid: (live) => [heads, Math.ceil(dimOf(rows, live) / share.rows), 1],
    cost: (live) => costOf(o, dimOf(rows, live), norm ? 18 : 3, accumulate ? 4 : 3),
  }
}

function costOf(o: Spec, rows: number, flopsEach: number, arrays: number) {
  const size = rows * o.heads * o.headDim
  return { flops: size * flopsEach, bytes: size * 4 * arrays + rows * (o.headDim + 1) * 4 }
}
