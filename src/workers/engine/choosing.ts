import type { CheckOptions } from '../../engine/check/check-gpu.ts'
import type { Verify, WebgpuEngine } from '../../engine/webgpu-engine.ts'
import type { Gpu } from '../../gpu/device.ts'
import { sha256Hex } from '../../lib/hash.ts'
import type {
  Engine,
  EngineChoice,
  PlanRequest,
  PortableBackend,
  PortableBackendChoice,
} from '../../protocol/engine.ts'
import { type Failure, toFailure } from '../../protocol/errors.ts'
import type { GpuCheck } from '../../protocol/gpu-check.ts'
import { LOAD_NOTES } from '../../protocol/load-notes.ts'
import type { Held, LoadRequest, OpenEngine, Target } from './loading.ts'
import type { DeviceMemory } from './remembering.ts'

type HeldGpu = Extract<Held, { kind: 'webgpu' }>

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
      const reason = { ...failure, hint: `${failure.hint} ${INSTEAD}` }
      this.#automatic = { backends: BACKENDS.auto, reason }
    }
    return this.known(choice)!
  }

  /**
   * Loads a model into the engine that a request asks for. On a hardware adapter the kernels that are about to train are held against
   * references first: a driver that computes wrongly would show only in what is learnt.
   */
  async load(request: LoadRequest): Promise<Engine> {
    const held = await this.#open.open((await this.resolve(request)).target)
    if (held.kind === 'portable') return this.#open.load(held, request)
    const { engine } = held
    engine.verify = engine.gpu.software
      ? null
      : async (...asked) => {
          const { wrong, failed } = await this.#verify(held, false, ...asked)
          // An engine that is named is taken, whatever is found.
          if (failed && request.engine === 'auto') throw new WrongDriver()
          return wrong
        }
    try {
      return await this.#open.load(held, request)
    } catch (error) {
      if (!(error instanceof WrongDriver)) throw error
      return this.#open.load(await this.#open.open((await this.resolve(request)).target), request)
    } finally {
      engine.verify = null
    }
  }

  /**
   * Every operation, with every kernel that may be chosen here.
   * @param anew whether what was found before is judged anew: a kernel may be wrong at a model's own sizes alone
   */
  async check(engine: WebgpuEngine, options: CheckOptions, anew = true): Promise<GpuCheck> {
    const { checkGpu } = await import('../../engine/check/check-gpu.ts')
    const check = await checkGpu(engine.gpu, options)
    await this.#memory.noteFullCheck(engine.gpu, check, anew)
    engine.leftOut = (await this.#memory.findings(engine.gpu, false)).leftOut
    return check
  }

  /**
   * Measures the kernels of what is likely to be trained next, holds those that answer and score labels against references at their own
   * shapes, then checks all operations, as far as none of it is done. What was measured when the signal comes is kept; a check is not.
   * @returns whether nothing is left to be done
   */
  async prepare(signal: AbortSignal): Promise<boolean> {
    const held = this.#open.held
    if (held?.kind !== 'webgpu' || held.engine.gpu.software) return false
    const { engine, defaultLimits } = held
    const { planned } = this.#open
    if (planned) {
      const { choices } = await this.#memory.findings(engine.gpu, defaultLimits)
      const tuned = await engine.tune(planned, choices, signal)
      await this.#memory.noteFindings(engine.gpu, defaultLimits, tuned)
      if (!tuned.done) return false
    }
    try {
      if (planned) await this.#verifyAnswers(held, planned, signal)
      if (!(await this.#memory.lastCheck(engine.gpu))) await this.check(engine, { signal }, false)
    } catch (error) {
      if (signal.aborted) return false
      throw error
    }
    return planned !== null
  }

  /** With what was measured by now, as the next load will run it. */
  async #verifyAnswers(held: HeldGpu, planned: PlanRequest, signal: AbortSignal): Promise<void> {
    const { choices } = await this.#memory.findings(held.engine.gpu, held.defaultLimits)
    const verify: Verify = async (...asked) => (await this.#verify(held, true, ...asked)).wrong
    await held.engine.verifyBeside(planned, choices, verify, signal)
  }

  /**
   * Holds what a plan runs against references, as far as it is not known to be right, and remembers what was found.
   * @param answers whether what answers and scores labels is held too
   * @returns kernels at fault, and whether an operation is wrong for which there is no other
   */
  async #verify(
    { engine, defaultLimits }: HeldGpu,
    answers: boolean,
    ...[context, plan, { onProgress, signal }]: Parameters<Verify>
  ): Promise<{ wrong: Record<string, string>; failed: boolean }> {
    const { gpu } = engine
    const begun = performance.now()
    const { checkPlan, textsOf } = await import('../../engine/check/check-plan.ts')
    const known = new Set((await this.#memory.findings(gpu, defaultLimits)).right)
    const digests = new Map<string, string>()
    for (const text of textsOf(plan, answers).keys()) digests.set(text, (await sha256Hex(text)).slice(0, 32))
    const right = new Set([...digests].flatMap(([text, digest]) => (known.has(digest) ? [text] : [])))
    const found = await checkPlan(context, plan, {
      right,
      answers,
      signal,
      onProgress: (share, name) =>
        onProgress(share, name ? `${LOAD_NOTES.check}: ${name}` : LOAD_NOTES.check),
    })
    const failed = found.operations.some(({ failure }) => failure !== null)
    await this.#memory.noteFindings(gpu, defaultLimits, {
      leftOut: found.wrong,
      right: found.right.map((text) => digests.get(text)!),
    })
    if (failed) {
      await this.#memory.noteCheck(gpu, {
        device: gpu.description,
        at: Date.now(),
        seconds: (performance.now() - begun) / 1000,
        passed: false,
        operations: found.operations,
        wrong: Object.keys(found.wrong),
        rates: engine.rates ?? { flops: 0, bandwidth: 0 },
      })
      this.forget()
    }
    return { wrong: found.wrong, failed }
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

class WrongDriver extends Error {}

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
        : INSTEAD
    }`,
    detail: { device, found: wrong[0]?.failure ?? null },
  }
}

const INSTEAD =
  'The studio computes on the processor instead, with TensorFlow.js. Everything works; larger models take longer.'

const SOFTWARE_ONLY: Failure = {
  code: 'missing_device',
  message: 'No graphics processor that this browser can compute with was found.',
  hint: INSTEAD,
}
