import type { Gpu } from './device.ts'
import { type Cost, type Dims, type Kernel, shaderText } from './kernel.ts'
import { type MemoryLayout, sharedSlots, tensorBytes } from './memory.ts'
import { PARTS_BYTES, Parts } from './parts.ts'
import { packScalars, SCALARS_BYTES, type Scalars } from './scalars.ts'
import { LARGEST_DISPATCH, type Part, type Position, type Slicer, type Work } from './slicer.ts'
import type { Dispatch, Tensor } from './tape.ts'

/** A stretch of a buffer that a bound tensor lies in. */
export interface Place {
  buffer: GPUBuffer
  /** Bytes; a multiple of 256. */
  offset: number
}

const contexts = new WeakMap<Gpu, GpuContext>()

/** The one context of a device; it lives as long as the device does. */
export function contextOf(gpu: Gpu): GpuContext {
  let context = contexts.get(gpu)
  if (!context) {
    context = new GpuContext(gpu)
    contexts.set(gpu, context)
  }
  return context
}

/** Bytes that a context takes. */
export const CONTEXT_BYTES = SCALARS_BYTES + PARTS_BYTES

/**
 * What all programs of a device share: pipelines by shader text, the uniform block, and the table of a submit's parts.
 */
export class GpuContext {
  readonly gpu: Gpu
  /** By kernel, so that each one's text is written once, and by text. */
  #pipelineOf = new WeakMap<Kernel, Promise<GPUComputePipeline>>()
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>()
  readonly #layouts = new Map<string, GPUBindGroupLayout>()
  readonly #uniforms: GPUBuffer
  readonly #parts: GPUBuffer
  readonly #commonLayout: GPUBindGroupLayout
  readonly common: GPUBindGroup

  constructor(gpu: Gpu) {
    this.gpu = gpu
    const { device } = gpu
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST
    this.#uniforms = gpu.createBuffer('scalars', SCALARS_BYTES, usage)
    this.#parts = gpu.createBuffer('parts', PARTS_BYTES, usage)
    const visibility = GPUShaderStage.COMPUTE
    this.#commonLayout = device.createBindGroupLayout({
      entries: [
        { binding: 0, visibility, buffer: { type: 'uniform' } },
        { binding: 1, visibility, buffer: { type: 'uniform', hasDynamicOffset: true } },
      ],
    })
    this.common = device.createBindGroup({
      layout: this.#commonLayout,
      entries: [
        { binding: 0, resource: { buffer: this.#uniforms, size: SCALARS_BYTES } },
        { binding: 1, resource: { buffer: this.#parts, size: 16 } },
      ],
    })
    Parts.begin(device.queue, this.#parts)
  }

  /** Queued: what is submitted after this sees the new values. */
  writeScalars(scalars: Partial<Scalars>): void {
    this.gpu.device.queue.writeBuffer(this.#uniforms, 0, packScalars(scalars))
  }

  /** The table of parts for one submit, empty: to be written right before it. */
  parts(): Parts {
    return new Parts(this.gpu.device.queue, this.#parts)
  }

  /** Compiled once for each text; compilation of several goes on side by side. */
  pipeline(kernel: Kernel): Promise<GPUComputePipeline> {
    let made = this.#pipelineOf.get(kernel)
    if (!made) {
      made = this.#compiled(kernel)
      this.#pipelineOf.set(kernel, made)
    }
    return made
  }

  #compiled(kernel: Kernel): Promise<GPUComputePipeline> {
    const code = shaderText(kernel)
    const known = this.#pipelines.get(code)
    if (known) return known
    const { device } = this.gpu
    const made = device
      .createComputePipelineAsync({
        label: kernel.name,
        layout: device.createPipelineLayout({
          bindGroupLayouts: [this.bindingLayout(kernel), this.#commonLayout],
        }),
        compute: { module: device.createShaderModule({ label: kernel.name, code }), entryPoint: 'main' },
      })
      .catch((error: unknown) => {
        throw new Error(
          `kernel ${kernel.name} does not compile: ${(error as Error).message}\n${numbered(code)}`,
        )
      })
    this.#pipelines.set(code, made)
    return made
  }

  bindingLayout(kernel: Kernel): GPUBindGroupLayout {
    const access = Object.values(kernel.bindings).map((b) => b.access === 'read')
    const key = access.map(Number).join('')
    let layout = this.#layouts.get(key)
    if (!layout) {
      layout = this.gpu.device.createBindGroupLayout({
        entries: access.map((read, binding) => ({
          binding,
          visibility: GPUShaderStage.COMPUTE,
          buffer: { type: read ? 'read-only-storage' : 'storage' },
        })),
      })
      this.#layouts.set(key, layout)
    }
    return layout
  }

  /** Not to be used after this, nor programs recorded with it. */
  dispose(): void {
    this.gpu.destroyBuffer(this.#uniforms)
    this.gpu.destroyBuffer(this.#parts)
    this.#pipelines.clear()
    this.#pipelineOf = new WeakMap()
  }
}

function numbered(code: string): string {
  return code
    .split('\n')
    .map((line, i) => `${String(i + 1).padStart(4)} ${line}`)
    .join('\n')
}

export interface RecordedDispatch {
  kernel: Kernel
  pipeline: GPUComputePipeline
  bindings: GPUBindGroup
}

/** Transient buffers for one program, or for several that never run at the same time. */
export class Workspace {
  readonly slots: readonly GPUBuffer[]
  readonly #gpu: Gpu

  /** The k-th largest slots of all layouts share one buffer. */
  constructor(gpu: Gpu, layouts: readonly MemoryLayout[]) {
    this.#gpu = gpu
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST
    this.slots = sharedSlots(layouts).map((bytes, i) => gpu.createBuffer(`slot ${i}`, bytes, usage))
  }

  /** Fills every slot with one bit pattern; tests poison with NaN. */
  fill(word: number): void {
    for (const buffer of this.slots)
      this.#gpu.device.queue.writeBuffer(buffer, 0, new Uint32Array(buffer.size / 4).fill(word))
  }

  dispose(): void {
    for (const buffer of this.slots) this.#gpu.destroyBuffer(buffer)
  }
}

/** A tape made ready to be replayed: pipelines compiled, buffers and bind groups fixed. A replay allocates nothing. */
export class Program {
  readonly dispatches: readonly RecordedDispatch[]
  readonly layout: MemoryLayout
  readonly #context: GpuContext

  private constructor(context: GpuContext, dispatches: RecordedDispatch[], layout: MemoryLayout) {
    this.#context = context
    this.dispatches = dispatches
    this.layout = layout
  }

  /**
   * @param places where each bound tensor lies
   * @param capacity the largest sizes a replay may bring
   */
  static async record(
    context: GpuContext,
    dispatches: readonly Dispatch[],
    places: ReadonlyMap<Tensor, Place>,
    capacity: Dims,
    layout: MemoryLayout,
    workspace: Workspace,
  ): Promise<Program> {
    const pipelines = await Promise.all(dispatches.map(({ kernel }) => context.pipeline(kernel)))
    const { device } = context.gpu
    const resource = (t: Tensor): GPUBufferBinding => {
      const size = tensorBytes(t, capacity)
      const slot = layout.slotOf.get(t)
      if (slot !== undefined) return { buffer: workspace.slots[slot]!, size }
      const place = places.get(t)
      if (!place) throw new Error(`bound tensor ${t.name} has no place`)
      return { buffer: place.buffer, offset: place.offset, size }
    }
    const recorded = dispatches.map(({ kernel, tensors }, i) => ({
      kernel,
      pipeline: pipelines[i]!,
      bindings: device.createBindGroup({
        label: kernel.name,
        layout: context.bindingLayout(kernel),
        entries: Object.keys(kernel.bindings).map((name, binding) => ({
          binding,
          resource: resource(tensors[name]!),
        })),
      }),
    }))
    return new Program(context, recorded, layout)
  }

  /** FLOPs and bytes of one replay. */
  cost(live: Dims): Cost {
    const total = { flops: 0, bytes: 0 }
    for (const { kernel } of this.dispatches) {
      const cost = kernel.cost?.(live)
      total.flops += cost?.flops ?? 0
      total.bytes += cost?.bytes ?? 0
    }
    return total
  }

  /**
   * Queues one replay in slices. With no slicer it is one submit. Returns once everything is queued; a slicer may wait
   * before it and between slices so that other work gets the device.
   * @param onSlice hears which share of the dispatches has been queued
   */
  async run(
    live: Dims,
    slicer?: Slicer,
    signal?: AbortSignal,
    onSlice?: (share: number) => void,
  ): Promise<void> {
    const { gpu } = this.#context
    const { device } = gpu
    for (let full = slicer?.room(); full; full = slicer?.room()) {
      await full
      if (gpu.failure) throw gpu.failure
    }
    signal?.throwIfAborted()
    let encoder = device.createCommandEncoder()
    let pass = encoder.beginComputePass()
    let parts = this.#context.parts()
    let lastPipeline: GPUComputePipeline | null = null
    const flush = () => {
      pass.end()
      parts.write()
      device.queue.submit([encoder.finish()])
      lastPipeline = null
    }
    const reopen = () => {
      encoder = device.createCommandEncoder()
      pass = encoder.beginComputePass()
      parts = this.#context.parts()
    }
    for (const [i, { kernel, pipeline, bindings }] of this.dispatches.entries()) {
      const [x, y, z] = kernel.grid(live)
      if (x === 0 || y === 0 || z === 0) continue
      const work: Work = { kernel, live, rows: y, steps: kernel.steps?.(live) ?? 1 }
      const at: Position = { row: 0, step: 0, block: 0 }
      while (at.row < y) {
        const part = slicer ? slicer.admit(work, at) : wholePart(work, at)
        const end = part && at.step + part.steps
        const offset = part && parts.offset(at.row, at.step, end === work.steps ? null : end)
        if (part === null || offset === null) {
          flush()
          const ready = slicer?.submitted(device)
          if (ready) await ready
          onSlice?.((i + at.row / y) / this.dispatches.length)
          signal?.throwIfAborted()
          if (gpu.failure) throw gpu.failure
          reopen()
          continue
        }
        slicer?.take(work, part)
        if (pipeline !== lastPipeline) pass.setPipeline((lastPipeline = pipeline))
        pass.setBindGroup(0, bindings)
        pass.setBindGroup(1, this.#context.common, [offset])
        pass.dispatchWorkgroups(x, part.rows, z)
        advance(work, at, part)
      }
    }
    flush()
    slicer?.submitted(device)
  }
}

const wholePart = ({ rows, steps }: Work, { row }: Position): Part => ({
  rows: Math.min(rows - row, LARGEST_DISPATCH),
  steps,
})

/** Rows of a block take all their steps before the next block begins. */
function advance(work: Work, at: Position, part: Part): void {
  at.block = part.rows
  at.step += part.steps
  if (at.step < work.steps) return
  at.row += part.rows
  at.step = 0
}
