import type { CheckOptions } from '../engine/check/check-gpu.ts'
import { planEngine } from '../engine/plan.ts'
import { createWebgpuEngine, type WebgpuEngine } from '../engine/webgpu-engine.ts'
import type { Gpu } from '../gpu/device.ts'
import { storedTypes } from '../model/storage.ts'
import type {
  Engine,
  EngineChoice,
  MemoryPlan,
  PlanRequest,
  PortableBackend,
  PortableBackendChoice,
} from '../protocol/engine.ts'
import { type Failure, fail, toFailure } from '../protocol/errors.ts'
import type { GpuCheck } from '../protocol/gpu-check.ts'
import type { ModelConfig, WeightSource } from '../protocol/model.ts'
import type { LoraConfig, RunConfig } from '../protocol/run-config.ts'
import type { DeviceInfo, MeasuredSpeed } from '../protocol/studio.ts'
import type { Database, DeviceTuning } from '../storage/database.ts'
import type { OpenModel } from './library.ts'

export interface LoadRequest {
  model: OpenModel
  plan: PlanRequest
  seed: number
  engine: EngineChoice
  backend: PortableBackendChoice
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

/** What is to be opened. */
type Target =
  | { kind: 'webgpu'; defaultLimits: boolean }
  | { kind: 'portable'; backends: readonly PortableBackend[] }

type Held =
  | { kind: 'webgpu'; engine: WebgpuEngine; defaultLimits: boolean }
  | { kind: 'portable'; engine: Engine; backends: readonly PortableBackend[] }

/** Key of the table of speeds among the devices. */
const SPEEDS = 'speeds'
const MOST_SPEEDS = 12

/** The one engine of this worker, its device, and what is loaded in it. */
export class EngineHost {
  readonly #database: () => Promise<Database>
  #held: Held | null = null
  #loaded: Loaded | null = null
  /** Set while a run uses the engine: nothing else is opened then. */
  busy = false
  /** While a model is loaded, or operations are checked. */
  #working = false
  /** Why `auto` is the portable engine, and on what; null until that is known. */
  #automatic: { backends: readonly PortableBackend[]; reason: Failure; check?: GpuCheck } | null = null

  constructor(database: () => Promise<Database>) {
    this.#database = database
  }

  async device(choice: EngineChoice = 'auto', backend: PortableBackendChoice = 'auto'): Promise<DeviceInfo> {
    const speeds = await this.#speeds()
    if (!this.#loaded && !this.#taken) this.#automatic = null
    try {
      const { target, reason, check } = await this.#resolve(choice, backend, false)
      const held = await this.#open(target)
      const { device, software, threads } = held.engine.describe()
      const known = check ?? (held.kind === 'webgpu' ? await this.#lastCheck(held.engine.gpu) : null)
      return {
        engine: target.kind,
        description: device,
        software,
        speeds,
        check: known,
        ...(threads && { threads }),
        ...(reason && { reason }),
      }
    } catch (error) {
      if (this.#taken) throw error
      const reason = toFailure(error)
      return { engine: 'webgpu', description: '', software: true, reason, speeds, check: null }
    }
  }

  /**
   * Checks every operation on this adapter, whether it was checked before or not; what was loaded is gone.
   * @throws LapidaryError `missing_device` without an adapter
   */
  async checkGpu(options: CheckOptions = {}): Promise<GpuCheck> {
    const held = await this.#open({ kind: 'webgpu', defaultLimits: false })
    held.engine.dispose()
    this.#loaded = null
    this.#automatic = null
    return this.#check(held.engine, options)
  }

  /** The exact plan on this device; on WebGPU's default limits where there is none. */
  async plan(
    request: PlanRequest,
    choice: EngineChoice,
    backend: PortableBackendChoice,
  ): Promise<MemoryPlan> {
    const kind = choice === 'auto' ? (await this.#resolve(choice, backend, false)).target.kind : choice
    if (kind === 'portable') return (await import('./portable-host.ts')).planPortable(request).memory
    const held = this.#held
    return held?.kind === 'webgpu' ? held.engine.plan(request) : planEngine(request).memory
  }

  /** Loads a model with a fresh adapter, whatever was loaded before. */
  async load(request: LoadRequest): Promise<Engine> {
    const held = await this.#checked(request)
    const { engine } = held
    this.#loaded = null
    const gpu = held.kind === 'webgpu' ? held.engine.gpu : null
    const remembered = gpu && (await this.#remembered(gpu, request.defaultLimits))
    const { onProgress, signal, seed } = request
    this.#working = true
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
    } finally {
      this.#working = false
    }
    if (held.kind === 'webgpu') {
      const { choices } = engine.describe()
      await this.#remember(deviceKey(held.engine.gpu, request.defaultLimits), {
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
    const same = (s: MeasuredSpeed) =>
      s.engine === speed.engine && s.backend === speed.backend && s.model === speed.model
    const others = (await this.#speeds()).filter((s) => !same(s))
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

  get #taken(): boolean {
    return this.busy || this.#working
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

  async #remember(device: string, more: Partial<DeviceTuning>): Promise<void> {
    const database = await this.#database()
    await database.put('devices', {
      choices: {},
      ...(await database.get('devices', device)),
      ...more,
      device,
    })
  }

  /** Of this adapter, with this build's kernels, and not so long ago that the driver is likely another one. */
  async #lastCheck(gpu: Gpu): Promise<GpuCheck | null> {
    const check = (await this.#remembered(gpu, false))?.check
    return check?.build === BUILD && Date.now() - check.at < CHECK_LASTS_MS ? check : null
  }

  async #check(engine: WebgpuEngine, options: CheckOptions): Promise<GpuCheck> {
    const { checkGpu } = await import('../engine/check/check-gpu.ts')
    this.#working = true
    const check = await checkGpu(engine.gpu, options).finally(() => {
      this.#working = false
    })
    engine.avoid = new Set(check.wrong)
    const asked = { check: { ...check, build: BUILD }, portableWebgpu: undefined }
    await this.#remember(deviceKey(engine.gpu, false), asked)
    return check
  }

  /**
   * The engine that a request asks for. A hardware adapter's operations are checked before the first load on it: a driver that
   * computes wrongly would show only in what is learnt.
   */
  async #checked(request: LoadRequest): Promise<Held> {
    const { engine, backend, defaultLimits, onProgress, signal } = request
    const held = await this.#open((await this.#resolve(engine, backend, defaultLimits)).target)
    if (held.kind === 'portable' || held.engine.gpu.software) return held
    if (await this.#lastCheck(held.engine.gpu)) return held
    const check = await this.#check(held.engine, {
      onProgress: (_, name) => onProgress?.(0, `Checking the graphics processor: ${name}`),
      ...(signal && { signal }),
    })
    if (check.passed || engine === 'webgpu') return held
    return this.#open((await this.#resolve(engine, backend, defaultLimits)).target)
  }

  /** `auto`: WebGPU where it is hardware and computes what it should, else the portable engine, and why. */
  async #resolve(
    choice: EngineChoice,
    backend: PortableBackendChoice,
    defaultLimits: boolean,
  ): Promise<{ target: Target; reason?: Failure; check?: GpuCheck }> {
    const webgpu = { kind: 'webgpu', defaultLimits } as const
    const portable: Target = { kind: 'portable', backends: BACKENDS[backend] }
    if (choice === 'webgpu') return { target: webgpu }
    if (choice === 'portable') return { target: portable }
    // What was found out once does not change while this worker lives.
    if (this.#automatic) {
      const { backends, ...why } = this.#automatic
      return { target: backend === 'auto' ? { kind: 'portable', backends } : portable, ...why }
    }
    try {
      const held = await this.#open(webgpu)
      const { gpu } = held.engine
      const check = await this.#lastCheck(gpu)
      const known = check && { check }
      if (gpu.software) this.#automatic = { backends: BACKENDS.auto, reason: SOFTWARE_ONLY, ...known }
      else {
        if (!check || check.passed) return { target: webgpu, ...known }
        const backends = (await this.#portableWebgpu(gpu)) === null ? WEBGPU_FIRST : BACKENDS.auto
        this.#automatic = { backends, check, reason: wrongDriver(check, backends[0] === 'webgpu') }
      }
    } catch (error) {
      if (this.#taken) throw error
      const failure = toFailure(error)
      const reason = { ...failure, hint: `${failure.hint} ${MEANWHILE}` }
      this.#automatic = { backends: BACKENDS.auto, reason }
    }
    return this.#resolve(choice, backend, defaultLimits)
  }

  /** What is wrong with TensorFlow.js' own kernels on an adapter where ours are; asked once for each build. */
  async #portableWebgpu(gpu: Gpu): Promise<string | null> {
    const known = (await this.#remembered(gpu, false))?.portableWebgpu
    if (known !== undefined) return known
    if (this.#taken) throw new Error('the engine is in use')
    this.close()
    const { webgpuDisagreement } = await import('./portable-host.ts')
    const portableWebgpu = await webgpuDisagreement()
    await this.#remember(deviceKey(gpu, false), { portableWebgpu })
    return portableWebgpu
  }

  async #open<Kind extends Target['kind']>(
    target: Extract<Target, { kind: Kind }>,
  ): Promise<Extract<Held, { kind: Kind }>>
  async #open(target: Target): Promise<Held>
  async #open(target: Target): Promise<Held> {
    const held = this.#held
    if (held && isFor(held, target) && !this.#failed) return held
    if (held && this.#taken)
      fail('bad_state', 'A run or a check is using the engine.', 'Stop it first, or wait until it is done.')
    this.close()
    if (target.kind === 'portable') {
      const { openPortable } = await import('./portable-host.ts')
      this.#held = { ...target, engine: await openPortable(target.backends) }
    } else {
      const engine = await createWebgpuEngine({ defaultLimits: target.defaultLimits })
      engine.rates = (await this.#remembered(engine.gpu, target.defaultLimits))?.rates ?? null
      engine.avoid = new Set((await this.#lastCheck(engine.gpu))?.wrong)
      this.#held = { ...target, engine }
    }
    return this.#held
  }
}

function isFor(held: Held, target: Target): boolean {
  if (held.kind === 'portable')
    return target.kind === 'portable' && held.backends.join() === target.backends.join()
  return target.kind === 'webgpu' && held.defaultLimits === target.defaultLimits
}

/** What the portable engine tries, in order. A backend that is named is the only one. */
const BACKENDS: Record<PortableBackendChoice, readonly PortableBackend[]> = {
  auto: ['wasm', 'cpu'],
  wasm: ['wasm'],
  webgpu: ['webgpu'],
  cpu: ['cpu'],
}
const WEBGPU_FIRST: readonly PortableBackend[] = ['webgpu', ...BACKENDS.auto]

/** Browsers do not tell which driver there is. */
const CHECK_LASTS_MS = 30 * 24 * 3600 * 1000

/** Names of built files hold hashes of what is in them and in what they load: another one is another build. */
const BUILD = import.meta.url.split('/').at(-1)!

function wrongDriver({ device, operations }: GpuCheck, webgpu: boolean): Failure {
  const wrong = operations.filter(({ failure }) => failure !== null)
  return {
    code: 'self_check_failed',
    message: `This graphics processor or its driver computes wrongly: ${wrong.map(({ name }) => name).join(', ')}.`,
    hint: `Update the graphics driver, then check again. ${
      webgpu
        ? 'Meanwhile the studio uses TensorFlow.js on it, whose operations were found right; it takes longer.'
        : MEANWHILE
    }`,
    detail: { device, found: wrong[0]?.failure ?? null },
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
  const budget = config.engine.memory_budget
  return {
    model,
    stored: storedTypes(weights),
    lora: config.lora,
    maxTokens: tokens,
    maxSupervised: most?.supervised ?? tokens,
    recompute: config.engine.recompute,
    ...(budget === null ? {} : { memoryBudget: budget }),
    decode,
  }
}
