import { planEngine } from '../src/engine/plan.ts'
import { type Kernel, shaderText } from '../src/gpu/kernel.ts'
import { kernelOf } from '../src/gpu/specialise.ts'
import type { PlanRequest } from '../src/protocol/engine.ts'

/** A kernel that a GPU may be given. */
export interface GpuKernel {
  kernel: Kernel
  text: string
}

/**
 * Every pipeline that a run of this request may take on a GPU, whatever is chosen there: the variants of each choice that are not
 * for software adapters alone, and what each brings along in its tape.
 */
export function gpuKernels(request: PlanRequest): GpuKernel[] {
  const options = { maxBinding: 2 ** 30 }
  const asked = new Map<string, string[]>()
  for (const planned of Object.values(planEngine(request, options).tapes))
    for (const [key, variants] of planned?.tape.asked ?? [])
      asked.set(
        key,
        Object.entries(variants)
          .filter(([, variant]) => !kernelOf(variant).softwareOnly)
          .map(([name]) => name),
      )
  const found = new Map<string, GpuKernel>()
  const rounds = Math.max(1, ...[...asked.values()].map((names) => names.length))
  for (let round = 0; round < rounds; round++) {
    const choices = Object.fromEntries([...asked].map(([key, names]) => [key, names[round % names.length]!]))
    for (const planned of Object.values(planEngine(request, { ...options, choices }).tapes))
      for (const kernel of new Set(planned?.tape.dispatches.map((d) => d.kernel))) {
        const text = shaderText(kernel)
        if (!kernel.softwareOnly && !found.has(text)) found.set(text, { kernel, text })
      }
  }
  return [...found.values()]
}
