import { dimOf, type Kernel } from '../gpu/kernel.ts'
import { type Choice, choice, kernelOf, specialised } from '../gpu/specialise.ts'
import type { Tape } from '../gpu/tape.ts'
import { type MatmulSpec, matmulKernel, problemOf, type Tiling } from './matmul.ts'
import { type MatvecTiling, matvecKernel } from './matvec.ts'

/**
 * Tilings to choose between; all fit WebGPU's default limits. The first is the default: without workgroup memory it is
 * the quickest to compile and to run on software adapters, which are not tuned (a barrier makes SwiftShader compile for
 * seconds and run at half the speed). GPUs are: there the tiles in workgroup memory win, by shape. The quads are made
 * for software adapters, where each load of an invocation costs some ten multiply-adds: half of them are shared.
 */
const TILINGS: Record<string, Tiling> = {
  unshared_8x8: { bm: 64, bn: 64, bk: 4, tm: 8, tn: 8, shared: false },
  quad_16x8: { bm: 16, bn: 128, bk: 4, tm: 16, tn: 8, shared: false, quad: true },
  quad_16x4: { bm: 16, bn: 64, bk: 4, tm: 16, tn: 4, shared: false, quad: true },
  tile64x64_8x8: { bm: 64, bn: 64, bk: 16, tm: 8, tn: 8, shared: true },
  tile64x64_8x4: { bm: 64, bn: 64, bk: 16, tm: 8, tn: 4, shared: true },
  tile128x64_8x8: { bm: 128, bn: 64, bk: 16, tm: 8, tn: 8, shared: true },
  tile128x128_8x8: { bm: 128, bn: 128, bk: 16, tm: 8, tn: 8, shared: true },
  tile32x32_4x4: { bm: 32, bn: 32, bk: 32, tm: 4, tn: 4, shared: true },
}

export const matmulVariantNames = Object.keys(TILINGS)

/** For few rows; beside them stands an unshared tile, the default, for the same reasons. */
const FEW_ROWS_TILINGS: Record<string, Omit<MatvecTiling, 'rowsAtOnce'>> = {
  lanes64x2: { lanes: 64, outputs: 2 },
  lanes32x4: { lanes: 32, outputs: 4 },
  lanes16x4: { lanes: 16, outputs: 4 },
}

/** Columns from which on the wide quad's longer compilation pays. */
const WORTH_COMPILING = 512

/** Up to so many rows a forward product counts as decoding: bound by reading W, not by arithmetic. */
const FEW_ROWS = 16
const ROWS_AT_ONCE = [1, 2, 4, 8]

export const matvecVariantNames = ['unshared', ...Object.keys(FEW_ROWS_TILINGS)]

/** The recorded choice for this shape, else the default. All dispatches of a shape share one choice. */
export function chooseMatmul(tape: Tape, spec: MatmulSpec): Kernel {
  return tape.choose(matmulChoice({ ...spec, most: dimOf(spec.rows, tape.capacity) }))
}

/** @param rows the most rows there can be */
export function matmulVariants(spec: MatmulSpec, rows: number): Record<string, Kernel> {
  const { variants } = matmulChoice({ ...spec, most: rows })
  return Object.fromEntries(Object.entries(variants).map(([name, variant]) => [name, kernelOf(variant)]))
}

/** `most`: the most rows there can be. */
const matmulChoice = specialised(
  ({ most, ...spec }: MatmulSpec & { most: number }): Choice =>
    choice(matmulKey(spec, most), makers(spec, most)),
)

function makers(spec: MatmulSpec, rows: number): Record<string, () => Kernel> {
  if (!isFew(spec, rows))
    return Object.fromEntries(
      tilingsFor(spec).map(([variant, tiling]) => [variant, () => matmulKernel({ spec, variant, tiling })]),
    )
  const atOnce = ROWS_AT_ONCE.find((count) => count >= rows) ?? ROWS_AT_ONCE.at(-1)!
  const tile: Tiling = { bm: atOnce, bn: 64, bk: 4, tm: atOnce, tn: 4, shared: false }
  return {
    unshared: () => matmulKernel({ spec, variant: `unshared_${atOnce}x4`, tiling: tile }),
    ...Object.fromEntries(
      Object.entries(FEW_ROWS_TILINGS).map(([variant, lanes]) => [
        variant,
        () => matvecKernel({ spec, variant, tiling: { ...lanes, rowsAtOnce: atOnce } }),
      ]),
    ),
  }
}

/**
 * A software adapter takes the first quad there is: the wide one, by a fifth the quicker, unless its last tile would lie
 * half empty, or the product is so small that compiling it costs more than it gains.
 */
function tilingsFor(spec: MatmulSpec): [string, Tiling][] {
  const wide = TILINGS.quad_16x8!.bn
  const { n } = problemOf(spec)
  const spare = Math.ceil(n / wide) * wide - n
  const all = Object.entries(TILINGS)
  if (n >= WORTH_COMPILING && spare < n / 8) return all
  const last = all.filter(([name]) => name === 'quad_16x8')
  return [...all.filter(([name]) => name !== 'quad_16x8'), ...last]
}

const isFew = (spec: MatmulSpec, rows: number) => spec.direction === 'forward' && rows <= FEW_ROWS

/** What a choice is remembered by: the shape, and about how many rows there can be. */
function matmulKey(spec: MatmulSpec, rows: number): string {
  const { n, k } = problemOf(spec)
  const most = [FEW_ROWS, 64, 512].find((count) => rows <= count)
  const kind = isFew(spec, rows) ? 'matvec' : `matmul.${spec.direction}`
  return `${kind} ${most ? `up to ${most} rows` : 'many rows'} x ${n} x ${k} ${spec.weight.format}`
}
