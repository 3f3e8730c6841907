/**
 * y = a + b, element by element: a branch joins the residual stream without a norm. da (+)= dy, db (+)= dy.
 * a, b, y [rows, width] f32.
 */
import { type Dim, dimOf, type Kernel } from '../gpu/kernel.ts'
import { specialised } from '../gpu/specialise.ts'
import type { Tape, Tensor } from '../gpu/tape.ts'
import { add, addKernel } from './add.ts'
import { ELEMENT_WORKGROUP, elementGrid, elementPrologue } from './elementwise.ts'
import { rowVector } from './rows.wgsl.ts'

export function sum(tape: Tape, a: Tensor, b: Tensor, { rows, width }: SumSpec): Tensor {
  const y = tape.tensor(`sum ${a.name}`, [rows, width])
  tape.run(sumKernel({ rows, width }), { a, b, y }, { cheap: true })
  tape.vjp([a, b], [y], ([dy]) => {
    // An array of its own: dy's becomes b's, and is added to while a's is still read.
    const da = tape.grad(a)
    if (da) tape.run(addKernel({ shape: [rows, width], accumulate: da.add }), { dy: dy!, dx: da.tensor })
    add(tape, dy!, b, [rows, width])
  })
  return y
}

interface SumSpec {
  rows: Dim
  width: number
}

const sumKernel = specialised(({ rows, width }: SumSpec): Kernel => {
  const shape = [rows, width]
  const { type, count } = rowVector(width)
  return {
    name: 'sum',
    bindings: {
      a: { type, access: 'read', shape },
      b: { type, access: 'read', shape },
      y: { type, access: 'write', shape },
    },
    workgroup: ELEMENT_WORKGROUP,
    wgsl: () => `
fn kernel(group: vec3<u32>, local: u32) {${elementPrologue(count)}
  y[i] = a[i] + b[i];
}`,
    grid: elementGrid(rows, count),
    cost: (live) => ({ flops: dimOf(rows, live) * width, bytes: dimOf(rows, live) * width * 12 }),
  }
})
