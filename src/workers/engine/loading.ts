import { createWebgpuEngine, type WebgpuEngine } from '../../engine/webgpu-engine.ts'
import type {
  Engine,
  EngineChoice,
  PlanRequest,
  PortableBackend,
  PortableBackendChoice,
} from '../../protocol/engine.ts'
import type { Quantization } from '../../protocol/model.ts'
import type { LoraConfig } from '../../protocol/run-config.ts'
import type { OpenModel } from '../library.ts'
import { type DeviceMemory, roomOf } from './remembering.ts'

export interface LoadRequest {
  model: OpenModel
  /** What its weights are held in; the plan is made for that. */
  quantization: Quantization
  plan: PlanRequest
  seed: number
  engine: EngineChoice
  backend: PortableBackendChoice
  defaultLimits: boolean
  /** Numeric choices that must be used; others are those that were measured here, or what is usually best. */
  choices: Record<string, string>
  onProgress?: (progress: number, note: string) => void
  signal?: AbortSignal
}

/** What is to be opened. */
export type Target =
  | { kind: 'webgpu'; defaultLimits: boolean }
  | { kind: 'portable'; backends: readonly PortableBackend[] }

export type Held =
  | { kind: 'webgpu'; engine: WebgpuEngine; defaultLimits: boolean }
  | { kind: 'portable'; engine: Engine; backends: readonly PortableBackend[] }

/** What is loaded in the engine: enough to tell whether it will do for something else. */
interface Loaded {
  model: string
  quantization: Quantization
  plan: PlanRequest
  /** Whose adapter is in it; null: unknown, or one in training. */
  adapter: string | null
}

/** The one engine that is open, its device, and what is loaded in it. Only who holds the lease may change it. */
export class OpenEngine {
  readonly #memory: DeviceMemory
  #held: Held | null = null
  #loaded: Loaded | null = null
  /** What was planned or loaded last: what is likely to be trained next. */
  planned: PlanRequest | null = null

  constructor(memory: DeviceMemory) {
    this.#memory = memory
  }

  /** What is open and works. */
  get held(): Held | null {
    const held = this.#held
    return held?.kind === 'webgpu' && held.engine.gpu.failure !== null ? null : held
  }

  get isLoaded(): boolean {
    return this.#loaded !== null
  }

  /** Key of the adapter that was put into the engine by `loadState`. */
  get adapter(): string | null {
    return this.#loaded?.adapter ?? null
  }

  set adapter(key: string | null) {
    if (this.#loaded) this.#loaded.adapter = key
  }

  /** The engine of a target, opened in place of another one. */
  async open<Kind extends Target['kind']>(
    target: Extract<Target, { kind: Kind }>,
  ): Promise<Extract<Held, { kind: Kind }>>
  async open(target: Target): Promise<Held>
  async open(target: Target): Promise<Held> {
    const held = this.held
    if (held && isFor(held, target)) return held
    this.close()
    if (target.kind === 'portable') {
      const { openPortable } = await import('../portable-host.ts')
      this.#held = { ...target, engine: await openPortable(target.backends) }
    } else {
      const engine = await createWebgpuEngine({ defaultLimits: target.defaultLimits })
      const known = await this.#memory.tuning(engine.gpu, target.defaultLimits)
      engine.rates = known?.rates ?? null
      engine.room = roomOf(known)
      engine.leftOut = (await this.#memory.findings(engine.gpu, target.defaultLimits)).leftOut
      this.#held = { ...target, engine }
    }
    return this.#held
  }

  /** Loads a model with a fresh adapter into an open engine, whatever was loaded before. */
  async load(held: Held, request: LoadRequest): Promise<Engine> {
    const { engine } = held
    const { onProgress, signal, seed, defaultLimits } = request
    this.#loaded = null
    const gpu = held.kind === 'webgpu' ? held.engine.gpu : null
    const room = held.kind === 'webgpu' ? held.engine.room : null
    const remembered = gpu && (await this.#memory.findings(gpu, defaultLimits))
    try {
      const { model, plan } = request
      await model.loadWith(request.quantization, (weights) =>
        engine.load({ config: model.info.config, weights }, plan, {
          seed,
          choices: { ...remembered?.choices, ...request.choices },
          ...(onProgress ? { onProgress } : {}),
          ...(signal ? { signal } : {}),
        }),
      )
    } catch (error) {
      // Half a model is no use to anyone, and its memory is needed for the next try.
      engine.dispose()
      throw error
    } finally {
      // What went well, and what did not: the next session's plans go by it too.
      if (held.kind === 'webgpu' && held.engine.room !== room)
        await this.#memory.noteRoom(held.engine.gpu, defaultLimits, held.engine.room)
    }
    if (held.kind === 'webgpu' && held.engine.rates)
      await this.#memory.note(held.engine.gpu, defaultLimits, { rates: held.engine.rates })
    this.planned = request.plan
    this.#loaded = {
      model: request.model.info.hash,
      quantization: request.quantization,
      plan: request.plan,
      adapter: null,
    }
    return engine
  }

  /** The engine, where what is loaded can answer for this model and adapter shape with so much room. */
  loadedFor(
    model: OpenModel,
    lora: LoraConfig | null,
    decode: NonNullable<PlanRequest['decode']>,
    quantization: Quantization,
  ): Engine | null {
    const [loaded, held] = [this.#loaded, this.held]
    if (!loaded || !held) return null
    const room = loaded.plan.decode
    const fits = room !== null && room.positions >= decode.positions
    const same = loaded.model === model.info.hash && loaded.quantization === quantization
    return same && fits && (lora === null || sameShape(lora, loaded.plan.lora)) ? held.engine : null
  }

  /** Frees what is loaded; the device stays open. */
  unload(): void {
    this.#held?.engine.dispose()
    this.#loaded = null
  }

  /** Gives the device back; the next use opens a new one. */
  close(): void {
    this.unload()
    if (this.#held?.kind === 'webgpu') this.#held.engine.gpu.destroy()
    this.#held = null
  }
}

export function isFor(held: Held, target: Target): boolean {
  if (held.kind === 'portable')
    return target.kind === 'portable' && held.backends.join() === target.backends.join()
  return target.kind === 'webgpu' && held.defaultLimits === target.defaultLimits
}

function sameShape(a: LoraConfig, b: LoraConfig): boolean {
  const shape = ({ r, lora_alpha, target_modules, use_rslora }: LoraConfig) =>
    JSON.stringify([r, lora_alpha, target_modules, use_rslora])
  return shape(a) === shape(b)
}
