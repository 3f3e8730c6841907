import { openGpu } from '../src/gpu/device.ts'
import { runBench } from './run.ts'
import type { BenchOptions, BenchResult } from './types.ts'

declare global {
  interface Window {
    /** Given by the command. */
    benchTell?: (text: string) => void
    bench?: (options: BenchOptions & { peers: boolean }) => Promise<{ result: BenchResult; agent: string }>
  }
}

window.bench = async ({ peers, ...options }) => {
  const tell = (text: string) => window.benchTell?.(text)
  const gpu = await openGpu()
  const others = peers
    ? {
        matmul: [(await import('./tfjs.ts')).tfjsPeer, (await import('./jax.ts')).jaxPeer],
        step: [
          (await import('./portable.ts')).portableSteps,
          (await import('./jax-step.ts')).jaxSteps,
          (await import('./onnx.ts')).onnxDecode,
        ],
      }
    : { matmul: [], step: [] }
  const result = await Promise.race([runBench(gpu, options, others, tell), gpu.lost])
  return { result, agent: navigator.userAgent }
}
