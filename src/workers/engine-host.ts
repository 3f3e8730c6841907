import { planEngine } from '../engine/plan.ts'
import { createWebgpuEngine, type WebgpuEngine } from '../engine/webgpu-engine.ts'
import type { Gpu } from '../gpu/device.ts'
import type { Engine, MemoryPlan, PlanRequest } from '../protocol/engine.ts'
import { fail, toFailure } from '../protocol/errors.ts'
import type { ModelConfig, WeightSource } from '../protocol/model.ts'
import type { LoraConfig, RunConfig } from '../protocol/run-config.ts'
import type { DeviceInfo } from '../protocol/studio.ts'
import type { Database } from '../storage/database.ts'
import type { OpenModel } from './library.ts'

export interface LoadRequest {
  model: OpenModel
  plan: PlanRequest
  seed: number
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

/** The one engine of this worker, its device, and what is loaded in it. */
export class EngineHost {
  readonly #database: () => Promise<Database>
  #engine: { engine: WebgpuEngine; defaultLimits: boolean } | null = null
  #loaded: Loaded | null = null

  constructor(database: () => Promise<Database>) {
    this.#database = database
  }

  async device(): Promise<DeviceInfo> {
    try {
      const { description, software } = (await this.#open(false)).gpu
      return { engine: 'webgpu', description, software }
    } catch (error) {
      return { engine: 'webgpu', description: '', software: true, reason: toFailure(error) }
    }
  }

  /** The exact plan on this device; on WebGPU's default limits where there is none. */
  plan(request: PlanRequest): MemoryPlan {
    return this.#engine?.engine.plan(request) ?? planEngine(request).memory
  }

  /** Loads a model with a fresh adapter, whatever was loaded before. */
  async load(request: LoadRequest): Promise<Engine> {
    const engine = await this.#open(request.defaultLimits)
    this.#loaded = null
    const database = await this.#database()
    const remembered = await this.#remembered(engine.gpu, request.defaultLimits)
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
    const { choices } = engine.describe()
    await database.put('devices', {
      device: deviceKey(engine.gpu, request.defaultLimits),
      choices: { ...remembered?.choices, ...choices },
      ...(engine.rates && { rates: engine.rates }),
    })
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
    if (!loaded || !this.#engine || this.#engine.engine.gpu.failure) return null
    const room = loaded.plan.decode
    const fits = room !== null && room.positions >= decode.positions
    return loaded.model === model.info.hash && fits && (lora === null || sameShape(lora, loaded.plan.lora))
      ? this.#engine.engine
      : null
  }

  /** Key of the adapter that was put into the engine by `loadState`. */
  get adapter(): string | null {
    return this.#loaded?.adapter ?? null
  }

  set adapter(key: string | null) {
    if (this.#loaded) this.#loaded.adapter = key
  }

  /** Gives the device back; the next use opens a new one. */
  close(): void {
    this.#engine?.engine.dispose()
    this.#engine?.engine.gpu.destroy()
    this.#engine = null
    this.#loaded = null
  }

  async #remembered(gpu: Gpu, defaultLimits: boolean) {
    return (await this.#database()).get('devices', deviceKey(gpu, defaultLimits))
  }

  async #open(defaultLimits: boolean): Promise<WebgpuEngine> {
    const held = this.#engine
    if (held && held.defaultLimits === defaultLimits && !held.engine.gpu.failure) return held.engine
    this.close()
    const engine = await createWebgpuEngine({ defaultLimits })
    engine.rates = (await this.#remembered(engine.gpu, defaultLimits))?.rates ?? null
    this.#engine = { engine, defaultLimits }
    return engine
  }
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
  if (config.engine.kind === 'portable')
    fail(
      'bad_config',
      'The portable engine is not part of this version.',
      'Set engine.kind to "auto" or "webgpu".',
      { field: 'engine.kind' },
    )
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
