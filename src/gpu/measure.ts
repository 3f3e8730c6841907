import type { Kernel } from './kernel.ts'
import type { GpuContext } from './program.ts'
import type { Rates } from './slicer.ts'
import { KernelTimer } from './timing.ts'

/** Long enough to be timed, short enough to be unnoticed. */
const ENOUGH_SECONDS = 0.02
const WORKGROUP = 64
const ROUNDS = 512
const UNROLLED = 8
const NONE = { tokens: 0, supervised: 0, sequences: 0 }

/**
 * What an adapter sustains: f32 multiply-adds held in registers, and bytes read and written by a copy. Ceilings that
 * kernels are compared with, and what the slicer begins to estimate by.
 */
export async function measureRates(context: GpuContext): Promise<Rates> {
  const timer = new KernelTimer(context)
  try {
    // Few chains suit a processor's registers, more of them hide a GPU's latency.
    const few = await best(timer, 'flops', (size) => fmaKernel(size, 2), 2 ** 9, 2 ** 21)
    const more = await best(timer, 'flops', (size) => fmaKernel(size, 4), 2 ** 9, 2 ** 21)
    return {
      flops: Math.max(few, more),
      bandwidth: await best(timer, 'bytes', copyKernel, 2 ** 16, 2 ** 22),
    }
  } finally {
    timer.dispose()
  }
}

/** The kernels that are measured by, each at its least size: larger ones have the same text. */
export const rateKernels = (): Kernel[] => [fmaKernel(2 ** 9, 2), fmaKernel(2 ** 9, 4), copyKernel(2 ** 16)]

/** The rate at growing sizes, until one dispatch alone takes long enough. */
async function best(
  timer: KernelTimer,
  unit: 'flops' | 'bytes',
  kernelOf: (size: number) => Kernel,
  from: number,
  to: number,
): Promise<number> {
  let most = 0
  for (let size = from; size <= to; size *= 8) {
    const kernel = kernelOf(size)
    const seconds = await timer.time(kernel, NONE, ENOUGH_SECONDS)
    most = Math.max(most, kernel.cost!(NONE)[unit] / seconds)
    if (seconds > ENOUGH_SECONDS / 4) break
  }
  return most
}

/** Independent chains of vec4 multiply-adds on values that no compiler knows; their sum is stored. */
function fmaKernel(invocations: number, count: number): Kernel {
  const chains = Array.from({ length: count }, (_, i) => i)
  return {
    name: `measure.fma_${count}`,
    bindings: {
      given: { type: 'vec4<f32>', access: 'read', shape: [4] },
      out: { type: 'vec4<f32>', access: 'write', shape: [invocations * 4] },
    },
    workgroup: WORKGROUP,
    wgsl: () => `
fn kernel(group: vec3<u32>, local: u32) {
  let i = group.x * ${WORKGROUP}u + local;
  let factor = given[0] + 0.5;
  let term = given[0] + vec4<f32>(f32(local) * 0.001);
  ${chains.map((c) => `var c${c} = term + ${c}.5;`).join(' ')}
  for (var round = 0u; round < ${ROUNDS / UNROLLED}u; round++) {
    ${Array.from({ length: UNROLLED }, () => chains.map((c) => `c${c} = c${c} * factor + term;`).join(' ')).join('\n    ')}
  }
  out[i] = ${chains.map((c) => `c${c}`).join(' + ')};
}`,
    grid: () => [invocations / WORKGROUP, 1, 1],
    cost: () => ({ flops: invocations * count * ROUNDS * 4 * 2, bytes: invocations * 16 }),
  }
}

function copyKernel(quads: number): Kernel {
  return {
    name: 'measure.copy',
    bindings: {
      source: { type: 'vec4<f32>', access: 'read', shape: [quads * 4] },
      copied: { type: 'vec4<f32>', access: 'write', shape: [quads * 4] },
    },
    workgroup: WORKGROUP,
    wgsl: () => `
fn kernel(group: vec3<u32>, local: u32) {
  let i = group.y * ${WORKGROUP}u + local;
  copied[i] = source[i];
}`,
    grid: () => [1, quads / WORKGROUP, 1],
    cost: () => ({ flops: 0, bytes: quads * 32 }),
  }
}
