/**
 * Picks rows: y[n, :] = x[index[n], :]; backward dx[t, :] (+)= dy[inverse[t], :], and 0 where no n picks t.
 *
 * x [from, width]; index u32 [to], values distinct; inverse u32 [from], n or 0xffffffff; y [to, width]. A gather both
 * ways, so no write ever meets another.
 */
import { type Dim, dimOf, type Kernel } from '../gpu/kernel.ts'
import { specialised } from '../gpu/specialise.ts'
import type { Tape, Tensor } from '../gpu/tape.ts'
import { ELEMENT_WORKGROUP, elementGrid, elementPrologue, store } from './elementwise.ts'

/** Value of `inverse` where a row is not picked. */
export const NOT_PICKED = 0xffffffff

export interface GatherOptions {
  from: Dim
  to: Dim
  width: number
  index: Tensor
  /** Needed only where x needs a gradient. */
  inverse?: Tensor
}

export function gatherRows(tape: Tape, x: Tensor, o: GatherOptions): Tensor {
  const y = tape.tensor(`picked ${x.name}`, [o.to, o.width])
  const spec = { from: o.from, to: o.to, width: o.width }
  tape.run(forwardKernel(spec), { x, index: o.index, y }, { cheap: true })
  tape.vjp([x], [y], ([dy]) => {
    const dx = tape.grad(x)
    if (!dx) return
    if (!o.inverse) throw new Error('gatherRows: a gradient needs the inverse index')
    tape.run(backwardKernel({ ...spec, add: dx.add }), { dy: dy!, inverse: o.inverse, dx: dx.tensor })
  })
  return y
}

type GatherSpec = Pick<GatherOptions, 'from' | 'to' | 'width'>

const forwardKernel = specialised(({ from, to, width }: GatherSpec): Kernel => {
  return {
    name: 'gather_rows.forward',
    bindings: {
      x: { type: 'f32', access: 'read', shape: [from, width] },
      index: { type: 'u32', access: 'read', shape: [to] },
      y: { type: 'f32', access: 'write', shape: [to, width] },
    },
    workgroup: ELEMENT_WORKGROUP,
    wgsl: () => `
fn kernel(group: vec3<u32>, local: u32) {${elementPrologue(width)}
  y[i] = x[index[row] * ${width}u + column];
}`,
    grid: elementGrid(to, width),
    cost: (live) => ({ flops: 0, bytes: dimOf(to, live) * width * 8 }),
  }
})

const backwardKernel = specialised(({ from, to, width, add }: GatherSpec & { add: boolean }): Kernel => {
  return {
    name: 'gather_rows.backward',
    bindings: {
      dy: { type: 'f32', access: 'read', shape: [to, width] },
      inverse: { type: 'u32', access: 'read', shape: [from] },
      dx: { type: 'f32', access: add ? 'update' : 'write', shape: [from, width] },
    },
    workgroup: ELEMENT_WORKGROUP,
    wgsl: () => `
fn kernel(group: vec3<u32>, local: u32) {${elementPrologue(width)}
  let n = inverse[row];
  var value = 0.0;
  if (n != ${NOT_PICKED}u) { value = dy[n * ${width}u + column]; }
  ${store('dx[i]', 'value', add)}
}`,
    grid: elementGrid(from, width),
    cost: (live) => ({ flops: 0, bytes: dimOf(from, live) * width * 8 }),
  }
})
