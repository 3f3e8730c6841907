/**
 * What kernels share that work on whole rows (norms). Variants: `serial`, where an invocation goes over a row by
 * itself (no barrier, which costs a software adapter more than the row); `lanes`, where a workgroup's invocations
 * stride over one row, coalesced; and `rolled`, which is `serial` for GPUs where a compiler that knows how often its loops turn would
 * unroll them and keep the whole row in registers, of which there are not enough (bench/results/compiled-gpu.md).
 */
import type { Dim, ElementType, Kernel } from '../gpu/kernel.ts'
import { type Choice, choice } from '../gpu/specialise.ts'
import { reduceSum } from './reduce.wgsl.ts'

export type RowVariant = 'serial' | 'lanes' | 'rolled'

/** @param rolled with that variant, and `serial` for software adapters alone */
export function rowChoice(key: string, make: (variant: RowVariant) => Kernel, rolled = false): Choice {
  return choice(key, {
    serial: () => (rolled ? { ...make('serial'), softwareOnly: true } : make('serial')),
    lanes: () => make('lanes'),
    ...(rolled && { rolled: () => make('rolled') }),
  })
}

/** How the elements of a row are read: by vec4 where they are a multiple of four, else one by one. */
export interface RowVector {
  type: ElementType & ('f32' | 'vec4<f32>')
  /** Elements of that type in a row. */
  count: number
  /** WGSL: the sum of one element's parts. */
  total(value: string): string
}

export function rowVector(width: number): RowVector {
  return width % 4 === 0
    ? { type: 'vec4<f32>', count: width / 4, total: (value) => `dot(${value}, vec4<f32>(1.0))` }
    : { type: 'f32', count: width, total: (value) => value }
}

/** How the invocations of a variant share rows out. */
export interface RowSharing {
  workgroup: number
  /** Rows that a workgroup does. */
  rows: number
  /** WGSL that declares `row`, and returns where there is none; `last` the last live row. */
  row: string
  /** WGSL head of a loop over a row's `count` elements, by `i`. */
  each(count: number): string
  /** WGSL: a sum over the row, from each invocation's part of it. */
  sum(part: string): string
  functions: () => string
  hardwareOnly?: true
}

export function rowSharing(variant: RowVariant, rows: Dim): RowSharing {
  const live = typeof rows === 'number' ? `${rows}u` : `step.${rows}`
  if (variant !== 'lanes')
    return {
      workgroup: 8,
      rows: 8,
      row: `let row = group.y * 8u + local;\n  if (row >= ${live}) { return; }`,
      // No dispatch begins that far on: a zero that only the device knows.
      each: (count) =>
        `for (var i = 0u; i < ${count}u${variant === 'rolled' ? ' + (slice.x >> 31u)' : ''}; i++)`,
      sum: (part) => part,
      functions: () => '',
      ...(variant === 'rolled' && { hardwareOnly: true }),
    }
  return {
    workgroup: 64,
    rows: 1,
    row: 'let row = group.y;',
    each: (count) => `for (var i = local; i < ${count}u; i += 64u)`,
    sum: (part) => `reduce_sum(${part}, local)`,
    functions: () => reduceSum(64),
    hardwareOnly: true,
  }
}

/**
 * How a matrix with rows of `width` is read four columns at a time: the type to bind it with, and WGSL for
 * `NAME_quad(row, q)`, columns 4 q .. 4 q + 3 of an existing row, zero beyond its end.
 */
export function quadsOf(name: string, width: number): { type: RowVector['type']; wgsl: string } {
  const { type, count } = rowVector(width)
  const head = `fn ${name}_quad(row: u32, q: u32) -> vec4<f32>`
  if (type === 'vec4<f32>') {
    // Ranks are taken eight at a time: the second four may lie behind the end.
    const guard = count % 2 === 0 ? '' : `if (q >= ${count}u) { return vec4<f32>(); } `
    return { type, wgsl: `${head} { ${guard}return ${name}[row * ${count}u + q]; }` }
  }
  const each = [0, 1, 2, 3].map(
    (e) => `if (q * 4u + ${e}u < ${width}u) { r[${e}] = ${name}[row * ${width}u + q * 4u + ${e}u]; }`,
  )
  return { type, wgsl: `${head} {\n  var r = vec4<f32>();\n  ${each.join('\n  ')}\n  return r;\n}` }
}
