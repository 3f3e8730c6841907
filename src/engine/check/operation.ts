import type { Gpu } from '../../gpu/device.ts'
import { type Dim, type Dims, sizeOf } from '../../gpu/kernel.ts'
import { planMemory, tensorBytes } from '../../gpu/memory.ts'
import { type GpuContext, type Place, Program, Workspace } from '../../gpu/program.ts'
import type { Scalars } from '../../gpu/scalars.ts'
import type { Slicer } from '../../gpu/slicer.ts'
import { choicesOf } from '../../gpu/specialise.ts'
import { type ScalarType, Tape, type Tensor } from '../../gpu/tape.ts'
import { normals } from './values.ts'

export type Values = Float32Array | Uint32Array | Int32Array
/** f64 values by name; what a reference computes with. */
export type Arrays = Record<string, Float64Array>

export interface OperationInput {
  shape: readonly Dim[]
  /** Values of the live part; by default seeded normals times `scale`. */
  values?: Values
  scale?: number
  /** Whether `values` are repeated over the whole of it: large ones are made quickly so. */
  repeated?: boolean
  type?: ScalarType
  /** Whether the gradient with respect to it is checked. */
  grad?: boolean
}

export interface OperationCase {
  name: string
  inputs: Record<string, OperationInput>
  /** Live sizes. Buffers are made for more, and the rest of each is poisoned with NaN. */
  live?: Partial<Dims>
  /** What the operation is planned for: its kernels are specialised by it. By default what buffers are made for. */
  capacity?: Dims
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
  /** The gradient with respect to an input, at one place, in f64; without it, central differences of the reference. */
  gradient?: (
    inputs: Arrays,
    cotangents: Record<string, Float32Array>,
  ) => (name: string, at: number) => number
  /** Outputs to which no gradient is sent (saved statistics). */
  noCotangent?: string[]
  /** Most gradient entries compared by central differences per input; spread evenly over it. */
  probes?: number
  /** By key, see `choosing`; each must name a variant that the operation asks for. */
  choices?: Record<string, string>
}

/** Where what the device computed is furthest from the reference. */
export interface Deviation {
  /** Case, and output or gradient. */
  what: string
  at: number
  length: number
  got: number
  want: number
  /** Relative to the largest value of the array; NaN where the device gave one. */
  error: number
  tolerance: number
}

const NAN_WORD = 0x7fc00000

/** What an operation should give: outputs, and at some places of each input the gradient. */
export interface Expected {
  outputs: Arrays
  gradients: { name: string; probes: number[]; values: number[] }[]
}

/**
 * Runs an operation on a device and holds it against an f64 reference: outputs directly; gradients against central
 * differences of the reference under a random cotangent, both as a first contribution and as one added to another.
 * @param wanted what the reference gives, from a run's inputs: the same for a case whatever its choices, and slower than the device
 * @returns the worst place of every array, in the order of computing
 */
export async function compareOperation(
  context: GpuContext,
  c: OperationCase,
  wanted: (ran: Ran) => Expected = (ran) => expected(c, ran),
): Promise<Deviation[]> {
  const plain = await runOperation(context, c)
  const want = wanted(plain)
  const found = deviations(c, plain, want)
  if (want.gradients.length === 0) return found
  return [...found, ...gradientDeviations(c, await runOperation(context, c, { seeded: ALL }), want)]
}

/** Of one run: outputs, and gradients with what they were added to. */
export function deviations(c: OperationCase, ran: Ran, want: Expected): Deviation[] {
  const outputs = Object.entries(ran.outputs).map(([name, array]) =>
    worstOf(`${c.name}: ${name}`, array, want.outputs[name]!, c.tolerance ?? 1e-5),
  )
  return [...outputs, ...gradientDeviations(c, ran, want)]
}

const gradientDeviations = (c: OperationCase, ran: Ran, want: Expected): Deviation[] =>
  want.gradients.map(({ name, probes, values }) => {
    const seeds = ran.seeds[name]
    return worstOf(
      `${c.name}: d ${name}${seeds ? ', added' : ''}`,
      probes.map((i) => ran.grads[name]![i]!),
      seeds ? values.map((d, k) => d + seeds[probes[k]!]!) : values,
      c.gradTolerance ?? 1e-4,
    )
  })

/** Names of inputs whose gradient is given something to be added to. */
export type Seeded = (input: string) => boolean
export const ALL: Seeded = () => true
export const NONE: Seeded = () => false

/** By the reference alone, from the inputs and cotangents of a run. */
export function expected(c: OperationCase, ran: Pick<Ran, 'inputs' | 'cotangents'>): Expected {
  const inputs = Object.fromEntries(Object.entries(ran.inputs).map(([k, v]) => [k, Float64Array.from(v)]))
  const loss = (at: Arrays) => {
    const out = c.reference(at)
    let sum = c.objective?.(at) ?? 0
    for (const [name, co] of Object.entries(ran.cotangents))
      for (let i = 0; i < co.length; i++) sum += co[i]! * out[name]![i]!
    return sum
  }
  const exact = c.gradient?.(inputs, ran.cotangents)
  const gradients = Object.entries(c.inputs).flatMap(([name, { grad }]) => {
    if (!grad) return []
    const at = inputs[name]!
    const probes = spread(at.length, c.probes ?? 160)
    if (exact) return [{ name, probes, values: probes.map((i) => exact(name, i)) }]
    const values = probes.map((i) => {
      const h = 1e-4 * Math.max(1, Math.abs(at[i]!))
      const value = at[i]!
      at[i] = value + h
      const up = loss(inputs)
      at[i] = value - h
      const down = loss(inputs)
      at[i] = value
      return (up - down) / (2 * h)
    })
    return [{ name, probes, values }]
  })
  return { outputs: c.reference(inputs), gradients }
}

/** The place with the largest error; one that is no number is the worst. @throws Error where lengths differ */
export function worstOf(
  what: string,
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  tolerance: number,
): Deviation {
  if (got.length !== want.length)
    throw new Error(`${what}: ${got.length} values where ${want.length} are wanted`)
  let scale = 1e-30
  for (let i = 0; i < want.length; i++) scale = Math.max(scale, Math.abs(want[i]!))
  let at = 0
  let error = want.length === 0 ? 0 : -1
  for (let i = 0; i < want.length; i++) {
    const e = Math.abs(got[i]! - want[i]!) / scale
    if (!(e <= error)) {
      at = i
      error = e
      if (Number.isNaN(e)) break
    }
  }
  return { what, at, length: want.length, got: got[at]!, want: want[at]!, error, tolerance }
}

/** NaN is outside too. */
export const isOutside = ({ error, tolerance }: Deviation): boolean => !(error <= tolerance)

export const said = ({ what, at, length, got, want, error, tolerance }: Deviation): string =>
  `${what}: at ${at} of ${length} got ${got}, want ${want}; ` +
  `relative error ${error.toExponential(2)} is over ${tolerance}`

export interface Ran {
  inputs: Record<string, Values>
  outputs: Record<string, Float32Array | Uint32Array>
  cotangents: Record<string, Float32Array>
  grads: Record<string, Float32Array>
  seeds: Record<string, Float32Array>
  /** From its submission until its results were there. */
  seconds: number
}

/** A case written down, forward and backward: what it reads, and what it makes. */
interface Recorded {
  tape: Tape
  inputs: Record<string, Tensor>
  outputs: Record<string, Tensor>
  /** Gradients that come from outside: of outputs, and where `seeded` what those of inputs are added to. */
  cotangents: Record<string, Tensor>
  seeds: Record<string, Tensor>
}

function record(c: OperationCase, seeded: Seeded): Recorded {
  const tape = new Tape(c.choices, c.capacity ?? dimsOf(c).room)
  const recorded: Recorded = { tape, inputs: {}, outputs: {}, cotangents: {}, seeds: {} }
  for (const [name, input] of Object.entries(c.inputs)) {
    const t = tape.input(name, input.shape, typeOf(input))
    recorded.inputs[name] = t
    if (!input.grad) continue
    tape.requireGrad(t)
    if (seeded(name)) tape.seed(t, (recorded.seeds[name] = tape.input(`d ${name}`, input.shape)))
  }
  recorded.outputs = c.build(tape, recorded.inputs)
  for (const [name, t] of Object.entries(recorded.outputs)) {
    if (c.noCotangent?.includes(name) || !tape.needsGrad(t)) continue
    tape.seed(t, (recorded.cotangents[name] = tape.input(`d ${name}`, t.shape)))
  }
  tape.backward()
  const lost = Object.entries(tape.lost()).map(([key, name]) => `${key}: ${name}`)
  if (lost.length > 0) throw new Error(`${c.name}: no such variant was asked for: ${lost.join('; ')}`)
  return recorded
}

/**
 * The case with these variants, named by the family of their keys.
 * @throws Error where the operation asks for no such family, or has no such variant
 */
export const choosing = (c: OperationCase, names: Readonly<Record<string, string>>): OperationCase => ({
  ...c,
  choices: choicesOf(askedBy(c), names),
})

/** A case written down; a gradient that is `seeded` is given something to be added to. */
export const tapeOf = (c: OperationCase, seeded = NONE): Tape => record(c, seeded).tape

/** The variants that a case's operations choose between, by key. */
export const askedBy = (c: OperationCase): Tape['asked'] => tapeOf(c).asked

/** One run over poisoned buffers, cut by `slicer`; a gradient that is `seeded` is given something to be added to. */
export async function runOperation(
  context: GpuContext,
  c: OperationCase,
  { seeded = NONE, slicer }: { seeded?: Seeded; slicer?: Slicer } = {},
): Promise<Ran> {
  const { gpu } = context
  const { live, room } = dimsOf(c)
  const { tape, inputs, outputs, cotangents, seeds } = record(c, seeded)
  const places = new Map<Tensor, Place>()
  const buffers: GPUBuffer[] = []
  let workspace: Workspace | undefined
  const place = (t: Tensor, values?: Values, repeated = false) => {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST
    const buffer = gpu.createBuffer(t.name, tensorBytes(t, room), usage)
    buffers.push(buffer)
    places.set(t, { buffer, offset: 0 })
    const { queue } = gpu.device
    if (repeated && values)
      for (let at = 0; at < buffer.size; at += values.byteLength)
        queue.writeBuffer(
          buffer,
          at,
          values as Float32Array<ArrayBuffer>,
          0,
          Math.min(values.length, (buffer.size - at) / 4),
        )
    else {
      queue.writeBuffer(buffer, 0, new Uint32Array(buffer.size / 4).fill(NAN_WORD))
      if (values) queue.writeBuffer(buffer, 0, values as Float32Array<ArrayBuffer>)
    }
  }
  /** Seeded normals in the live part of each. */
  const placeDrawn = (tensors: Record<string, Tensor>, seed: number) => {
    const random = normals(seed)
    return Object.fromEntries(
      Object.entries(tensors).map(([name, t]) => {
        const values = random(sizeOf(t.shape, live))
        place(t, values)
        return [name, values]
      }),
    )
  }
  try {
    const random = normals(7)
    const ran: Ran = { inputs: {}, outputs: {}, cotangents: {}, grads: {}, seeds: {}, seconds: 0 }
    for (const [name, input] of Object.entries(c.inputs)) {
      const size = sizeOf(input.shape, live)
      const values = input.values ?? random(size, input.scale ?? 1)
      if (values.length !== size && !input.repeated)
        throw new Error(`${name} has ${values.length} values, its shape ${size}`)
      ran.inputs[name] = values
      place(inputs[name]!, values, input.repeated)
    }
    ran.seeds = placeDrawn(seeds, 11)
    ran.cotangents = placeDrawn(cotangents, 13)
    const wanted: { tensor: Tensor; keep: (values: Float32Array<ArrayBuffer>) => void }[] = []
    for (const [name, tensor] of Object.entries(outputs))
      wanted.push({
        tensor,
        keep: (values) => {
          ran.outputs[name] = tensor.type === 'u32' ? new Uint32Array(values.buffer) : values
        },
      })
    for (const [name, input] of Object.entries(c.inputs)) {
      if (!input.grad) continue
      const grad = tape.grad(inputs[name]!)
      if (!grad?.add) throw new Error(`${c.name}: no gradient was written for ${name}`)
      wanted.push({
        tensor: grad.tensor,
        keep: (values) => {
          ran.grads[name] = values
        },
      })
    }
    // Whatever is read back lives to the end.
    const readLast = { tensors: Object.fromEntries(wanted.map(({ tensor }, i) => [i, tensor])) }
    const layout = planMemory([...tape.dispatches, readLast], room)
    workspace = new Workspace(gpu, [layout])
    workspace.fill(NAN_WORD)
    gpu.device.pushErrorScope('validation')
    let failed: unknown
    let begun = 0
    try {
      const program = await Program.record(context, tape.dispatches, places, room, layout, workspace)
      context.writeScalars({ ...live, ...c.scalars })
      begun = performance.now()
      await program.run(live, slicer)
    } catch (error) {
      failed = error
    }
    const invalid = await gpu.device.popErrorScope()
    if (failed) throw failed
    if (invalid) throw new Error(`${c.name}: ${invalid.message}`)
    const { slots } = workspace
    const read = await readAll(
      gpu,
      wanted.map(({ tensor }) => ({
        buffer: places.get(tensor)?.buffer ?? slots[layout.slotOf.get(tensor)!]!,
        bytes: sizeOf(tensor.shape, live) * 4,
      })),
    )
    ran.seconds = (performance.now() - begun) / 1000
    wanted.forEach(({ keep }, i) => {
      keep(read[i]!)
    })
    return ran
  } finally {
    workspace?.dispose()
    for (const buffer of buffers) gpu.destroyBuffer(buffer)
  }
}

/** Of a larger array the first and the last so many values are read. */
const SAMPLE = 2 ** 18

/** What is read of an array: all of it, or its two ends. */
export function sampled(size: number, value: (i: number) => number): Float64Array {
  const read = Math.min(size, 2 * SAMPLE)
  return Float64Array.from({ length: read }, (_, i) => value(i < SAMPLE ? i : size - read + i))
}

/** In one go: some browsers look for finished work ten times a second. Of large arrays what `sampled` says. */
async function readAll(
  gpu: Gpu,
  sources: readonly { buffer: GPUBuffer; bytes: number }[],
): Promise<Float32Array<ArrayBuffer>[]> {
  const read = (bytes: number) => Math.min(bytes, 2 * SAMPLE * 4)
  const total = sources.reduce((sum, { bytes }) => sum + read(bytes), 0)
  const staging = gpu.createBuffer('read-back', total, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST)
  try {
    const encoder = gpu.device.createCommandEncoder()
    let to = 0
    for (const { buffer, bytes } of sources) {
      const first = Math.min(bytes, SAMPLE * 4)
      const rest = Math.min(bytes - first, SAMPLE * 4)
      if (first > 0) encoder.copyBufferToBuffer(buffer, 0, staging, to, first)
      if (rest > 0) encoder.copyBufferToBuffer(buffer, bytes - rest, staging, to + first, rest)
      to += first + rest
    }
    gpu.device.queue.submit([encoder.finish()])
    const done = Promise.all([staging.mapAsync(GPUMapMode.READ), gpu.device.queue.onSubmittedWorkDone()])
    await Promise.race([done, gpu.lost])
    const all = staging.getMappedRange()
    let from = 0
    return sources.map(({ bytes }) => new Float32Array(all.slice(from, (from += read(bytes)))))
  } finally {
    gpu.destroyBuffer(staging)
  }
}

/** Live sizes, and those that buffers have room for. */
function dimsOf(c: OperationCase): { live: Dims; room: Dims } {
  const live: Dims = { tokens: 0, supervised: 0, sequences: 0, ...c.live }
  const room: Dims = {
    tokens: live.tokens + 5,
    supervised: live.supervised + 3,
    sequences: live.sequences + 1,
  }
  return { live, room }
}

const typeOf = ({ type, values }: OperationInput): ScalarType =>
  type ?? (!values || values instanceof Float32Array ? 'f32' : 'u32')

function spread(length: number, most: number): number[] {
  if (length <= most) return Array.from({ length }, (_, i) => i)
  return Array.from({ length: most }, (_, k) => Math.floor((k * length) / most + ((k * 7) % 5)) % length)
}
