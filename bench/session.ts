import type { Dims, Kernel } from '../src/gpu/kernel.ts'
import type { GpuContext } from '../src/gpu/program.ts'
import type { Rates } from '../src/gpu/slicer.ts'
import { Tape } from '../src/gpu/tape.ts'
import { tune } from '../src/gpu/tune.ts'
import { Timer, type Timing } from './timer.ts'
import type { BenchFigure, BenchRow, Compared, SuiteName } from './types.ts'

/** Kernels on software adapters reach about this share of the peak: what is needed to foresee how long something takes. */
const FORESEEN = { software: 0.15, hardware: 0.4 }

/** Seconds of a whole bench without --full. */
const LONGEST = 290

export interface Work {
  flops: number
  bytes: number
}

/** What suites share: the device, its measured peak, the clock, the time that is left, and the rows found so far. */
export class Bench {
  readonly context: GpuContext
  readonly peak: Rates
  readonly full: boolean
  readonly timer: Timer
  readonly rows: BenchRow[] = []
  readonly figures: BenchFigure[] = []
  readonly compared: Compared[] = []
  readonly skipped: { name: string; why: string }[] = []
  readonly #tell: (text: string) => void
  readonly #began = performance.now()
  /** Of the peak, as the last row of a kind reached it. */
  readonly #shares = new Map<string, number>()
  #deadline = Number.POSITIVE_INFINITY

  constructor(context: GpuContext, peak: Rates, full: boolean, tell: (text: string) => void) {
    this.context = context
    this.peak = peak
    this.full = full
    this.#tell = tell
    this.timer = new Timer(context, peak, { sample: 0.03, samples: 9 })
  }

  get software(): boolean {
    return this.context.gpu.software
  }

  /** Where WebGPU work runs. */
  get adapter(): string {
    return `WebGPU on ${this.context.gpu.description}`
  }

  /** Gives a suite its seconds, no more than the whole has left. */
  begin(seconds: number): void {
    this.#deadline = this.full
      ? Number.POSITIVE_INFINITY
      : Math.min(performance.now() + seconds * 1000, this.#began + LONGEST * 1000)
  }

  get left(): number {
    return Math.max(0, (this.#deadline - performance.now()) / 1000)
  }

  /** Whether `runs` executions of a kind of work fit into what is left; notes what does not. */
  affords(kind: string, name: string, flops: number, runs: number): boolean {
    const share = this.#shares.get(kind) ?? (this.software ? FORESEEN.software : FORESEEN.hardware)
    const seconds = (flops * runs) / (this.peak.flops * share)
    if (seconds <= this.left) return true
    this.skip(
      name,
      seconds > 10
        ? `takes about ${seconds.toPrecision(1)} s here; --full runs it`
        : 'no time was left; --full runs it',
    )
    return false
  }

  /** Whether this adapter has what a kernel needs. */
  runs(kernel: Kernel): boolean {
    const { features, limits } = this.context.gpu
    if (kernel.hardwareOnly && this.software) return false
    const fits = kernel.workgroup <= limits.maxComputeInvocationsPerWorkgroup
    return fits && (kernel.requires ?? []).every((feature) => features.has(feature))
  }

  /** Writes operations down with the variants that are quickest here, as the engine chooses them at load. */
  async tuned<T>(live: Dims, write: (tape: Tape) => T): Promise<{ tape: Tape; made: T }> {
    const draft = new Tape({}, live)
    write(draft)
    const choices = await tune(this.context, draft.asked, {}, live, undefined, {
      budget: Math.min(10, this.left / 3),
    })
    const tape = new Tape(choices, live)
    return { tape, made: write(tape) }
  }

  skip(name: string, why: string): void {
    this.skipped.push({ name, why })
    this.#tell(`${name}: skipped, ${why}`)
  }

  note(text: string): void {
    this.#tell(text)
  }

  row(
    suite: SuiteName,
    name: string,
    work: Work,
    timing: Timing,
    detail: BenchRow['detail'] = {},
    kind: string = suite,
  ): BenchRow {
    const row: BenchRow = {
      suite,
      name,
      ...timing,
      ...work,
      ...this.shares(work, timing.seconds),
      detail,
    }
    this.rows.push(row)
    this.#shares.set(kind, row.peakFraction)
    this.#tell(
      `${suite}  ${name}  ${(timing.seconds * 1e3).toPrecision(4)} ms  ${(work.flops / timing.seconds / 1e9).toPrecision(4)} GFLOP/s`,
    )
    return row
  }

  shares(work: Work, seconds: number): Pick<BenchRow, 'peakFraction' | 'bandwidthFraction'> {
    return {
      peakFraction: work.flops / seconds / this.peak.flops,
      bandwidthFraction: work.bytes / seconds / this.peak.bandwidth,
    }
  }

  figure(name: string, value: number, unit: string, note?: string): void {
    this.figures.push({ name, value, unit, ...(note ? { note } : {}) })
    this.#tell(`${name}: ${value.toPrecision(4)} ${unit}`)
  }
}
