import { type DimName, SCALARS_WGSL } from './scalars.ts'

/** A size known when planning, or one that each step brings (named in the uniform block). */
export type Dim = number | DimName
export type Dims = Record<DimName, number>

/** write: every live element is written, whatever was there before. update: read and added to. */
export type Access = 'read' | 'write' | 'update'
export type ElementType = 'f32' | 'u32' | 'i32' | 'vec2<f32>' | 'vec4<f32>' | 'vec2<u32>' | 'vec4<u32>'

export interface Binding {
  /** Type of one array element in WGSL. */
  type: ElementType
  access: Access
  /** In scalars (not in vectors), row-major. */
  shape: readonly Dim[]
}

export interface Cost {
  flops: number
  bytes: number
}

/**
 * One compute shader over named arrays. Bindings are declared here once; the WGSL header, the bind group layout and
 * the shape checks are derived from them.
 *
 * `wgsl` gives constants, functions and `fn kernel(group: vec3<u32>, local: u32)`: `group` is the logical workgroup,
 * `local` the invocation's index in it. Workgroups must be independent of each other along y: a dispatch may be cut
 * between any two values of `group.y` and continued in a later submit. Text is written when a pipeline is made, never while planning.
 *
 * `slice` is the uniform that says which part a dispatch is: x the first row of workgroups (added to `group.y` already), y and z
 * the first step and the one after the last, for kernels with `steps`; see `Part`.
 */
export interface Kernel {
  /** operation.direction[.variant], for labels and timings. */
  name: string
  bindings: Record<string, Binding>
  /** Invocations in a workgroup (one-dimensional). */
  workgroup: number
  wgsl: () => string
  grid(live: Dims): readonly [number, number, number]
  cost?(live: Dims): Cost
  /**
   * Steps that every workgroup takes one after another, where a dispatch may be cut between any two of them as well: it then
   * carries its state on in memory, to the bit. All rows of a part take a step before any takes one of a later part.
   */
  steps?(live: Dims): number
  /** Features beyond WebGPU's core that the text needs: shader-f16, subgroups (which gives it `subgroup_lane`). */
  requires?: readonly GPUFeatureName[]
  /** A smaller problem with the same work for each workgroup, to time a long kernel by. */
  trial?: () => Kernel
  /**
   * What its outputs come to at these sizes, where variants write partial results of their own that another kernel puts together:
   * what all variants have in common.
   */
  settle?(outputs: Record<string, Float32Array>, live: Dims): Record<string, Float32Array>
  /** A variant that is not worth trying on a software adapter. */
  hardwareOnly?: boolean
  /** A variant made for software adapters, taken there unmeasured, and not worth trying on a GPU. */
  softwareOnly?: boolean
}

const WIDTH: Record<ElementType, number> = {
  f32: 1,
  u32: 1,
  i32: 1,
  'vec2<f32>': 2,
  'vec4<f32>': 4,
  'vec2<u32>': 2,
  'vec4<u32>': 4,
}

export function elementWidth(type: ElementType): number {
  return WIDTH[type]
}

const ENABLE: Partial<Record<GPUFeatureName, string>> = { 'shader-f16': 'f16', subgroups: 'subgroups' }

/** The whole shader text of a kernel. */
export function shaderText(kernel: Kernel): string {
  const enables = (kernel.requires ?? []).flatMap((f) => (ENABLE[f] ? [`enable ${ENABLE[f]};`] : []))
  const lanes = kernel.requires?.includes('subgroups') ?? false
  const bindings = Object.entries(kernel.bindings).map(
    ([name, b], i) =>
      `@group(0) @binding(${i}) var<storage, ${b.access === 'read' ? 'read' : 'read_write'}> ${name}: array<${b.type}>;`,
  )
  return [
    ...enables,
    SCALARS_WGSL,
    ...bindings,
    '@group(1) @binding(0) var<uniform> step: Scalars;',
    '@group(1) @binding(1) var<uniform> slice: vec4<u32>;',
    ...(lanes ? ['var<private> subgroup_lane: u32;'] : []),
    kernel.wgsl().trim(),
    `@compute @workgroup_size(${kernel.workgroup})`,
    'fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32',
    lanes ? ', @builtin(subgroup_invocation_id) lane: u32) {\n  subgroup_lane = lane;' : ') {',
    '  kernel(id + vec3<u32>(0u, slice.x, 0u), local);',
    '}',
    '',
  ].join('\n')
}

/** A size at given sizes. */
export function dimOf(d: Dim, dims: Dims): number {
  return typeof d === 'number' ? d : dims[d]
}

/** Number of scalars at given sizes. */
export function sizeOf(shape: readonly Dim[], dims: Dims): number {
  let product = 1
  for (const d of shape) product *= dimOf(d, dims)
  return product
}

/** Whether two shapes have the same number of scalars whatever the sizes: [T, 2, 32] and [T, 64] do. */
export function sameSize(a: readonly Dim[], b: readonly Dim[]): boolean {
  if (a.length === b.length && a.every((d, i) => d === b[i])) return true
  return factorOf(a) === factorOf(b) && NAMES.every((name) => countOf(a, name) === countOf(b, name))
}

const NAMES: readonly DimName[] = ['tokens', 'supervised', 'sequences']

function factorOf(shape: readonly Dim[]): number {
  let factor = 1
  for (const d of shape) if (typeof d === 'number') factor *= d
  return factor
}

function countOf(shape: readonly Dim[], name: DimName): number {
  let count = 0
  for (const d of shape) if (d === name) count++
  return count
}
