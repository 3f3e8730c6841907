/**
 * Passes a gradient through a sum: dx (+)= dy, both of one shape. Where nothing has reached dx
 * yet, dy's own array becomes it and nothing runs.
 */
import { type Dim, type Kernel, sizeOf } from '../gpu/kernel.ts'
import { specialised } from '../gpu/specialise.ts'
import type { Tape, Tensor } from '../gpu/tape.ts'

const WORKGROUP = 64
const COLUMNS = 256

/** Adds `dy` to the gradient of `x`; nothing where `x` needs none. */
export function add(tape: Tape, dy: Tensor, x: Tensor, shape: readonly Dim[]): void {
  if (tape.adopt(x, dy)) return
  const dx = tape.grad(x)
  if (dx) tape.run(addKernel({ shape, accumulate: dx.add }), { dy, dx: dx.tensor })
}

interface AddSpec {
  shape: readonly Dim[]
  accumulate: boolean
}

/** dx (+)= dy. */
export const addKernel = specialised(({ shape, accumulate }: AddSpec): Kernel => {
  const perRow = WORKGROUP * COLUMNS
  return {
    name: 'add',
    bindings: {
      dy: { type: 'f32', access: 'read', shape },
      dx: { type: 'f32', access: accumulate ? 'update' : 'write', shape },
    },
    workgroup: WORKGROUP,
    wgsl: () => `
fn kernel(group: vec3<u32>, local: u32) {
  let i = group.y * ${perRow}u + group.x * ${WORKGROUP}u + local;
  if (i < arrayLength(&dx)) { dx[i] = ${accumulate ? 'dx[i] + ' : ''}dy[i]; }
}`,
    grid: (live) => [COLUMNS, Math.ceil(sizeOf(shape, live) / perRow), 1],
    cost: (live) => ({ flops: sizeOf(shape, live), bytes: sizeOf(shape, live) * (accumulate ? 12 : 8) }),
  }
})
