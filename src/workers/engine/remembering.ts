import type { Gpu } from '../../gpu/device.ts'
import type { Room } from '../../gpu/room.ts'
import type { GpuCheck } from '../../protocol/gpu-check.ts'
import type { MeasuredSpeed } from '../../protocol/studio.ts'
import type { Database, DeviceTuning } from '../../storage/database.ts'

/** Key of the table of speeds among the devices. */
const SPEEDS = 'speeds'
const MOST_SPEEDS = 12

/** Browsers do not tell which driver there is. */
const CHECK_LASTS_MS = 30 * 24 * 3600 * 1000

/** Other programs, which held the memory then, come and go: what did not go is tried again after a day. */
const SHORT_LASTS_MS = 24 * 3600 * 1000

/** Names of built files hold hashes of what is in them and in what they load: another one is another build. */
const BUILD = import.meta.url.split('/').at(-1)!

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

  async speeds(): Promise<MeasuredSpeed[]> {
    return (await (await this.#database()).get('devices', SPEEDS))?.speeds ?? []
  }

  /** Remembers how quickly a run went. */
  async noteSpeed(speed: MeasuredSpeed): Promise<void> {
    const same = (s: MeasuredSpeed) =>
      s.engine === speed.engine && s.backend === speed.backend && s.model === speed.model
    const others = (await this.speeds()).filter((s) => !same(s))
    const speeds = [speed, ...others].slice(0, MOST_SPEEDS)
    await (await this.#database()).put('devices', { device: SPEEDS, choices: {}, speeds })
  }

  async tuning(gpu: Gpu, defaultLimits: boolean): Promise<DeviceTuning | undefined> {
    return (await this.#database()).get('devices', deviceKey(gpu, defaultLimits))
  }

  async note(gpu: Gpu, defaultLimits: boolean, more: Partial<DeviceTuning>): Promise<void> {
    const device = deviceKey(gpu, defaultLimits)
    const database = await this.#database()
    const before = await database.get('devices', device)
    await database.put('devices', { choices: {}, ...before, ...more, device })
  }

  /** What is known of the adapter's memory; null: nothing that would still hold. */
  async room(gpu: Gpu, defaultLimits: boolean): Promise<Room | null> {
    const known = (await this.tuning(gpu, defaultLimits))?.room
    if (!known) return null
    const since = (at: number) => Date.now() - at
    return {
      fits: since(known.fitsAt) < CHECK_LASTS_MS ? known.fits : 0,
      short: since(known.shortAt) < SHORT_LASTS_MS ? known.short : null,
    }
  }

  /** What is known already keeps the time at which it was found. */
  async noteRoom(gpu: Gpu, defaultLimits: boolean, { fits, short }: Room): Promise<void> {
    const before = (await this.tuning(gpu, defaultLimits))?.room
    if (!before && fits === 0 && short === null) return
    const now = Date.now()
    const fitsAt = before?.fits === fits ? before.fitsAt : now
    const shortAt = before?.short === short ? before.shortAt : now
    await this.note(gpu, defaultLimits, { room: { fits, fitsAt, short, shortAt } })
  }

  /** By this build in this browser, and not so long ago that the driver is likely another one. */
  async findings(gpu: Gpu, defaultLimits: boolean): Promise<Findings> {
    const { made, choices = {}, leftOut = {}, right = [] } = (await this.tuning(gpu, defaultLimits)) ?? {}
    const stands = made?.by === MADE_BY && Date.now() - made.at < CHECK_LASTS_MS
    return stands ? { choices, leftOut, right } : { choices: {}, leftOut: {}, right: [] }
  }

  /** Adds to what was found; `fresh`: in place of it. */
  async noteFindings(
    gpu: Gpu,
    defaultLimits: boolean,
    more: Partial<Findings>,
    fresh = false,
  ): Promise<void> {
    const before = await this.findings(gpu, defaultLimits)
    const made = (await this.tuning(gpu, defaultLimits))?.made
    const at = !fresh && made?.by === MADE_BY && Date.now() - made.at < CHECK_LASTS_MS ? made.at : Date.now()
    await this.note(gpu, defaultLimits, {
      choices: { ...before.choices, ...more.choices },
      leftOut: fresh ? { ...more.leftOut } : { ...before.leftOut, ...more.leftOut },
      right: fresh ? [...(more.right ?? [])] : [...new Set([...before.right, ...(more.right ?? [])])],
      made: { by: MADE_BY, at },
    })
  }

  /** Of this adapter, with this build's kernels, and not so long ago that the driver is likely another one. */
  async lastCheck(gpu: Gpu): Promise<GpuCheck | null> {
    const check = (await this.tuning(gpu, false))?.check
    return check?.build === BUILD && Date.now() - check.at < CHECK_LASTS_MS ? check : null
  }

  async noteCheck(gpu: Gpu, check: GpuCheck): Promise<void> {
    await this.note(gpu, false, { check: { ...check, build: BUILD }, portableWebgpu: undefined })
  }

  /** A check of every operation: what was left out before is judged anew. */
  async noteFullCheck(gpu: Gpu, check: GpuCheck): Promise<void> {
    await this.noteCheck(gpu, check)
    const leftOut = Object.fromEntries(check.wrong.map((name) => [name, FOUND_WRONG]))
    for (const defaultLimits of [false, true]) await this.noteFindings(gpu, defaultLimits, { leftOut }, true)
  }
}

const FOUND_WRONG = 'the check of every operation found it wrong'

const deviceKey = (gpu: Gpu, defaultLimits: boolean) =>
  `${gpu.description}${defaultLimits ? ' (default limits)' : ''}`
