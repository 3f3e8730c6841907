import type { Kernel } from './kernel.ts'
import type { GpuContext } from './program.ts'
import type { Rates } from './slicer.ts'
import { KernelTimer } from './timing.ts'

/** Long enough to be timed, short enough to be unnoticed. */
const ENOUGH_SECONDS = 0.02
const WORKGROUP = 64
const CHAINS = 4
const ROUNDS = 64

/**
 * What an adapter sustains: f32 multiply-adds held in registers, and bytes read and written by a copy. Ceilings that
 * kernels are compared with, and what the slicer estimates by.
 */
export async function measureRates(context: GpuContext): Promise<Rates> {
  const timer = new KernelTimer(context)
  try {
    return {
      flops: await best(timer, 'flops', fmaKernel, 2 ** 10, 2 ** 18),
      bandwidth: await best(timer, 'bytes', copyKernel, 2 ** 16, 2 ** 22),
    }
  } finally {
    timer.dispose()
  }
}

/** The rate at growing sizes, until it is measured over long enough a dispatch. */
async function best(
  timer: KernelTimer,
  unit: 'flops' | 'bytes',
  kernelOf: (size: number) => Kernel,
  from: number,
  to: number,
): Promise<number> {
  const none = { tokens: 0, supervised: 0, sequences: 0 }
  let most = 0
  for (let size = from; size <= to; size *= 8) {
    const kernel = kernelOf(size)
    const seconds = await timer.time(kernel, none, ENOUGH_SECONDS)
    most = Math.max(most, kernel.cost!(none)[unit] / seconds)
    if (seconds > ENOUGH_SECONDS) break
  }
  return most
}

/** Independent chains of vec4 multiply-adds; the result is stored so that nothing is left out. */
function fmaKernel(invocations: number): Kernel {
  const chains = Array.from({ length: CHAINS }, (_, i) => i)
  return {
    name: 'measure.fma',
    bindings: { out: { type: 'vec4<f32>', access: 'write', shape: [invocations * 4] } },
    workgroup: WORKGROUP,
    wgsl: `
fn kernel(group: vec3<u32>, local: u32) {
  let i = group.y * ${WORKGROUP}u + local;
  let m = vec4<f32>(1.0 + f32(i) * 1e-9);
  ${chains.map((c) => `var c${c} = vec4<f32>(${c}.5);`).join(' ')}
  for (var round = 0u; round < ${ROUNDS}u; round++) {
    ${Array.from({ length: 8 }, () => chains.map((c) => `c${c} = c${c} * m + m;`).join(' ')).join('\n    ')}
  }
  out[i] = ${chains.map((c) => `c${c}`).join(' + ')};
}`,
    grid: () => [1, invocations / WORKGROUP, 1],
    cost: () => ({ flops: invocations * CHAINS * ROUNDS * 8 * 4 * 2, bytes: invocations * 16 }),
  }
}

function copyKernel(quads: number): Kernel {
  return {
    name: 'measure.copy',
    bindings: {
      source: { type: 'vec4<f32>', access: 'read', shape: [quads * 4] },
      target_: { type: 'vec4<f32>', access: 'write', shape: [quads * 4] },
    },
    workgroup: WORKGROUP,
    wgsl: `
fn kernel(group: vec3<u32>, local: u32) {
  let i = group.y * ${WORKGROUP}u + local;
  target_[i] = source[i];
}`,
    grid: () => [1, quads / WORKGROUP, 1],
    cost: () => ({ flops: 0, bytes: quads * 32 }),
  }
}
