/** What a check of every operation on this machine's adapter found. */
export interface GpuCheck {
  /** Adapter and driver. */
  device: string
  /** Milliseconds since 1970. */
  at: number
  seconds: number
  /** Whether every operation gives what it should, with at least one of its kernels. */
  passed: boolean
  operations: OperationCheck[]
  /** Kernels that compute wrongly here, as family and variant: never chosen on this adapter. */
  wrong: string[]
  /** f32 multiply-adds counted as two, and bytes read and written, a second. */
  rates: { flops: number; bandwidth: number }
}

export interface OperationCheck {
  name: string
  /** Runs that were compared with f64 references: cases, by kernels that can be chosen here. */
  runs: number
  /** Largest error as a share of what is allowed, over all runs with kernels that are used. */
  worst: number
  /** What is wrong, where nothing that can be chosen is right. */
  failure: string | null
}
