import type { Cost, Dims, Kernel } from './kernel.ts'

/** Sustained rates of an adapter, for estimates only; they never change a number that is computed. */
export interface Rates {
  /** FLOP/s. */
  flops: number
  /** Bytes/s. */
  bandwidth: number
}

const OVERHEAD_SECONDS = 10e-6
const LARGEST_DISPATCH = 65_535
/** Slice origins are multiples of this many workgroup rows, so that few different ones exist. */
const ROW_GRAIN = 8

/**
 * Cuts work into submits of about `target` seconds, so that the screen stays alive and no watchdog bites. Estimates
 * come from each kernel's cost at the adapter's rates, corrected by what finished slices really took.
 */
export class Slicer {
  readonly #rates: Rates
  readonly #target: number
  readonly #inFlight: number
  /** Real seconds for each estimated one. */
  #factor = 1
  #estimate = 0
  readonly #pending: { estimate: number; done: Promise<void> }[] = []
  #lastDone = 0

  constructor(rates: Rates, target = 0.03, inFlight = 3) {
    this.#rates = rates
    this.#target = target
    this.#inFlight = inFlight
  }

  /** How many of the workgroup rows from `row` on may go into the present slice; 0 closes it. */
  admit(kernel: Kernel, live: Dims, rows: number, row: number): number {
    const whole = this.#seconds(kernel.cost?.(live))
    const left = rows - row
    const perRow = whole / rows
    const room = this.#target - this.#estimate
    let admitted = Math.min(left, LARGEST_DISPATCH)
    if (perRow * left > room) {
      const fitting = Math.floor(room / perRow / ROW_GRAIN) * ROW_GRAIN
      // An empty slice always takes something, however slow its rows are.
      if (fitting >= ROW_GRAIN) admitted = Math.min(admitted, fitting)
      else if (this.#estimate > 0) return 0
      else admitted = Math.min(admitted, ROW_GRAIN)
    }
    this.#estimate += perRow * admitted
    return admitted
  }

  /** Notes that the slice went out. Returns a promise to wait for where enough slices are under way. */
  submitted(device: GPUDevice): Promise<void> | null {
    const estimate = this.#estimate
    this.#estimate = 0
    const sent = performance.now()
    const done = device.queue.onSubmittedWorkDone().then(() => {
      const now = performance.now()
      const seconds = (now - Math.max(sent, this.#lastDone)) / 1000
      this.#lastDone = now
      this.#pending.shift()
      if (estimate > this.#target / 4) this.#learn(seconds / (estimate / this.#factor))
    })
    this.#pending.push({ estimate, done })
    return this.#pending.length > this.#inFlight ? this.#pending[0]!.done : null
  }

  #seconds(cost: Cost | undefined): number {
    if (!cost) return OVERHEAD_SECONDS * this.#factor
    const ideal = Math.max(cost.flops / this.#rates.flops, cost.bytes / this.#rates.bandwidth)
    return (ideal + OVERHEAD_SECONDS) * this.#factor
  }

  #learn(observed: number): void {
    if (!(observed > 0) || !Number.isFinite(observed)) return
    const bounded = Math.min(Math.max(observed, this.#factor / 4), this.#factor * 4)
    this.#factor = 0.7 * this.#factor + 0.3 * bounded
  }
}
