import { type Dims, type Kernel, sizeOf } from './kernel.ts'
import { WHOLE_OFFSET } from './parts.ts'
import type { GpuContext } from './program.ts'

const LARGEST_DISPATCH = 65_535
const MOST_REPEATS = 4096

/**
 * Times kernels by themselves, on zeroed buffers made for it. Timestamps where a GPU has them (browsers round these to
 * 100 µs), else the host's clock around a submit, less what an empty submit takes; either way a kernel is repeated
 * until it takes long enough. Kernels run at the sizes given: whatever they index by must lie inside at zero.
 */
export class KernelTimer {
  readonly clock: 'timestamp' | 'wall'
  readonly #context: GpuContext
  readonly #stamps: { query: GPUQuerySet; resolve: GPUBuffer; read: GPUBuffer } | null
  /** Seconds of an empty submit by the host's clock. Firefox looks for finished work every 100 ms. */
  #empty: number | null = null

  constructor(context: GpuContext) {
    this.#context = context
    const { device, features, software } = context.gpu
    // Software adapters may stamp before the work is done.
    this.clock = features.has('timestamp-query') && !software ? 'timestamp' : 'wall'
    this.#stamps =
      this.clock === 'timestamp'
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
   * Seconds one dispatch takes: the best of a few timings.
   * @param dims sizes of the buffers, and of the dispatch
   * @param enough seconds after which a timing counts; longer where the clock is coarse
   * @param giveUp say what one dispatch took where that was longer than so many seconds, and measure no further
   */
  async time(kernel: Kernel, dims: Dims, enough: number, giveUp = Number.POSITIVE_INFINITY): Promise<number> {
    const { gpu } = this.#context
    const pipeline = await this.#context.pipeline(kernel)
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST
    const buffers = Object.entries(kernel.bindings).map(([name, { shape }]) =>
      gpu.createBuffer(`${kernel.name} ${name}`, sizeOf(shape, dims) * 4, usage),
    )
    try {
      const bindings = gpu.device.createBindGroup({
        label: kernel.name,
        layout: this.#context.bindingLayout(kernel),
        entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
      })
      this.#context.writeScalars(dims)
      const [x, y, z] = kernel.grid(dims)
      const run = (repeats: number) =>
        this.#seconds((pass) => {
          pass.setPipeline(pipeline)
          pass.setBindGroup(0, bindings)
          pass.setBindGroup(1, this.#context.common, [WHOLE_OFFSET])
          for (let i = 0; i < repeats; i++) pass.dispatchWorkgroups(x, Math.min(y, LARGEST_DISPATCH), z)
        })
      if (this.clock === 'wall') await this.#measureEmpty()
      const least = Math.max(enough, 4 * (this.#empty ?? 0))
      // The first dispatch pays for what drivers put off until then.
      await run(1)
      let seconds = await run(1)
      if (seconds > giveUp) return seconds
      let repeats = 1
      while (seconds < least && repeats < MOST_REPEATS) {
        const wanted = Math.ceil((1.2 * least) / Math.max(seconds / repeats, 1e-7))
        repeats = Math.min(MOST_REPEATS, Math.max(2 * repeats, Math.min(wanted, 16 * repeats)))
        seconds = await run(repeats)
      }
      for (let i = 0; i < 2; i++) seconds = Math.min(seconds, await run(repeats))
      return seconds / repeats
    } finally {
      for (const buffer of buffers) gpu.destroyBuffer(buffer)
    }
  }

  dispose(): void {
    this.#stamps?.query.destroy()
    this.#stamps?.resolve.destroy()
    this.#stamps?.read.destroy()
  }

  async #measureEmpty(): Promise<void> {
    if (this.#empty !== null) return
    let least = Number.POSITIVE_INFINITY
    for (let i = 0; i < 3; i++) least = Math.min(least, await this.#seconds(() => {}))
    this.#empty = least
  }

  async #seconds(record: (pass: GPUComputePassEncoder) => void): Promise<number> {
    const { device } = this.#context.gpu
    const encoder = device.createCommandEncoder()
    const stamps = this.#stamps
    const timestampWrites = stamps && {
      querySet: stamps.query,
      beginningOfPassWriteIndex: 0,
      endOfPassWriteIndex: 1,
    }
    const pass = encoder.beginComputePass(timestampWrites ? { timestampWrites } : {})
    record(pass)
    pass.end()
    if (stamps) {
      encoder.resolveQuerySet(stamps.query, 0, 2, stamps.resolve, 0)
      encoder.copyBufferToBuffer(stamps.resolve, 0, stamps.read, 0, 16)
    }
    const begun = performance.now()
    device.queue.submit([encoder.finish()])
    if (!stamps) {
      await device.queue.onSubmittedWorkDone()
      return Math.max(1e-9, (performance.now() - begun) / 1000 - (this.#empty ?? 0))
    }
    await stamps.read.mapAsync(GPUMapMode.READ)
    const [from, to] = new BigUint64Array(stamps.read.getMappedRange())
    const seconds = Number(to! - from!) / 1e9
    stamps.read.unmap()
    return Math.max(1e-9, seconds)
  }
}
