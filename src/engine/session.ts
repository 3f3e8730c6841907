import type { Gpu } from '../gpu/device.ts'
import type { Dims, Kernel } from '../gpu/kernel.ts'
import { tensorBytes } from '../gpu/memory.ts'
import { type GpuContext, type Place, Program, Workspace } from '../gpu/program.ts'
import type { Rates } from '../gpu/slicer.ts'
import type { Tensor } from '../gpu/tape.ts'
import { ropeValues } from '../model/rope.ts'
import { AdapterStore } from './adapter.ts'
import type { EnginePlan, TapeName } from './plan.ts'

/** Tapes that are compiled before a model counts as loaded: a first step waits for no other. */
export const AT_LOAD = ['train', 'optimizer', 'score'] as const satisfies readonly TapeName[]

/** Kernels that run before a first step is over, each once. */
export const kernelsAtLoad = (plan: Pick<EnginePlan, 'tapes'>): Set<Kernel> => kernelsOf(plan, AT_LOAD)

/** Kernels of all of a plan's tapes, or of some. */
export function kernelsOf(
  { tapes }: Pick<EnginePlan, 'tapes'>,
  names = Object.keys(tapes) as readonly TapeName[],
): Set<Kernel> {
  return new Set(names.flatMap((name) => tapes[name]?.tape.dispatches.map(({ kernel }) => kernel) ?? []))
}

/** Compiles them side by side. One that does not compile is told of where it is used. */
export async function compile(context: GpuContext, plan: EnginePlan): Promise<void> {
  const { device } = context.gpu
  device.pushErrorScope('validation')
  const made = [...kernelsAtLoad(plan)].map((kernel) => context.pipeline(kernel))
  await Promise.all([device.popErrorScope(), Promise.allSettled(made)])
}

/** A plan with its buffers and compiled programs: everything of one loaded model but the host's side of a step. */
export class Session {
  readonly gpu: Gpu
  readonly context: GpuContext
  readonly plan: EnginePlan
  readonly adapter: AdapterStore
  /** Of training and scoring; those of decoding are recorded when they are first asked for, see `program`. */
  readonly #programs = new Map<TapeName, Promise<Program>>()
  readonly rates: Rates
  readonly places: ReadonlyMap<Tensor, Place>
  readonly #buffers: GPUBuffer[]
  readonly #workspace: Workspace

  private constructor(
    context: GpuContext,
    plan: EnginePlan,
    rates: Rates,
    made: { adapter: AdapterStore; places: Map<Tensor, Place>; buffers: GPUBuffer[]; workspace: Workspace },
  ) {
    this.gpu = context.gpu
    this.context = context
    this.plan = plan
    this.rates = rates
    this.adapter = made.adapter
    this.places = made.places
    this.#buffers = made.buffers
    this.#workspace = made.workspace
  }

  /** @param weights where the base weights lie already, and their buffers, which the session takes over */
  static async open(
    context: GpuContext,
    plan: EnginePlan,
    rates: Rates,
    weights: { places: ReadonlyMap<Tensor, Place>; buffers: readonly GPUBuffer[] },
  ): Promise<Session> {
    const { gpu } = context
    const buffers: GPUBuffer[] = [...weights.buffers]
    const places = new Map<Tensor, Place>(weights.places)
    const allocate = (t: Tensor, capacity: Dims, values?: Float32Array<ArrayBuffer>) => {
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST
      const buffer = gpu.createBuffer(t.name, tensorBytes(t, capacity), usage)
      if (values) gpu.device.queue.writeBuffer(buffer, 0, values)
      buffers.push(buffer)
      places.set(t, { buffer, offset: 0 })
    }
    const { capacity } = plan.tapes.train!
    for (const table of plan.parts.rope.values())
      allocate(table.tensor, capacity, ropeValues(table, table.positions))
    for (const t of [...Object.values(plan.inputs), ...Object.values(plan.outputs)]) allocate(t, capacity)
    for (const t of plan.choiceParts.tensors) allocate(t, plan.choiceParts.capacity)
    for (const [t, dims] of plan.decode?.tensors ?? []) allocate(t, dims)
    const adapter = new AdapterStore(gpu, plan.parts.adapter)
    for (const [tensor, place] of adapter.places) places.set(tensor, place)
    const planned = Object.entries(plan.tapes).filter(([, t]) => t !== null) as [
      TapeName,
      NonNullable<EnginePlan['tapes'][TapeName]>,
    ][]
    const workspace = new Workspace(
      gpu,
      planned.map(([, t]) => t.layout),
    )
    const session = new Session(context, plan, rates, { adapter, places, buffers, workspace })
    await Promise.all(AT_LOAD.map((name) => session.program(name)))
    return session
  }

  /** A tape's program, compiled and recorded once. @throws Error where the plan has no such tape */
  program(name: TapeName): Promise<Program> {
    let program = this.#programs.get(name)
    if (!program) {
      const planned = this.plan.tapes[name]
      if (!planned) throw new Error(`no ${name} was planned`)
      const { tape, layout, capacity } = planned
      program = Program.record(this.context, tape.dispatches, this.places, capacity, layout, this.#workspace)
      this.#programs.set(name, program)
    }
    return program
  }

  buffer(t: Tensor): GPUBuffer {
    return this.places.get(t)!.buffer
  }

  write(t: Tensor, values: Uint32Array | Int32Array | Float32Array): void {
    if (values.length > 0)
      this.gpu.device.queue.writeBuffer(this.buffer(t), 0, values as Uint32Array<ArrayBuffer>)
  }

  dispose(): void {
    this.adapter.dispose()
    this.#workspace.dispose()
    for (const buffer of this.#buffers) this.gpu.destroyBuffer(buffer)
  }
}
