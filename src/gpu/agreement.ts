import { type Binding, type Dims, type Kernel, sizeOf } from './kernel.ts'
import { WHOLE_OFFSET } from './parts.ts'
import type { GpuContext } from './program.ts'
import { LARGEST_DISPATCH } from './slicer.ts'

export type Outputs = Record<string, Float32Array>

/** Bits of a NaN: what outputs hold before a kernel writes them. */
const POISON = 0x7fc00000
/** Words of noise, over and over; a prime, so that no two rows of a matrix are the same. */
const NOISE_WORDS = 262_139
/** What kernels call weights as they are stored: other integers are places and counts. */
const PACKED: ReadonlySet<string> = new Set(['w', 'weight'])
/** Of the largest value: far above what the order of sums changes, far below what a wrong kernel gives. */
const TOLERANCE = 1e-3
/** Outputs larger than this are compared in evenly spread pieces. */
const MOST_BYTES = 2 ** 26
const PIECES = 256

/**
 * Runs a kernel once on noise, the same for all kernels with these bindings, and reads what it made: outputs in full, or what they
 * come to (`Kernel.settle`). Whatever it did not write is NaN.
 */
export async function outputsOf(
  context: GpuContext,
  kernel: Kernel,
  dims: Dims,
  now = () => performance.now(),
): Promise<{ outputs: Outputs; seconds: number }> {
  const { gpu } = context
  const { device } = gpu
  const pipeline = await context.pipeline(kernel)
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC
  const buffers = Object.entries(kernel.bindings).map(([name, binding]) => {
    const buffer = gpu.createBuffer(`${kernel.name} ${name}`, sizeOf(binding.shape, dims) * 4, usage)
    fill(device.queue, buffer, name, binding)
    return { name, binding, buffer }
  })
  try {
    context.writeScalars(dims)
    const [x, y, z] = kernel.grid(dims)
    const encoder = device.createCommandEncoder()
    const pass = encoder.beginComputePass()
    pass.setPipeline(pipeline)
    pass.setBindGroup(
      0,
      device.createBindGroup({
        label: kernel.name,
        layout: context.bindingLayout(kernel),
        entries: buffers.map(({ buffer }, binding) => ({ binding, resource: { buffer } })),
      }),
    )
    pass.setBindGroup(1, context.common, [WHOLE_OFFSET])
    pass.dispatchWorkgroups(x, Math.min(y, LARGEST_DISPATCH), z)
    pass.end()
    await device.queue.onSubmittedWorkDone()
    const begun = now()
    device.queue.submit([encoder.finish()])
    await device.queue.onSubmittedWorkDone()
    const seconds = (now() - begun) / 1000
    const outputs: Outputs = {}
    for (const { name, binding, buffer } of buffers)
      if (binding.access !== 'read') outputs[name] = await read(device, buffer, kernel.settle !== undefined)
    return { outputs: kernel.settle?.(outputs, dims) ?? outputs, seconds }
  } finally {
    for (const { buffer } of buffers) gpu.destroyBuffer(buffer)
  }
}

/** The first difference of two kernels' outputs in words; null: they agree. */
export function difference(a: Outputs, b: Outputs): string | null {
  for (const name in a) {
    const [one, other] = [a[name]!, b[name]]
    if (!other || one.length !== other.length) return `${name} has another size`
    let scale = 1e-30
    for (const value of one) if (Number.isFinite(value)) scale = Math.max(scale, Math.abs(value))
    for (let i = 0; i < one.length; i++) {
      const [x, y] = [one[i]!, other[i]!]
      if (Number.isNaN(x) && Number.isNaN(y)) continue
      if (!(Math.abs(x - y) <= TOLERANCE * scale)) return `${name} at ${i} is ${y} where others have ${x}`
    }
  }
  return null
}

/** Whether a kernel wrote anything at all. */
export const wroteNothing = (outputs: Outputs): boolean =>
  Object.values(outputs).every((values) => values.every((value) => Number.isNaN(value) || value === 0))

/** Noise into what is read, zeros into what is added to, NaN into what is written. */
function fill(queue: GPUQueue, buffer: GPUBuffer, name: string, { type, access }: Binding): void {
  const integer = !type.includes('f32')
  const words = new Uint32Array(Math.min(NOISE_WORDS, buffer.size / 4))
  if (access === 'write') words.fill(POISON)
  else if (access === 'read' && !integer) noise(new Float32Array(words.buffer), seedOf(name))
  else if (access === 'read' && PACKED.has(name)) packed(words, seedOf(name))
  // What a kernel indexes by has to lie inside: zeros do, and these do as positions.
  else if (access === 'read' && name === 'positions') for (let i = 0; i < words.length; i++) words[i] = i % 32
  for (let at = 0; at < buffer.size; at += words.byteLength)
    queue.writeBuffer(buffer, at, words, 0, Math.min(words.length, (buffer.size - at) / 4))
}

/** From -1 to 1. */
function noise(values: Float32Array, seed: number): void {
  let state = seed
  for (let i = 0; i < values.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    values[i] = state / 2 ** 31 - 1
  }
}

/** Two halves that are moderate numbers as bf16 and as f16, and four bytes that are any as integers. */
function packed(words: Uint32Array, seed: number): void {
  let state = seed
  for (let i = 0; i < words.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    words[i] = (((state >>> 3) & 0x83ff83ff) | 0x38003800) >>> 0
  }
}

const seedOf = (name: string) =>
  [...name].reduce((seed, letter) => Math.imul(seed, 31) + letter.charCodeAt(0), 7) >>> 0

async function read(device: GPUDevice, buffer: GPUBuffer, whole: boolean): Promise<Float32Array> {
  const pieces = whole || buffer.size <= MOST_BYTES ? 1 : PIECES
  const bytes = pieces === 1 ? buffer.size : Math.floor(MOST_BYTES / PIECES / 256) * 256
  const stride = pieces === 1 ? 0 : Math.floor((buffer.size - bytes) / (pieces - 1) / 256) * 256
  const staging = device.createBuffer({
    size: pieces * bytes,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  })
  try {
    const encoder = device.createCommandEncoder()
    for (let i = 0; i < pieces; i++) encoder.copyBufferToBuffer(buffer, i * stride, staging, i * bytes, bytes)
    device.queue.submit([encoder.finish()])
    await staging.mapAsync(GPUMapMode.READ)
    return new Float32Array(staging.getMappedRange().slice(0))
  } finally {
    staging.destroy()
  }
}
