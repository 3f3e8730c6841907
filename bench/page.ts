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
  const { tfjsPeer } = await import('./tfjs.ts')
  const result = await Promise.race([runBench(gpu, options, peers ? tfjsPeer : null, tell), gpu.lost])
  return { result, agent: navigator.userAgent }
}
