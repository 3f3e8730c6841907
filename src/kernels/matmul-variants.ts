import type { Kernel } from '../gpu/kernel.ts'
import type { Tape } from '../gpu/tape.ts'
import { type MatmulSpec, matmulKernel, problemOf, type Tiling } from './matmul.ts'

/** Tilings to choose between; the first is the default. */
const TILINGS: Record<string, Tiling> = {
  tile64x64_8x4: { bm: 64, bn: 64, bk: 16, tm: 8, tn: 4, shared: true },
  tile64x64_8x8: { bm: 64, bn: 64, bk: 16, tm: 8, tn: 8, shared: true },
  tile128x64_8x8: { bm: 128, bn: 64, bk: 16, tm: 8, tn: 8, shared: true },
  tile128x128_8x8: { bm: 128, bn: 128, bk: 16, tm: 8, tn: 8, shared: true },
  tile32x32_4x4: { bm: 32, bn: 32, bk: 32, tm: 4, tn: 4, shared: true },
  unshared_8x8: { bm: 64, bn: 64, bk: 4, tm: 8, tn: 8, shared: false },
}

export function matmulVariants(spec: MatmulSpec): Record<string, Kernel> {
  return Object.fromEntries(
    Object.entries(TILINGS).map(([name, tiling]) => [name, matmulKernel(spec, name, tiling)]),
  )
}

/** The recorded choice for this shape, else the default. All dispatches of a shape share one choice. */
export function chooseMatmul(tape: Tape, spec: MatmulSpec): Kernel {
  return tape.choose(matmulKey(spec), matmulVariants(spec))
}

export function matmulKey(spec: MatmulSpec): string {
  const { n, k } = problemOf(spec)
  return `matmul.${spec.direction} ${spec.rows} x ${n} x ${k} ${spec.weight.format}`
}

export const matmulVariantNames = Object.keys(TILINGS)
