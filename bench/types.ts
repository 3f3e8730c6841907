import type { Rates } from '../src/gpu/slicer.ts'

export const SUITES = ['matmul', 'attention', 'head', 'step', 'decode'] as const
export type SuiteName = (typeof SUITES)[number]

export interface BenchOptions {
  /** Suites to run; default all. */
  only?: SuiteName[] | undefined
  /** All sizes, however long they take on this adapter. */
  full?: boolean | undefined
}

/** One measured thing. */
export interface BenchRow {
  suite: SuiteName
  name: string
  /** Median seconds of one execution. */
  seconds: number
  /** Of the fastest sample. */
  fastest: number
  samples: number
  /** Share of the median by which the slowest sample exceeds the fastest. */
  spread: number
  /** timestamp: GPU time; wall: from the first submit to the last completion, over the executions in between. */
  clock: 'timestamp' | 'wall'
  /** Work that the operation needs, whatever the kernel really does. */
  flops: number
  /** Bytes that have to move if every operand is read or written once. */
  bytes: number
  /** Of the adapter's measured f32 FMA peak. */
  peakFraction: number
  /** Of the adapter's measured bandwidth. */
  bandwidthFraction: number
  /** Whatever else is worth saying: variant, tokens/s, dispatches. */
  detail: Record<string, number | string | Record<string, number>>
}

/** A figure made from several rows. */
export interface BenchFigure {
  name: string
  value: number
  unit: string
  note?: string
}

/** One of several implementations of the same work; ours comes first. */
export interface Compared {
  what: string
  /** With its version. */
  peer: string
  /** Adapter or processor, threads. */
  where: string
  /** Median seconds of one execution; null where it was not measured. */
  seconds: number | null
  rate: number | null
  unit: 'tokens/s' | 'GFLOP/s'
  /** What was checked, or why it was not measured. */
  note: string
}

export interface BenchEnvironment {
  date: string
  commit: string
  /** Chromium with its version, or Node with that of the webgpu package. */
  runtime: string
  host: string
  /** One-minute load average over the number of cores when the bench began: above 1 figures are too low. */
  load: number | null
  /** Where the system tells it. */
  driver: string | null
}

export interface BenchReport {
  version: 1
  environment: BenchEnvironment
  adapter: string
  software: boolean
  features: string[]
  limits: Record<string, number>
  /** Measured, not quoted. */
  peak: Rates
  full: boolean
  seconds: number
  rows: BenchRow[]
  figures: BenchFigure[]
  compared: Compared[]
  /** What was not measured, and why. */
  skipped: { name: string; why: string }[]
}

/** A report before the host has said where it was made. */
export type BenchResult = Omit<BenchReport, 'environment'>
