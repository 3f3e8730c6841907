import type { PlannedTape } from '../src/engine/plan.ts'
import type { Gpu } from '../src/gpu/device.ts'
import type { Dims, Kernel } from '../src/gpu/kernel.ts'
import { PARTS_BYTES } from '../src/gpu/parts.ts'
import { contextOf, Program, Workspace } from '../src/gpu/program.ts'
import type { Rates } from '../src/gpu/slicer.ts'
import type { Tensor } from '../src/gpu/tape.ts'

/** How a browser tells when work is done. */
export interface Clock {
  name: string
  /** Milliseconds that the clock is rounded down to. */
  tick: number
  /** Milliseconds between looks for finished work; 0: it is told of at once. */
  poll: number
}

export const CLOCKS: readonly Clock[] = [
  { name: 'good', tick: 0.005, poll: 0 },
  { name: 'coarse', tick: 16, poll: 0 },
  { name: 'polled', tick: 1, poll: 100 },
]

/** An event of the simulated time. */
interface Event {
  at: number
  happen: () => void
}

/** A dispatch as it was encoded; the slot is the word of the table at which its part begins. */
interface Encoded {
  kernel: Kernel
  rows: number
  slot: number
}

/** A part of a dispatch that was submitted: rows of workgroups, and the steps they took. */
export interface Submitted {
  kernel: Kernel
  row: number
  rows: number
  first: number
  end: number
}

/** Milliseconds between the end of work and its notice, where that is not polled. */
const NOTICE_MS = 0.3
/** Milliseconds that the host is at a reading of the clock. */
const HOST_MS = 0.005

/**
 * A device that computes nothing and takes its time: the engine's own programs and slicer run on it, in simulated time. What a
 * kernel takes follows from its cost at the adapter's rates and a share of them that only the device knows, another for each
 * kernel, and a little noise.
 */
export class SimulatedGpu {
  readonly gpu: Gpu
  readonly rates: Rates
  /** Seconds of each slice, in order. */
  readonly slices: number[] = []
  /** Everything that was submitted, in order, where it is wanted. */
  log: Submitted[] | null = null
  readonly #clock: Clock
  #time = 0
  #busyUntil = 0
  #noise = 1
  readonly #events: Event[] = []
  readonly #kernelOf = new Map<unknown, Kernel>()
  #live: Dims = { tokens: 0, supervised: 0, sequences: 0 }
  readonly #parts = new Uint32Array(PARTS_BYTES / 4)

  constructor(rates: Rates, clock: Clock) {
    this.rates = rates
    this.#clock = clock
    this.gpu = {
      device: this.#device(),
      createBuffer: (label: string) => ({ label }),
      failure: null,
    } as unknown as Gpu
  }

  /** Milliseconds, as the page sees them. */
  readonly now = (): number => {
    this.#time += HOST_MS
    const { tick } = this.#clock
    return Math.floor(this.#time / tick) * tick
  }

  /** Milliseconds, as they are. */
  get time(): number {
    return this.#time
  }

  /** Milliseconds of work that are queued. */
  get queued(): number {
    return Math.max(0, this.#busyUntil - this.#time)
  }

  /** A planned tape made ready, as an engine does. */
  async program({ tape, layout, capacity }: PlannedTape): Promise<Program> {
    const context = contextOf(this.gpu)
    const workspace = new Workspace(this.gpu, [layout])
    const bound = new Map<Tensor, { buffer: GPUBuffer; offset: number }>()
    for (const { tensors } of tape.dispatches)
      for (const t of Object.values(tensors))
        if (t.bound) bound.set(t, { buffer: {} as GPUBuffer, offset: 0 })
    const program = await Program.record(context, tape.dispatches, bound, capacity, layout, workspace)
    for (const { kernel, pipeline } of program.dispatches) this.#kernelOf.set(pipeline, kernel)
    return program
  }

  /** Lets simulated time go on until this settles. */
  async until<T>(work: Promise<T>): Promise<T> {
    let settled = false
    const end = () => {
      settled = true
    }
    work.then(end, end)
    for (;;) {
      // Whatever the host has to do by now is done in no time.
      await new Promise((resolve) => setImmediate(resolve))
      if (settled) return work
      const next = Math.min(...this.#events.map(({ at }) => at))
      if (!Number.isFinite(next)) throw new Error('nothing is under way, and yet it is waited for')
      this.#time = Math.max(this.#time, next)
      const due = this.#events.filter(({ at }) => at <= next)
      this.#events.splice(0, this.#events.length, ...this.#events.filter(({ at }) => at > next))
      for (const { happen } of due) happen()
    }
  }

  writeLive(live: Dims): void {
    this.#live = live
  }

  /** Seconds that this share of a dispatch takes. */
  seconds(kernel: Kernel, share = 1): number {
    const cost = kernel.cost?.(this.#live) ?? { flops: 0, bytes: 0 }
    const ideal = Math.max(cost.flops / this.rates.flops, cost.bytes / this.rates.bandwidth)
    return (ideal * share) / efficiency(kernel.name) + 5e-6
  }

  #secondsOf({ kernel, rows, first, end }: Submitted): number {
    const all = kernel.grid(this.#live)[1] * (kernel.steps?.(this.#live) ?? 1)
    return this.seconds(kernel, (rows * (end - first)) / all)
  }

  #noticed(at: number): number {
    const { poll } = this.#clock
    return poll === 0 ? at + NOTICE_MS : Math.ceil((at + 1e-6) / poll) * poll
  }

  #submit(work: readonly Submitted[]): void {
    this.log?.push(...work)
    // ± 10 %, always the same.
    this.#noise = (this.#noise * 16807) % 2147483647
    const noise = 0.9 + (0.2 * this.#noise) / 2147483647
    const seconds = noise * work.reduce((sum, part) => sum + this.#secondsOf(part), 0)
    if (work.length > 0) this.slices.push(seconds)
    this.#busyUntil = Math.max(this.#busyUntil, this.#time) + seconds * 1000
  }

  #device(): GPUDevice {
    const pass = (work: Encoded[]) => {
      let kernel: Kernel | undefined
      let slot = 0
      return {
        setPipeline: (pipeline: unknown) => {
          kernel = this.#kernelOf.get(pipeline)
        },
        setBindGroup: (_: number, __: unknown, offsets?: [number]) => {
          if (offsets) slot = offsets[0] / 4
        },
        dispatchWorkgroups: (_: number, y: number) => {
          work.push({ kernel: kernel!, rows: y, slot })
        },
        end: () => {},
      }
    }
    const queue = {
      writeBuffer: ({ label }: { label?: string }, at: number, data: Uint32Array) => {
        if (label === 'parts') this.#parts.set(data, at / 4)
      },
      submit: (buffers: Encoded[][]) => {
        // The table of parts is now what this submit goes by.
        for (const work of buffers)
          this.#submit(
            work.map(({ kernel, rows, slot }) => {
              const [row, first, end] = this.#parts.subarray(slot, slot + 3)
              return {
                kernel,
                row: row!,
                rows,
                first: first!,
                end: Math.min(end!, kernel.steps?.(this.#live) ?? 1),
              }
            }),
          )
      },
      onSubmittedWorkDone: () =>
        new Promise<void>((resolve) => {
          this.#events.push({ at: this.#noticed(Math.max(this.#busyUntil, this.#time)), happen: resolve })
        }),
    }
    const device = {
      queue,
      createBindGroupLayout: () => ({}),
      createBindGroup: () => ({}),
      createPipelineLayout: () => ({}),
      createShaderModule: () => ({}),
      createComputePipelineAsync: async () => ({}),
      createCommandEncoder: () => {
        const work: Encoded[] = []
        return { beginComputePass: () => pass(work), finish: () => work }
      },
    }
    return device as unknown as GPUDevice
  }
}

/** The share of the adapter's rates that a kernel reaches: from 0.2 to 0.8, by its name. */
function efficiency(name: string): number {
  let hash = 2166136261
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 16777619) >>> 0
  return 0.2 + (0.6 * (hash % 1000)) / 1000
}

/** WebGPU's constants, where there is no WebGPU. */
export function withoutWebgpu(): void {
  for (const name of ['GPUBufferUsage', 'GPUShaderStage'])
    if (!(name in globalThis)) Object.assign(globalThis, { [name]: {} })
}
