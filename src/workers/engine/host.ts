import { demandOf, planEngine, withinBudget } from '../../engine/plan.ts'
import type {
  Engine,
  EngineChoice,
  MemoryPlan,
  PlanRequest,
  PortableBackendChoice,
} from '../../protocol/engine.ts'
import { toFailure } from '../../protocol/errors.ts'
import type { GpuCheck } from '../../protocol/gpu-check.ts'
import type { GpuReport } from '../../protocol/gpu-report.ts'
import type { Quantization } from '../../protocol/model.ts'
import type { LoraConfig } from '../../protocol/run-config.ts'
import type { Call, Demand, DeviceInfo } from '../../protocol/studio.ts'
import type { Database } from '../../storage/database.ts'
import type { OpenModel } from '../library.ts'
import { type Chosen, EngineChooser } from './choosing.ts'
import { Lease, type Loan, type Purpose, refuse, type Use } from './lease.ts'
import { type Held, isFor, type LoadRequest, OpenEngine } from './loading.ts'
import { DeviceMemory } from './remembering.ts'
import { measureGpu, reportOf } from './reporting.ts'

/** What who holds the lease may do with the engine, until its use ends. */
export interface Engines {
  /** A run's engine, lent between its steps; nothing else may be done then. Null: the engine is this use's own. */
  readonly lent: Loan | null
  /** Stops the use of what is lent, when its owner has to close it. */
  readonly recalled: AbortSignal
  /** A run has begun: from now on what it has loaded is lent to short uses. */
  lend(loan: Loan): void
  /** Loads a model with a fresh adapter, whatever was loaded before. */
  load(request: LoadRequest): Promise<Engine>
  /** The engine, where what is loaded can answer for this model and adapter shape with so much room. */
  loadedFor(
    model: OpenModel,
    lora: LoraConfig | null,
    decode: NonNullable<PlanRequest['decode']>,
    quantization: Quantization,
  ): Engine | null
  /** Key of the adapter that was put into the engine by `loadState`; null: unknown, or one in training. */
  adapter: string | null
  /** Gives the device back, once nobody uses what was lent; `reason` is what they are told. */
  close(reason: unknown): Promise<void>
}

/** The one engine of this worker: who uses it, which one it is, what is loaded in it, and what is known of the device. */
export class EngineHost {
  readonly #lease = new Lease()
  readonly #memory: DeviceMemory
  readonly #open: OpenEngine
  readonly #chooser: EngineChooser

  constructor(database: () => Promise<Database>) {
    this.#memory = new DeviceMemory(database)
    this.#open = new OpenEngine(this.#memory)
    this.#chooser = new EngineChooser(this.#open, this.#memory)
  }

  /**
   * Uses the engine for one thing, as long as `work` takes.
   * @throws LapidaryError `bad_state` while something else uses it that is not soon done
   */
  use<T>(
    purpose: Purpose,
    work: (engines: Engines) => Promise<T>,
    { signal }: Pick<Call, 'signal'> = {},
  ): Promise<T> {
    return this.#lease.use(purpose, (use) => work(this.#engines(use)), signal)
  }

  /** What would compute here. What is open already is told of at any time. */
  async device(
    engine: EngineChoice = 'auto',
    backend: PortableBackendChoice = 'auto',
    { signal }: Pick<Call, 'signal'> = {},
  ): Promise<DeviceInfo> {
    const choice = { engine, backend, defaultLimits: false }
    if (this.#lease.held || this.#open.isLoaded) {
      const [chosen, held] = [this.#chooser.known(choice), this.#open.held]
      if (chosen && held && isFor(held, chosen.target)) return this.#about(held, chosen)
    }
    const find = async (use: Use) => {
      if (use.lent) refuse('train')
      if (!this.#open.isLoaded) this.#chooser.forget()
      try {
        const chosen = await this.#chooser.resolve(choice)
        return await this.#about(await this.#open.open(chosen.target), chosen)
      } catch (error) {
        const reason = toFailure(error)
        const none = { engine: 'webgpu', description: '', software: true, check: null } as const
        return { ...none, reason, speeds: await this.#memory.speeds() }
      }
    }
    return this.#lease.use('device', find, signal)
  }

  /**
   * Checks every operation on this adapter, whether it was checked before or not; what was loaded is gone.
   * @throws LapidaryError `missing_device` without an adapter
   */
  checkGpu({ signal, onProgress }: Call = {}): Promise<GpuCheck> {
    const check = async () => {
      const held = await this.#open.open({ kind: 'webgpu', defaultLimits: false })
      this.#open.unload()
      this.#chooser.forget()
      return this.#chooser.check(held.engine, {
        ...(onProgress && { onProgress: (share, note) => onProgress({ share, note }) }),
        ...(signal && { signal }),
      })
    }
    return this.#lease.use('check', check, signal)
  }

  /**
   * What is known of this adapter.
   * @param measure a model's name and a plan for it: the adapter and that plan's kernels are measured first
   * @throws LapidaryError `missing_device` without an adapter
   */
  report(measure: { model: string; request: PlanRequest } | null, call: Call = {}): Promise<GpuReport> {
    const look = async () => {
      const held = await this.#open.open({ kind: 'webgpu', defaultLimits: false })
      if (measure) {
        this.#open.unload()
        await measureGpu(held, this.#memory, measure.model, measure.request, call)
      }
      return reportOf(held, this.#memory)
    }
    const known = this.#open.held
    // What is open is told of at any time.
    if (!measure && known?.kind === 'webgpu') return reportOf(known, this.#memory)
    return this.#lease.use('check', look, call.signal)
  }

  /**
   * Checks and measures what is left of this adapter's kernels, for what was planned or loaded last, while nothing else uses the
   * engine: it gives way at once. What is loaded is left as it is.
   * @returns whether nothing is left to be done
   */
  async prepare({ signal }: Pick<Call, 'signal'> = {}): Promise<boolean> {
    if (!this.#lease.free) return false
    return this.#lease.use('idle', (use) => {
      const over = signal ? AbortSignal.any([signal, use.recalled.signal]) : use.recalled.signal
      return this.#chooser.prepare(over)
    })
  }

  /** Gives a graphics card's memory back where nothing uses it. It is opened again when it is needed. */
  async rest(): Promise<void> {
    if (this.#lease.free && this.#open.held?.kind === 'webgpu')
      await this.#lease.use('idle', async () => this.#open.close())
  }

  /** The exact plan on this device; on WebGPU's default limits where there is none. */
  async plan(
    request: PlanRequest,
    engine: EngineChoice,
    backend: PortableBackendChoice,
    { signal }: Pick<Call, 'signal'> = {},
  ): Promise<MemoryPlan> {
    const { kind } = await this.#target({ engine, backend, defaultLimits: false }, signal)
    if (kind === 'portable') return (await import('../portable-host.ts')).planPortable(request).memory
    this.#open.planned = request
    const held = this.#open.held
    return held?.kind === 'webgpu' ? held.engine.plan(request) : withinBudget(planEngine(request)).memory
  }

  /** What a plan for the request takes here, whether it may or not, and what it may take. */
  async demand(
    request: PlanRequest,
    engine: EngineChoice,
    backend: PortableBackendChoice,
    { signal }: Pick<Call, 'signal'> = {},
  ): Promise<Demand> {
    const { kind } = await this.#target({ engine, backend, defaultLimits: false }, signal)
    if (kind === 'portable') return (await import('../portable-host.ts')).demandPortable(request)
    const held = this.#open.held
    return held?.kind === 'webgpu' ? held.engine.demand(request) : demandOf(request)
  }

  noteSpeed: DeviceMemory['noteSpeed'] = (speed) => this.#memory.noteSpeed(speed)

  async #target(choice: Parameters<EngineChooser['resolve']>[0], signal?: AbortSignal) {
    const known = this.#chooser.known(choice)
    if (known) return known.target
    const held = this.#open.held
    // While something uses WebGPU, and nothing speaks against it, it is what `auto` means.
    if (this.#lease.held && held?.kind === 'webgpu') return held
    const find = (use: Use) => (use.lent ? refuse('train') : this.#chooser.resolve(choice))
    return (await this.#lease.use('device', async (use) => find(use), signal)).target
  }

  async #about(held: Held, { target, reason, check }: Chosen): Promise<DeviceInfo> {
    const { device, software, threads } = held.engine.describe()
    const known = check ?? (held.kind === 'webgpu' ? await this.#memory.lastCheck(held.engine.gpu) : null)
    return {
      engine: target.kind,
      description: device,
      software,
      speeds: await this.#memory.speeds(),
      check: known,
      ...(threads && { threads }),
      ...(reason && { reason }),
    }
  }

  #engines(use: Use): Engines {
    const [lease, open, chooser] = [this.#lease, this.#open, this.#chooser]
    const own = (): OpenEngine => {
      if (!lease.holds(use)) throw new Error('The engine was touched by a use that does not hold it.')
      return open
    }
    return {
      lent: use.lent,
      recalled: use.recalled.signal,
      lend(loan) {
        own()
        use.purpose = 'train'
        use.loan = loan
      },
      async load(request) {
        own()
        return chooser.load(request)
      },
      loadedFor: (...wanted) => own().loadedFor(...wanted),
      get adapter() {
        return own().adapter
      },
      set adapter(key) {
        own().adapter = key
      },
      async close(reason) {
        use.loan = null
        await lease.recall(reason)
        own().close()
      },
    }
  }
}
