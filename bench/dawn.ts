import { createRequire } from 'node:module'
import { create, globals } from 'webgpu'
import { openGpu } from '../src/gpu/device.ts'
import { runBench } from './run.ts'
import type { BenchOptions, BenchResult } from './types.ts'

/** Runs the bench in Node on Dawn's Vulkan (or Metal, or Direct3D) adapter. */
export async function benchOnDawn(
  options: BenchOptions & { peers: boolean },
  tell: (text: string) => void,
): Promise<{ result: BenchResult; runtime: string }> {
  const { peers, ...rest } = options
  Object.assign(globalThis, globals)
  // Chrome rounds timestamps to 100 µs against fingerprinting; there is nobody to hide from here.
  const api = create(['disable-dawn-features=timestamp_quantization']) as GPU
  // TensorFlow.js looks for it there.
  Object.defineProperty(globalThis, 'navigator', {
    value: { gpu: api, userAgent: 'node' },
    configurable: true,
  })
  const gpu = await openGpu({ gpu: api })
  const others = { matmul: peers ? [(await import('./tfjs.ts')).tfjsPeer] : [], step: [] }
  const result = await Promise.race([runBench(gpu, rest, others, tell), gpu.lost])
  gpu.destroy()
  return { result, runtime: `Node ${process.version}, Dawn of webgpu ${dawnVersion()}` }
}

declare const BENCH_WEBGPU_VERSION: string | undefined

/** A bundle has the version written into it. */
function dawnVersion(): string {
  if (typeof BENCH_WEBGPU_VERSION === 'string') return BENCH_WEBGPU_VERSION
  const require = createRequire(import.meta.url)
  return (require('webgpu/package.json') as { version: string }).version
}
