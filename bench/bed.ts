import { type Dims, sizeOf } from '../src/gpu/kernel.ts'
import { planMemory, tensorBytes } from '../src/gpu/memory.ts'
import { type GpuContext, type Place, Program, Workspace } from '../src/gpu/program.ts'
import type { Dispatch, Tensor } from '../src/gpu/tape.ts'
import { fill, fillBf16 } from './random.ts'

/** Values queued at once. */
const CHUNK = 1 << 21

/** Buffers and programs of one measured operation, to be given back together. */
export class Bed {
  readonly #context: GpuContext
  readonly #capacity: Dims
  readonly #places = new Map<Tensor, Place>()
  readonly #workspaces: Workspace[] = []

  constructor(context: GpuContext, capacity: Dims) {
    this.#context = context
    this.#capacity = capacity
  }

  /** Gives a bound tensor a buffer of noise. bf16: two values to a word. */
  async noise(tensor: Tensor, scale = 1, format: 'f32' | 'bf16' = 'f32'): Promise<void> {
    const buffer = this.#allocate(tensor)
    const { queue } = this.#context.gpu.device
    const words = sizeOf(tensor.shape, this.#capacity)
    for (let at = 0; at < words; at += CHUNK) {
      const count = Math.min(CHUNK, words - at)
      const values = format === 'f32' ? fill(count, at, scale) : fillBf16(count * 2, at * 2, scale)
      queue.writeBuffer(buffer, at * 4, values)
      if (words > CHUNK) await queue.onSubmittedWorkDone()
    }
  }

  /** Gives a bound tensor a buffer with these values, or zeros. */
  values(tensor: Tensor, values?: Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer>): void {
    const buffer = this.#allocate(tensor)
    if (values) this.#context.gpu.device.queue.writeBuffer(buffer, 0, values)
  }

  /** Programs over stretches of one dispatch list, which share their transient tensors. */
  async programs(dispatches: readonly Dispatch[], cuts: readonly number[] = []): Promise<Program[]> {
    const layout = planMemory(dispatches, this.#capacity)
    const workspace = new Workspace(this.#context.gpu, [layout])
    this.#workspaces.push(workspace)
    const edges = [0, ...cuts, dispatches.length]
    const programs: Program[] = []
    for (let i = 0; i + 1 < edges.length; i++)
      programs.push(
        await Program.record(
          this.#context,
          dispatches.slice(edges[i], edges[i + 1]),
          this.#places,
          this.#capacity,
          layout,
          workspace,
        ),
      )
    return programs
  }

  dispose(): void {
    for (const workspace of this.#workspaces) workspace.dispose()
    for (const { buffer } of this.#places.values()) this.#context.gpu.destroyBuffer(buffer)
    this.#places.clear()
  }

  #allocate(tensor: Tensor): GPUBuffer {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST
    const buffer = this.#context.gpu.createBuffer(tensor.name, tensorBytes(tensor, this.#capacity), usage)
    this.#places.set(tensor, { buffer, offset: 0 })
    return buffer
  }
}
