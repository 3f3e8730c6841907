import { qkNormRope } from '../../kernels/qk-norm-rope.ts'
import { rmsNorm } from '../../kernels/rms-norm.ts'
import { ropeTable } from '../../lib/rope.ts'
import { type Arrays, choosing, type OperationCase } from './operation.ts'
import { normals } from './values.ts'

const EPS = 1e-6
const aroundOne = (width: number) => normals(7)(width, 0.5).map((x) => 1 + x)

export interface NormOptions {
  rows?: 'tokens' | 'supervised'
  eps?: number
  /** Whether the residual needs a gradient. */
  gradResidual?: boolean
}

/** y = h + x / rms(x) scale; without a residual h is zero. */
export function rmsNormCase(
  width: number,
  residual: boolean,
  variant?: string,
  { rows = 'tokens', eps = EPS, gradResidual = true }: NormOptions = {},
): OperationCase {
  const operation: OperationCase = {
    name: `rms norm, width ${width}${residual ? ' with residual' : ''}`,
    live: { [rows]: 19 },
    inputs: {
      x: { shape: [rows, width], grad: true },
      scale: { shape: [width], values: aroundOne(width) },
      ...(residual ? { h: { shape: [rows, width] as const, grad: gradResidual } } : {}),
    },
    build: (tape, { x, scale, h }) => ({
      y: rmsNorm(tape, x!, scale!, { rows, width, eps, ...(h ? { residual: h } : {}) }),
    }),
    reference: ({ x, scale, h }: Arrays): Arrays => {
      const y = new Float64Array(x!.length)
      for (let t = 0; t < x!.length / width; t++) {
        let square = 0
        for (let i = 0; i < width; i++) square += x![t * width + i]! ** 2
        const r = 1 / Math.sqrt(square / width + eps)
        for (let i = 0; i < width; i++) {
          const k = t * width + i
          y[k] = (residual ? h![k]! : 0) + x![k]! * r * scale![i]!
        }
      }
      return { y }
    },
  }
  return both(operation, 'rms_norm', variant)
}

/** Forward and backward by one variant, where one is named. */
const both = (c: OperationCase, name: string, variant: string | undefined): OperationCase =>
  variant === undefined ? c : choosing(c, { [`${name}.forward`]: variant, [`${name}.backward`]: variant })

const POSITIONS = Uint32Array.from([0, 1, 2, 0, 40, 41, 7])
const MAX_POSITIONS = 42

/** Norm of each head, then its rotation by position; without `norm` the rotation only. */
export function qkNormRopeCase(
  heads: number,
  headDim: number,
  norm: boolean,
  variant?: string,
  eps = EPS,
): OperationCase {
  const half = headDim / 2
  const operation: OperationCase = {
    name: `${norm ? 'QK-norm and RoPE' : 'RoPE'}, ${heads} x ${headDim}`,
    live: { tokens: POSITIONS.length },
    probes: 50,
    inputs: {
      x: { shape: ['tokens', heads * headDim], grad: true },
      scale: { shape: [headDim], values: aroundOne(headDim) },
      positions: { shape: ['tokens'], values: POSITIONS },
      table: { shape: [MAX_POSITIONS, headDim], values: ropeTable(MAX_POSITIONS, headDim, 10_000) },
    },
    build: (tape, { x, scale, positions, table }) => ({
      out: qkNormRope(tape, x!, norm ? scale! : null, {
        rows: 'tokens',
        heads,
        headDim,
        eps,
        positions: positions!,
        table: table!,
        maxPositions: MAX_POSITIONS,
      }),
    }),
    reference: ({ x, scale, positions, table }: Arrays): Arrays => {
      const out = new Float64Array(x!.length)
      for (let row = 0; row < positions!.length; row++)
        for (let head = 0; head < heads; head++) {
          const base = (row * heads + head) * headDim
          let square = 0
          for (let i = 0; i < headDim; i++) square += x![base + i]! * x![base + i]!
          const r = 1 / Math.sqrt(square / headDim + eps)
          const y = (i: number) => x![base + i]! * (norm ? r * scale![i]! : 1)
          for (let i = 0; i < half; i++) {
            const cos = table![positions![row]! * headDim + 2 * i]!
            const sin = table![positions![row]! * headDim + 2 * i + 1]!
            out[base + i] = y(i) * cos - y(half + i) * sin
            out[base + half + i] = y(half + i) * cos + y(i) * sin
          }
        }
      return { out }
    },
  }
  return both(operation, norm ? 'qk_norm_rope' : 'rope', variant)
}
