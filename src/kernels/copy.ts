/** Copies an array, so that a transient result outlives its dispatch list: to (=) from, any shape. */
import { type Dim, type Kernel, sizeOf } from '../gpu/kernel.ts'
import { specialised } from '../gpu/specialise.ts'
import type { Tape, Tensor } from '../gpu/tape.ts'
import { ELEMENT_WORKGROUP } from './elementwise.ts'

const COLUMNS = 256

export function copy(tape: Tape, from: Tensor, to: Tensor, shape: readonly Dim[]): void {
  tape.run(copyKernel({ shape }), { from_: from, to })
}

const copyKernel = specialised(({ shape }: { shape: readonly Dim[] }): Kernel => {
  const perRow = ELEMENT_WORKGROUP * COLUMNS
  return {
    name: 'copy',
    bindings: { from_: { type: 'f32', access: 'read', shape }, to: { type: 'f32', access: 'write', shape } },
    workgroup: ELEMENT_WORKGROUP,
    wgsl: () => `
fn kernel(group: vec3<u32>, local: u32) {
  let i = group.y * ${perRow}u + group.x * ${ELEMENT_WORKGROUP}u + local;
  if (i < arrayLength(&to)) { to[i] = from_[i]; }
}`,
    grid: (live) => [COLUMNS, Math.ceil(sizeOf(shape, live) / perRow), 1],
    cost: (live) => ({ flops: 0, bytes: sizeOf(shape, live) * 8 }),
  }
})
