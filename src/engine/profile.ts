import type { Dims, Kernel } from '../gpu/kernel.ts'
import { sizeOf } from '../gpu/kernel.ts'
import type { GpuContext } from '../gpu/program.ts'
import { KernelTimer } from '../gpu/timing.ts'
import type { KernelRow } from '../protocol/gpu-report.ts'
import { checkPlan, textsOf } from './check/check-plan.ts'
import type { EnginePlan } from './plan.ts'

/** Seconds that a timing takes at least. */
const ENOUGH_SECONDS = 0.004
/** Sizes above these change no rate, but cost time and memory; a processor that stands in for a GPU has other patience. */
const LARGEST: Dims = { tokens: 1024, supervised: 256, sequences: 4 }
const LARGEST_SOFTWARE: Dims = { tokens: 32, supervised: 16, sequences: 1 }
const LARGEST_SCRATCH = 2 ** 29

export interface ProfileOptions {
  signal?: AbortSignal | undefined
  onProgress?: (share: number, name: string) => void
}

/**
 * Every kernel of a plan's training step: held against its reference, and timed by itself.
 * @returns rows by name, the costliest first, and the tokens that they were timed at
 */
export async function profileKernels(
  context: GpuContext,
  plan: EnginePlan,
  { signal, onProgress = () => {} }: ProfileOptions = {},
): Promise<{ tokens: number; rows: KernelRow[]; wrong: Record<string, string> }> {
  const check = await checkPlan(context, plan, {
    signal,
    onProgress: (share, name) => onProgress(share / 2, name),
  })
  const right = new Set(check.right)
  const textOf = new Map([...textsOf(plan, false)].map(([text, kernel]) => [kernel, text]))
  const failed = new Set(check.operations.filter(({ failure }) => failure !== null).map(({ name }) => name))
  const dims = within(plan.tapes.train!.capacity, context.gpu.software ? LARGEST_SOFTWARE : LARGEST)
  const dispatches = [plan.tapes.train!, plan.tapes.optimizer!].flatMap(({ tape }) => tape.dispatches)
  const counts = new Map<Kernel, number>()
  for (const { kernel } of dispatches) counts.set(kernel, (counts.get(kernel) ?? 0) + 1)
  const timer = new KernelTimer(context)
  const rows = new Map<string, Sum>()
  try {
    let at = 0
    for (const [kernel, count] of counts) {
      signal?.throwIfAborted()
      if (context.gpu.failure) throw context.gpu.failure
      onProgress(0.5 + at++ / counts.size / 2, kernel.name)
      const row = rows.get(kernel.name) ?? { dispatches: 0, seconds: 0, flops: 0, bytes: 0, sure: 0, all: 0 }
      rows.set(kernel.name, row)
      row.dispatches += count
      row.all++
      if (right.has(textOf.get(kernel) ?? '')) row.sure++
      const cost = kernel.cost?.(dims) ?? { flops: 0, bytes: 0 }
      const one = await secondsOf(context, timer, kernel, dims)
      row.seconds = one === null || row.seconds === null ? null : row.seconds + count * one
      row.flops += count * cost.flops
      row.bytes += count * cost.bytes
    }
  } finally {
    timer.dispose()
  }
  const found = Array.from(rows, ([name, { dispatches, seconds, flops, bytes, sure, all }]): KernelRow => {
    const rate = (of: number) => (seconds && of > 0 ? of / seconds : null)
    const checked = sure === all ? 'right' : failed.size > 0 && sure === 0 ? 'wrong' : 'unchecked'
    return { name, dispatches, seconds, flops: rate(flops), bandwidth: rate(bytes), check: checked }
  })
  found.sort((a, b) => (b.seconds ?? 0) - (a.seconds ?? 0))
  return { tokens: dims.tokens, rows: found, wrong: check.wrong }
}

interface Sum {
  dispatches: number
  seconds: number | null
  flops: number
  bytes: number
  /** Kernels of this name that were found right, of all. */
  sure: number
  all: number
}

/** Seconds of one dispatch; null where it needs more memory than is worth taking. Long kernels are timed by their trial. */
async function secondsOf(
  context: GpuContext,
  timer: KernelTimer,
  kernel: Kernel,
  dims: Dims,
): Promise<number | null> {
  const trial = kernel.trial?.() ?? kernel
  let scratch = 0
  for (const { shape } of Object.values(trial.bindings)) {
    const bytes = sizeOf(shape, dims) * 4
    if (bytes > context.gpu.limits.maxStorageBufferBindingSize) return null
    scratch += bytes
  }
  if (scratch > LARGEST_SCRATCH) return null
  const seconds = await timer.time(trial, dims, ENOUGH_SECONDS)
  if (trial === kernel) return seconds
  const [whole, part] = [kernel.cost?.(dims), trial.cost?.(dims)]
  return whole && part && part.flops > 0 ? (seconds * whole.flops) / part.flops : null
}

const within = (dims: Dims, most: Dims): Dims => ({
  tokens: Math.min(dims.tokens, most.tokens),
  supervised: Math.min(dims.supervised, most.supervised),
  sequences: Math.min(dims.sequences, most.sequences),
})
