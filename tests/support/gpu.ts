import { type Gpu, type GpuOptions, openGpu } from '../../src/gpu/device.ts'
import { contextOf, type GpuContext } from '../../src/gpu/program.ts'

const inNode = typeof process !== 'undefined' && Boolean(process.versions?.node)
let dawn: GPU | undefined

/** WebGPU of this browser, or Dawn's in Node. A missing adapter throws: it is a failure, never a skip. */
export async function findWebGpu(): Promise<GPU> {
  if (!inNode) return navigator.gpu
  if (!dawn) {
    const name = 'webgpu'
    const { create, globals } = (await import(/* @vite-ignore */ name)) as {
      create: (flags: string[]) => GPU
      globals: object
    }
    Object.assign(globalThis, globals)
    dawn = create([])
  }
  return dawn
}

export async function testGpu(options: Omit<GpuOptions, 'gpu'> = {}): Promise<Gpu> {
  return openGpu({ gpu: await findWebGpu(), ...options })
}

let shared: Promise<GpuContext> | undefined

/** One device for a whole test file. It forces default limits, unless a test opens its own. */
export function sharedContext(): Promise<GpuContext> {
  shared ??= testGpu({ defaultLimits: true }).then(contextOf)
  return shared
}

let extended: Promise<GpuContext> | undefined

/** The same with every limit and feature the adapter offers. */
export function extendedContext(): Promise<GpuContext> {
  extended ??= testGpu().then(contextOf)
  return extended
}

export async function readBuffer(
  gpu: Gpu,
  buffer: GPUBuffer,
  bytes = buffer.size,
  offset = 0,
): Promise<ArrayBuffer> {
  const { device } = gpu
  const staging = device.createBuffer({
    size: bytes,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  })
  const encoder = device.createCommandEncoder()
  encoder.copyBufferToBuffer(buffer, offset, staging, 0, bytes)
  device.queue.submit([encoder.finish()])
  await staging.mapAsync(GPUMapMode.READ)
  const copy = staging.getMappedRange().slice(0)
  staging.destroy()
  return copy
}
