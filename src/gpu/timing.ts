import { type Dims, type Kernel, sizeOf } from './kernel.ts'
import type { GpuContext } from './program.ts'

/**
 * Times kernels by themselves, on buffers made for it. Timestamps where the device has them (browsers round these to
 * 100 µs), else the host's clock around a submit; either way a kernel is repeated until it takes long enough.
 */
export class KernelTimer {
  readonly #context: GpuContext
  readonly #stamps: { query: GPUQuerySet; resolve: GPUBuffer; read: GPUBuffer } | null

  constructor(context: GpuContext) {
    this.#context = context
    const { device } = context.gpu
    this.#stamps = device.features.has('timestamp-query')
      ? {
          query: device.createQuerySet({ type: 'timestamp', count: 2 }),
          resolve: device.createBuffer({
            size: 16,
            usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
          }),
          read: device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST }),
        }
      : null
  }

  /**
   * Seconds one dispatch takes: the better of two timings.
   * @param capacity sizes of the buffers, and of the dispatch
   * @param enough seconds after which a timing counts
   * @param giveUp stop after the first dispatch where that alone took this many seconds, and say what it took
   */
  async time(
    kernel: Kernel,
    capacity: Dims,
    enough: number,
    giveUp = Number.POSITIVE_INFINITY,
  ): Promise<number> {
    const { gpu } = this.#context
    const pipeline = await this.#context.pipeline(kernel)
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST
    const buffers = Object.entries(kernel.bindings).map(([name, { shape }]) =>
      gpu.createBuffer(name, sizeOf(shape, capacity) * 4, usage),
    )
    try {
      const bindings = gpu.device.createBindGroup({
        layout: this.#context.bindingLayout(kernel),
        entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
      })
      this.#context.writeScalars(capacity)
      // The first dispatch pays for what drivers put off until then.
      let seconds = await this.#run(kernel, pipeline, bindings, capacity, 1)
      if (seconds > giveUp) return seconds
      let repeats = 1
      while (seconds < enough && repeats < 4096) {
        repeats *= Math.min(16, Math.max(2, Math.ceil((1.2 * enough) / Math.max(seconds, 1e-6))))
        seconds = await this.#run(kernel, pipeline, bindings, capacity, repeats)
      }
      return Math.min(seconds, await this.#run(kernel, pipeline, bindings, capacity, repeats)) / repeats
    } finally {
      for (const buffer of buffers) gpu.destroyBuffer(buffer)
    }
  }

  dispose(): void {
    this.#stamps?.query.destroy()
    this.#stamps?.resolve.destroy()
    this.#stamps?.read.destroy()
  }

  async #run(
    kernel: Kernel,
    pipeline: GPUComputePipeline,
    bindings: GPUBindGroup,
    live: Dims,
    repeats: number,
  ): Promise<number> {
    const { device } = this.#context.gpu
    const encoder = device.createCommandEncoder()
    const stamps = this.#stamps
    const timestampWrites = stamps && {
      querySet: stamps.query,
      beginningOfPassWriteIndex: 0,
      endOfPassWriteIndex: 1,
    }
    const pass = encoder.beginComputePass(timestampWrites ? { timestampWrites } : {})
    pass.setPipeline(pipeline)
    pass.setBindGroup(0, bindings)
    pass.setBindGroup(1, this.#context.common, [this.#context.sliceOffset(0)])
    const [x, y, z] = kernel.grid(live)
    for (let i = 0; i < repeats; i++) pass.dispatchWorkgroups(x, Math.min(y, 65_535), z)
    pass.end()
    if (stamps) {
      encoder.resolveQuerySet(stamps.query, 0, 2, stamps.resolve, 0)
      encoder.copyBufferToBuffer(stamps.resolve, 0, stamps.read, 0, 16)
    }
    const begun = performance.now()
    device.queue.submit([encoder.finish()])
    await device.queue.onSubmittedWorkDone()
    const wall = (performance.now() - begun) / 1000
    if (!stamps) return wall
    await stamps.read.mapAsync(GPUMapMode.READ)
    const [from, to] = new BigUint64Array(stamps.read.getMappedRange())
    const seconds = Number(to! - from!) / 1e9
    stamps.read.unmap()
    // Software adapters may stamp before the work is done.
    return seconds > 0 && seconds > wall / 100 ? seconds : wall
  }
}
