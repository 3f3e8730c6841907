import type { Gpu } from '../../gpu/device.ts'
import { NOTHING_TRIED, type Room } from '../../gpu/room.ts'
import { toFailure } from '../../protocol/errors.ts'
import type { GpuCheck } from '../../protocol/gpu-check.ts'
import type { KernelReport } from '../../protocol/gpu-report.ts'
import type { MeasuredSpeed, RunTiming } from '../../protocol/studio.ts'
import type { Database, DeviceTuning } from '../../storage/database.ts'

/** Key of the table of speeds among the devices. */
const SPEEDS = 'speeds'
const MOST_SPEEDS = 12

/** Browsers do not tell which driver there is. */
const CHECK_LASTS_MS = 30 * 24 * 3600 * 1000

/** Other programs, which held the memory then, come and go: what did not go is tried again after a day. */
const SHORT_LASTS_MS = 24 * 3600 * 1000

/** Names of built files hold hashes of what is in them and in what they load: another one is another build. */
export const BUILD = import.meta.url.split('/').at(-1)!

/** Another browser, or another one of it, compiles otherwise. */
const MADE_BY = `${BUILD} ${(globalThis.navigator as Navigator | undefined)?.userAgent ?? ''}`

/** What was found out about kernels on an adapter. */
export interface Findings {
  /** Chosen by measurement, by key. */
  choices: Record<string, string>
  /** Not fit here, as family and name, and why. */
  leftOut: Record<string, string>
  /** Digests of texts that were found right. */
  right: string[]
}

/** What is known of this machine's devices from before: speeds, what was tuned, what was checked. */
export class DeviceMemory {
  readonly #database: () => Promise<Database>

  constructor(database: () => Promise<Database>) {
    this.#database = database
  }

  /** Null where nothing can be stored: a device computes all the same, and is found out anew each time. */
  async #store(): Promise<Database | null> {
    try {
      return await this.#database()
    } catch (error) {
      if (toFailure(error).code === 'storage_blocked') return null
      throw error
    }
  }

  async speeds(): Promise<MeasuredSpeed[]> {
    return (await (await this.#store())?.get('devices', SPEEDS))?.speeds ?? []
  }

  /** Remembers how quickly a run went. */
  async noteSpeed(speed: MeasuredSpeed): Promise<void> {
    const same = (s: MeasuredSpeed) =>
      s.engine === speed.engine && s.backend === speed.backend && s.model === speed.model
    const known = await this.speeds()
    const others = known.filter((s) => !same(s))
    const timing = withTimesBefore(speed.timing, known.find(same)?.timing)
    const speeds = [{ ...speed, ...(timing && { timing }) }, ...others].slice(0, MOST_SPEEDS)
    await (await this.#store())?.put('devices', { device: SPEEDS, choices: {}, speeds })
  }

  async tuning(gpu: Gpu, defaultLimits: boolean): Promise<DeviceTuning | undefined> {
    return (await this.#store())?.get('devices', deviceKey(gpu, defaultLimits))
  }

  async note(gpu: Gpu, defaultLimits: boolean, more: Partial<DeviceTuning>): Promise<void> {
    const device = deviceKey(gpu, defaultLimits)
    const database = await this.#store()
    const before = await database?.get('devices', device)
    await database?.put('devices', { choices: {}, ...before, ...more, device })
  }

  /** What is known already keeps the time at which it was found. */
  async noteRoom(gpu: Gpu, defaultLimits: boolean, { fits, short }: Room): Promise<void> {
    const before = (await this.tuning(gpu, defaultLimits))?.room
    const now = Date.now()
    const fitsAt = before?.fits === fits ? before.fitsAt : now
    const shortAt = before?.short === short ? before.shortAt : now
    await this.note(gpu, defaultLimits, { room: { fits, fitsAt, short, shortAt } })
  }

  async findings(gpu: Gpu, defaultLimits: boolean): Promise<Findings> {
    return standing(await this.tuning(gpu, defaultLimits))
  }

  /** Adds to what was found; `fresh`: what was left out and what is right are judged anew. */
  async noteFindings(
    gpu: Gpu,
    defaultLimits: boolean,
    { choices = {}, leftOut = {}, right = [] }: Partial<Findings>,
    fresh = false,
  ): Promise<void> {
    const device = deviceKey(gpu, defaultLimits)
    const database = await this.#store()
    const known = await database?.get('devices', device)
    const before = standing(known)
    await database?.put('devices', {
      ...known,
      device,
      choices: { ...before.choices, ...choices },
      leftOut: fresh ? leftOut : { ...before.leftOut, ...leftOut },
      right: fresh ? right : [...new Set([...before.right, ...right])],
      made: { by: MADE_BY, at: fresh || !stands(known) ? Date.now() : known!.made!.at },
    })
  }

  /** Of this adapter, with this build's kernels, and not so long ago that the driver is likely another one. */
  async lastCheck(gpu: Gpu): Promise<GpuCheck | null> {
    const check = (await this.tuning(gpu, false))?.check
    return check?.build === BUILD && Date.now() - check.at < CHECK_LASTS_MS ? check : null
  }

  /** The kernels that were measured last, by this build in this browser. */
  async kernels(gpu: Gpu): Promise<KernelReport | null> {
    const known = (await this.tuning(gpu, false))?.kernels
    if (known?.by !== MADE_BY) return null
    const { by: _, ...kernels } = known
    return kernels
  }

  async noteKernels(gpu: Gpu, kernels: KernelReport): Promise<void> {
    await this.note(gpu, false, { kernels: { ...kernels, by: MADE_BY } })
  }

  async noteCheck(gpu: Gpu, check: GpuCheck): Promise<void> {
    await this.note(gpu, false, { check: { ...check, build: BUILD }, portableWebgpu: undefined })
  }

  /** A check of every operation. `anew`: what was left out before and what is right are judged anew by it. */
  async noteFullCheck(gpu: Gpu, check: GpuCheck, anew: boolean): Promise<void> {
    await this.noteCheck(gpu, check)
    const leftOut = Object.fromEntries(check.wrong.map((name) => [name, FOUND_WRONG]))
    for (const defaultLimits of [false, true]) await this.noteFindings(gpu, defaultLimits, { leftOut }, anew)
  }
}

/** By this build in this browser, and not so long ago that the driver is likely another one. */
const stands = (known: DeviceTuning | undefined): boolean =>
  known?.made?.by === MADE_BY && Date.now() - known.made.at < CHECK_LASTS_MS

function standing(known: DeviceTuning | undefined): Findings {
  const { choices = {}, leftOut = {}, right = [] } = stands(known) ? known! : {}
  return { choices, leftOut, right }
}

const FOUND_WRONG = 'the check of every operation found it wrong'

/** Times of a run, and of the one before it for what it had none of: held-out rows, questions. A run too short to tell takes all of them. */
export function withTimesBefore(now?: RunTiming, before?: RunTiming): RunTiming | undefined {
  if (!now || !before) return now ?? before
  const { answer, answerLength, baseLength } = before
  return {
    ...now,
    ...(now.answer === 0 && { answer, ...(answerLength !== undefined && { answerLength, baseLength }) }),
    heldToken: now.heldToken || before.heldToken,
    save: now.save || before.save,
  } as RunTiming
}

/** What of the adapter's memory is known and still holds. */
export function roomOf(tuning: DeviceTuning | undefined): Room {
  const known = tuning?.room
  if (!known) return NOTHING_TRIED
  const since = (at: number) => Date.now() - at
  return {
    fits: since(known.fitsAt) < CHECK_LASTS_MS ? known.fits : 0,
    short: since(known.shortAt) < SHORT_LASTS_MS ? known.short : null,
  }
}

const deviceKey = (gpu: Gpu, defaultLimits: boolean) =>
  `${gpu.description}${defaultLimits ? ' (default limits)' : ''}`
