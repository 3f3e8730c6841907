/** A slice that the device has finished. Milliseconds by the host's clock, rounded as the browser likes. */
export interface Finished {
  sent: number
  /** When that was noticed. */
  at: number
  /** Seconds by kernel, at the adapter's rates. */
  nominal: ReadonlyMap<string, number>
}

/** Slices that were noticed to be done at one time, and from when on they were under way at the earliest. */
interface Moment {
  at: number
  from: number
  slices: Finished[]
}

/** Kernels reach half of what an adapter sustains, until more is known. */
const FIRST_FACTOR = 2
/** No kernel is this much quicker than the measured rates allow, or slower. */
const LEAST_FACTOR = 0.25
const MOST_FACTOR = 200
/** One observation changes an estimate so many times at most, and by this share of the way. */
const STEP = 4
const WEIGHT = 0.6
/** Milliseconds: shorter stretches say nothing. */
const ENOUGH_MS = 15
/** Of what a clock can tell apart. */
const ENOUGH_TICKS = 8
/** Of what completion is polled at: it is not known how far the slice has got that is under way then. */
const ENOUGH_POLLS = 2
/** Readings closer than this are of one moment. */
const SAME_MS = 0.5
const MOST_GROWTH = 8

/**
 * How many seconds each kernel takes for one at the adapter's rates, from when slices were seen to be done. Only saturated
 * stretches count: from one moment at which something was noticed to be done to a later one, while at each of those something
 * queued before was not done yet. Then the device worked all the time, however late and roughly that is seen: a poll that finds
 * everything done says only that it took no longer.
 */
export class Learning {
  /** How much more has to be queued than was thought, where the device was found idle. */
  growth = 1
  /** Whether a saturated stretch has been seen: until then nothing is known but rates. */
  taught = false
  readonly #factors = new Map<string, number>()
  #overall = FIRST_FACTOR
  /** Milliseconds between polls; 0: completion is noticed at once. */
  readonly #poll: number
  /** The least difference of two readings: what the clock can tell apart. */
  #ticks = Number.POSITIVE_INFINITY
  #read = Number.NaN
  /** What was noticed at the last moment that something was. */
  #moment: Moment | null = null
  /** The saturated stretch up to that moment's beginning. */
  #stretch: { from: number; nominal: Map<string, number> } | null = null

  /** @param latency seconds between polls for completion; 0 where there are none */
  constructor(latency: number) {
    this.#poll = latency * 1000
  }

  factor(kernel: string): number {
    return this.#factors.get(kernel) ?? this.#overall
  }

  /** A reading of the clock. */
  tick(now: number): void {
    const step = now - this.#read
    if (step > 0) this.#ticks = Math.min(this.#ticks, step)
    this.#read = now
  }

  done(slice: Finished): void {
    this.tick(slice.at)
    const moment = this.#moment
    if (moment && slice.at - moment.at < SAME_MS) {
      moment.slices.push(slice)
      return
    }
    if (moment) this.#close(moment, slice.sent < moment.at)
    this.#moment = { at: slice.at, from: Math.max(slice.sent, moment?.at ?? slice.sent), slices: [slice] }
  }

  /** @param busy whether something was still under way at that moment */
  #close({ at, from, slices }: Moment, busy: boolean): void {
    const stretch = this.#stretch
    if (!busy) {
      this.#stretch = null
      this.#idle(slices, at - from)
      return
    }
    if (!stretch) {
      this.#stretch = { from: at, nominal: new Map() }
      return
    }
    for (const { nominal } of slices) addTo(stretch.nominal, nominal)
    const ms = at - stretch.from
    if (ms < Math.max(ENOUGH_MS, ENOUGH_TICKS * this.#ticks, ENOUGH_POLLS * this.#poll)) return
    this.#learn(stretch.nominal, ms / 1000)
    this.taught = true
    this.growth = 1 + (this.growth - 1) / 2
    this.#stretch = { from: at, nominal: new Map() }
  }

  /** All was done when it was looked for. */
  #idle(slices: readonly Finished[], ms: number): void {
    if (this.#poll > 0) this.growth = Math.min(MOST_GROWTH, 1.5 * this.growth)
    const nominal = new Map<string, number>()
    for (const slice of slices) addTo(nominal, slice.nominal)
    const most = (ms + this.#known()) / 1000
    if (this.#predicted(nominal) > most) this.#learn(nominal, most)
  }

  /** A clock that has not moved yet may be off by anything. */
  #known(): number {
    return Number.isFinite(this.#ticks) ? this.#ticks : 100
  }

  #predicted(nominal: ReadonlyMap<string, number>): number {
    let sum = 0
    for (const [kernel, seconds] of nominal) sum += seconds * this.factor(kernel)
    return sum
  }

  /** Normalised least mean squares on logarithms: who had the larger share is corrected more. */
  #learn(nominal: ReadonlyMap<string, number>, seconds: number): void {
    const predicted = this.#predicted(nominal)
    if (!(predicted > 0 && seconds > 0)) return
    const off = Math.log(clamp(seconds / predicted, 1 / STEP, STEP))
    const share = (kernel: string, nominally: number) => (nominally * this.factor(kernel)) / predicted
    let squares = 0
    for (const [kernel, nominally] of nominal) squares += share(kernel, nominally) ** 2
    const factors = [...nominal].map(([kernel, nominally]): [string, number] => {
      const change = Math.exp(WEIGHT * off * Math.min(1, share(kernel, nominally) / squares))
      return [kernel, clamp(this.factor(kernel) * change, LEAST_FACTOR, MOST_FACTOR)]
    })
    for (const [kernel, factor] of factors) this.#factors.set(kernel, factor)
    this.#overall = clamp(this.#overall * Math.exp(0.3 * off), LEAST_FACTOR, MOST_FACTOR)
  }
}

function addTo(sum: Map<string, number>, more: ReadonlyMap<string, number>): void {
  for (const [kernel, seconds] of more) sum.set(kernel, (sum.get(kernel) ?? 0) + seconds)
}

const clamp = (x: number, least: number, most: number) => Math.min(Math.max(x, least), most)
