import type { Dims } from '../src/gpu/kernel.ts'
import type { GpuContext, Program } from '../src/gpu/program.ts'
import { type Rates, Slicer } from '../src/gpu/slicer.ts'

export interface Timing {
  /** The median sample, for one execution. */
  seconds: number
  /** The fastest one: nearer to the truth where the machine is busy with something else. */
  fastest: number
  samples: number
  spread: number
  clock: 'timestamp' | 'wall'
}

export interface TimerOptions {
  /** Seconds of work in one sample. */
  sample: number
  /** Most samples. */
  samples: number
}

/** Longer than this in one submit and a driver's watchdog may bite. */
const LONGEST_SUBMIT = 0.5
const MOST_REPEATS = 2000
const LARGEST_DISPATCH = 65_535

/**
 * Times programs: one run to warm up (drivers compile late), one to see how long it takes, then samples of as many runs
 * as fill `sample` seconds, and their median.
 */
export class Timer {
  readonly #context: GpuContext
  readonly #rates: Rates
  readonly #options: TimerOptions
  readonly #queries: { set: GPUQuerySet; resolved: GPUBuffer; staging: GPUBuffer } | null

  constructor(context: GpuContext, rates: Rates, options: TimerOptions) {
    this.#context = context
    this.#rates = rates
    this.#options = options
    const { device, features, software } = context.gpu
    // On a software adapter the processor is the device: the wall clock is as near and never coarse.
    this.#queries =
      features.has('timestamp-query') && !software
        ? {
            set: device.createQuerySet({ type: 'timestamp', count: 2 }),
            resolved: device.createBuffer({
              size: 16,
              usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
            }),
            staging: device.createBuffer({
              size: 16,
              usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
            }),
          }
        : null
  }

  /** @param budget seconds that all samples together should stay within; there is always one */
  async time(program: Program, live: Dims, budget = 2): Promise<Timing> {
    const { sample, samples } = this.#options
    this.#context.writeScalars({ ...live, loss_scale: 1 / Math.max(1, live.supervised) })
    const estimate = this.#estimate(program, live)
    const long = estimate > LONGEST_SUBMIT
    const first = await (long ? this.#sliced(program, live) : this.#wall(program, live, 1))
    // What took far too long is not run again: compilation is but a part of it.
    if (first > 4 * budget) return { ...summary([first]), clock: 'wall' }
    const once =
      first > budget ? first : await (long ? this.#sliced(program, live) : this.#wall(program, live, 1))
    const sliced = once > LONGEST_SUBMIT
    const fit = sliced ? 1 : Math.max(1, Math.min(MOST_REPEATS, Math.round(sample / once)))
    // Never more in one submit than the watchdog allows.
    const repeats = Math.max(1, Math.min(fit, Math.floor(LONGEST_SUBMIT / once)))
    const count = Math.max(1, Math.min(samples, Math.floor(budget / (once * repeats))))
    const times: number[] = []
    let clock: Timing['clock'] = 'wall'
    for (let i = 0; i < count; i++) {
      const stamped = sliced ? null : await this.#stamped(program, live, repeats)
      if (stamped !== null) {
        clock = 'timestamp'
        times.push(stamped / repeats)
      } else if (sliced) times.push(await this.#sliced(program, live))
      else times.push((await this.#wall(program, live, repeats)) / repeats)
    }
    return { ...summary(times), clock }
  }

  dispose(): void {
    this.#queries?.set.destroy()
    this.#queries?.resolved.destroy()
    this.#queries?.staging.destroy()
  }

  #estimate(program: Program, live: Dims): number {
    const { flops, bytes } = program.cost(live)
    return Math.max(flops / this.#rates.flops, bytes / this.#rates.bandwidth)
  }

  async #sliced(program: Program, live: Dims): Promise<number> {
    const { queue } = this.#context.gpu.device
    const slicer = new Slicer(this.#rates, { target: LONGEST_SUBMIT / 4 })
    await queue.onSubmittedWorkDone()
    const began = performance.now()
    await program.run(live, slicer)
    await queue.onSubmittedWorkDone()
    return (performance.now() - began) / 1000
  }

  async #wall(program: Program, live: Dims, repeats: number): Promise<number> {
    const { queue } = this.#context.gpu.device
    await queue.onSubmittedWorkDone()
    const began = performance.now()
    queue.submit([this.#encode(program, live, repeats).finish()])
    await queue.onSubmittedWorkDone()
    return (performance.now() - began) / 1000
  }

  /** GPU seconds, or null where the adapter has no clock or its clock says nothing. */
  async #stamped(program: Program, live: Dims, repeats: number): Promise<number | null> {
    if (!this.#queries) return null
    const { set, resolved, staging } = this.#queries
    const encoder = this.#encode(program, live, repeats, {
      querySet: set,
      beginningOfPassWriteIndex: 0,
      endOfPassWriteIndex: 1,
    })
    encoder.resolveQuerySet(set, 0, 2, resolved, 0)
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, 16)
    this.#context.gpu.device.queue.submit([encoder.finish()])
    await staging.mapAsync(GPUMapMode.READ)
    const [begin, end] = new BigUint64Array(staging.getMappedRange().slice(0))
    staging.unmap()
    const nanoseconds = Number(end! - begin!)
    return nanoseconds > 0 ? nanoseconds / 1e9 : null
  }

  #encode(
    program: Program,
    live: Dims,
    repeats: number,
    timestampWrites?: GPUComputePassTimestampWrites,
  ): GPUCommandEncoder {
    const context = this.#context
    const encoder = context.gpu.device.createCommandEncoder()
    const pass = encoder.beginComputePass(timestampWrites ? { timestampWrites } : {})
    const parts = context.parts()
    for (let r = 0; r < repeats; r++)
      for (const { kernel, pipeline, bindings } of program.dispatches) {
        const [x, y, z] = kernel.grid(live)
        if (x === 0 || y === 0 || z === 0) continue
        pass.setPipeline(pipeline)
        pass.setBindGroup(0, bindings)
        for (let row = 0; row < y; row += LARGEST_DISPATCH) {
          pass.setBindGroup(1, context.common, [parts.offset(row, 0, null)!])
          pass.dispatchWorkgroups(x, Math.min(LARGEST_DISPATCH, y - row), z)
        }
      }
    pass.end()
    parts.write()
    return encoder
  }
}

export function summary(times: readonly number[]): Omit<Timing, 'clock'> {
  const sorted = [...times].sort((a, b) => a - b)
  const half = sorted.length >> 1
  const median = sorted.length % 2 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
  return {
    seconds: median,
    fastest: sorted[0]!,
    samples: sorted.length,
    spread: (sorted.at(-1)! - sorted[0]!) / median,
  }
}
