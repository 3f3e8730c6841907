import { measureRates } from '../../gpu/measure.ts'
import { contextOf } from '../../gpu/program.ts'
import type { PlanRequest } from '../../protocol/engine.ts'
import type { GpuReport } from '../../protocol/gpu-report.ts'
import type { Call } from '../../protocol/studio.ts'
import type { Held } from './loading.ts'
import { BUILD, type DeviceMemory } from './remembering.ts'

type HeldGpu = Extract<Held, { kind: 'webgpu' }>

/** What is known of an adapter, from now and from before. */
export async function reportOf({ engine }: HeldGpu, memory: DeviceMemory): Promise<GpuReport> {
  const { gpu } = engine
  return {
    adapter: told(gpu.device.adapterInfo, (value) => String(value)),
    software: gpu.software,
    features: [...gpu.features].sort(),
    limits: told(gpu.limits, (value) => Number(value)),
    rates: engine.rates,
    check: await memory.lastCheck(gpu),
    leftOut: (await memory.findings(gpu, false)).leftOut,
    kernels: await memory.kernels(gpu),
    build: BUILD,
    browser: navigator.userAgent,
  }
}

/** Measures an adapter, and the kernels that a plan would run on it; both are remembered. */
export async function measureGpu(
  { engine, defaultLimits }: HeldGpu,
  memory: DeviceMemory,
  model: string,
  request: PlanRequest,
  { signal, onProgress }: Call,
): Promise<void> {
  const { gpu } = engine
  const { profileKernels } = await import('../../engine/profile.ts')
  const context = contextOf(gpu)
  engine.rates = await measureRates(context)
  await memory.note(gpu, defaultLimits, { rates: engine.rates })
  const { choices } = await memory.findings(gpu, defaultLimits)
  const { tokens, rows, wrong } = await profileKernels(context, engine.planned(request, choices), {
    signal,
    onProgress: (share, note) => onProgress?.({ share, note }),
  })
  if (Object.keys(wrong).length > 0) {
    await memory.noteFindings(gpu, defaultLimits, { leftOut: wrong })
    engine.leftOut = { ...engine.leftOut, ...wrong }
  }
  await memory.noteKernels(gpu, { model, at: Date.now(), tokens, rows })
}

/** What an object of the browser's tells, its inherited getters included; what is empty is left out. */
function told<Value>(of: object, as: (value: unknown) => Value): Record<string, Value> {
  const found: Record<string, Value> = {}
  for (const name in of) {
    const value = (of as Record<string, unknown>)[name]
    if (/^(string|number|boolean)$/.test(typeof value) && value !== '') found[name] = as(value)
  }
  return found
}
