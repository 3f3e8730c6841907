import type { Gpu } from '../../src/gpu/device.ts'

export interface Clock {
  /** Milliseconds. */
  now(): number
  wait(ms: number): Promise<void>
}

const HOST: Clock = {
  now: () => performance.now(),
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
}

/** A clock that knows nothing of the machine's load: it goes on by a millisecond when it is looked at, and by what is waited for. */
export function ownClock(): Clock {
  let at = 0
  return {
    now: () => ++at,
    wait: async (ms) => {
      at += ms
    },
  }
}

export interface Driver {
  /** What it compiles in place of a kernel's text. */
  code?: (kernel: string, code: string) => string
  /** Milliseconds by which a submit that runs this kernel is late. */
  hang?: (kernel: string) => number
  /** What it is late by; default: the host's clock. */
  clock?: Clock
  /** Whether it is one of a GPU, which is given kernels for hardware. */
  hardware?: boolean
  /** Hears the name of each kernel that a pipeline is made of. */
  onPipeline?: (kernel: string) => void
}

/** A proxy of a native object: methods keep their receiver. */
function over<T extends object>(target: T, own: Partial<Record<keyof T, unknown>>): T {
  return new Proxy(target, {
    get(_, name) {
      if (name in own) return own[name as keyof T]
      const value = Reflect.get(target, name) as unknown
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** The same device behind a driver that does not do what it is told. */
export function behindDriver(
  gpu: Gpu,
  { code = (_, text) => text, hang = () => 0, clock = HOST, hardware = false, onPipeline = () => {} }: Driver,
): Gpu {
  const { device } = gpu
  const late = new WeakMap<object, number>()
  let until = 0
  const createCommandEncoder = () => {
    const encoder = device.createCommandEncoder()
    let delay = 0
    const beginComputePass = (options?: GPUComputePassDescriptor) => {
      const pass = encoder.beginComputePass(options)
      let kernel = ''
      return over(pass, {
        setPipeline: (pipeline: GPUComputePipeline) => {
          kernel = pipeline.label
          pass.setPipeline(pipeline)
        },
        dispatchWorkgroups: (...size: Parameters<GPUComputePassEncoder['dispatchWorkgroups']>) => {
          delay = Math.max(delay, hang(kernel))
          pass.dispatchWorkgroups(...size)
        },
      })
    }
    const finish = () => {
      const buffer = encoder.finish()
      late.set(buffer, delay)
      return buffer
    }
    return over(encoder, { beginComputePass, finish })
  }
  const queue = over(device.queue, {
    submit: (buffers: GPUCommandBuffer[]) => {
      for (const buffer of buffers) until = Math.max(until, clock.now() + (late.get(buffer) ?? 0))
      device.queue.submit(buffers)
    },
    onSubmittedWorkDone: async () => {
      await device.queue.onSubmittedWorkDone()
      const wait = until - clock.now()
      if (wait > 0) await clock.wait(wait)
    },
  })
  const createShaderModule = ({ label, code: text }: GPUShaderModuleDescriptor) =>
    device.createShaderModule({ label: label!, code: code(label!, text) })
  const createComputePipeline = (descriptor: GPUComputePipelineDescriptor) => {
    onPipeline(descriptor.label!)
    return device.createComputePipeline(descriptor)
  }
  const createComputePipelineAsync = (descriptor: GPUComputePipelineDescriptor) => {
    onPipeline(descriptor.label!)
    return device.createComputePipelineAsync(descriptor)
  }
  const own = {
    queue,
    createCommandEncoder,
    createShaderModule,
    createComputePipeline,
    createComputePipelineAsync,
  }
  return over(gpu, { device: over(device, own), ...(hardware && { software: false }) })
}
