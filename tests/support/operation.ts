import { expect } from 'vitest'
import { type Dim, type Dims, sizeOf } from '../../src/gpu/kernel.ts'
import { planMemory, tensorBytes } from '../../src/gpu/memory.ts'
import { type GpuContext, type Place, Program, Workspace } from '../../src/gpu/program.ts'
import type { Scalars } from '../../src/gpu/scalars.ts'
import { type ScalarType, Tape, type Tensor } from '../../src/gpu/tape.ts'
import { copy } from '../../src/kernels/copy.ts'
import { readBuffer, sharedContext } from './gpu.ts'

export type Values = Float32Array | Uint32Array | Int32Array
/** f64 values by name; what a reference computes with. */
export type Arrays = Record<string, Float64Array>

export interface OperationInput {
  shape: readonly Dim[]
  /** Values of the live part; by default seeded normals times `scale`. */
  values?: Values
  scale?: number
  type?: ScalarType
  /** Whether the gradient with respect to it is checked. */
  grad?: boolean
}

export interface OperationCase {
  name: string
  inputs: Record<string, OperationInput>
  /** Live sizes. Capacity is made larger, and the rest of every buffer is poisoned with NaN. */
  live?: Partial<Dims>
  scalars?: Partial<Scalars>
  /** Writes the operation down; returns the outputs to check, by name. */
  build: (tape: Tape, inputs: Record<string, Tensor>) => Record<string, Tensor>
  /** Forward pass in f64: live inputs to live outputs. Called many times: keep it plain. */
  reference: (inputs: Arrays) => Arrays
  /** Allowed |got - want| / max(1e-30, largest |want| of that array). */
  tolerance?: number
  gradTolerance?: number
  /** What an operation differentiates by itself (a loss), in f64: its gradients are then checked too. */
  objective?: (inputs: Arrays) => number
  /** Outputs to which no gradient is sent (saved statistics). */
  noCotangent?: string[]
  /** Most gradient entries compared by central differences per input; spread evenly over it. */
  probes?: number
  choices?: Record<string, string>
  context?: GpuContext
}

const NAN_WORD = 0x7fc00000

/**
 * Runs an operation on the device and holds it against an f64 reference: outputs directly; gradients against central
 * differences of the reference under a random cotangent, both as a first contribution and as one added to another.
 */
export async function checkOperation(c: OperationCase): Promise<void> {
  const plain = await runOperation(c, false)
  const inputs = Object.fromEntries(Object.entries(plain.inputs).map(([k, v]) => [k, Float64Array.from(v)]))
  const want = c.reference(inputs)
  for (const [name, array] of Object.entries(plain.outputs))
    expectClose(`${c.name}: ${name}`, array, want[name]!, c.tolerance ?? 1e-5)

  const graded = Object.entries(c.inputs).filter(([, i]) => i.grad)
  if (graded.length === 0) return
  const loss = (at: Arrays) => {
    const out = c.reference(at)
    let sum = c.objective?.(at) ?? 0
    for (const [name, co] of Object.entries(plain.cotangents))
      for (let i = 0; i < co.length; i++) sum += co[i]! * out[name]![i]!
    return sum
  }
  const added = await runOperation(c, true)
  for (const [name] of graded) {
    const at = inputs[name]!
    const probes = spread(at.length, c.probes ?? 160)
    const difference = probes.map((i) => {
      const h = 1e-4 * Math.max(1, Math.abs(at[i]!))
      const value = at[i]!
      at[i] = value + h
      const up = loss(inputs)
      at[i] = value - h
      const down = loss(inputs)
      at[i] = value
      return (up - down) / (2 * h)
    })
    const pick = (from: Float32Array) => Float32Array.from(probes, (i) => from[i]!)
    const tolerance = c.gradTolerance ?? 1e-4
    expectClose(`${c.name}: d ${name}`, pick(plain.grads[name]!), Float64Array.from(difference), tolerance)
    const onTop = difference.map((d, k) => d + added.seeds[name]![probes[k]!]!)
    expectClose(`${c.name}: d ${name}, added`, pick(added.grads[name]!), Float64Array.from(onTop), tolerance)
  }
}

/** Fails with the worst index; NaN fails too. */
export function expectClose(
  what: string,
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  tolerance: number,
): void {
  expect(got.length, `${what}: length`).toBe(want.length)
  let scale = 1e-30
  for (let i = 0; i < want.length; i++) scale = Math.max(scale, Math.abs(want[i]!))
  let worst = -1
  let error = -1
  for (let i = 0; i < want.length; i++) {
    const e = Math.abs(got[i]! - want[i]!) / scale
    if (!(e <= error)) {
      worst = i
      error = e
      if (Number.isNaN(e)) break
    }
  }
  if (want.length > 0 && !(error <= tolerance))
    expect.fail(
      `${what}: at ${worst} of ${want.length} got ${got[worst]}, want ${want[worst]}; ` +
        `relative error ${error.toExponential(2)} is over ${tolerance}`,
    )
}

export interface Ran {
  inputs: Record<string, Values>
  outputs: Record<string, Float32Array>
  cotangents: Record<string, Float32Array>
  grads: Record<string, Float32Array>
  seeds: Record<string, Float32Array>
}

/** One run over poisoned buffers; `seeded` gives every wanted gradient something to be added to. */
export async function runOperation(c: OperationCase, seeded: boolean): Promise<Ran> {
  const context = c.context ?? (await sharedContext())
  const { gpu } = context
  const live: Dims = { tokens: 0, supervised: 0, sequences: 0, ...c.live }
  const capacity: Dims = {
    tokens: live.tokens + 5,
    supervised: live.supervised + 3,
    sequences: live.sequences + 1,
  }
  const tape = new Tape(c.choices, capacity)
  const places = new Map<Tensor, Place>()
  const buffers: GPUBuffer[] = []
  const [random, randomSeed, randomCotangent] = [normals(7), normals(11), normals(13)]
  const place = (t: Tensor, values?: ArrayBufferView<ArrayBuffer>) => {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST
    const buffer = gpu.createBuffer(t.name, tensorBytes(t, capacity), usage)
    gpu.device.queue.writeBuffer(buffer, 0, new Uint32Array(buffer.size / 4).fill(NAN_WORD))
    if (values) gpu.device.queue.writeBuffer(buffer, 0, values)
    buffers.push(buffer)
    places.set(t, { buffer, offset: 0 })
    return buffer
  }
  const ran: Ran = { inputs: {}, outputs: {}, cotangents: {}, grads: {}, seeds: {} }
  const tensors: Record<string, Tensor> = {}
  for (const [name, input] of Object.entries(c.inputs)) {
    const size = sizeOf(input.shape, live)
    const values = input.values ?? random(size, input.scale ?? 1)
    if (values.length !== size) throw new Error(`${name} has ${values.length} values, its shape ${size}`)
    ran.inputs[name] = values
    const t = tape.input(name, input.shape, input.type ?? (values instanceof Float32Array ? 'f32' : 'u32'))
    tensors[name] = t
    place(t, values as Float32Array<ArrayBuffer>)
  }
  const gradBuffers = new Map<string, GPUBuffer>()
  for (const [name, input] of Object.entries(c.inputs)) {
    if (!input.grad) continue
    tape.requireGrad(tensors[name]!)
    if (!seeded) continue
    const grad = tape.input(`d ${name}`, input.shape)
    ran.seeds[name] = randomSeed(sizeOf(input.shape, live), 1)
    gradBuffers.set(name, place(grad, ran.seeds[name] as Float32Array<ArrayBuffer>))
    tape.seed(tensors[name]!, grad)
  }
  const outputs = c.build(tape, tensors)
  for (const [name, t] of Object.entries(outputs)) {
    if (c.noCotangent?.includes(name) || !tape.needsGrad(t)) continue
    const co = tape.input(`d ${name}`, t.shape)
    ran.cotangents[name] = randomCotangent(sizeOf(t.shape, live), 1)
    place(co, ran.cotangents[name] as Float32Array<ArrayBuffer>)
    tape.seed(t, co)
  }
  tape.backward()
  // Whatever is read back is copied out last, so that it is live to the end.
  const copies: { name: string; into: 'outputs' | 'grads'; buffer: GPUBuffer; size: number }[] = []
  const copyOut = (name: string, into: 'outputs' | 'grads', t: Tensor) => {
    const size = sizeOf(t.shape, live)
    if (t.bound) copies.push({ name, into, buffer: places.get(t)!.buffer, size })
    else {
      const out = tape.input(`${name} out`, t.shape)
      copies.push({ name, into, buffer: place(out), size })
      copy(tape, t, out, t.shape)
    }
  }
  for (const [name, t] of Object.entries(outputs)) copyOut(name, 'outputs', t)
  for (const [name, input] of Object.entries(c.inputs)) {
    if (!input.grad) continue
    const grad = tape.grad(tensors[name]!)
    if (!grad?.add) throw new Error(`${c.name}: no gradient was written for ${name}`)
    copyOut(name, 'grads', grad.tensor)
  }
  const layout = planMemory(tape.dispatches, capacity)
  const workspace = new Workspace(gpu, [layout])
  workspace.fill(NAN_WORD)
  const program = await Program.record(context, tape.dispatches, places, capacity, layout, workspace)
  context.writeScalars({ ...live, ...c.scalars })
  gpu.device.pushErrorScope('validation')
  await program.run(live)
  const invalid = await gpu.device.popErrorScope()
  if (invalid) throw new Error(`${c.name}: ${invalid.message}`)
  for (const { name, into, buffer, size } of copies)
    ran[into][name] = size ? new Float32Array(await readBuffer(gpu, buffer, size * 4)) : new Float32Array()
  workspace.dispose()
  for (const buffer of buffers) gpu.destroyBuffer(buffer)
  return ran
}

/** Seeded standard normals (Box-Muller over mulberry32); only tests use it. */
export function normals(seed: number): (size: number, scale?: number) => Float32Array<ArrayBuffer> {
  const uniform = mulberry(seed)
  return (size, scale = 1) =>
    Float32Array.from({ length: size }, () => {
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()))
      return radius * Math.cos(2 * Math.PI * uniform()) * scale
    })
}

export function mulberry(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = a
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

function spread(length: number, most: number): number[] {
  if (length <= most) return Array.from({ length }, (_, i) => i)
  return Array.from({ length: most }, (_, k) => Math.floor((k * length) / most + ((k * 7) % 5)) % length)
}
