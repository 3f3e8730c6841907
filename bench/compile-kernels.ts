/**
 * Compiles every kernel that a GPU may be given with this machine's Vulkan driver, and names each one on standard error before its
 * compilation, where a driver that prints statistics of shaders (Mesa's RADV with RADV_DEBUG=shaderstats) puts them. Started by
 * `npm run kernels -- --compile` with plan requests by name on its standard input; nothing is executed.
 */
import { readFileSync, writeSync } from 'node:fs'
import { create, globals } from 'webgpu'
import { openGpu } from '../src/gpu/device.ts'
import { GpuContext } from '../src/gpu/program.ts'
import { runsOn } from '../src/gpu/tune.ts'
import type { PlanRequest } from '../src/protocol/engine.ts'
import { gpuKernels } from './gpu-kernels.ts'
import { ADAPTER_MARK, type CompiledNote, KERNEL_MARK } from './shader-statistics.ts'

async function main(requests: Record<string, PlanRequest>): Promise<void> {
  Object.assign(globalThis, globals)
  const api = create([]) as GPU
  // Collected while in use, it takes the process with it.
  Object.assign(globalThis, { kept: api })
  const gpu = await openGpu({ gpu: api })
  const context = new GpuContext(gpu)
  const say = (mark: string, what: unknown) => writeSync(2, `\n${mark} ${JSON.stringify(what)}\n`)
  say(ADAPTER_MARK, gpu.description)
  const kernels = new Map<string, CompiledNote & { compile: () => Promise<unknown> }>()
  for (const [model, request] of Object.entries(requests))
    for (const { kernel, text } of gpuKernels(request)) {
      if (!runsOn(context, kernel)) continue
      const known = kernels.get(text)
      if (known) known.models.push(model)
      else
        kernels.set(text, {
          name: kernel.name,
          models: [model],
          workgroup: kernel.workgroup,
          compile: () => context.pipeline(kernel),
        })
    }
  // One after the other: what is printed belongs to the one that was named last.
  for (const { compile, ...note } of kernels.values()) {
    say(KERNEL_MARK, note)
    await compile()
  }
}

/** What each tensor is stored as comes as pairs. */
const given: Record<string, PlanRequest> = JSON.parse(readFileSync(0, 'utf8'), (key, value) =>
  key === 'stored' ? new Map(value) : value,
)
main(given).then(
  () => process.exit(0),
  (error: unknown) => {
    writeSync(2, `${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  },
)
