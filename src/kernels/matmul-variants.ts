import type { Kernel } from '../gpu/kernel.ts'
import type { Tape, Variant } from '../gpu/tape.ts'
import { type MatmulSpec, matmulKernel, problemOf, type Tiling } from './matmul.ts'

/**
 * Tilings to choose between; all fit WebGPU's default limits. The first is the default: without workgroup memory it is
 * the quickest to compile and to run on software adapters, which are not tuned (a barrier makes SwiftShader compile for
 * seconds and run at half the speed). GPUs are: there the others win, by shape.
 */
const TILINGS: Record<string, Tiling> = {
  unshared_8x8: { bm: 64, bn: 64, bk: 4, tm: 8, tn: 8, shared: false },
  tile64x64_8x8: { bm: 64, bn: 64, bk: 16, tm: 8, tn: 8, shared: true },
  tile64x64_8x4: { bm: 64, bn: 64, bk: 32, tm: 8, tn: 4, shared: true },
  tile128x64_8x8: { bm: 128, bn: 64, bk: 16, tm: 8, tn: 8, shared: true },
  tile128x128_8x8: { bm: 128, bn: 128, bk: 16, tm: 8, tn: 8, shared: true },
  tile32x32_4x4: { bm: 32, bn: 32, bk: 32, tm: 4, tn: 4, shared: true },
}

export const matmulVariantNames = Object.keys(TILINGS)

/** The recorded choice for this shape, else the default. All dispatches of a shape share one choice. */
export function chooseMatmul(tape: Tape, spec: MatmulSpec): Kernel {
  return tape.choose(matmulKey(spec), lazyVariants(spec))
}

export function matmulVariants(spec: MatmulSpec): Record<string, Kernel> {
  return Object.fromEntries(Object.entries(lazyVariants(spec)).map(([name, make]) => [name, make()]))
}

function lazyVariants(spec: MatmulSpec): Record<string, () => Kernel> {
  return Object.fromEntries(
    Object.entries(TILINGS).map(([name, tiling]) => [name, () => matmulKernel(spec, name, tiling)]),
  ) satisfies Record<string, Variant>
}

export function matmulKey(spec: MatmulSpec): string {
  const { n, k } = problemOf(spec)
  return `matmul.${spec.direction} ${spec.rows} x ${n} x ${k} ${spec.weight.format}`
}
