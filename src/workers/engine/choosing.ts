import type { CheckOptions } from '../../engine/check/check-gpu.ts'
import type { WebgpuEngine } from '../../engine/webgpu-engine.ts'
import type { Gpu } from '../../gpu/device.ts'
import type { EngineChoice, PortableBackend, PortableBackendChoice } from '../../protocol/engine.ts'
import { type Failure, toFailure } from '../../protocol/errors.ts'
import type { GpuCheck } from '../../protocol/gpu-check.ts'
import type { Held, LoadRequest, OpenEngine, Target } from './loading.ts'
import type { DeviceMemory } from './remembering.ts'

export interface Choice {
  engine: EngineChoice
  backend: PortableBackendChoice
  defaultLimits: boolean
}

/** What a choice comes to, and why it is not WebGPU where it might have been. */
export interface Chosen {
  target: Target
  reason?: Failure
  check?: GpuCheck
}

/** Which engine a choice means on this machine. Finding out may open engines: only who holds the lease may ask. */
export class EngineChooser {
  readonly #open: OpenEngine
  readonly #memory: DeviceMemory
  /** Why `auto` is the portable engine, and on what; null until that is known. */
  #automatic: { backends: readonly PortableBackend[]; reason: Failure; check?: GpuCheck } | null = null

  constructor(open: OpenEngine, memory: DeviceMemory) {
    this.#open = open
    this.#memory = memory
  }

  /** What a choice comes to, as far as that can be told without opening anything; null where it cannot. */
  known({ engine, backend, defaultLimits }: Choice): Chosen | null {
    const portable: Target = { kind: 'portable', backends: BACKENDS[backend] }
    if (engine === 'webgpu') return { target: { kind: 'webgpu', defaultLimits } }
    if (engine === 'portable') return { target: portable }
    if (!this.#automatic) return null
    const { backends, ...why } = this.#automatic
    return { target: backend === 'auto' ? { kind: 'portable', backends } : portable, ...why }
  }

  /** `auto` is found out again when it is next asked for. */
  forget(): void {
    this.#automatic = null
  }

  /** `auto`: WebGPU where it is hardware and computes what it should, else the portable engine, and why. */
  async resolve(choice: Choice): Promise<Chosen> {
    // What was found out once does not change while this worker lives.
    const known = this.known(choice)
    if (known) return known
    const webgpu = { kind: 'webgpu', defaultLimits: choice.defaultLimits } as const
    try {
      const { gpu } = (await this.#open.open(webgpu)).engine
      const check = await this.#memory.lastCheck(gpu)
      const checked = check && { check }
      if (gpu.software) this.#automatic = { backends: BACKENDS.auto, reason: SOFTWARE_ONLY, ...checked }
      else {
        if (!check || check.passed) return { target: webgpu, ...checked }
        const backends = (await this.#portableWebgpu(gpu)) === null ? WEBGPU_FIRST : BACKENDS.auto
        this.#automatic = { backends, check, reason: wrongDriver(check, backends[0] === 'webgpu') }
      }
    } catch (error) {
      const failure = toFailure(error)
      const reason = { ...failure, hint: `${failure.hint} ${MEANWHILE}` }
      this.#automatic = { backends: BACKENDS.auto, reason }
    }
    return this.known(choice)!
  }

  /**
   * The engine that a request asks for. A hardware adapter's operations are checked before the first load on it: a driver that
   * computes wrongly would show only in what is learnt.
   */
  async checked(request: LoadRequest): Promise<Held> {
    const { engine, onProgress, signal } = request
    const held = await this.#open.open((await this.resolve(request)).target)
    if (held.kind === 'portable' || held.engine.gpu.software) return held
    if (await this.#memory.lastCheck(held.engine.gpu)) return held
    const check = await this.check(held.engine, {
      onProgress: (_, name) => onProgress?.(0, `Checking the graphics processor: ${name}`),
      ...(signal && { signal }),
    })
    if (check.passed || engine === 'webgpu') return held
    return this.#open.open((await this.resolve(request)).target)
  }

  async check(engine: WebgpuEngine, options: CheckOptions): Promise<GpuCheck> {
    const { checkGpu } = await import('../../engine/check/check-gpu.ts')
    const check = await checkGpu(engine.gpu, options)
    engine.avoid = new Set(check.wrong)
    await this.#memory.noteCheck(engine.gpu, check)
    return check
  }

  /** What is wrong with TensorFlow.js' own kernels on an adapter where ours are; asked once for each build. */
  async #portableWebgpu(gpu: Gpu): Promise<string | null> {
    const known = (await this.#memory.tuning(gpu, false))?.portableWebgpu
    if (known !== undefined) return known
    this.#open.close()
    const { webgpuDisagreement } = await import('../portable-host.ts')
    const portableWebgpu = await webgpuDisagreement()
    await this.#memory.note(gpu, false, { portableWebgpu })
    return portableWebgpu
  }
}

/** What the portable engine tries, in order. A backend that is named is the only one. */
const BACKENDS: Record<PortableBackendChoice, readonly PortableBackend[]> = {
  auto: ['wasm', 'cpu'],
  wasm: ['wasm'],
  webgpu: ['webgpu'],
  cpu: ['cpu'],
}
const WEBGPU_FIRST: readonly PortableBackend[] = ['webgpu', ...BACKENDS.auto]

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
