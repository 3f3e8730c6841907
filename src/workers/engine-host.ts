import { planEngine } from '../engine/plan.ts'
import { createWebgpuEngine, type WebgpuEngine } from '../engine/webgpu-engine.ts'
import type { Gpu } from '../gpu/device.ts'
import type { Engine, EngineChoice, EngineKind, MemoryPlan, PlanRequest } from '../protocol/engine.ts'
import { type Failure, toFailure } from '../protocol/errors.ts'
import type { ModelConfig, WeightSource } from '../protocol/model.ts'
import type { LoraConfig, RunConfig } from '../protocol/run-config.ts'
import type { DeviceInfo, MeasuredSpeed } from '../protocol/studio.ts'
import type { Database } from '../storage/database.ts'
import type { OpenModel } from './library.ts'

export interface LoadRequest {
  model: OpenModel
  plan: PlanRequest
  seed: number
  engine: EngineChoice
  defaultLimits: boolean
  /** Numeric choices that must be used; others are remembered ones, or measured. */
  choices: Record<string, string>
  onProgress?: (progress: number, note: string) => void
  signal?: AbortSignal
}

/** What is loaded in the engine: enough to tell whether it will do for something else. */
interface Loaded {
  model: string
  plan: PlanRequest
  /** Whose adapter is in it; null: unknown, or one in training. */
  adapter: string | null
}

type Held =
  | { kind: 'webgpu'; engine: WebgpuEngine; defaultLimits: boolean }
  | { kind: 'portable'; engine: Engine; defaultLimits: boolean }

/** Key of the table of speeds among the devices. */
const SPEEDS = 'speeds'
const MOST_SPEEDS = 12

/** The one engine of this worker, its device, and what is loaded in it. */
export class EngineHost {
  readonly #database: () => Promise<Database>
  #held: Held | null = null
  #loaded: Loaded | null = null

  constructor(database: () => Promise<Database>) {
    this.#database = database
  }

  async device(choice: EngineChoice = 'auto'): Promise<DeviceInfo> {
    const speeds = await this.#speeds()
    try {
      const { kind, reason } = await this.#resolve(choice, false)
      const held = await this.#open(kind, false)
      const { device, software } = held.engine.describe()
      return { engine: kind, description: device, software, speeds, ...(reason ? { reason } : {}) }
    } catch (error) {
      return { engine: 'webgpu', description: '', software: true, reason: toFailure(error), speeds }
    }
  }

  /** The exact plan on this device; on WebGPU's default limits where there is none. */
  async plan(request: PlanRequest, choice: EngineChoice): Promise<MemoryPlan> {
    const kind = choice === 'auto' ? (await this.#resolve(choice, false)).kind : choice
    if (kind === 'portable') return (await import('./portable-host.ts')).planPortable(request).memory
    const held = this.#held
    return held?.kind === 'webgpu' ? held.engine.plan(request) : planEngine(request).memory
  }

  /** Loads a model with a fresh adapter, whatever was loaded before. */
  async load(request: LoadRequest): Promise<Engine> {
    const { kind } = await this.#resolve(request.engine, request.defaultLimits)
    const held = await this.#open(kind, request.defaultLimits)
    const { engine } = held
    this.#loaded = null
    const gpu = held.kind === 'webgpu' ? held.engine.gpu : null
    const remembered = gpu && (await this.#remembered(gpu, request.defaultLimits))
    const { onProgress, signal, seed } = request
    try {
      await engine.load(
        { config: request.model.info.config, weights: await request.model.weights() },
        request.plan,
        {
          seed,
          choices: { ...remembered?.choices, ...request.choices },
          ...(onProgress ? { onProgress } : {}),
          ...(signal ? { signal } : {}),
        },
      )
    } catch (error) {
      // Half a model is no use to anyone, and its memory is needed for the next try.
      engine.dispose()
      throw error
    }
    if (held.kind === 'webgpu') {
      const { choices } = engine.describe()
      await (await this.#database()).put('devices', {
        device: deviceKey(held.engine.gpu, request.defaultLimits),
        choices: { ...remembered?.choices, ...choices },
        ...(held.engine.rates && { rates: held.engine.rates }),
      })
    }
    this.#loaded = { model: request.model.info.hash, plan: request.plan, adapter: null }
    return engine
  }

  /** The engine, where what is loaded can answer for this model and adapter shape with so much room. */
  loadedFor(
    model: OpenModel,
    lora: LoraConfig | null,
    decode: NonNullable<PlanRequest['decode']>,
  ): Engine | null {
    const loaded = this.#loaded
    if (!loaded || !this.#held || this.#failed) return null
    const room = loaded.plan.decode
    const fits = room !== null && room.positions >= decode.positions
    return loaded.model === model.info.hash && fits && (lora === null || sameShape(lora, loaded.plan.lora))
      ? this.#held.engine
      : null
  }

  /** Key of the adapter that was put into the engine by `loadState`. */
  get adapter(): string | null {
    return this.#loaded?.adapter ?? null
  }

  set adapter(key: string | null) {
    if (this.#loaded) this.#loaded.adapter = key
  }

  /** Remembers how quickly a run went. */
  async noteSpeed(speed: MeasuredSpeed): Promise<void> {
    const others = (await this.#speeds()).filter((s) => s.engine !== speed.engine || s.model !== speed.model)
    const speeds = [speed, ...others].slice(0, MOST_SPEEDS)
    await (await this.#database()).put('devices', { device: SPEEDS, choices: {}, speeds })
  }

  /** Gives the device back; the next use opens a new one. */
  close(): void {
    this.#held?.engine.dispose()
    if (this.#held?.kind === 'webgpu') this.#held.engine.gpu.destroy()
    this.#held = null
    this.#loaded = null
  }

  get #failed(): boolean {
    return this.#held?.kind === 'webgpu' && this.#held.engine.gpu.failure !== null
  }

  async #speeds(): Promise<MeasuredSpeed[]> {
    return (await (await this.#database()).get('devices', SPEEDS))?.speeds ?? []
  }

  async #remembered(gpu: Gpu, defaultLimits: boolean) {
    return (await this.#database()).get('devices', deviceKey(gpu, defaultLimits))
  }

  /** `auto`: WebGPU where it is hardware, else the portable engine, and why. */
  async #resolve(
    choice: EngineChoice,
    defaultLimits: boolean,
  ): Promise<{ kind: EngineKind; reason?: Failure }> {
    if (choice !== 'auto') return { kind: choice }
    // What is open has been found out before.
    if (this.#held?.kind === 'portable') return { kind: 'portable', reason: SOFTWARE_ONLY }
    try {
      const held = await this.#open('webgpu', defaultLimits)
      if (!held.engine.describe().software) return { kind: 'webgpu' }
      return { kind: 'portable', reason: SOFTWARE_ONLY }
    } catch (error) {
      const failure = toFailure(error)
      return { kind: 'portable', reason: { ...failure, hint: `${failure.hint} ${MEANWHILE}` } }
    }
  }

  async #open(kind: EngineKind, defaultLimits: boolean): Promise<Held> {
    const held = this.#held
    const alike = held?.kind === kind && (kind === 'portable' || held.defaultLimits === defaultLimits)
    if (held && alike && !this.#failed) return held
    this.close()
    if (kind === 'portable') {
      const { openPortable } = await import('./portable-host.ts')
      this.#held = { kind, engine: await openPortable(), defaultLimits }
    } else {
      const engine = await createWebgpuEngine({ defaultLimits })
      engine.rates = (await this.#remembered(engine.gpu, defaultLimits))?.rates ?? null
      this.#held = { kind, engine, defaultLimits }
    }
    return this.#held
  }
}

const MEANWHILE =
  'Meanwhile the studio computes on the processor, with TensorFlow.js. Everything works; larger models take longer.'

const SOFTWARE_ONLY: Failure = {
  code: 'missing_device',
  message: 'No graphics processor that this browser can compute with was found.',
  hint: MEANWHILE,
}

const deviceKey = (gpu: Gpu, defaultLimits: boolean) =>
  `${gpu.description}${defaultLimits ? ' (default limits)' : ''}`

function sameShape(a: LoraConfig, b: LoraConfig): boolean {
  const shape = ({ r, lora_alpha, target_modules, use_rslora }: LoraConfig) =>
    JSON.stringify([r, lora_alpha, target_modules, use_rslora])
  return shape(a) === shape(b)
}

/** What a run of these settings asks of an engine; without the data's own maxima, the most that settings allow. */
export function planRequest(
  config: RunConfig,
  model: ModelConfig,
  weights: WeightSource,
  most: { tokens: number; supervised: number } | null,
  decode: PlanRequest['decode'],
): PlanRequest {
  const { max_length, per_device_train_batch_size } = config.training
  const tokens = most?.tokens ?? max_length * per_device_train_batch_size
  const wide = [...weights.tensors.values()].some(({ dtype, shape }) => dtype === 'F32' && shape.length > 1)
  const budget = config.engine.memory_budget
  return {
    model,
    weightBytes: wide ? 4 : 2,
    lora: config.lora,
    maxTokens: tokens,
    maxSupervised: most?.supervised ?? tokens,
    recompute: config.engine.recompute,
    ...(budget === null ? {} : { memoryBudget: budget }),
    decode,
  }
}
