import type { GpuContext } from './program.ts'

/** Empty submits that tell what the wall clock measures beside the work. */
const EMPTY_SUBMITS = 3

/**
 * Times recorded work on the device: with timestamp queries on hardware that has them, else with the wall clock around
 * a submit, less what an empty submit takes. Browsers round timestamps to 100 µs (and Firefox looks for finished work
 * every 100 ms): `resolution` says how many seconds one sample should last to be within some percent.
 */
export class Stopwatch {
  readonly clock: 'timestamp' | 'wall'
  /** Seconds. */
  readonly resolution: number
  readonly #device: GPUDevice
  readonly #queries: { set: GPUQuerySet; resolved: GPUBuffer; staging: GPUBuffer } | null
  readonly #empty: number

  private constructor(context: GpuContext, empty: number | null) {
    const { device } = context.gpu
    this.#device = device
    this.#empty = empty ?? 0
    this.clock = empty === null ? 'timestamp' : 'wall'
    this.resolution = Math.max(0.004, 4 * this.#empty)
    this.#queries =
      empty === null
        ? {
            set: device.createQuerySet({ type: 'timestamp', count: 2 }),
            resolved: device.createBuffer({
              label: 'timestamps',
              size: 16,
              usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
            }),
            staging: device.createBuffer({
              label: 'timestamps read back',
              size: 16,
              usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
            }),
          }
        : null
  }

  static async make(context: GpuContext): Promise<Stopwatch> {
    const { features, software } = context.gpu
    // On a software adapter the processor is the device, and the wall clock is the finer one.
    if (features.has('timestamp-query') && !software) return new Stopwatch(context, null)
    const probe = new Stopwatch(context, 0)
    let empty = Number.POSITIVE_INFINITY
    for (let i = 0; i < EMPTY_SUBMITS; i++) empty = Math.min(empty, await probe.time(() => {}))
    return new Stopwatch(context, empty)
  }

  /** Seconds that the device spent on what `record` put into the pass. */
  async time(record: (pass: GPUComputePassEncoder) => void): Promise<number> {
    const queries = this.#queries
    const encoder = this.#device.createCommandEncoder()
    const pass = encoder.beginComputePass(
      queries
        ? {
            timestampWrites: {
              querySet: queries.set,
              beginningOfPassWriteIndex: 0,
              endOfPassWriteIndex: 1,
            },
          }
        : undefined,
    )
    record(pass)
    pass.end()
    if (queries) {
      encoder.resolveQuerySet(queries.set, 0, 2, queries.resolved, 0)
      encoder.copyBufferToBuffer(queries.resolved, 0, queries.staging, 0, 16)
    }
    const began = performance.now()
    this.#device.queue.submit([encoder.finish()])
    if (!queries) {
      await this.#device.queue.onSubmittedWorkDone()
      return Math.max(1e-9, (performance.now() - began) / 1000 - this.#empty)
    }
    await queries.staging.mapAsync(GPUMapMode.READ)
    const [begin, end] = new BigUint64Array(queries.staging.getMappedRange())
    const nanoseconds = Number(end! - begin!)
    queries.staging.unmap()
    return Math.max(1e-9, nanoseconds * 1e-9)
  }

  /** Seconds of one run of `record`: repeated until a sample lasts `resolution`, the best of `samples` samples. */
  async perRun(record: (pass: GPUComputePassEncoder) => void, samples = 3, most = 500): Promise<number> {
    const repeated = (times: number) =>
      this.time((pass) => {
        for (let i = 0; i < times; i++) record(pass)
      })
    let repeats = 1
    let seconds = await repeated(1)
    while (seconds < this.resolution / 2 && repeats < most) {
      const wanted = Math.ceil((repeats * this.resolution) / seconds)
      repeats = Math.min(most, Math.max(2 * repeats, Math.min(wanted, 16 * repeats)))
      seconds = await repeated(repeats)
    }
    let best = seconds
    for (let i = 1; i < samples; i++) best = Math.min(best, await repeated(repeats))
    return best / repeats
  }

  dispose(): void {
    this.#queries?.set.destroy()
    this.#queries?.resolved.destroy()
    this.#queries?.staging.destroy()
  }
}
