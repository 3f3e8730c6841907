import type { GpuCheck } from './gpu-check.ts'

/** All that is known of this machine's graphics adapter, to be read or put into a bug report. */
export interface GpuReport {
  /** Vendor, architecture, device, description and whatever else the browser tells, driver included. */
  adapter: Record<string, string>
  software: boolean
  /** WebGPU features that are used, and limits of the device. */
  features: string[]
  limits: Record<string, number>
  /** f32 multiply-adds counted as two, and bytes read and written, a second; null: not measured yet. */
  rates: { flops: number; bandwidth: number } | null
  /** The last check of every operation with this build. */
  check: GpuCheck | null
  /** Kernels that are not used here, as family and name, and why. */
  leftOut: Record<string, string>
  kernels: KernelReport | null
  /** Build of the studio, and browser. */
  build: string
  browser: string
}

/** The kernels that a training step of a model runs. */
export interface KernelReport {
  model: string
  /** Milliseconds since 1970. */
  at: number
  /** Tokens that they were timed at. */
  tokens: number
  rows: KernelRow[]
}

export interface KernelRow {
  /** operation.direction[.variant] */
  name: string
  /** In a step. */
  dispatches: number
  /** Of all of them; null where they were not timed: too large to be run alone. */
  seconds: number | null
  flops: number | null
  /** Bytes a second. */
  bandwidth: number | null
  /** Against its f64 reference; unchecked: no case of the check runs this very kernel. */
  check: 'right' | 'wrong' | 'unchecked'
}
