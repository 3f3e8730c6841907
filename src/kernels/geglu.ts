/**
 * GeGLU with the tanh approximation: y = gelu(gate) * up, element by element.
 *
 *   gelu(g) = g/2 * (1 + tanh(u)),  u = sqrt(2/pi) * (g + 0.044715 g^3)
 *   d gate (+)= dy * up * gelu'(gate),  d up (+)= dy * gelu(gate)
 *
 * gate, up, y [rows, width] f32. tanh's argument is clamped to +-15, where f32 tanh is 1 already and some drivers overflow.
 * Source: Shazeer 2020 (arXiv 2002.05202); Transformers `gelu_pytorch_tanh`.
 */
import { type Dim, dimOf, type Kernel } from '../gpu/kernel.ts'
import { specialised } from '../gpu/specialise.ts'
import type { Tape, Tensor } from '../gpu/tape.ts'
import { ELEMENT_WORKGROUP, elementGrid, elementPrologue, store } from './elementwise.ts'
import { type RowVector, rowVector } from './rows.wgsl.ts'

interface GegluSpec {
  rows: Dim
  width: number
}

export function geglu(tape: Tape, gate: Tensor, up: Tensor, o: GegluSpec): Tensor {
  const y = tape.tensor('geglu', [o.rows, o.width])
  tape.run(forwardKernel(o), { gate, up, y }, { cheap: true })
  tape.vjp([gate, up], [y], ([dy]) => {
    const dGate = tape.grad(gate)
    const dUp = tape.grad(up)
    if (!dGate || !dUp) throw new Error('GeGLU: gate and up need gradients together')
    tape.run(backwardKernel({ ...o, addGate: dGate.add, addUp: dUp.add }), {
      gate,
      up,
      dy: dy!,
      d_gate: dGate.tensor,
      d_up: dUp.tensor,
    })
  })
  return y
}

const inner = (type: RowVector['type']) => `
fn inner_tanh(g: ${type}) -> ${type} {
  return tanh(clamp(0.7978845608028654 * (g + 0.044715 * g * g * g), ${type}(-15.0), ${type}(15.0)));
}`

const forwardKernel = specialised(({ rows, width }: GegluSpec): Kernel => {
  const shape = [rows, width]
  const { type, count } = rowVector(width)
  return {
    name: 'geglu.forward',
    bindings: {
      gate: { type, access: 'read', shape },
      up: { type, access: 'read', shape },
      y: { type, access: 'write', shape },
    },
    workgroup: ELEMENT_WORKGROUP,
    wgsl: () => `${inner(type)}
fn kernel(group: vec3<u32>, local: u32) {${elementPrologue(count)}
  let g = gate[i];
  y[i] = 0.5 * g * (1.0 + inner_tanh(g)) * up[i];
}`,
    grid: elementGrid(rows, count),
    cost: (live) => ({ flops: dimOf(rows, live) * width * 10, bytes: dimOf(rows, live) * width * 12 }),
  }
})

interface GegluBackwardSpec extends GegluSpec {
  addGate: boolean
  addUp: boolean
}

const backwardKernel = specialised(({ rows, width, addGate, addUp }: GegluBackwardSpec): Kernel => {
  const shape = [rows, width]
  const { type, count } = rowVector(width)
  return {
    name: 'geglu.backward',
    bindings: {
      gate: { type, access: 'read', shape },
      up: { type, access: 'read', shape },
      dy: { type, access: 'read', shape },
      d_gate: { type, access: addGate ? 'update' : 'write', shape },
      d_up: { type, access: addUp ? 'update' : 'write', shape },
    },
    workgroup: ELEMENT_WORKGROUP,
    wgsl: () => `${inner(type)}
fn kernel(group: vec3<u32>, local: u32) {${elementPrologue(count)}
  let g = gate[i];
  let t = inner_tanh(g);
  let slope = 0.7978845608028654 * (1.0 + 0.134145 * g * g);
  let derivative = 0.5 * (1.0 + t) + 0.5 * g * (1.0 - t * t) * slope;
  ${store('d_gate[i]', 'dy[i] * up[i] * derivative', addGate)}
  ${store('d_up[i]', 'dy[i] * 0.5 * g * (1.0 + t)', addUp)}
}`,
    grid: elementGrid(rows, count),
    cost: (live) => ({ flops: dimOf(rows, live) * width * 20, bytes: dimOf(rows, live) * width * 20 }),
  }
})
