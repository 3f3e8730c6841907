/**
 * RMSNorm of each head (optional), then rotary position embedding, in one pass.
 *
 *   y = x r (1 + w),  r = 1 / sqrt(mean_i x_i^2 + eps)             per row and head; without norm y = x
 *   out = [y1 cos - y2 sin, y2 cos + y1 sin]                       y1, y2 the halves of y
 *   dy = [do1 cos + do2 sin, do2 cos - do1 sin];  dx (+)= r (g - x r^2 mean_j(g_j x_j)),  g = dy (1 + w)
 *
 * x, out [rows, heads * headDim]; w [headDim], frozen; positions [rows]; table [maxPositions, headDim] holds headDim / 2
 * pairs (cos, sin) a row. Angles come from the host in f64: WGSL's sin and cos promise 2^-11 only.
 * headDim is a multiple of 8. Variants: rows.wgsl.ts.
 * Source: Su et al. 2021 (arXiv 2104.09864); Transformers `Gemma3Attention`, `apply_rotary_pos_emb`.
 */
import { type Dim, dimOf, type Kernel } from '../gpu/kernel.ts'
import type { Tape, Tensor } from '../gpu/tape.ts'
import { type RowVariant, rowSharing, rowVariants } from './rows.wgsl.ts'

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

/** `normWeight` null: rotation only. */
export function qkNormRope(tape: Tape, x: Tensor, normWeight: Tensor | null, o: QkNormRopeOptions): Tensor {
  const out = tape.tensor(`rope ${x.name}`, [o.rows, o.heads * o.headDim])
  const { positions, table } = o
  const weight = normWeight ? { weight: normWeight } : undefined
  const key = (direction: string) =>
    `${weight ? 'qk_norm_rope' : 'rope'}.${direction} ${o.rows} x ${o.heads} x ${o.headDim}`
  const norm = Boolean(weight)
  const kernel = tape.choose(
    key('forward'),
    rowVariants((variant) => forward(o, norm, variant)),
  )
  tape.run(kernel, { x, ...weight, positions, table, out }, { cheap: true })
  tape.vjp([x], [out], ([dout]) => {
    const dx = tape.grad(x)
    if (!dx) return
    const own = weight ? { x, ...weight } : undefined
    const kernel = tape.choose(
      key('backward'),
      rowVariants((variant) => backward(o, norm, variant, dx.add)),
    )
    tape.run(kernel, { ...own, positions, table, dout: dout!, dx: dx.tensor })
  })
  return out
}

/** Four pairs (cos, sin) from the table, by their number in the row. */
const TURN = `
    let t0 = table[angles + 2u * i];
    let t1 = table[angles + 2u * i + 1u];
    let cosine = vec4<f32>(t0.xz, t1.xz);
    let sine = vec4<f32>(t0.yw, t1.yw);`

function forward(o: QkNormRopeOptions, norm: boolean, variant: RowVariant): Kernel {
  const { rows, heads, headDim, eps } = o
  const shape = [rows, heads * headDim]
  const half = headDim / 8
  const share = rowSharing(variant, rows)
  return {
    name: `${norm ? 'qk_norm_rope' : 'rope'}.forward.${variant}`,
    bindings: {
      x: { type: 'vec4<f32>', access: 'read', shape },
      ...(norm ? { weight: { type: 'vec4<f32>', access: 'read', shape: [headDim] } as const } : {}),
      positions: { type: 'u32', access: 'read', shape: [rows] },
      table: { type: 'vec4<f32>', access: 'read', shape: [o.maxPositions, headDim] },
      out: { type: 'vec4<f32>', access: 'write', shape },
    },
    workgroup: share.workgroup,
    ...(share.hardwareOnly && { hardwareOnly: true }),
    wgsl: `
${norm ? share.functions : ''}
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
    let y1 = x[base + i]${norm ? ' * r * (1.0 + weight[i])' : ''};
    let y2 = x[base + ${half}u + i]${norm ? ` * r * (1.0 + weight[${half}u + i])` : ''};
    out[base + i] = y1 * cosine - y2 * sine;
    out[base + ${half}u + i] = y2 * cosine + y1 * sine;
  }
}`,
    grid: (live) => [heads, Math.ceil(dimOf(rows, live) / share.rows), 1],
    cost: (live) => costOf(o, dimOf(rows, live), norm ? 8 : 3, 2),
  }
}

function backward(o: QkNormRopeOptions, norm: boolean, variant: RowVariant, accumulate: boolean): Kernel {
  const { rows, heads, headDim, eps } = o
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
            weight: { type: 'vec4<f32>', access: 'read', shape: [headDim] },
          } as const)
        : {}),
      positions: { type: 'u32', access: 'read', shape: [rows] },
      table: { type: 'vec4<f32>', access: 'read', shape: [o.maxPositions, headDim] },
      dout: { type: 'vec4<f32>', access: 'read', shape },
      dx: { type: 'vec4<f32>', access: accumulate ? 'update' : 'write', shape },
    },
    workgroup: share.workgroup,
    ...(share.hardwareOnly && { hardwareOnly: true }),
    wgsl: `
${norm ? share.functions : ''}
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
    along += x1 * d1 * (1.0 + weight[i]) + x2 * d2 * (1.0 + weight[${half}u + i]);
  }
  let r = inverseSqrt(${share.sum('dot(square, vec4<f32>(1.0))')} / ${headDim}.0 + ${eps});
  let shift = ${share.sum('dot(along, vec4<f32>(1.0))')} / ${headDim}.0 * r * r;
  ${share.each(half)} {${turned}
    ${store('base + i', 'r * (d1 * (1.0 + weight[i]) - x[base + i] * shift)')}
    ${store(`base + ${half}u + i`, `r * (d2 * (1.0 + weight[${half}u + i]) - x[base + ${half}u + i] * shift)`)}
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

function costOf(o: QkNormRopeOptions, rows: number, flopsEach: number, arrays: number) {
  const size = rows * o.heads * o.headDim
  return { flops: size * flopsEach, bytes: size * 4 * arrays + rows * (o.headDim + 1) * 4 }
}
