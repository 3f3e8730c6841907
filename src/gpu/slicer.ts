import type { Dims, Kernel } from './kernel.ts'
import { Learning } from './learning.ts'

/** Sustained rates of an adapter, for estimates only; they never change a number that is computed. */
export interface Rates {
  /** FLOP/s. */
  flops: number
  /** Bytes/s. */
  bandwidth: number
}

export interface SlicerOptions {
  /** Seconds of work in one submit. */
  target?: number
  /** Seconds until finished work is noticed, see `noticeSeconds`. */
  latency?: number
  /** Milliseconds; browsers round them, some to 100. */
  now?: () => number
}

/** A dispatch, in units of what it may be cut into. */
export interface Work {
  kernel: Kernel
  live: Dims
  /** Rows of workgroups. */
  rows: number
  /** Steps of each, see `Kernel.steps`. */
  steps: number
}

/** How far a dispatch has got: rows before `row` are done, and of the `block` rows from there on the steps before `step`. */
export interface Position {
  row: number
  step: number
  block: number
}

/** What goes out next of a dispatch. */
export interface Part {
  rows: number
  steps: number
}

/** Workgroups of a dispatch along one dimension. */
export const LARGEST_DISPATCH = 65_535
const OVERHEAD_SECONDS = 10e-6
/** Rows of workgroups are cut in multiples of this many where that fits, so that a GPU has something to spread. */
const ROW_GRAIN = 8
/** Slices under way at least. */
const IN_FLIGHT = 3
/** A browser that notices finished work later than this looks for it now and then: Firefox every 100 ms. */
const PROMPT_SECONDS = 0.02
/** Work queued where completion is polled, in intervals: slices of long steps, and whole short steps. */
const SLICES_AHEAD = 1.3
const STEPS_AHEAD = 1.1
const MOST_STEPS = 64
/** Slices' worth of work that may lie queued before another program is: whole programs shorter than a slice wait for nothing else. */
const MOST_SLICES = 8
/**
 * So many times that of short steps, until it is known how long they take: too much is only queued early, while each time that the
 * device is found idle has cost an interval.
 */
const UNTAUGHT = 4

/**
 * Cuts work into submits of about `target` seconds, so that the screen stays alive and no watchdog bites. Estimates come from each
 * kernel's cost at the adapter's rates, corrected by what saturated stretches of time really brought (`Learning`). The host waits
 * only once enough is queued to keep the device at work until it is next noticed that something is done.
 */
export class Slicer {
  readonly target: number
  readonly #rates: Rates
  readonly #latency: number
  readonly #learning: Learning
  readonly #now: () => number
  /** Nominal seconds of the present slice by kernel, and their estimate. */
  #nominal = new Map<string, number>()
  #estimate = 0
  #step = 0
  #lastStep = 0
  readonly #pending: { estimate: number; done: Promise<void> }[] = []

  constructor(rates: Rates, options: SlicerOptions = {}) {
    this.#rates = rates
    this.target = options.target ?? 0.03
    this.#latency = options.latency ?? 0
    this.#now = options.now ?? (() => performance.now())
    this.#learning = new Learning(this.#latency > PROMPT_SECONDS ? this.#latency : 0)
  }

  /** What of the work from `at` on may go into the present slice; null closes it. Nothing is noted until it is taken. */
  admit(work: Work, at: Position): Part | null {
    const { rows, steps } = work
    const unit = this.#seconds(work) / (rows * steps)
    const room = this.target - this.#estimate
    const left = at.step > 0 ? at.block : Math.min(rows - at.row, LARGEST_DISPATCH)
    const stepsLeft = steps - at.step
    if (unit * left * stepsLeft <= room) return { rows: left, steps: stepsLeft }
    // An empty slice always takes something, however slow that is.
    const empty = this.#estimate === 0
    if (steps === 1) {
      const fitting = Math.floor(room / unit)
      if (fitting < ROW_GRAIN && !empty) return null
      const whole = fitting - (fitting % ROW_GRAIN)
      return { rows: Math.min(left, Math.max(1, whole || fitting)), steps: 1 }
    }
    // As many rows at a time as leave something to cut: one step of them takes a fraction of a slice.
    const block = at.step > 0 ? left : Math.min(left, Math.max(1, Math.floor(this.target / 4 / unit)))
    const fitting = Math.floor(room / (unit * block))
    if (fitting < 1 && !empty) return null
    return { rows: block, steps: Math.min(stepsLeft, Math.max(1, fitting)) }
  }

  /** Notes that a part is in the present slice. */
  take(work: Work, { rows, steps }: Part): void {
    const nominal = (this.#nominalSeconds(work) * rows * steps) / (work.rows * work.steps)
    const { name } = work.kernel
    this.#nominal.set(name, (this.#nominal.get(name) ?? 0) + nominal)
    this.#estimate += nominal * this.#learning.factor(name)
  }

  /** Notes that the slice went out. Returns a promise to wait for where enough is under way. */
  submitted(device: GPUDevice): Promise<void> | null {
    const [estimate, nominal] = [this.#estimate, this.#nominal]
    this.#step += estimate
    this.#estimate = 0
    this.#nominal = new Map()
    const sent = this.#now()
    this.#learning.tick(sent)
    const done = device.queue.onSubmittedWorkDone().then(() => {
      this.#pending.shift()
      this.#learning.done({ sent, nominal, at: this.#now() })
    })
    // What breaks it off is met where figures are read; most of these nobody waits for.
    done.catch(() => {})
    this.#pending.push({ estimate, done })
    if (this.#pending.length <= IN_FLIGHT || this.#queued <= this.#ahead(SLICES_AHEAD)) return null
    return this.#pending[0]!.done
  }

  /**
   * Settles once another program may be queued; null: at once. Micro-batches that are shorter than a slice are summed by the thousand:
   * all of them queued, whoever stops the run or wants the device meanwhile would wait for minutes.
   */
  room(): Promise<void> | null {
    const most = Math.max(MOST_SLICES * this.target, 2 * this.#ahead(STEPS_AHEAD) + this.#lastStep)
    return this.#pending.length > IN_FLIGHT && this.#queued > most ? this.#pending[0]!.done : null
  }

  /** Notes that all of a step was queued. */
  endStep(): void {
    this.#lastStep = this.#step
    this.#step = 0
  }

  /**
   * Steps worth queueing before the first one's figures are waited for: two, so that the device never waits for the host; where
   * completion is polled, as many as fill an interval.
   */
  get stepsInFlight(): number {
    const wanted = Math.ceil(this.#ahead(STEPS_AHEAD) / Math.max(this.#lastStep, OVERHEAD_SECONDS))
    return this.#lastStep === 0 ? 2 : Math.max(2, Math.min(MOST_STEPS, wanted))
  }

  #ahead(intervals: number): number {
    if (this.#latency <= PROMPT_SECONDS) return 0
    const { growth, taught } = this.#learning
    const short = this.#lastStep > 0 && this.#lastStep < this.#latency
    return intervals * this.#latency * (short && !taught ? Math.max(UNTAUGHT, growth) : growth)
  }

  /** Seconds, by estimate. */
  get #queued(): number {
    return this.#pending.reduce((sum, { estimate }) => sum + estimate, 0)
  }

  #seconds(work: Work): number {
    return this.#nominalSeconds(work) * this.#learning.factor(work.kernel.name)
  }

  /** At the adapter's rates. */
  #nominalSeconds({ kernel, live }: Work): number {
    const cost = kernel.cost?.(live)
    if (!cost) return OVERHEAD_SECONDS
    return Math.max(cost.flops / this.#rates.flops, cost.bytes / this.#rates.bandwidth) + OVERHEAD_SECONDS
  }
}

/** Seconds from the end of some work to when it is noticed, at most: 100 ms where a browser polls, else next to nothing. */
export async function noticeSeconds(device: GPUDevice, now = () => performance.now()): Promise<number> {
  const seconds: number[] = []
  // The first may begin anywhere in an interval, the others begin with one.
  for (let i = 0; i < 3; i++) {
    const begun = now()
    device.queue.submit([device.createCommandEncoder().finish()])
    await device.queue.onSubmittedWorkDone()
    seconds.push((now() - begun) / 1000)
  }
  return seconds.sort((a, b) => a - b)[1]!
}
