import type { Dims, Kernel } from './kernel.ts'
import type { GpuContext } from './program.ts'
import { kernelOf, type Variant } from './tape.ts'
import { KernelTimer } from './timing.ts'

/** A timing shorter than this says nothing. */
const ENOUGH_SECONDS = 0.004
/** A variant whose first dispatch takes so many times the best one's time is not measured further. */
const HOPELESS = 4

/**
 * Measures the variants that tapes asked to choose between, on this device at these sizes, and returns `known` with the
 * quickest of each added. What is known is never measured again: a run's numeric choices stay what they were.
 * @param budget seconds after which the rest keep their defaults
 */
export async function tune(
  context: GpuContext,
  asked: ReadonlyMap<string, Record<string, Variant>>,
  known: Readonly<Record<string, string>>,
  capacity: Dims,
  budget: number,
  signal?: AbortSignal,
): Promise<Record<string, string>> {
  const choices = { ...known }
  const timer = new KernelTimer(context)
  const begun = performance.now()
  try {
    for (const [key, variants] of asked) {
      if (key in choices) continue
      const names = Object.keys(variants)
      let best = Number.POSITIVE_INFINITY
      const candidates = names.filter((name) => runsOn(context, kernelOf(variants[name]!)))
      // Unmeasured, what is for hardware is the better guess where it runs at all.
      choices[key] = candidates.find((name) => kernelOf(variants[name]!).hardwareOnly) ?? names[0]!
      if (candidates.length <= 1) continue
      for (const name of candidates) {
        signal?.throwIfAborted()
        if (performance.now() - begun > budget * 1000) break
        const kernel = kernelOf(variants[name]!)
        const seconds = await timer.time(
          kernel.trial?.() ?? kernel,
          capacity,
          ENOUGH_SECONDS,
          best * HOPELESS,
        )
        if (!(seconds < best)) continue
        best = seconds
        choices[key] = name
      }
    }
  } finally {
    timer.dispose()
  }
  return choices
}

/** Whether the device has what a kernel needs. */
function runsOn({ gpu }: GpuContext, kernel: Kernel): boolean {
  const { limits } = gpu
  return (
    !(kernel.hardwareOnly && gpu.software) &&
    (kernel.requires ?? []).every((feature) => gpu.features.has(feature)) &&
    kernel.workgroup <= Math.min(limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeX) &&
    Object.keys(kernel.bindings).length <= limits.maxStorageBuffersPerShaderStage
  )
}
